/** Rows of a table. */

import type { Real } from "../../core/index.ts";

/** `y_r = weight[index_r]`. */
export function embeddingForward(weight: Real, index: Int32Array, y: Real, width: number): void {
  for (let r = 0; r < index.length; r++) {
    const start = index[r]! * width;
    for (let j = 0; j < width; j++) y[r * width + j] = weight[start + j]!;
  }
}

/** `dWeight[index_r] += dy_r`, rows in order; rows of the padding index are skipped. */
export function embeddingBackward(
  dy: Real,
  index: Int32Array,
  dWeight: Real,
  width: number,
  paddingIdx: number,
): void {
  for (let r = 0; r < index.length; r++) {
    if (index[r] === paddingIdx) continue;
    const start = index[r]! * width;
    for (let j = 0; j < width; j++) dWeight[start + j]! += dy[r * width + j]!;
  }
}
