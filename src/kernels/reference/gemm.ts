/** The matrix product in plain loops. */

import type { Gemm } from "../backend.ts";

/** `c_ij = alpha · Σ_p op(A)_ip op(B)_pj + beta · c_ij + bias_j`. Types may mix here. */
export function gemm(g: Gemm): void {
  const { a, b, c, m, n, k, alpha, beta, bias } = g;
  // Distances between neighbours down a column and along a row, of op(A) and op(B).
  const [downA, alongA] = g.transA ? [1, g.lda] : [g.lda, 1];
  const [downB, alongB] = g.transB ? [1, g.ldb] : [g.ldb, 1];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) {
        sum += a[i * downA + p * alongA]! * b[p * downB + j * alongB]!;
      }
      const at = i * g.ldc + j;
      const before = beta === 0 ? 0 : beta * c[at]!;
      c[at] = alpha * sum + before + (bias === null ? 0 : bias[j]!);
    }
  }
}
