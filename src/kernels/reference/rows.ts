/** Softmax, its logarithm and cross entropy, row by row; sums in double. */

import type { Real } from "../../core/index.ts";
import type { CrossEntropy } from "../backend.ts";

/** `ln Σ exp(x)` of a row, without overflow. */
function logSumExp(x: Real, start: number, n: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < n; j++) if (!(x[start + j]! <= top)) top = x[start + j]!;
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (let j = 0; j < n; j++) sum += Math.exp(x[start + j]! - top);
  return top + Math.log(sum);
}

/** `y_ij = exp(x_ij − logΣexp_i)`. */
export function softmax(x: Real, y: Real, rows: number, cols: number): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    let top = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < cols; j++) if (!(x[start + j]! <= top)) top = x[start + j]!;
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += Math.exp(x[start + j]! - top);
    for (let j = 0; j < cols; j++) y[start + j] = Math.exp(x[start + j]! - top) / sum;
  }
}

/** `dx = y · (dy − Σ_k y_k dy_k)`. */
export function softmaxBackward(y: Real, dy: Real, dx: Real, rows: number, cols: number): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    let dot = 0;
    for (let j = 0; j < cols; j++) dot += y[start + j]! * dy[start + j]!;
    for (let j = 0; j < cols; j++) dx[start + j] = y[start + j]! * (dy[start + j]! - dot);
  }
}

/** `y_ij = x_ij − logΣexp_i`. */
export function logSoftmax(x: Real, y: Real, rows: number, cols: number): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    const lse = logSumExp(x, start, cols);
    for (let j = 0; j < cols; j++) y[start + j] = x[start + j]! - lse;
  }
}

/** `dx = dy − exp(y) · Σ_k dy_k`. */
export function logSoftmaxBackward(y: Real, dy: Real, dx: Real, rows: number, cols: number): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += dy[start + j]!;
    for (let j = 0; j < cols; j++) dx[start + j] = dy[start + j]! - Math.exp(y[start + j]!) * sum;
  }
}

/** `loss_i = (1−e) · (−w_t lp_t) + (e/V) · (−Σ_k w_k lp_k)`, 0 where the target is ignored. */
export function crossEntropyForward(a: CrossEntropy & { loss: Real }): void {
  const { x, target, weight, classes, smoothing } = a;
  for (let r = 0; r < a.rows; r++) {
    const start = r * classes;
    const lse = logSumExp(x, start, classes);
    a.lse[r] = lse;
    const t = target[r]!;
    if (t === a.ignoreIndex) {
      a.loss[r] = 0;
      continue;
    }
    let loss = (1 - smoothing) * (weight?.[t] ?? 1) * (lse - x[start + t]!);
    if (smoothing > 0) {
      let all = 0;
      for (let k = 0; k < classes; k++) all += (weight?.[k] ?? 1) * (lse - x[start + k]!);
      loss += (smoothing / classes) * all;
    }
    a.loss[r] = loss;
  }
}

/** `dx_ij = g_i · [(1−e) w_t (p_j − [j = t]) + (e/V) (p_j Σ_k w_k − w_j)]`. */
export function crossEntropyBackward(a: CrossEntropy & { g: Real; dx: Real }): void {
  const { x, target, weight, classes, smoothing, dx } = a;
  let total = classes;
  if (weight !== null) {
    total = 0;
    for (let k = 0; k < classes; k++) total += weight[k]!;
  }
  for (let r = 0; r < a.rows; r++) {
    const start = r * classes;
    const t = target[r]!;
    if (t === a.ignoreIndex) {
      dx.fill(0, start, start + classes);
      continue;
    }
    const hard = (1 - smoothing) * (weight?.[t] ?? 1);
    const soft = smoothing / classes;
    for (let j = 0; j < classes; j++) {
      const p = Math.exp(x[start + j]! - a.lse[r]!);
      const spread = soft === 0 ? 0 : soft * (p * total - (weight?.[j] ?? 1));
      dx[start + j] = a.g[r]! * (hard * (p - (j === t ? 1 : 0)) + spread);
    }
  }
}
