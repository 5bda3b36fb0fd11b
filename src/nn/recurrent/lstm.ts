/** Long short-term memory. */

import { type RecurrentOp, recurrent } from "../../ops/index.ts";
import type { Tensor } from "../../tensor/index.ts";
import { RecurrentBase, type RecurrentOptions } from "./layer.ts";
import type { PackedSequence } from "./packed.ts";

/** Options of {@link LSTM}. */
export interface LSTMOptions extends RecurrentOptions {
  /** P, the size that h is projected to; 0, the default, for no projection. */
  readonly projSize?: number | undefined;
}

/** h (L·D, B, P) and c (L·D, B, H); of a cell (B, H) each. */
export type LSTMState = readonly [h: Tensor, c: Tensor];

/**
 * A recurrent layer with a cell: with `a = x_t W_ihᵀ + b_ih + h_{t−1} W_hhᵀ + b_hh` in blocks i, f,
 * g, o, `c_t = σ(f) c_{t−1} + σ(i) tanh(g)` and `h_t = σ(o) tanh(c_t)`; with `projSize` P,
 * `h_t = (σ(o) tanh(c_t)) W_hrᵀ`.
 *
 * Letters: T steps, B batch, I input size, H hidden size, P projected size or H, L layers, D
 * directions.
 * - input x (T, B, I), with `batchFirst` (B, T, I), without a batch (T, I)
 * - states h0 (L·D, B, P) and c0 (L·D, B, H), without a batch (L·D, ·); zeros where they are
 *   missing
 * - gives y (T, B, D·P), arranged like the input, and [h_N, c_N] like the states
 *
 * Parameters, for each layer k and with `_reverse` for the second direction: `weight_ih_lk` (4H,
 * I), for k > 0 (4H, D·P); `weight_hh_lk` (4H, P); `bias_ih_lk` and `bias_hh_lk` (4H);
 * `weight_hr_lk` (P, H). All start uniform in ±1/√H; the forget gate's bias is no exception.
 *
 * @throws ShapeError when input or states do not fit
 * @throws DTypeError when they have another type than the weights
 * @see torch.nn.LSTM; Hochreiter and Schmidhuber 1997
 * @example
 * const layer = new nn.LSTM(3, 4, { batchFirst: true });
 * const [y, [h, c]] = layer.forward(torch.randn(2, 5, 3));
 * console.log(y.shape, h.shape); // torch.Size([2, 5, 4]) torch.Size([1, 2, 4])
 * console.log(c.shape); // torch.Size([1, 2, 4])
 */
export class LSTM extends RecurrentBase {
  /** PyTorch's name of the kind of layer. */
  readonly mode = "LSTM";
  protected readonly transposeName = "TransposeBackward0";
  protected readonly stateNames = ["hidden[0]", "hidden[1]"];

  /**
   * Makes a layer for inputs of size I and states of size H.
   *
   * @throws ConfigError when a size or an option makes no sense
   */
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    super({ gates: 4, projSize: options.projSize ?? 0 }, inputSize, hiddenSize, options);
  }

  /** Runs all steps: x (T, B, I) and [h0, c0] give y (T, B, D·P) and [h_N, c_N]. */
  forward(x: Tensor, states?: LSTMState | null): [y: Tensor, states: [h: Tensor, c: Tensor]];
  /** Runs all steps of sequences of different lengths; y is packed like x. */
  forward(
    x: PackedSequence,
    states?: LSTMState | null,
  ): [y: PackedSequence, states: [h: Tensor, c: Tensor]];
  forward(
    x: Tensor | PackedSequence,
    states: LSTMState | null = null,
  ): [Tensor | PackedSequence, [Tensor, Tensor]] {
    const result = this.run(x, states);
    return [result.y, result.states as [Tensor, Tensor]];
  }

  protected get op(): RecurrentOp {
    return recurrent.lstm;
  }
}
