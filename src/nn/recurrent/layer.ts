/**
 * The base of the recurrent layers: options, parameters, the shapes of inputs and states, layers
 * and directions, dropout between layers. A subclass adds its gates, `G`, and the kernel of one
 * layer.
 */

import {
  ConfigError,
  DTypeError,
  list,
  repr,
  ShapeError,
  sameShape,
  warn,
} from "../../core/index.ts";
import { type RecurrentOp, shape } from "../../ops/index.ts";
import { Tensor, zeros } from "../../tensor/index.ts";
import { checkWeightType } from "../checks.ts";
import * as F from "../functional.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { PackedSequence } from "./packed.ts";

/** Options of the recurrent layers. */
export interface RecurrentOptions {
  /** L, the number of stacked layers; 1 by default. */
  readonly numLayers?: number | undefined;
  /** Whether the layer has the biases b_ih and b_hh; true by default. */
  readonly bias?: boolean | undefined;
  /** Input and output are (B, T, ·) instead of (T, B, ·); states are not affected. */
  readonly batchFirst?: boolean | undefined;
  /** Probability of dropping an output of every layer but the last, in training; 0 by default. */
  readonly dropout?: number | undefined;
  /** Whether a second direction runs from the last step to the first; false by default. */
  readonly bidirectional?: boolean | undefined;
}

/** The sizes that a subclass decides. */
interface Kind {
  /** G: blocks of H rows in the weights. */
  readonly gates: number;
  /** P, 0 without a projection; missing if the kind has none. */
  readonly projSize?: number | undefined;
}

/** Input in the kernels' layout, and functions that restore the caller's. */
interface Prepared {
  /** Time-major: (T, B, I), or (N, I) of packed sequences and without a batch. */
  readonly data: Tensor;
  readonly batchSizes: Int32Array;
  readonly batch: number;
  readonly names: readonly string[];
  restore(y: Tensor): Tensor | PackedSequence;
  /** Converts states to the kernels' layout, and back. */
  arrangeState(h: Tensor): Tensor;
  restoreState(h: Tensor): Tensor;
}

/** x, the states, the weights. */
type Operands = [Tensor, Tensor | null, ...(Tensor | null)[]];

/** PyTorch's names of the results of a layer: y, then the states. */
const stateNames = ["StackBackward0", "StackBackward0"];
const batchedNames = ["StackBackward0", ...stateNames];
const bidirectionalNames = ["CatBackward0", ...stateNames];
const unbatchedNames = ["SqueezeBackward1", ...stateNames];

/** The base of RNN, LSTM and GRU. */
export abstract class RecurrentBase extends Module {
  /** I, the size of an input. */
  readonly inputSize: number;
  /** H, the size of a state. */
  readonly hiddenSize: number;
  /** L, the number of layers. */
  readonly numLayers: number;
  /** Whether there are biases. */
  readonly bias: boolean;
  /** Whether input and output are (B, T, ·) instead of (T, B, ·). */
  readonly batchFirst: boolean;
  /** The probability of dropping an output between layers, in training. */
  readonly dropout: number;
  /** Whether there is a second direction. */
  readonly bidirectional: boolean;
  /** P, or 0 without a projection. */
  readonly projSize: number;
  /** Parameter names of each layer, in the order in which its operation takes them. */
  private readonly names: readonly (readonly string[])[];
  private lastSizes = new Int32Array(0);
  [name: `weight_ih_l${number}${"" | "_reverse"}`]: Parameter;
  [name: `weight_hh_l${number}${"" | "_reverse"}`]: Parameter;
  [name: `bias_ih_l${number}${"" | "_reverse"}`]: Parameter;
  [name: `bias_hh_l${number}${"" | "_reverse"}`]: Parameter;
  [name: `weight_hr_l${number}${"" | "_reverse"}`]: Parameter;

  /**
   * Makes the parameters of a layer, and checks its options.
   *
   * @throws ConfigError when a size or an option makes no sense
   */
  constructor(kind: Kind, inputSize: number, hiddenSize: number, options: RecurrentOptions) {
    super();
    const { numLayers = 1, bias = true, batchFirst = false } = options;
    const { dropout = 0, bidirectional = false } = options;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    this.projSize = kind.projSize ?? 0;
    this.checkSizes();
    if (kind.projSize === undefined) this.refuseProjection(options);
    this.checkProjection();
    this.names = Array.from({ length: numLayers }, (_, l) => this.parameterNames(l));
    this.register(kind.gates);
    this.resetParameters();
  }

  /** D, the number of directions: 1 or 2. */
  get directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /**
   * The parameters of every layer and direction, in order of registration.
   *
   * @see torch.nn.RNNBase.all_weights
   */
  get allWeights(): Parameter[][] {
    const each = this.projSize > 0 ? 5 : 4;
    return this.names.flatMap((layer) =>
      Array.from({ length: this.directions }, (_, d) =>
        layer.slice(d * each, (d + 1) * each).flatMap((name) => this.own[name] ?? []),
      ),
    );
  }

  /** Draws all parameters uniform in ±1/√H, in order of registration. */
  resetParameters(): void {
    const bound = this.hiddenSize > 0 ? 1 / Math.sqrt(this.hiddenSize) : 0;
    for (const p of this.parameters()) init.uniform_(p, -bound, bound);
  }

  /** The layer's sizes and options, as its text shows them. */
  override extraRepr(): string {
    const parts = [`${this.inputSize}, ${this.hiddenSize}`];
    if (this.projSize !== 0) parts.push(`proj_size=${this.projSize}`);
    if (this.numLayers !== 1) parts.push(`num_layers=${this.numLayers}`);
    if (!this.bias) parts.push(`bias=${repr(this.bias)}`);
    if (this.batchFirst) parts.push(`batch_first=${repr(this.batchFirst)}`);
    if (this.dropout !== 0) parts.push(`dropout=${repr(this.dropout)}`);
    if (this.bidirectional) parts.push(`bidirectional=${repr(this.bidirectional)}`);
    return parts.join(", ");
  }

  /** One layer in all its directions: the output (…, D·P) and the final states (D, B, ·). */
  protected abstract get op(): RecurrentOp;

  /** The names of the states in errors: `hidden`, or `hidden[0]` and `hidden[1]`. */
  protected abstract readonly stateNames: readonly string[];

  /** PyTorch's name of the final transpose with `batchFirst`. */
  protected abstract readonly transposeName: string;

  /** Runs all layers; `given` has one (L·D, B, ·) for each kind of state, or is null for zeros. */
  protected run(
    input: Tensor | PackedSequence,
    given: readonly Tensor[] | null,
  ): { y: Tensor | PackedSequence; states: Tensor[] } {
    if (given !== null) this.checkGiven(given);
    const states = this.stateNames.map((_, i) => given?.[i] ?? null);
    const prepared =
      input instanceof PackedSequence ? this.packed(input) : this.prepare(input, states);
    const { batchSizes, batch, names } = prepared;
    const initial = states.map((s) => (s === null ? null : prepared.arrangeState(s)));
    for (const [i, s] of initial.entries()) this.checkState(i, s, batch);
    const finals: Tensor[][] = states.map(() => []);
    const args = { directions: this.directions, batchSizes, names };
    let x = prepared.data;
    for (let l = 0; l < this.numLayers; l++) {
      const inputs: (Tensor | null)[] = [x];
      for (const s of initial) inputs.push(s && this.ofLayer(l, s));
      for (const name of this.names[l]!) inputs.push(this.own[name] ?? null);
      const [y, ...last] = Tensor.applyMulti(this.op, inputs as Operands, args) as [
        Tensor,
        ...Tensor[],
      ];
      for (const [i, s] of last.entries()) finals[i]?.push(s);
      x = l < this.numLayers - 1 ? F.dropout(y, this.dropout, this.training) : y;
    }
    return {
      y: prepared.restore(x),
      states: finals.map((layers) => prepared.restoreState(joined(layers))),
    };
  }

  /** A layer's part (D, B, ·) of states (L·D, B, ·). */
  private ofLayer(l: number, state: Tensor): Tensor {
    const { directions: D } = this;
    return this.numLayers === 1 ? state : state.narrow(0, l * D, D);
  }

  // ---- shapes ----------------------------------------------------------------------------------

  private prepare(input: Tensor, states: readonly (Tensor | null)[]): Prepared {
    const batched = input.ndim === 3;
    const rank = batched ? 3 : 2;
    this.checkStateRanks(batched, rank, states);
    const ndim = batched ? 3 : input.ndim + 1;
    this.checkInput(input, ndim);
    const timeMajor = batched && this.batchFirst ? input.transpose(0, 1) : input;
    const T = timeMajor.size(0);
    const B = batched ? timeMajor.size(1) : 1;
    if (T === 0) {
      throw ShapeError.torch(this.where, "Expected sequence length to be larger than 0 in RNN");
    }
    return {
      data: timeMajor,
      batchSizes: this.equalSizes(T, B),
      batch: B,
      names: batched ? this.outputNames : unbatchedNames,
      restore: (y) => (batched && this.batchFirst ? this.batchMajor(y) : y),
      arrangeState: (h) => (batched ? h : h.unsqueeze(1)),
      restoreState: (h) => (batched ? h : squeezed(h, 1)),
    };
  }

  /** Packed input is in the kernels' layout; states are sorted like the sequences. */
  private packed({ data, batchSizes, sortedIndices, unsortedIndices }: PackedSequence): Prepared {
    if (data.ndim !== 2) {
      throw ShapeError.torch(this.where, `input must have 2 dimensions, got ${data.ndim}`);
    }
    this.checkInput(data, 3);
    const sizes = batchSizes.impl.data() as Int32Array;
    return {
      data,
      batchSizes: sizes,
      batch: sizes[0] as number,
      names: this.outputNames,
      restore: (y) => new PackedSequence(y, batchSizes, sortedIndices, unsortedIndices),
      arrangeState: (h) => (sortedIndices === null ? h : this.sortedState(h, sortedIndices)),
      restoreState: (h) => (unsortedIndices === null ? h : h.indexSelect(1, unsortedIndices)),
    };
  }

  /** Sorts a state like the sequences; {@link checkState} reports a wrong shape. */
  private sortedState(h: Tensor, order: Tensor): Tensor {
    return h.ndim === 3 && h.size(1) === order.numel() ? h.indexSelect(1, order) : h;
  }

  /** T times B; equal sizes share one read-only array. */
  private equalSizes(T: number, B: number): Int32Array {
    const last = this.lastSizes;
    if (last.length === T && last[0] === B) return last;
    this.lastSizes = new Int32Array(T).fill(B);
    return this.lastSizes;
  }

  private get outputNames(): readonly string[] {
    return this.bidirectional ? bidirectionalNames : batchedNames;
  }

  /** (T, B, D·P) as (B, T, D·P). */
  private batchMajor(y: Tensor): Tensor {
    return Tensor.apply(shape.transpose, [y], { a: 0, b: 1, name: this.transposeName });
  }

  protected get where(): string {
    return `${this.constructor.name}.forward`;
  }

  // ---- checks ----------------------------------------------------------------------------------

  private checkInput(input: Tensor, ndim: number): void {
    if (ndim === 3 && input.size(-1) === this.inputSize) {
      checkWeightType(this.where, "The input", input, this.own.weight_ih_l0 as Parameter);
      return;
    }
    const op = this.where;
    if (ndim !== 3) {
      const fix = "Pass (T, B, I), or (T, I) without a batch";
      throw ShapeError.torch(op, `input must have 3 dimensions, got ${ndim}`, fix);
    }
    const sizes = `Expected ${this.inputSize}, got ${input.size(-1)}`;
    const fix = `The input is ${list(input.impl.shape)}: check inputSize or the embedding width`;
    throw ShapeError.torch(op, `input.size(-1) must be equal to input_size. ${sizes}`, fix);
  }

  /** Checks the types of arguments, for plain JavaScript. */
  private checkGiven(given: unknown): void {
    const n = this.stateNames.length;
    if (Array.isArray(given) && given.length === n && given.every((s) => s instanceof Tensor)) {
      return;
    }
    const said = `the initial state is not ${n === 1 ? "a tensor" : "a pair of tensors"}`;
    const fix = n === 1 ? "Pass h0, or nothing for zeros" : "Pass [h0, c0], or nothing for zeros";
    throw new DTypeError(this.where, said, fix);
  }

  private checkStateRanks(
    batched: boolean,
    rank: number,
    states: readonly (Tensor | null)[],
  ): void {
    const given = states.filter((s) => s !== null);
    if (given.every((s) => s.ndim === rank)) return;
    const kind = batched ? "batched 3-D" : "unbatched 2-D";
    const ranks = given.map((s) => `${s.ndim}-D`);
    const said =
      states.length === 1
        ? `For ${kind} input, hx should also be ${rank}-D but got ${ranks[0]} tensor`
        : `For ${kind} input, hx and cx should also be ${rank}-D but got (${ranks.join(", ")}) tensors`;
    throw ShapeError.torch(this.where, said);
  }

  private checkState(index: number, state: Tensor | null, batch: number): void {
    if (state === null) return;
    const expected = [this.numLayers * this.directions, batch, this.stateSize(index)];
    if (sameShape(state.impl.shape, expected)) {
      checkWeightType(this.where, "The initial state", state, this.own.weight_ih_l0 as Parameter);
      return;
    }
    const sizes = `(${expected.join(", ")}), got ${list(state.impl.shape)}`;
    const fix = "States are (layers × directions, batch, size), also with batchFirst";
    throw ShapeError.torch(this.where, `Expected ${this.stateNames[index]} size ${sizes}`, fix);
  }

  /** The last size of a state: P for h (and y) with a projection, else H. */
  private stateSize(index: number): number {
    return index === 0 && this.projSize > 0 ? this.projSize : this.hiddenSize;
  }

  private checkSizes(): void {
    const op = this.constructor.name;
    for (const name of ["inputSize", "hiddenSize", "numLayers"] as const) {
      const least = name === "inputSize" ? 0 : 1;
      if (Number.isInteger(this[name]) && this[name] >= least) continue;
      const said = `${name} is ${String(this[name])}`;
      throw new ConfigError(op, said, `Pass a whole number from ${least}`);
    }
    if (typeof this.dropout !== "number" || !(this.dropout >= 0 && this.dropout <= 1)) {
      const said =
        "dropout should be a number in range [0, 1] representing the probability of an element " +
        "being zeroed";
      throw ConfigError.torch(op, said);
    }
    if (this.dropout > 0 && this.numLayers === 1) {
      warn(
        "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects " +
          `num_layers greater than 1, but got dropout=${this.dropout} and num_layers=${this.numLayers}`,
      );
    }
  }

  private refuseProjection(options: object): void {
    if (!("projSize" in options) || options.projSize === undefined) return;
    const said = "proj_size argument is only supported for LSTM, not RNN or GRU";
    throw ConfigError.torch(this.constructor.name, said);
  }

  private checkProjection(): void {
    const [op, P] = [this.constructor.name, this.projSize];
    if (!(Number.isInteger(P) && P >= 0)) {
      const said = "proj_size should be a positive integer or zero to disable projections";
      throw ConfigError.torch(op, said);
    }
    if (P < this.hiddenSize) return;
    throw ConfigError.torch(op, "proj_size has to be smaller than hidden_size");
  }

  // ---- parameters ------------------------------------------------------------------------------

  private register(gates: number): void {
    const { hiddenSize: H, directions: D, projSize: P } = this;
    const suffixes = this.names.flatMap((_, l) => this.suffixes(l));
    for (const [i, suffix] of suffixes.entries()) {
      const width = i < D ? this.inputSize : D * this.stateSize(0);
      this.own[`weight_ih_${suffix}`] = new Parameter(zeros(gates * H, width));
      this.own[`weight_hh_${suffix}`] = new Parameter(zeros(gates * H, this.stateSize(0)));
      if (this.bias) {
        this.own[`bias_ih_${suffix}`] = new Parameter(zeros(gates * H));
        this.own[`bias_hh_${suffix}`] = new Parameter(zeros(gates * H));
      }
      if (P > 0) this.own[`weight_hr_${suffix}`] = new Parameter(zeros(P, H));
    }
  }

  private suffixes(layer: number): string[] {
    return (this.bidirectional ? ["", "_reverse"] : [""]).map((d) => `l${layer}${d}`);
  }

  /** Names of a kernel's parameters for each direction of a layer, missing biases included. */
  private parameterNames(layer: number): string[] {
    const kinds = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
    if (this.projSize > 0) kinds.push("weight_hr");
    return this.suffixes(layer).flatMap((s) => kinds.map((kind) => `${kind}_${s}`));
  }

  private get own(): Record<string, Parameter> {
    return this as unknown as Record<string, Parameter>;
  }
}

/** The final states of all layers in one tensor (L·D, B, ·). */
function joined(layers: Tensor[]): Tensor {
  if (layers.length === 1) return layers[0] as Tensor;
  return Tensor.apply(shape.cat, layers, { dim: 0, name: "StackBackward0" });
}

function squeezed(x: Tensor, dim: number): Tensor {
  return Tensor.apply(shape.squeeze, [x], { dims: [dim], name: "SqueezeBackward1" });
}
