/**
 * The kernels on several threads: instances of one module that share one memory. The pool of
 * `kernels/threads.c` lies in that memory; a worker is an instance that waits there for work.
 */

import { platform } from "#platform";
import type { Backend } from "../backend.ts";
import { wasmEntries } from "./backend.ts";
import { unpack } from "./decode.ts";
import type { Exports } from "./exports.ts";
import { Arena } from "./memory.ts";

interface ThreadedExports extends Exports {
  readonly __stack_pointer: WebAssembly.Global;
  /** Never returns. */
  saiki_work(number: number, scratch: number): void;
  saiki_set_threads(threads: number): void;
  saiki_scratch_bytes(): number;
}

export interface Threaded {
  readonly backend: Backend;
  /** How many threads there are, the caller among them. */
  readonly threads: number;
  /** How many may take part, of those there are. */
  setThreads(threads: number): void;
}

/** Bytes of a worker's stack. */
const STACK = 65536;
/** Pages of memory to begin with: more than the module asks for. */
const FIRST = 16;
/** Pages it may grow to: as far as addresses reach, or what engines that reserve them all allow. */
const MOST = [65536, 16384];

/** A worker's life. */
const life = `
  const { exports } = new WebAssembly.Instance(data.module, { env: { memory: data.memory } });
  exports.__stack_pointer.value = data.stack;
  started();
  exports.saiki_work(data.number, data.scratch);
`;

const crews = new Map<Backend["name"], Crew>();

/**
 * The threaded kernels with at least `threads` threads, or the reason why one thread is all there is.
 *
 * @param alone the backend of that flavour with one thread
 */
export async function startThreads(alone: Backend, threads: number): Promise<Threaded | string> {
  const reason = whyAlone();
  if (reason !== null) return reason;
  try {
    let crew = crews.get(alone.name);
    if (crew === undefined) crews.set(alone.name, (crew = await Crew.of(alone)));
    await crew.grow(threads);
    return crew;
  } catch (error) {
    return `threads cannot be started: ${error instanceof Error ? error.message : error}`;
  }
}

function whyAlone(): string | null {
  if (globalThis.crossOriginIsolated === false) return "the page is not cross-origin isolated";
  if (typeof SharedArrayBuffer !== "function") return "the engine has no shared memory";
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
  } catch {
    return "a page's main thread may not wait for others: a dedicated worker may";
  }
  return null;
}

class Crew implements Threaded {
  readonly backend: Backend;
  private readonly module: WebAssembly.Module;
  private readonly wasm: ThreadedExports;
  private readonly arena: Arena;
  private workers = 0;

  static async of(alone: Backend): Promise<Crew> {
    const wasm = unpack(await import("./generated/threads.ts"), alone.name === "wasm" ? 0 : 1);
    return new Crew(alone, await WebAssembly.compile(wasm));
  }

  private constructor(alone: Backend, module: WebAssembly.Module) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory: sharedMemory() } });
    this.module = module;
    this.wasm = exports as unknown as ThreadedExports;
    this.arena = new Arena(this.wasm.memory, this.wasm.__heap_base.value as number);
    const { openSession } = alone; // a session is too small to share
    this.backend = { ...wasmEntries(alone.name, this.wasm, this.arena), openSession };
  }

  get threads(): number {
    return 1 + this.workers;
  }

  setThreads(threads: number): void {
    this.wasm.saiki_set_threads(Math.min(threads, this.threads));
  }

  /** Resolves when so many threads run. */
  async grow(threads: number): Promise<void> {
    const missing = Math.max(0, threads - this.threads);
    const numbers = Array.from({ length: missing }, (_, i) => this.workers + i);
    await Promise.all(numbers.map((number) => this.startWorker(number)));
    this.workers += missing;
  }

  private startWorker(number: number): Promise<void> {
    const { module, arena, wasm } = this;
    const stack = arena.keep(STACK) + STACK; // grows down
    const scratch = arena.keep(wasm.saiki_scratch_bytes());
    return platform.startThread(life, { module, memory: wasm.memory, number, stack, scratch });
  }
}

function sharedMemory(): WebAssembly.Memory {
  let refused: unknown;
  for (const maximum of MOST) {
    try {
      return new WebAssembly.Memory({ initial: FIRST, maximum, shared: true });
    } catch (error) {
      refused = error;
    }
  }
  throw refused;
}
