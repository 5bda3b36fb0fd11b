/** Chooses the kernels: the fastest that run here, or those asked for. */

import { loadNative } from "#native";
import { platform } from "#platform";
import { BackendError, warn } from "../core/index.ts";
import type { Backend, BackendName } from "./backend.ts";
import { type KernelProfile, timed } from "./profile.ts";
import { reference } from "./reference/index.ts";
import { chooseThreads, getNumThreads, onThreads } from "./threads.ts";
import { loadWasm } from "./wasm/load.ts";
import { startThreads } from "./wasm/threaded.ts";

export type { Backend, BackendName, CellKind } from "./backend.ts";
export type { KernelProfile, KernelTime } from "./profile.ts";
export { getNumThreads, setNumThreads } from "./threads.ts";

/** From the fastest to the slowest. */
const order: readonly BackendName[] = ["native", "wasm-relaxed", "wasm", "reference"];

/** A backend, or why it cannot run here; `broken` where that is a fault of the installation. */
type Loaded =
  | { backend: Backend; threads: () => number; instructionSet?: string }
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
  const instructionSet = "backend" in own ? (own.instructionSet ?? null) : null;
  return { name, instructionSet, threads: threadsOf(name), reasons };
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

let last: Promise<unknown> = Promise.resolve();

/**
 * Gets the kernels ready, with threads where they must be waited for. Native kernels need none of
 * this. WebAssembly has one thread until this resolves, then those asked for: in Node, and in
 * dedicated workers of cross-origin-isolated pages (a page's main thread may not wait for others).
 * Elsewhere one thread it remains, and `reason` says why. {@link setNumThreads} may lower the number
 * afterwards, and raise it again. Results have the same bits with any number.
 *
 * @param options.threads a whole number from 1 to 64; {@link getNumThreads} by default
 * @throws BackendError (the promise rejects) for any other number
 * @example
 * const { backend, threads } = await torch.ready({ threads: 2 });
 */
export function ready({ threads }: { threads?: number | undefined } = {}): Promise<Readiness> {
  const turn = last.then(() => readyNow(threads));
  last = turn.catch(() => {});
  return turn;
}

async function readyNow(threads: number | undefined): Promise<Readiness> {
  if (threads !== undefined) chooseThreads("ready", threads);
  const backend = kernels();
  const wanted = getNumThreads();
  let reason: string | null = null;
  if (backend === reference) reason = "the reference kernels have one thread";
  else if (backend.name !== "native" && wanted > 1) reason = await shareWork(backend, wanted);
  const used = threadsOf(backend.name);
  return { backend: backend.name, threads: used, reason: used < wanted ? reason : null };
}

/** Puts the threaded form of a WebAssembly backend in its place, or tells what hinders. */
async function shareWork(backend: Backend, threads: number): Promise<string | null> {
  const result = await startThreads(backend, threads);
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
    throw new BackendError({
      op,
      sentence: `there is no backend ${name}`,
      fix: `Use one of ${order.join(", ")}`,
      expected: order,
      got: name,
    });
  }
  const result = load(name as BackendName);
  if ("backend" in result) return result.backend;
  throw new BackendError({
    op,
    sentence: `the backend ${name} cannot run here: ${result.reason}`,
    fix: `Use another of ${order.join(", ")}`,
    got: name,
  });
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
  if (name !== "native") {
    const wasm = loadWasm(name);
    return typeof wasm === "string"
      ? { reason: wasm, broken: false }
      : { backend: wasm, threads: one };
  }
  const native = loadNative();
  if (!("backend" in native)) return native;
  onThreads(native.setThreads);
  return { ...native, threads: getNumThreads };
}
