/** QR decomposition, for orthogonal initial weights. */

import { float64, type Real } from "../core/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";

/**
 * Q of `A = Q R` for A (m, n), m ≥ n, with the signs that make R's diagonal positive, so that it is
 * unique.
 *
 * Modified Gram-Schmidt, each column twice, in double.
 */
export function qr(a: Tensor): Tensor {
  const [m, n] = [a.size(0), a.size(1)];
  const columns = [...a.to(float64).t()].map((c) => Float64Array.from(c.impl.data()));
  for (let j = 0; j < n; j++) {
    const v = columns[j] as Float64Array;
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        const q = columns[k] as Float64Array;
        const overlap = dot(q, v);
        for (let i = 0; i < m; i++) v[i]! -= overlap * (q[i] as number);
      }
    }
    const length = Math.sqrt(dot(v, v));
    for (let i = 0; i < m; i++) v[i]! /= length;
  }
  const q = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) q[i * n + j] = columns[j]?.[i] as number;
  return tensor(q).reshape(m, n).to(a.dtype);
}

function dot(a: Real, b: Real): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
