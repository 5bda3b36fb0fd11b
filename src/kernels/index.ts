/** Chooses the kernels: the fastest that run here, or those asked for. */

import { loadNative } from "#native";
import { platform } from "#platform";
import { BackendError, warn } from "../core/index.ts";
import type { Backend, BackendName } from "./backend.ts";
import { type KernelProfile, timed } from "./profile.ts";
import { reference } from "./reference/index.ts";
import { chooseThreads, getNumThreads, onThreads } from "./threads.ts";
import { flavourOf, loadWasm } from "./wasm/load.ts";
import { startThreads, type ThreadWorker } from "./wasm/threaded.ts";

export type { Backend, BackendName, CellKind } from "./backend.ts";
export type { KernelProfile, KernelTime } from "./profile.ts";
export { getNumThreads, setNumThreads } from "./threads.ts";
export type { ThreadWorker } from "./wasm/threaded.ts";

/** From the fastest to the slowest. */
const order: readonly BackendName[] = ["native", "wasm-relaxed", "wasm", "reference"];

/** A backend, or why it cannot run here; `broken` where that is a fault of the installation. */
type Loaded =
  | { backend: Backend; threads: () => number; instructionSet?: string; file?: string }
  | { reason: string; broken: boolean };

const loaded = new Map<BackendName, Loaded>();
let current: Backend | null = null;

/** The kernels in use; chosen at the first call. */
export function kernels(): Backend {
  current ??= choose();
  return current;
}

/** The name of the kernels in use. */
export function getBackend(): BackendName {
  return kernels().name;
}

/**
 * Uses other kernels from now on.
 *
 * @throws BackendError when there are none of that name, or they cannot run here
 */
export function setBackend(name: BackendName): void {
  current = required("setBackend", name);
}

/**
 * Measures the kernels in use from now on.
 *
 * @returns ends it, and tells what was measured
 * @example
 * const stop = torch.profileKernels();
 * torch.randn(500, 500).mm(torch.randn(500, 500));
 * console.log(stop().kernels.map((k) => k.name).sort()); // [ 'gemm', 'normalFill' ]
 */
export function profileKernels(): () => KernelProfile {
  const before = kernels();
  const { backend, times } = timed(before);
  const start = performance.now();
  current = backend;
  return () => {
    if (current === backend) current = before;
    return { milliseconds: performance.now() - start, kernels: times() };
  };
}

/** Which kernels are in use, and why the faster ones are not. */
export function backendInfo(): {
  name: BackendName;
  /** Of native kernels: what they were compiled for. */
  instructionSet: string | null;
  /** Of native kernels: where they were loaded from. */
  file: string | null;
  /** How many the kernels use. */
  threads: number;
  reasons: Partial<Record<BackendName, string>>;
} {
  const { name } = kernels();
  const reasons: Partial<Record<BackendName, string>> = {};
  for (const other of order.slice(0, order.indexOf(name))) {
    const result = load(other);
    reasons[other] = "reason" in result ? result.reason : "another backend was asked for";
  }
  const own = load(name);
  const { instructionSet = null, file = null } = "backend" in own ? own : {};
  return { name, instructionSet, file, threads: threadsOf(name), reasons };
}

/** What {@link ready} came to. */
export interface Readiness {
  /** The name of the kernels in use. */
  backend: BackendName;
  /** How many threads the kernels use. */
  threads: number;
  /** Why there is but one thread though more were wanted, or null. */
  reason: string | null;
}

/** What {@link ready} takes. */
export interface ReadyOptions {
  /** A whole number from 1 to 64; {@link getNumThreads} by default. */
  threads?: number | undefined;
  /**
   * A compiled `WebAssembly.Module` of `saiki/wasm/simd.wasm` or `saiki/wasm/relaxed.wasm`, for places
   * that compile nothing at run time, as Cloudflare's workers. It becomes the backend in use.
   */
  module?: object | undefined;
  /**
   * Starts a worker whose script imports `saiki/worker`, for pages whose policy refuses workers from a
   * `blob:`. It is called once for each further thread.
   */
  worker?: (() => ThreadWorker) | undefined;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Gets the kernels ready, with threads where they must be waited for. Native kernels need none of
 * this. WebAssembly has one thread until this resolves, then those asked for: in Node, and in
 * dedicated workers of cross-origin-isolated pages (a page's main thread may not wait for others).
 * Elsewhere one thread it remains, and `reason` says why. {@link setNumThreads} may lower the number
 * afterwards, and raise it again. Results have the same bits with any number.
 *
 * @throws BackendError (the promise rejects) for another number of threads, a `module` that is not of
 *   this build of saiki, a `worker` that is no function or gives no worker
 * @example
 * const { backend, threads } = await torch.ready({ threads: 2 });
 */
export function ready(options: ReadyOptions = {}): Promise<Readiness> {
  const turn = last.then(() => readyNow(options));
  last = turn.catch(() => {});
  return turn;
}

async function readyNow({ threads, module, worker }: ReadyOptions): Promise<Readiness> {
  if (threads !== undefined) chooseThreads("ready", threads);
  if (worker !== undefined && typeof worker !== "function") {
    const fix = "Pass a function that starts a worker, () => new Worker(…)";
    throw new BackendError("ready", "worker is no function", fix);
  }
  if (module !== undefined) useModule(module);
  const backend = kernels();
  const wanted = getNumThreads();
  let reason: string | null = null;
  if (backend === reference) reason = "the reference kernels have one thread";
  else if (backend.name !== "native" && wanted > 1) {
    reason = await shareWork(backend, wanted, worker);
  }
  const used = threadsOf(backend.name);
  return { backend: backend.name, threads: used, reason: used < wanted ? reason : null };
}

let given: object | null = null;

/** Makes a compiled module the backend in use; where it cannot run, another is chosen. */
function useModule(module: object): void {
  if (module === given) return;
  const isModule = Object.prototype.toString.call(module) === "[object WebAssembly.Module]";
  const name = isModule ? flavourOf(module) : null;
  if (name === null) {
    const said = isModule
      ? "module holds no kernels of this build of saiki"
      : "module is no compiled WebAssembly.Module";
    const fix = "Compile saiki/wasm/simd.wasm or saiki/wasm/relaxed.wasm of the package in use";
    throw new BackendError("ready", said, fix);
  }
  given = module;
  const wasm = loadWasm(name, module);
  loaded.set(name, loadedFrom(wasm));
  current = typeof wasm === "string" ? null : wasm;
}

/** Puts the threaded form of a WebAssembly backend in its place, or tells what hinders. */
async function shareWork(
  backend: Backend,
  threads: number,
  worker: ReadyOptions["worker"],
): Promise<string | null> {
  const result = await startThreads(backend, threads, worker);
  if (typeof result === "string") return result;
  result.setThreads(getNumThreads());
  if (result.backend === backend) return null;
  onThreads((n) => result.setThreads(n));
  const inUse = () => Math.min(getNumThreads(), result.threads);
  loaded.set(backend.name, { backend: result.backend, threads: inUse });
  if (current === backend) current = result.backend;
  return null;
}

function threadsOf(name: BackendName): number {
  const result = load(name);
  return "backend" in result ? result.threads() : 1;
}

const one = () => 1;

function choose(): Backend {
  getNumThreads(); // what is wrong with SAIKI_THREADS is told on every machine
  return chosenByEnvironment() ?? fastest();
}

function chosenByEnvironment(): Backend | null {
  const name = platform.env("SAIKI_BACKEND");
  return name === undefined || name === "" ? null : required("SAIKI_BACKEND", name);
}

function required(op: string, name: string): Backend {
  if (!(order as readonly string[]).includes(name)) {
    throw new BackendError(op, `there is no backend ${name}`, `Use one of ${order.join(", ")}`);
  }
  const result = load(name as BackendName);
  if ("backend" in result) return result.backend;
  const said = `the backend ${name} cannot run here: ${result.reason}`;
  throw new BackendError(op, said, `Use another of ${order.join(", ")}`);
}

function fastest(): Backend {
  for (const name of order) {
    const result = load(name);
    if ("backend" in result) return result.backend;
    if (result.broken) {
      warn(
        `native kernels: ${result.reason}. WebAssembly is used; SAIKI_BACKEND=wasm-relaxed or wasm silences this.`,
      );
    }
  }
  return reference;
}

function load(name: BackendName): Loaded {
  let result = loaded.get(name);
  if (result === undefined) {
    result = loadNow(name);
    loaded.set(name, result);
  }
  return result;
}

function loadNow(name: BackendName): Loaded {
  if (name === "reference") return { backend: reference, threads: one };
  if (name !== "native") return loadedFrom(loadWasm(name));
  const native = loadNative();
  if (!("backend" in native)) return native;
  onThreads(native.setThreads);
  return { ...native, threads: getNumThreads };
}

function loadedFrom(wasm: Backend | string): Loaded {
  return typeof wasm === "string"
    ? { reason: wasm, broken: false }
    : { backend: wasm, threads: one };
}
