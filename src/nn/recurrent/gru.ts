/** The gated recurrent unit. */

import { type RecurrentOp, recurrent } from "../../ops/index.ts";
import type { Tensor } from "../../tensor/index.ts";
import { RecurrentBase, type RecurrentOptions } from "./layer.ts";
import type { PackedSequence } from "./packed.ts";

/**
 * A recurrent layer with gates r, z and candidate n: with `i = x_t W_ihᵀ + b_ih` and
 * `a = h_{t−1} W_hhᵀ + b_hh`, each in blocks r, z, n: `r = σ(i_r + a_r)`, `z = σ(i_z + a_z)`,
 * `n = tanh(i_n + r a_n)`, `h_t = (1 − z) n + z h_{t−1}`. The reset gate acts after the product, on
 * its bias too.
 *
 * Letters: T steps, B batch, I input size, H hidden size, L layers, D directions.
 * - input x (T, B, I), with `batchFirst` (B, T, I), without a batch (T, I)
 * - state h0 (L·D, B, H), without a batch (L·D, H); zeros where it is missing
 * - gives y (T, B, D·H), arranged like the input, and h_N (L·D, B, H)
 *
 * Parameters, for each layer k and with `_reverse` for the second direction: `weight_ih_lk` (3H,
 * I), for k > 0 (3H, D·H); `weight_hh_lk` (3H, H); `bias_ih_lk` and `bias_hh_lk` (3H). All start
 * uniform in ±1/√H.
 *
 * @throws ShapeError when input or state do not fit
 * @throws DTypeError when they have another type than the weights
 * @see torch.nn.GRU; Cho et al. 2014, in the form of Nvidia's cuDNN
 * @example
 * const layer = new nn.GRU(3, 4, { bidirectional: true });
 * const [y, h] = layer.forward(torch.randn(5, 2, 3));
 * console.log(y.shape, h.shape); // torch.Size([5, 2, 8]) torch.Size([2, 2, 4])
 */
export class GRU extends RecurrentBase {
  /** PyTorch's name of the kind of layer. */
  readonly mode = "GRU";
  protected readonly transposeName = "TransposeBackward1";
  protected readonly stateNames = ["hidden"];

  /**
   * Makes a layer for inputs of size I and states of size H.
   *
   * @throws ConfigError when a size or an option makes no sense
   */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super({ gates: 3 }, inputSize, hiddenSize, options);
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
    return recurrent.gru;
  }
}
