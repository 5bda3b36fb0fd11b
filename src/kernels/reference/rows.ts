/** Softmax, its logarithm, cross entropy and layer norm, row by row. */

import type { Real } from "../../core/index.ts";
import type { CrossEntropy, LayerNorm } from "../backend.ts";

/** The largest of a row, and `Σ exp(x − max)`, which cannot overflow. */
function maxAndSum(x: Real, start: number, n: number): [top: number, sum: number] {
  let top = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < n; j++) top = Math.max(top, x[start + j]!);
  let sum = 0;
  for (let j = 0; j < n; j++) sum += Math.exp(x[start + j]! - top);
  return [top, sum];
}

/** `ln Σ exp(x)` of a row; NaN where the largest element is infinite, as in PyTorch's softmax. */
function logSumExp(x: Real, start: number, n: number): number {
  const [top, sum] = maxAndSum(x, start, n);
  return top + Math.log(sum);
}

/** `y_ij = exp(x_ij − max_i) / Σ_k exp(x_ik − max_i)`. */
export function softmax(x: Real, y: Real, rows: number, cols: number): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    const [top, sum] = maxAndSum(x, start, cols);
    for (let j = start; j < start + cols; j++) y[j] = Math.exp(x[j]! - top) / sum;
  }
}

/** `dx = y · (dy − Σ_k y_k dy_k)`. */
export function softmaxBackward(y: Real, dy: Real, dx: Real, rows: number, cols: number): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    let dot = 0;
    for (let j = start; j < start + cols; j++) dot += y[j]! * dy[j]!;
    for (let j = start; j < start + cols; j++) dx[j] = y[j]! * (dy[j]! - dot);
  }
}

/** `y_ij = x_ij − logΣexp_i`. */
export function logSoftmax(x: Real, y: Real, rows: number, cols: number): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    const lse = logSumExp(x, start, cols);
    for (let j = start; j < start + cols; j++) y[j] = x[j]! - lse;
  }
}

/** `dx = dy − exp(y) · Σ_k dy_k`. */
export function logSoftmaxBackward(y: Real, dy: Real, dx: Real, rows: number, cols: number): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    let sum = 0;
    for (let j = start; j < start + cols; j++) sum += dy[j]!;
    for (let j = start; j < start + cols; j++) dx[j] = dy[j]! - Math.exp(y[j]!) * sum;
  }
}

/**
 * With target `t`, class weights `w` and smoothing `e`:
 * `loss_i = (1−e) · (−w_t lp_t) + (e/V) · (−Σ_k w_k lp_k)`, where `−lp = logΣexp_i − x`.
 */
export function crossEntropyForward(a: CrossEntropy & { loss: Real }): void {
  const { x, classes: V, smoothing: e } = a;
  const w = a.weight ?? new Float64Array(V).fill(1);
  for (let i = 0; i < a.rows; i++) {
    const start = i * V;
    const lse = logSumExp(x, start, V);
    a.lse[i] = lse;
    const t = a.target[i]!;
    if (t === a.ignoreIndex) {
      a.loss[i] = 0;
      continue;
    }
    let loss = (1 - e) * w[t]! * (lse - x[start + t]!);
    if (e > 0) {
      let all = 0;
      for (let k = 0; k < V; k++) all += w[k]! * (lse - x[start + k]!);
      loss += (e / V) * all;
    }
    a.loss[i] = loss;
  }
}

/**
 * `dx_ij = g_i · [(1−e) w_t (p_j − [j = t]) + (e/V) (p_j Σ_k w_k − w_j)]`, where
 * `p_j = exp(x_ij − logΣexp_i)`.
 */
export function crossEntropyBackward(a: CrossEntropy & { g: Real; dx: Real }): void {
  const { x, dx, classes: V, smoothing: e } = a;
  const w = a.weight ?? new Float64Array(V).fill(1);
  let total = 0;
  for (let k = 0; k < V; k++) total += w[k]!;
  for (let i = 0; i < a.rows; i++) {
    const start = i * V;
    const t = a.target[i]!;
    if (t === a.ignoreIndex) {
      dx.fill(0, start, start + V);
      continue;
    }
    for (let j = 0; j < V; j++) {
      const p = Math.exp(x[start + j]! - a.lse[i]!);
      const hard = (1 - e) * w[t]! * (p - (j === t ? 1 : 0));
      dx[start + j] = a.g[i]! * (hard + (e / V) * (p * total - w[j]!));
    }
  }
}

/** The mean of a row, and `1/√(var + eps)`. Where sums overflow, each term is divided before. */
function moments({ x, cols, eps }: LayerNorm, start: number): [mean: number, scale: number] {
  const sum = (term: (x: number) => number) => {
    let total = 0;
    for (let j = start; j < start + cols; j++) total += term(x[j]!);
    return total;
  };
  let mean = sum((v) => v) / cols;
  if (!Number.isFinite(mean)) mean = sum((v) => v / cols);
  const squares = sum((v) => (v - mean) ** 2);
  if (squares !== Infinity) return [mean, 1 / Math.sqrt(squares / cols + eps)];
  let most = 0;
  for (let j = start; j < start + cols; j++) most = Math.max(most, Math.abs(x[j]! - mean));
  const part = sum((v) => ((v - mean) / most) ** 2) / cols;
  return [mean, 1 / Math.sqrt(part + eps / most / most) / most];
}

/** `y = x̂ · weight + bias` with `x̂ = (x − mean_i) / √(var_i + eps)`. */
export function layerNormForward(a: LayerNorm & { bias: Real | null; y: Real }): void {
  const { x, y, cols, weight, bias } = a;
  for (let start = 0; start < a.rows * cols; start += cols) {
    const [mean, scale] = moments(a, start);
    for (let j = 0; j < cols; j++) {
      y[start + j] = (x[start + j]! - mean) * scale * (weight?.[j] ?? 1) + (bias?.[j] ?? 0);
    }
  }
}

/**
 * With `g = dy · weight`: `dx = (g − mean_i(g) − x̂ · mean_i(g x̂)) / √(var_i + eps)`,
 * `dWeight = Σ_i dy x̂`, `dBias = Σ_i dy`.
 */
export function layerNormBackward(
  a: LayerNorm & { dy: Real; dx: Real | null; dWeight: Real | null; dBias: Real | null },
): void {
  const { x, dy, dx, cols, weight } = a;
  const [dWeight, dBias] = [new Float64Array(cols), new Float64Array(cols)];
  for (let start = 0; start < a.rows * cols; start += cols) {
    const [mean, scale] = moments(a, start);
    const g = (j: number) => dy[start + j]! * (weight?.[j] ?? 1);
    const normalised = (j: number) => (x[start + j]! - mean) * scale;
    let [sum, dot] = [0, 0];
    for (let j = 0; j < cols; j++) {
      sum += g(j);
      dot += g(j) * normalised(j);
      dWeight[j]! += dy[start + j]! * normalised(j);
      dBias[j]! += dy[start + j]!;
    }
    if (dx === null) continue;
    for (let j = 0; j < cols; j++) {
      dx[start + j] = scale * (g(j) - sum / cols - (normalised(j) * dot) / cols);
    }
  }
  a.dWeight?.set(dWeight);
  a.dBias?.set(dBias);
}
