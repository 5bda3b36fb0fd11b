/** Recorded tensors. Runs in a page, too. */

import type { DType } from "../../src/core/index.ts";
import { type Tensor, tensor } from "../../src/tensor/index.ts";

export interface Recorded {
  readonly shape: number[];
  readonly data: number[];
}

export function restored(x: Recorded, dtype?: DType): Tensor {
  const flat = tensor(Float64Array.from(x.data, Number));
  const out = flat.reshape(...x.shape);
  return dtype === undefined ? out.float() : out.to(dtype);
}

/** A tensor with finite elements as JSON. */
export function plain(x: Tensor): Recorded {
  return { shape: [...x.shape], data: Array.from(x.toTypedArray()) };
}
