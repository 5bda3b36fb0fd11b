/** The matrix product in plain loops. */

import type { Real } from "../../core/index.ts";
import type { Gemm } from "../backend.ts";

/**
 * `C = alpha · op(A) · op(B) + beta · C + bias`, one row of C at a time, summed in double over `k`
 * in order.
 */
export function gemm(g: Gemm): void {
  const sums = new Float64Array(g.n);
  for (let i = 0; i < g.m; i++) {
    sums.fill(0);
    for (let k = 0; k < g.k; k++) {
      const a = g.a[g.transA ? k * g.lda + i : i * g.lda + k]!;
      if (g.transB) for (let j = 0; j < g.n; j++) sums[j]! += a * g.b[j * g.ldb + k]!;
      else addRow(sums, a, g.b, k * g.ldb);
    }
    const row = i * g.ldc;
    for (let j = 0; j < g.n; j++) {
      const before = g.beta === 0 ? 0 : g.beta * g.c[row + j]!;
      g.c[row + j] = g.alpha * sums[j]! + before + (g.bias === null ? 0 : g.bias[j]!);
    }
  }
}

function addRow(sums: Float64Array, a: number, b: Real, start: number): void {
  for (let j = 0; j < sums.length; j++) sums[j]! += a * b[start + j]!;
}
