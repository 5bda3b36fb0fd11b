/** One step of an Elman network. */

import { ConfigError } from "../../core/index.ts";
import { type Nonlinearity, recurrent } from "../../ops/index.ts";
import { Tensor } from "../../tensor/index.ts";
import { CellBase, type CellOptions } from "./cell.ts";

/** Options of {@link RNNCell}. */
export interface RNNCellOptions extends CellOptions {
  /** The function of a step: `tanh` (default) or `relu`. */
  readonly nonlinearity?: Nonlinearity | undefined;
}

/**
 * One step: `h' = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh)`, or relu for tanh.
 *
 * x (B, I) or (I), h (B, H) or (H), zeros where it is missing; gives h' in h's shape. Parameters:
 * `weight_ih` (H, I), `weight_hh` (H, H), `bias_ih` (H), `bias_hh` (H), all uniform in ±1/√H.
 *
 * @throws ShapeError when input or state do not fit
 * @throws DTypeError when they have another type than the weights
 * @see torch.nn.RNNCell
 * @example
 * const cell = new nn.RNNCell(3, 4);
 * console.log(cell.forward(torch.randn(2, 3)).shape); // torch.Size([2, 4])
 */
export class RNNCell extends CellBase {
  /** The function of a step. */
  readonly nonlinearity: Nonlinearity;

  /** Makes a cell for inputs of size I and states of size H. */
  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    super(1, inputSize, hiddenSize, options);
    this.nonlinearity = options.nonlinearity ?? "tanh";
  }

  /**
   * One step: x (B, I) and h (B, H) give the next h (B, H).
   *
   * @throws ConfigError when the nonlinearity is neither tanh nor relu
   */
  forward(x: Tensor, h: Tensor | null = null): Tensor {
    const { nonlinearity } = this;
    if (nonlinearity !== "tanh" && nonlinearity !== "relu") {
      const said = `Unknown nonlinearity: ${String(nonlinearity)}`;
      throw ConfigError.torch("RNNCell.forward", said, "Use tanh or relu");
    }
    const { inputs, args } = this.operands(x, this.single(h, `rnn_${nonlinearity}_cell`));
    const name = nonlinearity === "tanh" ? "TanhBackward0" : "ReluBackward0";
    const call = { ...args, names: [name, name] };
    const [y] = Tensor.applyMulti(recurrent.rnn[nonlinearity], inputs, call) as [Tensor, Tensor];
    return this.unbatched(x, y);
  }

  /** The cell's sizes and nonlinearity, as its text shows them. */
  override extraRepr(): string {
    const { nonlinearity } = this;
    return `${super.extraRepr()}${nonlinearity === "tanh" ? "" : `, nonlinearity=${nonlinearity}`}`;
  }
}
