/** One step of a gated recurrent unit. */

import { recurrent } from "../../ops/index.ts";
import { Tensor } from "../../tensor/index.ts";
import { CellBase, type CellOptions } from "./cell.ts";

/**
 * One step: with `i = x W_ihᵀ + b_ih` and `a = h W_hhᵀ + b_hh`, each in blocks r, z, n:
 * `r = σ(i_r + a_r)`, `z = σ(i_z + a_z)`, `n = tanh(i_n + r a_n)`, `h' = (1 − z) n + z h`.
 *
 * x (B, I) or (I), h (B, H) or (H), zeros where it is missing; gives h' in h's shape. Parameters:
 * `weight_ih` (3H, I), `weight_hh` (3H, H), `bias_ih` (3H), `bias_hh` (3H), all uniform in ±1/√H.
 *
 * @throws ShapeError when input or state do not fit
 * @throws DTypeError when they have another type than the weights
 * @see torch.nn.GRUCell
 * @example
 * const cell = new nn.GRUCell(3, 4);
 * console.log(cell.forward(torch.randn(2, 3)).shape); // torch.Size([2, 4])
 */
export class GRUCell extends CellBase {
  /** Makes a cell for inputs of size I and states of size H. */
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(3, inputSize, hiddenSize, options);
  }

  /** One step: x (B, I) and h (B, H) give the next h (B, H). */
  forward(x: Tensor, h: Tensor | null = null): Tensor {
    const { inputs, args } = this.operands(x, this.single(h, "gru_cell"));
    const names = ["AddBackward0", "AddBackward0"];
    const [y] = Tensor.applyMulti(recurrent.gru, inputs, { ...args, names }) as [Tensor, Tensor];
    return this.unbatched(x, y);
  }
}
