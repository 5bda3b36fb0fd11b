/** Dropout: a product with a random mask. */

import { acquire, release } from "../kernels/pool.ts";
import { applyMask, checkProbability } from "../ops/dropout.ts";
import { defaultGenerator, dropoutMask } from "../random/index.ts";
import { Tensor } from "./tensor.ts";

/**
 * In training sets elements to zero with probability `p` and scales the others by 1/(1 − p).
 *
 * @throws ConfigError when `p` is outside [0, 1]
 * @see torch.nn.functional.dropout
 */
export function dropout(x: Tensor, p = 0.5, training = true): Tensor {
  checkProbability("dropout", p);
  if (p === 0 || !training) return x;
  const mask = acquire(x.dtype.name === "float64" ? "float64" : "float32", x.numel());
  dropoutMask(defaultGenerator, mask, p);
  return Tensor.apply(applyMask, [x], { mask, release: () => release(mask) });
}
