/** The Elman network. */

import { ConfigError } from "../../core/index.ts";
import { type Nonlinearity, type RecurrentOp, recurrent } from "../../ops/index.ts";
import type { Tensor } from "../../tensor/index.ts";
import { RecurrentBase, type RecurrentOptions } from "./layer.ts";
import type { PackedSequence } from "./packed.ts";

/** Options of {@link RNN}. */
export interface RNNOptions extends RecurrentOptions {
  /** The function of each step: `tanh` (default) or `relu`. */
  readonly nonlinearity?: Nonlinearity | undefined;
}

/**
 * A recurrent layer: `h_t = tanh(x_t W_ihᵀ + b_ih + h_{t−1} W_hhᵀ + b_hh)`, or relu for tanh.
 *
 * Letters: T steps, B batch, I input size, H hidden size, L layers, D directions.
 * - input x (T, B, I), with `batchFirst` (B, T, I), without a batch (T, I)
 * - state h0 (L·D, B, H), without a batch (L·D, H); zeros where it is missing
 * - gives y (T, B, D·H), arranged like the input, and h_N (L·D, B, H)
 *
 * Parameters, for each layer k and with `_reverse` for the second direction: `weight_ih_lk` (H, I),
 * for k > 0 (H, D·H); `weight_hh_lk` (H, H); `bias_ih_lk` and `bias_hh_lk` (H). All start uniform
 * in ±1/√H.
 *
 * @throws ShapeError when input or state do not fit
 * @throws DTypeError when they have another type than the weights
 * @see torch.nn.RNN; Elman 1990
 * @example
 * const layer = new nn.RNN(3, 4, { batchFirst: true });
 * const [y, h] = layer.forward(torch.randn(2, 5, 3));
 * console.log(y.shape, h.shape); // torch.Size([2, 5, 4]) torch.Size([1, 2, 4])
 */
export class RNN extends RecurrentBase {
  /** The function of each step. */
  readonly nonlinearity: Nonlinearity;
  protected readonly transposeName = "TransposeBackward1";
  protected readonly stateNames = ["hidden"];

  /**
   * Makes a layer for inputs of size I and states of size H.
   *
   * @throws ConfigError when a size or an option makes no sense
   */
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    const { nonlinearity = "tanh" } = options;
    if (nonlinearity !== "tanh" && nonlinearity !== "relu") {
      const said = `Unknown nonlinearity '${String(nonlinearity)}'`;
      throw ConfigError.torch("RNN", said, "Use tanh or relu");
    }
    super({ gates: 1 }, inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  /** PyTorch's name of the kind of layer. */
  get mode(): "RNN_TANH" | "RNN_RELU" {
    return this.nonlinearity === "tanh" ? "RNN_TANH" : "RNN_RELU";
  }

  /** Runs all steps: x (T, B, I) and h0 (L·D, B, H) give y (T, B, D·H) and h_N (L·D, B, H). */
  forward(x: Tensor, h0?: Tensor | null): [y: Tensor, hN: Tensor];
  /** Runs all steps of sequences of different lengths; y is packed like x. */
  forward(x: PackedSequence, h0?: Tensor | null): [y: PackedSequence, hN: Tensor];
  forward(x: Tensor | PackedSequence, h0: Tensor | null = null): [Tensor | PackedSequence, Tensor] {
    const { y, states } = this.run(x, h0 === null ? null : [h0]);
    return [y, states[0] as Tensor];
  }

  protected get op(): RecurrentOp {
    return recurrent.rnn[this.nonlinearity];
  }
}
