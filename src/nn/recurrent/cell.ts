/** The base of the cells: one step of a recurrent layer. */

import { DTypeError, list, repr, ShapeError } from "../../core/index.ts";
import { shape } from "../../ops/index.ts";
import { Tensor, zeros } from "../../tensor/index.ts";
import { checkWeightType } from "../checks.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";

/** Options of the cells. */
export interface CellOptions {
  /** Whether the biases b_ih and b_hh are there; true by default. */
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
  protected batched(x: Tensor): Tensor {
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
  protected batchedState(x: Tensor, state: Tensor): Tensor {
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

  /** The state of a cell that has one: plain JavaScript may pass a pair, which its types would refuse. */
  protected single(h: Tensor | null, kernel: string): [Tensor | null] {
    if (h === null || h instanceof Tensor) return [h];
    const said = `${kernel}(): argument 'hx' (position 2) must be Tensor, not tuple`;
    throw DTypeError.torch(`${this.constructor.name}.forward`, said, "Pass h alone");
  }

  /** The operands of a recurrent operation that takes one step. */
  protected operands(x: Tensor, states: readonly (Tensor | null)[]): Operands {
    const input = this.batched(x);
    const given = states.map((s) => (s === null ? null : this.batchedState(x, s).unsqueeze(0)));
    const op = `${this.constructor.name}.forward`;
    for (const operand of [input, ...given]) {
      if (operand !== null) checkWeightType(op, "An operand", operand, this.weight_ih);
    }
    const weights = [this.weight_ih, this.weight_hh, this.bias_ih, this.bias_hh];
    const args = { directions: 1, batchSizes: Int32Array.of(input.size(0)) };
    return { inputs: [input, ...given, ...weights] as never, args };
  }

  /** The result without the batch dimension that {@link batched} added. */
  protected unbatched(x: Tensor, h: Tensor): Tensor {
    if (x.ndim === 2) return h;
    return Tensor.apply(shape.squeeze, [h], { dims: [0], name: "SqueezeBackward1" });
  }
}

/** What a recurrent operation is called with; its inputs differ from cell to cell. */
interface Operands {
  readonly inputs: never;
  readonly args: { readonly directions: number; readonly batchSizes: Int32Array };
}
