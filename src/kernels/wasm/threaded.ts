/**
 * The kernels on several threads: instances of one module that share one memory. The pool of
 * `kernels/threads.c` lies in that memory; a worker is an instance that waits there for work.
 */

import { platform } from "#platform";
import { BackendError } from "../../core/errors.ts";
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

/** A worker's life, as `src/worker.ts` has it too. */
const life = `
  const wasm = new WebAssembly.Instance(data.module, { env: { memory: data.memory } }).exports;
  wasm.__stack_pointer.value = data.stack;
  started();
  wasm.saiki_work(data.number, data.scratch);
`;

/** What the library asks of a worker: the web's and Node's have it. */
export interface ThreadWorker {
  /** Sends what the worker needs to know. */
  postMessage(message: unknown): void;
}

const crews = new Map<Backend["name"], Crew>();

/**
 * The threaded kernels with at least `threads` threads, or the reason why one thread is all there is.
 *
 * @param alone the backend of that flavour with one thread
 * @param makeWorker starts `saiki/worker`; by default the platform starts threads
 * @throws BackendError when `makeWorker` gives no worker
 */
export async function startThreads(
  alone: Backend,
  threads: number,
  makeWorker: (() => ThreadWorker) | undefined,
): Promise<Threaded | string> {
  const reason = whyAlone();
  if (reason !== null) return reason;
  try {
    let crew = crews.get(alone.name);
    if (crew === undefined) crews.set(alone.name, (crew = await Crew.of(alone)));
    await crew.grow(threads, makeWorker);
    return crew;
  } catch (error) {
    if (error instanceof BackendError) throw error;
    return `threads cannot be started: ${error instanceof Error ? error.message : error}`;
  }
}

function whyAlone(): string | null {
  if (globalThis.crossOriginIsolated === false) return "the page is not cross-origin isolated";
  if (typeof SharedArrayBuffer !== "function") return "the engine has no shared memory";
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
  } catch {
    return typeof document === "object"
      ? "a page's main thread may not wait for others: a dedicated worker may"
      : "this thread may not wait for others";
  }
  return null;
}

class Crew implements Threaded {
  readonly backend: Backend;
  private readonly module: WebAssembly.Module;
  private readonly wasm: ThreadedExports;
  private readonly arena: Arena;
  private workers = 0;
  /** Workers that nothing refers to might be ended. */
  private readonly given: ThreadWorker[] = [];

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
  async grow(threads: number, makeWorker: (() => ThreadWorker) | undefined): Promise<void> {
    const missing = Math.max(0, threads - this.threads);
    const start = (data: unknown) =>
      makeWorker === undefined
        ? platform.startThread(life, data)
        : startIn(makeWorker(), data).then((worker) => this.given.push(worker));
    const numbers = Array.from({ length: missing }, (_, i) => this.workers + i);
    await Promise.all(numbers.map(async (number) => start(this.dataOf(number))));
    this.workers += missing;
  }

  private dataOf(number: number): unknown {
    const { module, arena, wasm } = this;
    const stack = arena.keep(STACK) + STACK; // grows down
    const scratch = arena.keep(wasm.saiki_scratch_bytes());
    return { module, memory: wasm.memory, number, stack, scratch };
  }
}

/** The web's or Node's way to listen. */
interface Emitter extends ThreadWorker {
  addEventListener?(event: string, listener: (event: Failure) => void): void;
  on?(event: string, listener: (error: Failure) => void): void;
  unref?(): void;
}

interface Failure {
  readonly message?: string;
  preventDefault?(): void;
}

/** Milliseconds until a worker that says nothing is taken for another's. */
const PATIENCE = 10_000;

/** Resolves when the worker works. */
async function startIn(worker: Emitter, data: unknown): Promise<ThreadWorker> {
  const listen = (worker?.on ?? worker?.addEventListener)?.bind(worker);
  if (listen === undefined || typeof worker.postMessage !== "function") {
    const said = `worker gave ${worker === null ? "null" : typeof worker} in place of a Worker`;
    const fix = 'Return new Worker(…) with a script that imports "saiki/worker"';
    throw new BackendError("ready", said, fix);
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<unknown>((resolve, reject) => {
    const silent = 'the worker does not answer: its script must import "saiki/worker"';
    timer = setTimeout(() => reject(new Error(silent)), PATIENCE);
    listen("message", resolve);
    listen("error", (event: Failure) => {
      event.preventDefault?.(); // else Deno ends the process
      reject(new Error(event.message || "the worker's script cannot be loaded"));
    });
    worker.postMessage(data);
  }).finally(() => clearTimeout(timer));
  worker.unref?.();
  return worker;
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
