/** One step of a long short-term memory. */

import { DTypeError } from "../../core/index.ts";
import { recurrent, shape } from "../../ops/index.ts";
import { Tensor } from "../../tensor/index.ts";
import { CellBase, type CellOptions } from "./cell.ts";
import type { LSTMState } from "./lstm.ts";

/**
 * One step: with `a = x W_ihᵀ + b_ih + h W_hhᵀ + b_hh` in blocks i, f, g, o,
 * `c' = σ(f) c + σ(i) tanh(g)` and `h' = σ(o) tanh(c')`.
 *
 * x (B, I) or (I), h and c (B, H) or (H), zeros where they are missing; gives [h', c'] in the
 * states' shape. Parameters: `weight_ih` (4H, I), `weight_hh` (4H, H), `bias_ih` (4H), `bias_hh`
 * (4H), all uniform in ±1/√H.
 *
 * @throws ShapeError when input or states do not fit
 * @throws DTypeError when the states are no pair, or have another type than the weights
 * @see torch.nn.LSTMCell
 * @example
 * const cell = new nn.LSTMCell(3, 4);
 * const [h, c] = cell.forward(torch.randn(2, 3));
 * console.log(h.shape, c.shape); // torch.Size([2, 4]) torch.Size([2, 4])
 */
export class LSTMCell extends CellBase {
  /** Makes a cell for inputs of size I and states of size H. */
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(4, inputSize, hiddenSize, options);
  }

  /** One step: x (B, I) and [h, c] (B, H) give the next [h, c] (B, H). */
  forward(x: Tensor, states: LSTMState | null = null): [h: Tensor, c: Tensor] {
    if (states instanceof Tensor) {
      const said = "lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor";
      throw DTypeError.torch("LSTMCell.forward", said, "Pass [h, c]");
    }
    if (states !== null && states.length !== 2) {
      const said = "lstm_cell expects two hidden states";
      throw DTypeError.torch("LSTMCell.forward", said, "Pass [h, c]");
    }
    const { inputs, args } = this.operands(x, states ?? [null, null]);
    const names = ["MulBackward0", "MulBackward0", "AddBackward0"];
    const [h, , cN] = Tensor.applyMulti(recurrent.lstm, inputs, { ...args, names }) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const c = Tensor.apply(shape.squeeze, [cN], { dims: [0], name: "AddBackward0" }); // (B, H)
    return [this.unbatched(x, h), this.unbatched(x, c)];
  }
}
