/** What a forward leaves for its backward: in the backend's own memory where it has one, else in the pool. */

import type { Real } from "../core/dtype.ts";
import type { Backend, Kept, Saved } from "./backend.ts";
import { acquire, release } from "./pool.ts";

/** Below this many floats copying costs no more than keeping. */
const SHORT = 2 ** 14;

/** Room for `n` elements, until {@link releaseSaved}. */
export function acquireSaved(backend: Backend, like: "float32" | "float64", n: number): Saved {
  if (backend.keep && like === "float32" && n >= SHORT) return backend.keep(n);
  return acquire(like, n);
}

/** An array of the pool with the same elements. */
export function copyOfSaved(saved: Saved): Real {
  const copy = acquire(saved instanceof Float64Array ? "float64" : "float32", saved.length);
  if (isKept(saved)) saved.copyTo(copy);
  else copy.set(saved);
  return copy;
}

export function releaseSaved(saved: Saved): void {
  if (isKept(saved)) saved.release();
  else release(saved);
}

export function isKept(saved: Saved): saved is Kept {
  return !ArrayBuffer.isView(saved);
}
