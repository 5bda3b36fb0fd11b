/** Gradient clipping: norms of several views, and changes in place that are not recorded. */

import type { Real } from "../core/index.ts";
import { kernels } from "../kernels/index.ts";
import type { View } from "./view.ts";

/** The p-norm of the elements of all views; sums are float64. */
export function totalNorm(views: readonly View[], p: number): number {
  const norms = Float64Array.from(views, (view) => kernels().norm(view.real(), p));
  return kernels().norm(norms, p);
}

/** `x ← factor · x` for a row-major view. */
export function scale(x: View, factor: number): void {
  const data = x.real();
  kernels().binary("mul", data, scalarLike(data, factor), data);
}

/** `x ← min(max(x, −limit), limit)` for a row-major view. */
export function clamp(x: View, limit: number): void {
  const data = x.real();
  kernels().binary("minimum", data, scalarLike(data, limit), data);
  kernels().binary("maximum", data, scalarLike(data, -limit), data);
}

function scalarLike(data: Real, value: number): Real {
  return data instanceof Float32Array ? Float32Array.of(value) : Float64Array.of(value);
}
