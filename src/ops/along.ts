/** Reads and adds at indices along one dimension. */

import type { Real } from "../core/index.ts";
import { contiguousStride } from "../core/index.ts";
import { View } from "./view.ts";

/**
 * `y[…, k, …] = x[…, index[…, k, …], …]` along `dim`; elsewhere `index` may be smaller than `x`.
 */
export function takeAlong(x: View, dim: number, index: View): View {
  const from = x.data();
  const out = View.zeros(index.shape, x.dtype);
  along(x.shape, dim, index, (source, target) => {
    out.storage.data[target] = from[source] as number;
  });
  return out;
}

/** The derivative of {@link takeAlong}: adds `values` to `out` (contiguous) where it reads. */
export function putAlong(out: View, dim: number, index: View, values: View): void {
  const from = values.data();
  const to = out.storage.data as Real;
  along(out.shape, dim, index, (target, source) => {
    to[target]! += from[source] as number;
  });
}

/**
 * Visits the entries of `index` in order, each with its offset in a contiguous tensor of `shape`.
 */
function along(
  shape: readonly number[],
  dim: number,
  index: View,
  visit: (place: number, entry: number) => void,
): void {
  const at = index.data();
  const stride = contiguousStride(shape);
  const sizes = index.shape;
  for (let e = 0; e < at.length; e++) {
    let [rest, place] = [e, 0];
    for (let d = sizes.length - 1; d >= 0; d--) {
      const n = sizes[d] as number;
      const i = rest % n;
      rest = (rest - i) / n;
      place += (d === dim ? (at[e] as number) : i) * (stride[d] as number);
    }
    visit(place, e);
  }
}
