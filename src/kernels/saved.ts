/** What a forward leaves for its backward: in the backend's own memory where it has one, else in the pool. */

import type { Real } from "../core/dtype.ts";
import type { Backend, Kept, Saved } from "./backend.ts";
import { giveBack, lend } from "./pool.ts";

/** Below this many floats copying costs no more than keeping. */
const SHORT = 2 ** 14;

/** Room for `n` elements, to be given back by {@link giveBackSaved}. */
export function lendSaved(backend: Backend, like: "float32" | "float64", n: number): Saved {
  if (backend.keep && like === "float32" && n >= SHORT) return backend.keep(n);
  return lend(like, n);
}

/** An array of the pool with the same elements. */
export function copyOfSaved(saved: Saved): Real {
  const copy = lend(saved instanceof Float64Array ? "float64" : "float32", saved.length);
  if (isKept(saved)) saved.copyTo(copy);
  else copy.set(saved);
  return copy;
}

export function giveBackSaved(saved: Saved): void {
  if (isKept(saved)) saved.release();
  else giveBack(saved);
}

export function isKept(saved: Saved): saved is Kept {
  return !ArrayBuffer.isView(saved);
}
