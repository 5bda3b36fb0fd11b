/** The cells, each one step of a recurrent layer: their base, then the three. */

import { ConfigError, DTypeError, list, repr, ShapeError } from "../../core/index.ts";
import { type Nonlinearity, type RecurrentOp, recurrent, shape } from "../../ops/index.ts";
import { Tensor, zeros } from "../../tensor/index.ts";
import { checkWeightType } from "../checks.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import type { LSTMState } from "./lstm.ts";

/** Options of the cells. */
export interface CellOptions {
  /** Whether the cell has the biases b_ih and b_hh; true by default. */
  readonly bias?: boolean | undefined;
}

/** The base of the cells: parameters, and the checks of a step's input and states. */
export abstract class CellBase extends Module {
  /** I, the size of an input. */
  readonly inputSize: number;
  /** H, the size of a state. */
  readonly hiddenSize: number;
  /** Whether there are biases. */
  readonly bias: boolean;
  /** (G·H, I), the weights of the input; G is 1 for RNN, 3 for GRU, 4 for LSTM. */
  weight_ih: Parameter;
  /** (G·H, H), the weights of the state. */
  weight_hh: Parameter;
  /** (G·H), added to the product with the input, or null. */
  bias_ih: Parameter | null;
  /** (G·H), added to the product with the state, or null. */
  bias_hh: Parameter | null;

  /** Makes the parameters of a cell with G = `gates` blocks of H rows. */
  constructor(gates: number, inputSize: number, hiddenSize: number, { bias = true }: CellOptions) {
    super();
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.bias = bias;
    const rows = gates * hiddenSize;
    this.weight_ih = new Parameter(zeros(rows, inputSize));
    this.weight_hh = new Parameter(zeros(rows, hiddenSize));
    this.bias_ih = bias ? new Parameter(zeros(rows)) : null;
    this.bias_hh = bias ? new Parameter(zeros(rows)) : null;
    this.resetParameters();
  }

  /** Draws all parameters uniform in ±1/√H, in order of registration. */
  resetParameters(): void {
    const bound = this.hiddenSize > 0 ? 1 / Math.sqrt(this.hiddenSize) : 0;
    for (const p of this.parameters()) init.uniform_(p, -bound, bound);
  }

  /** The cell's sizes, as its text shows them. */
  override extraRepr(): string {
    const bias = this.bias ? "" : `, bias=${repr(this.bias)}`;
    return `${this.inputSize}, ${this.hiddenSize}${bias}`;
  }

  /** The input with a batch dimension. */
  private batched(x: Tensor): Tensor {
    const name = this.constructor.name;
    if (x.ndim !== 1 && x.ndim !== 2) {
      const said = `${name}: Expected input to be 1-D or 2-D but received ${x.ndim}-D tensor`;
      throw ShapeError.torch(`${name}.forward`, said, "Pass (B, I), or (I) without a batch");
    }
    if (x.size(-1) !== this.inputSize) {
      const said = `input has inconsistent input_size: got ${x.size(-1)} expected ${this.inputSize}`;
      throw ShapeError.torch(`${name}.forward`, said, `The input is ${list(x.impl.shape)}`);
    }
    return x.ndim === 1 ? x.unsqueeze(0) : x;
  }

  /** A state (B, H) that fits the input. */
  private batchedState(x: Tensor, state: Tensor): Tensor {
    const op = `${this.constructor.name}.forward`;
    const h = x.ndim === 1 ? state.unsqueeze(0) : state;
    const batch = x.ndim === 1 ? 1 : x.size(0);
    const [rows = 0, width = 0] = h.impl.shape;
    if (rows !== batch) {
      const said = `Input batch size ${batch} doesn't match hidden0 batch size ${rows}`;
      throw ShapeError.torch(op, said);
    }
    if (width !== this.hiddenSize) {
      const said = `hidden0 has inconsistent hidden_size: got ${width}, expected ${this.hiddenSize}`;
      throw ShapeError.torch(op, said);
    }
    if (h.ndim !== 2) {
      const said = `a state has ${state.ndim} dimensions, the input has ${x.ndim}`;
      throw new ShapeError(op, said, "Pass (B, H), or (H) without a batch");
    }
    return h;
  }

  /** The state of a cell that has one; plain JavaScript may pass a pair, which the types refuse. */
  protected single(h: Tensor | null, kernel: string): [Tensor | null] {
    if (h === null || h instanceof Tensor) return [h];
    const said = `${kernel}(): argument 'hx' (position 2) must be Tensor, not tuple`;
    throw DTypeError.torch(`${this.constructor.name}.forward`, said, "Pass h alone");
  }

  /** One step of a recurrent operation: the next h, for an LSTM also the next c. */
  protected step(
    op: RecurrentOp,
    x: Tensor,
    states: readonly (Tensor | null)[],
    names: readonly string[],
  ): Tensor[] {
    const input = this.batched(x);
    const given = states.map((s) => (s === null ? null : this.batchedState(x, s).unsqueeze(0)));
    const where = `${this.constructor.name}.forward`;
    for (const operand of [input, ...given]) {
      if (operand !== null) checkWeightType(where, "An operand", operand, this.weight_ih);
    }
    const weights = [this.weight_ih, this.weight_hh, this.bias_ih, this.bias_hh];
    const inputs = [input, ...given, ...weights] as [Tensor, Tensor | null, ...(Tensor | null)[]];
    const batchSizes = Int32Array.of(input.size(0));
    const [h, , c] = Tensor.applyMulti(op, inputs, { directions: 1, batchSizes, names });
    const next = c === undefined ? [h as Tensor] : [h as Tensor, squeezed(c, "AddBackward0")];
    return x.ndim === 2 ? next : next.map((s) => squeezed(s, "SqueezeBackward1"));
  }
}

/** Without the first dimension, which has size 1. */
function squeezed(x: Tensor, name: string): Tensor {
  return Tensor.apply(shape.squeeze, [x], { dims: [0], name });
}

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
    const states = this.single(h, `rnn_${nonlinearity}_cell`);
    const name = nonlinearity === "tanh" ? "TanhBackward0" : "ReluBackward0";
    return this.step(recurrent.rnn[nonlinearity], x, states, [name, name])[0] as Tensor;
  }

  /** The cell's sizes and nonlinearity, as its text shows them. */
  override extraRepr(): string {
    const { nonlinearity } = this;
    return `${super.extraRepr()}${nonlinearity === "tanh" ? "" : `, nonlinearity=${nonlinearity}`}`;
  }
}

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
    const names = ["MulBackward0", "MulBackward0", "AddBackward0"];
    return this.step(recurrent.lstm, x, states ?? [null, null], names) as [Tensor, Tensor];
  }
}

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
    const names = ["AddBackward0", "AddBackward0"];
    return this.step(recurrent.gru, x, this.single(h, "gru_cell"), names)[0] as Tensor;
  }
}
