/*
 * The kernels' ABI. The formulas stand in src/kernels/backend.ts, which these entries mirror.
 *
 * Matrices are row-major; a leading dimension is the distance between rows, in elements. Pointers
 * that may be null say so. Nothing is allocated: each `…_workspace` tells the bytes that the caller
 * lends to its kernel, at any alignment.
 */
#ifndef SAIKI_KERNELS_H
#define SAIKI_KERNELS_H

typedef __PTRDIFF_TYPE__ idx; /* sizes and distances */
#define EXPORT __attribute__((visibility("default"))) extern

/* ---- matrix ---------------------------------------------------------------------------------- */

/* C (m, n) = alpha · op(A) (m, k) · op(B) (k, n) + beta · C + bias (n, or null). */
EXPORT void saiki_gemm(idx m, idx n, idx k, float alpha, const float *a, idx lda, int trans_a,
                       const float *b, idx ldb, int trans_b, float beta, float *c, idx ldc,
                       const float *bias, void *workspace);
EXPORT idx saiki_gemm_workspace(idx m, idx n, idx k);

#endif
