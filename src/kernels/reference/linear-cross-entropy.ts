/** Projection and cross entropy together, one row of logits at a time. */

import type { LinearCrossEntropy } from "../backend.ts";
import { crossEntropyBackward, crossEntropyForward } from "./rows.ts";

/**
 * Of each row: `z = x Wᵀ + b`, its loss and, with `g = scale`, the loss's gradient dz; then
 * `dx = dz W`, `dW += dzᵀ x`, `dBias += dz`.
 */
export function linearCrossEntropy(a: LinearCrossEntropy): void {
  const { x, weight, bias, dx, inputSize: H, classes: V } = a;
  const [z, lse, loss] = [new Float64Array(V), new Float64Array(1), new Float64Array(1)];
  const call = { ...a, x: z, weight: a.classWeight, rows: 1, lse };
  const g = Float64Array.of(a.scale);
  const dWeight = new Float64Array(V * H);
  const dBias = new Float64Array(V);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < V; j++) {
      z[j] = bias?.[j] ?? 0;
      for (let p = 0; p < H; p++) z[j]! += x[i * H + p]! * weight[j * H + p]!;
    }
    const target = a.target.subarray(i, i + 1);
    crossEntropyForward({ ...call, target, loss });
    a.loss[i] = loss[0]!;
    if (dx === null && a.dWeight === null && a.dBias === null) continue;
    crossEntropyBackward({ ...call, target, g, dx: z });
    for (let p = 0; p < H; p++) {
      let sum = 0;
      for (let j = 0; j < V; j++) {
        sum += z[j]! * weight[j * H + p]!;
        dWeight[j * H + p]! += z[j]! * x[i * H + p]!;
      }
      if (dx !== null) dx[i * H + p] = sum;
    }
    for (let j = 0; j < V; j++) dBias[j]! += z[j]!;
  }
  a.dWeight?.set(dWeight);
  a.dBias?.set(dBias);
}
