/** Chooses the kernels: the fastest that runs here, or the one asked for. */

import { platform } from "#platform";
import { BackendError } from "../core/index.ts";
import type { Backend, BackendName } from "./backend.ts";
import { reference } from "./reference/index.ts";
import { loadWasm } from "./wasm/load.ts";

export type { Backend, BackendName } from "./backend.ts";

/** From the fastest to the slowest. */
const order: readonly BackendName[] = ["wasm-relaxed", "wasm", "reference"];

const loaded = new Map<BackendName, Backend | string>();
let current: Backend | null = null;

/** The kernels in use; chosen at the first call. */
export function kernels(): Backend {
  current ??= chosenByEnvironment() ?? fastest();
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

/** Which kernels are in use, and why the faster ones are not. */
export function backendInfo(): {
  name: BackendName;
  reasons: Partial<Record<BackendName, string>>;
} {
  const { name } = kernels();
  const reasons: Partial<Record<BackendName, string>> = {};
  for (const other of order.slice(0, order.indexOf(name))) {
    const result = load(other);
    reasons[other] = typeof result === "string" ? result : "another backend was asked for";
  }
  return { name, reasons };
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
  if (typeof result !== "string") return result;
  throw new BackendError({
    op,
    sentence: `the backend ${name} cannot run here: ${result}`,
    fix: `Use another of ${order.join(", ")}`,
    got: name,
  });
}

function fastest(): Backend {
  for (const name of order) {
    const result = load(name);
    if (typeof result !== "string") return result;
  }
  return reference;
}

function load(name: BackendName): Backend | string {
  let result = loaded.get(name);
  if (result === undefined) {
    result = name === "reference" ? reference : loadWasm(name);
    loaded.set(name, result);
  }
  return result;
}
