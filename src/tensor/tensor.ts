/**
 * The tensor: a view with a place on the tape. Methods take a line or two: `checks.ts` checks their
 * arguments, `ops/` computes.
 */

import type { DType, Size, TypedArray } from "../core/index.ts";
import {
  AutogradError,
  bool,
  DTypeError,
  float32,
  float64,
  int64,
  ShapeError,
  Size as Sizes,
  uint8,
} from "../core/index.ts";
import * as arithmetic from "../ops/arithmetic.ts";
import * as elementwise from "../ops/elementwise.ts";
import * as indexing from "../ops/indexing.ts";
import * as matrix from "../ops/matmul.ts";
import type { Inputs, MultiOp, Op } from "../ops/op.ts";
import { Context } from "../ops/op.ts";
import * as reduce from "../ops/reduce.ts";
import * as shapes from "../ops/shape.ts";
import { logSoftmax, softmax } from "../ops/softmax.ts";
import { View } from "../ops/view.ts";
import { defaultGenerator } from "../random/index.ts";
import type { Edge, Node, Source } from "./autograd.ts";
import { accumulate, adoptGradient, isGradEnabled, OpNode, runBackward } from "./autograd.ts";
import * as checks from "./checks.ts";
import * as fill from "./fill.ts";
import { formatTensor } from "./format.ts";
import * as indexChecks from "./index-checks.ts";

/** Nested arrays of numbers or booleans, as deep as the tensor has dimensions. */
export type Nested<T> = T | Nested<T>[];
/** The second operand of arithmetic: a tensor, or one number for all elements. */
export type Operand = Tensor | number;

/**
 * An item of {@link Tensor.at}: a number, `null` (all), `[start, end]` or `[start, end, step]`, an
 * integer or boolean tensor.
 */
export type IndexItem =
  | number
  | null
  | readonly [number, number | null]
  | readonly [number, number | null, number]
  | Tensor;

/** Options of reductions along dimensions. */
export interface ReduceOptions {
  /** Whether a reduced dimension stays, with size 1; false by default. */
  readonly keepdim?: boolean | undefined;
}

/** Options of {@link Tensor.backward}. */
export interface BackwardOptions {
  /**
   * Keeps the saved values, so that backward can run through this graph again; false by default.
   */
  readonly retainGraph?: boolean | undefined;
}

/**
 * An n-dimensional array that remembers how it was made.
 *
 * Methods that end in `_` change the tensor in place and return it; all others leave it as it is.
 * Two operands are broadcast to a common shape, which the result has, and computed in the wider of
 * their types; a result "of the same shape" has this tensor's. Dimensions count from the end where
 * they are negative. Reductions along a dimension drop it, unless `keepdim` is true.
 *
 * @throws ShapeError when shapes do not fit
 * @throws DTypeError when an operation does not take the element type
 * @throws IndexError when a dimension or an index is out of range
 * @throws AutogradError when a change in place would make a recorded gradient wrong
 * @see torch.Tensor
 * @example
 * const x = torch.tensor([1, 2, 3], { requiresGrad: true });
 * x.mul(x).sum().backward();
 * console.log(x.grad); // tensor([2., 4., 6.])
 */
export class Tensor {
  /** Sizes, strides and storage. */
  impl: View;
  /**
   * The gradient that backward has added up, of the same shape; null before. Leaves have one, and
   * tensors for which {@link Tensor.retainGrad} asked.
   */
  grad: Tensor | null = null;
  #requiresGrad = false;
  #edge: Edge | null = null;
  /** For views: the tensor whose memory this is, and its storage's version and node at creation. */
  #base: Tensor | null = null;
  #baseVersion = 0;
  #baseNode: Node | null = null;

  /**
   * Wraps a view. Programs make tensors with `torch.tensor`, `torch.zeros` and their like.
   *
   * @param requiresGrad records operations on this tensor
   * @throws AutogradError when integers or booleans are to require a gradient
   */
  constructor(view: View, requiresGrad = false) {
    this.impl = view;
    if (requiresGrad) this.requiresGrad = true;
  }

  // ---- shape, type and history -----------------------------------------------------------------

  /** The sizes of all dimensions. @see torch.Tensor.shape */
  get shape(): Size {
    return Sizes.fromArray(this.impl.shape);
  }

  /** The element type. @see torch.Tensor.dtype */
  get dtype(): DType {
    return this.impl.dtype;
  }

  /** The number of dimensions. @see torch.Tensor.ndim */
  get ndim(): number {
    return this.impl.rank;
  }

  /** The number of dimensions. @see torch.Tensor.dim */
  dim(): number {
    return this.impl.rank;
  }

  /** The number of elements. @see torch.numel */
  numel(): number {
    return this.impl.numel;
  }

  /** All sizes. @see torch.Tensor.size */
  size(): Size;
  /** The size of one dimension. @throws IndexError when there is no such dimension */
  size(dim: number): number;
  size(dim?: number): Size | number {
    if (dim === undefined) return this.shape;
    return this.impl.shape[checks.dim("size", this.impl, dim)] as number;
  }

  /**
   * For each dimension the distance of neighbours in memory, in elements.
   *
   * @see torch.Tensor.stride
   */
  stride(): number[] {
    return [...this.impl.stride];
  }

  /** Whether the elements lie in memory in row-major order. @see torch.Tensor.is_contiguous */
  isContiguous(): boolean {
    return this.impl.isContiguous();
  }

  /**
   * Whether operations on this tensor are recorded; settable on leaves.
   *
   * @throws AutogradError when it is set on integers or booleans, or to false on what has a history
   * @see torch.Tensor.requires_grad
   */
  get requiresGrad(): boolean {
    return this.#requiresGrad || (this.#edge !== null && this.gradFn !== null);
  }

  set requiresGrad(flag: boolean) {
    if (flag) checks.differentiable("requiresGrad", this.impl.dtype);
    if (!flag && this.gradFn !== null) {
      const said = "you can only change requires_grad flags of leaf variables.";
      throw AutogradError.torch("Tensor.requiresGrad", said, "Use detach()");
    }
    this.#requiresGrad = flag;
  }

  /** The node that made this tensor, or null for leaves. @see torch.Tensor.grad_fn */
  get gradFn(): Node | null {
    const node = this.#edge?.node ?? null;
    return node instanceof Leaf ? null : node;
  }

  /** Whether no recorded operation made this tensor. @see torch.Tensor.is_leaf */
  get isLeaf(): boolean {
    return this.gradFn === null;
  }

  // ---- conversion ------------------------------------------------------------------------------

  /**
   * The value of a tensor with one element; booleans as 1 or 0.
   *
   * @throws ShapeError when it has more elements, or none
   * @see torch.Tensor.item
   */
  item(): number {
    if (this.numel() !== 1) {
      const said = "only one element tensors can be converted to Python scalars";
      throw ShapeError.torch("Tensor.item", said, "Use tolist(), or index an element first");
    }
    return this.impl.data()[0] as number;
  }

  /** The elements in nested arrays; a number or boolean for a scalar. @see torch.Tensor.tolist */
  tolist(): Nested<number> | Nested<boolean> {
    const data = this.impl.data();
    let at = 0;
    const nest = (dim: number): Nested<number> | Nested<boolean> => {
      if (dim === this.ndim) {
        const v = data[at++] as number;
        return this.dtype === bool ? v !== 0 : v;
      }
      return Array.from({ length: this.impl.shape[dim] as number }, () =>
        nest(dim + 1),
      ) as number[];
    };
    return nest(0);
  }

  /**
   * A copy of the elements in row-major order: Float32Array, Float64Array, Int32Array or
   * Uint8Array.
   */
  toTypedArray(): TypedArray {
    return this.impl.data().slice();
  }

  /** The elements in nested arrays, for `JSON.stringify`. */
  toJSON(): unknown {
    return this.tolist();
  }

  /** The text that PyTorch prints; `setPrintOptions` changes it. @see torch.Tensor.__repr__ */
  toString(): string {
    const { shape, dtype } = this.impl;
    return formatTensor({
      shape,
      dtype,
      data: this.impl.data(),
      requiresGrad: this.requiresGrad,
      ...(this.gradFn === null ? {} : { gradFn: this.gradFn.nameOf(this.outputIndex) }),
    });
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** The entries of the first dimension, in one node. @throws IndexError for a scalar */
  *[Symbol.iterator](): Iterator<Tensor> {
    yield* this.unbind(0);
  }

  // ---- the tape --------------------------------------------------------------------------------

  /** Which output of its node this tensor is. */
  get outputIndex(): number {
    return this.#edge?.index ?? 0;
  }

  /**
   * Adds the gradients of this tensor to the `.grad` of the leaves that it was made from.
   *
   * @param gradient of the same shape; may be missing for a tensor with one element
   * @throws AutogradError when nothing was recorded, when a saved value was changed in place since,
   *   or the second time without `retainGraph`
   * @throws ShapeError when the gradient has another shape
   * @see torch.Tensor.backward
   * @example
   * const x = torch.tensor([1, 2], { requiresGrad: true });
   * const y = x.pow(3);
   * y.backward(torch.tensor([1, 10]));
   * console.log(x.grad); // tensor([  3., 120.])
   */
  backward(gradient?: Tensor | BackwardOptions, options: BackwardOptions = {}): void {
    const seed = gradient instanceof Tensor ? gradient : undefined;
    const { retainGraph = false } = gradient instanceof Tensor ? options : (gradient ?? options);
    checks.backwardPossible(this.impl, this, seed?.impl);
    const { shape, dtype } = this.impl;
    const ones = seed?.impl.to(dtype).contiguous() ?? View.zeros(shape, dtype);
    if (seed === undefined) ones.storage.data[0] = 1;
    runBackward(this.#asEdge() as Edge, ones, retainGraph);
  }

  /**
   * Takes over the memory of `data`, whatever its shape and type; history and gradient stay.
   *
   * @throws AutogradError when `data` is not floating-point and this tensor requires a gradient
   * @see torch.Tensor.data
   */
  setData(data: Tensor): this {
    if (this.#requiresGrad) checks.differentiable("setData", data.dtype);
    this.impl = data.impl;
    return this;
  }

  /** The same memory without history. @see torch.Tensor.detach */
  detach(): Tensor {
    return new Tensor(this.impl);
  }

  /** Turns recording on (or off) and returns this tensor. @see torch.Tensor.requires_grad_ */
  requiresGrad_(flag = true): this {
    this.requiresGrad = flag;
    return this;
  }

  /**
   * Makes backward leave the gradient in `.grad` of a tensor that is no leaf.
   *
   * @throws AutogradError when the tensor does not require a gradient
   * @see torch.Tensor.retain_grad
   */
  retainGrad(): void {
    checks.differentiates(this);
    const node = this.gradFn;
    node?.hooks?.set(this.outputIndex, (grad) => {
      if (this.grad === null) this.grad = new Tensor(grad.clone());
      else accumulate(this.grad.impl, grad);
    });
  }

  #asEdge(): Edge | null {
    if (!this.requiresGrad) return null;
    this.#edge ??= { node: new Leaf(this), index: 0 };
    return this.#edge;
  }

  /** Runs an operation and records it where a gradient is wanted. */
  static apply<I extends Inputs, A>(op: Op<I, A>, inputs: Tensors<I>, a: A): Tensor {
    const { views, edges, ctx } = prepare<I>(inputs);
    const view = op.forward(ctx, views, a);
    const out = new Tensor(view);
    if (ctx.recording) {
      const names = [typeof op.name === "string" ? op.name : op.name(a, views)];
      const run = (g: readonly (View | null)[]) => op.backward(ctx, g[0] as View, a);
      const origin = sources(inputs, [view]);
      Tensor.#record(new OpNode(names, 1, edges, ctx, run, origin, op.releasesGradients === true), [
        out,
      ]);
    }
    Tensor.#shareMemory(inputs, [out]);
    return out;
  }

  /** Runs an operation with several results and records it where a gradient is wanted. */
  static applyMulti<I extends Inputs, A>(op: MultiOp<I, A>, inputs: Tensors<I>, a: A): Tensor[] {
    const { views, edges, ctx } = prepare<I>(inputs);
    const results = op.forward(ctx, views, a);
    const outs = results.map((v) => new Tensor(v));
    if (ctx.recording) {
      const names = typeof op.name === "string" ? [op.name] : op.name(a);
      const run = (g: readonly (View | null)[]) => op.backward(ctx, g, a);
      const origin = sources(inputs, results);
      const releasesGradients = op.releasesGradients === true;
      Tensor.#record(
        new OpNode(names, outs.length, edges, ctx, run, origin, releasesGradients),
        outs,
      );
    }
    Tensor.#shareMemory(inputs, outs);
    return outs;
  }

  static #record(node: Node, outs: Tensor[]): void {
    outs.forEach((out, index) => {
      if (out.dtype.isFloatingPoint) out.#edge = { node, index };
    });
  }

  static #shareMemory(inputs: readonly (Tensor | null)[], outs: readonly Tensor[]): void {
    const first = inputs[0];
    if (!first) return;
    for (const out of outs) {
      if (out.impl.storage !== first.impl.storage) continue;
      out.#base = first.#base ?? first;
      out.#baseVersion = first.impl.storage.version;
      out.#baseNode = out.#base.gradFn;
    }
  }

  /**
   * An input's edge; null where no gradient is wanted.
   *
   * @throws AutogradError for a view whose base was changed in place after it was taken
   */
  static edgeOf(tensor: Tensor | null): Edge | null {
    if (tensor === null) return null;
    const edge = tensor.#asEdge();
    const base = tensor.#base;
    if (base === null || tensor.impl.storage.version === tensor.#baseVersion) return edge;
    if (edge !== null || base.gradFn !== tensor.#baseNode) {
      const said = "this view was taken before its base was changed in place";
      throw new AutogradError("Tensor", said, "Take the view again after the change");
    }
    return edge;
  }

  // ---- in place --------------------------------------------------------------------------------

  /** Replaces the elements by those of `result`, which was computed from this tensor. */
  #become(op: string, result: Tensor): this {
    if (isGradEnabled()) {
      checks.inPlaceAllowed(op, this, this.#base);
      checks.noHistoryIntoView(op, this.#base, result);
    }
    checks.inPlaceShape(op, this.impl, result.impl.shape);
    if (op !== "fill_") checks.noOverlap(op, this.impl);
    if (!checks.canCast(result.dtype, this.dtype)) {
      const types = `${result.dtype.scalarType} can't be cast to the desired output type`;
      const fix = "Use the operation without the trailing underscore";
      throw DTypeError.torch(op, `result type ${types} ${this.dtype.scalarType}`, fix);
    }
    this.impl.assign(result.impl.to(this.dtype));
    return this.#changed(result.#edge);
  }

  /**
   * Lets `change` write to this tensor's memory, as an in-place operation without history.
   *
   * @throws AutogradError when a recorded gradient would become wrong
   */
  mutate_(op: string, change: (view: View) => void): this {
    if (isGradEnabled()) checks.inPlaceAllowed(op, this, this.#base);
    checks.noOverlap(op, this.impl);
    change(this.impl);
    return this.#changed(null);
  }

  /**
   * Lets an optimizer write to a parameter or gradient, whose place on the tape stays as it is;
   * `change` gets a row-major view.
   */
  update_(change: (view: View) => void): this {
    const inMemory = this.impl.contiguous();
    change(inMemory);
    if (inMemory !== this.impl) this.impl.assign(inMemory);
    this.impl.storage.version++;
    return this;
  }

  #changed(edge: Edge | null): this {
    this.impl.storage.version++;
    if (!isGradEnabled()) return this;
    this.#edge = edge;
    if (edge !== null) {
      this.impl.storage.changedBy = `output ${edge.index} of ${edge.node.nameOf(edge.index)}`;
    }
    return this;
  }

  /** Adds `other`, broadcast to this shape. @see torch.Tensor.add_ */
  add_(other: Operand): this {
    return this.#become("add_", this.add(other));
  }

  /** Subtracts `other`, broadcast to this shape. @see torch.Tensor.sub_ */
  sub_(other: Operand): this {
    return this.#become("sub_", this.sub(other));
  }

  /** Multiplies by `other`, broadcast to this shape. @see torch.Tensor.mul_ */
  mul_(other: Operand): this {
    return this.#become("mul_", this.mul(other));
  }

  /** Divides by `other`, broadcast to this shape. @see torch.Tensor.div_ */
  div_(other: Operand): this {
    return this.#become("div_", this.div(other));
  }

  /** Changes all signs. @see torch.Tensor.neg_ */
  neg_(): this {
    return this.#become("neg_", this.neg());
  }

  /** Replaces each element x by `eˣ`. @see torch.Tensor.exp_ */
  exp_(): this {
    return this.#become("exp_", this.exp());
  }

  /** Replaces each element x by `tanh x`. @see torch.Tensor.tanh_ */
  tanh_(): this {
    return this.#become("tanh_", this.tanh());
  }

  /** Replaces each element x by `1 / (1 + e⁻ˣ)`. @see torch.Tensor.sigmoid_ */
  sigmoid_(): this {
    return this.#become("sigmoid_", this.sigmoid());
  }

  /** Replaces negative elements by 0. @see torch.Tensor.relu_ */
  relu_(): this {
    return this.#become("relu_", this.relu());
  }

  /** Raises elements to `lo` and lowers them to `hi`; null is no bound. @see torch.Tensor.clamp_ */
  clamp_(lo: number | null, hi: number | null = null): this {
    return this.#become("clamp_", this.clamp(lo, hi));
  }

  /**
   * Puts `value` where the mask holds. @see torch.Tensor.masked_fill_
   *
   * @param mask bool, of a shape that broadcasts to this one
   */
  maskedFill_(mask: Tensor, value: number): this {
    return this.#become("maskedFill_", this.maskedFill(mask, value));
  }

  /** Makes all elements 0. @see torch.Tensor.zero_ */
  zero_(): this {
    return this.fill_(0);
  }

  /** Makes all elements `value`. @see torch.Tensor.fill_ */
  fill_(value: number): this {
    return this.#become(
      "fill_",
      new Tensor(View.scalar(value, this.dtype).expand(this.impl.shape)),
    );
  }

  /**
   * Takes over the elements of `source`, converted and broadcast to this shape.
   *
   * @see torch.Tensor.copy_
   */
  copy_(source: Tensor): this {
    return this.#become("copy_", source.to(this.dtype).expand(...this.impl.shape));
  }

  // ---- random, in place ------------------------------------------------------------------------

  /**
   * Fills with uniform numbers in [from, to).
   *
   * @throws ConfigError when `from > to`, or a bound is outside the type
   * @see torch.Tensor.uniform_
   */
  uniform_(from = 0, to = 1, generator = defaultGenerator): this {
    checks.floating("uniform_", this.impl);
    return this.mutate_("uniform_", (view) => fill.uniform(view, from, to, generator));
  }

  /**
   * Fills with normal numbers.
   *
   * @throws ConfigError when `std` is negative
   * @see torch.Tensor.normal_
   */
  normal_(mean = 0, std = 1, generator = defaultGenerator): this {
    checks.floating("normal_", this.impl);
    return this.mutate_("normal_", (view) => fill.normal(view, mean, std, generator));
  }

  /**
   * Fills with 1 with probability p, else 0.
   *
   * @throws ConfigError when p is outside [0, 1]
   * @see torch.Tensor.bernoulli_
   */
  bernoulli_(p = 0.5, generator = defaultGenerator): this {
    checks.floating("bernoulli_", this.impl);
    return this.mutate_("bernoulli_", (view) => fill.bernoulli(view, p, generator));
  }

  /**
   * Fills with exponentially distributed numbers: density `λ e^(−λx)`.
   *
   * @throws ConfigError when `lambda` is negative
   * @see torch.Tensor.exponential_
   */
  exponential_(lambda = 1, generator = defaultGenerator): this {
    checks.floating("exponential_", this.impl);
    return this.mutate_("exponential_", (view) => fill.exponential(view, lambda, generator));
  }

  // ---- elementwise -----------------------------------------------------------------------------

  /** `this + other`. @see torch.add */
  add(other: Operand): Tensor {
    return Tensor.apply(elementwise.add, [this, this.#operand(other)], undefined);
  }

  /** `this − other`. @throws DTypeError for booleans @see torch.sub */
  sub(other: Operand): Tensor {
    return Tensor.apply(elementwise.sub, [this, this.#operand(other)], undefined);
  }

  /** `other − this`. @throws DTypeError for booleans @see torch.rsub */
  rsub(other: Operand): Tensor {
    if (typeof other !== "number") return other.sub(this);
    return Tensor.apply(elementwise.rsub, [this], other);
  }

  /** `this · other`, element by element. @see torch.mul */
  mul(other: Operand): Tensor {
    return Tensor.apply(elementwise.mul, [this, this.#operand(other)], undefined);
  }

  /** `this / other`; integers give float32. @see torch.div */
  div(other: Operand): Tensor {
    return Tensor.apply(elementwise.div, [this, this.#operand(other)], undefined);
  }

  /** `other / this`; integers give float32. @see torch.Tensor.__rtruediv__ */
  rdiv(other: Operand): Tensor {
    return typeof other === "number" ? this.reciprocal().mul(other) : other.div(this);
  }

  /** `this ^ exponent`. @throws DTypeError for integers to a negative number @see torch.pow */
  pow(exponent: Operand): Tensor {
    if (typeof exponent === "number") return Tensor.apply(elementwise.powScalar, [this], exponent);
    return Tensor.apply(elementwise.pow, [this, exponent], undefined);
  }

  /** `base ^ this`. @see torch.Tensor.__rpow__ */
  rpow(base: Operand): Tensor {
    return Tensor.apply(elementwise.pow, [this.#operand(base), this], undefined);
  }

  /** `x²` of each element. @see torch.square */
  square(): Tensor {
    return this.pow(2);
  }

  /** `−x` of each element. @throws DTypeError for booleans @see torch.neg */
  neg(): Tensor {
    return this.#unary(elementwise.neg);
  }

  /** `eˣ` of each element; integers give float32. @see torch.exp */
  exp(): Tensor {
    return this.#unary(elementwise.exp);
  }

  /** The natural logarithm of each element; integers give float32. @see torch.log */
  log(): Tensor {
    return this.#unary(elementwise.log);
  }

  /** `ln(1 + x)` of each element, exact near 0; integers give float32. @see torch.log1p */
  log1p(): Tensor {
    return this.#unary(elementwise.log1p);
  }

  /** `√x` of each element; integers give float32. @see torch.sqrt */
  sqrt(): Tensor {
    return this.#unary(elementwise.sqrt);
  }

  /** The sine of each element, in radians; integers give float32. @see torch.sin */
  sin(): Tensor {
    return this.#unary(elementwise.sin);
  }

  /** The cosine of each element, in radians; integers give float32. @see torch.cos */
  cos(): Tensor {
    return this.#unary(elementwise.cos);
  }

  /** `|x|` of each element. @throws DTypeError for booleans @see torch.abs */
  abs(): Tensor {
    return this.#unary(elementwise.abs);
  }

  /** −1, 0 or 1: the sign of each element. @see torch.sign */
  sign(): Tensor {
    return this.#unary(elementwise.sign);
  }

  /** `1 / x` of each element; integers give float32. @see torch.reciprocal */
  reciprocal(): Tensor {
    return this.#unary(elementwise.reciprocal);
  }

  /** `tanh x` of each element; integers give float32. @see torch.tanh */
  tanh(): Tensor {
    return this.#unary(elementwise.tanh);
  }

  /** `σ(x) = 1 / (1 + e⁻ˣ)` of each element; integers give float32. @see torch.sigmoid */
  sigmoid(): Tensor {
    return this.#unary(elementwise.sigmoid);
  }

  /** `max(x, 0)` of each element. @throws DTypeError for booleans @see torch.relu */
  relu(): Tensor {
    return this.#unary(elementwise.relu);
  }

  /** `min(max(x, lo), hi)` of each element; null is no bound. @see torch.clamp */
  clamp(lo: number | null, hi: number | null = null): Tensor {
    const bounds = { lo: lo ?? Number.NEGATIVE_INFINITY, hi: hi ?? Number.POSITIVE_INFINITY };
    return Tensor.apply(elementwise.clamp, [this], bounds);
  }

  /** The larger element of the two; equals share the gradient. @see torch.maximum */
  maximum(other: Tensor): Tensor {
    return Tensor.apply(elementwise.maximum, [this, other], undefined);
  }

  /** The smaller element of the two; equals share the gradient. @see torch.minimum */
  minimum(other: Tensor): Tensor {
    return Tensor.apply(elementwise.minimum, [this, other], undefined);
  }

  /** Whether `this = other`, element by element, as bool. @see torch.eq */
  eq(other: Operand): Tensor {
    return this.#compare("eq", other);
  }

  /** Whether `this ≠ other`, element by element, as bool. @see torch.ne */
  ne(other: Operand): Tensor {
    return this.#compare("ne", other);
  }

  /** Whether `this < other`, element by element, as bool. @see torch.lt */
  lt(other: Operand): Tensor {
    return this.#compare("lt", other);
  }

  /** Whether `this ≤ other`, element by element, as bool. @see torch.le */
  le(other: Operand): Tensor {
    return this.#compare("le", other);
  }

  /** Whether `this > other`, element by element, as bool. @see torch.gt */
  gt(other: Operand): Tensor {
    return this.#compare("gt", other);
  }

  /** Whether `this ≥ other`, element by element, as bool. @see torch.ge */
  ge(other: Operand): Tensor {
    return this.#compare("ge", other);
  }

  #unary(op: Op<[View]>): Tensor {
    return Tensor.apply(op, [this], undefined);
  }

  #compare(kind: arithmetic.Comparison, other: Operand): Tensor {
    return new Tensor(arithmetic.compare(kind, this.impl, this.#operand(other).impl));
  }

  #operand(other: Operand): Tensor {
    if (typeof other !== "number") return other;
    return new Tensor(View.scalar(other, arithmetic.scalarType(this.dtype, other)));
  }

  // ---- reductions ------------------------------------------------------------------------------

  /**
   * The sum along the given dimensions, or of all elements; integers and booleans give int64.
   *
   * @see torch.sum
   * @example
   * const x = torch.tensor([[1, 2], [3, 4]]);
   * console.log(x.sum()); // tensor(10.)
   * console.log(x.sum(1)); // tensor([3., 7.])
   * console.log(x.sum([0, 1], { keepdim: true })); // tensor([[10.]])
   */
  sum(dim?: number | readonly number[], options: ReduceOptions = {}): Tensor {
    return Tensor.apply(reduce.sum, [this], checks.reduceDims("sum", this.impl, dim, options));
  }

  /**
   * The mean along the given dimensions, or of all elements.
   *
   * @throws DTypeError for integers and booleans
   * @see torch.mean
   */
  mean(dim?: number | readonly number[], options: ReduceOptions = {}): Tensor {
    const only = "Input dtype must be either a floating point or complex dtype.";
    const said = `mean(): could not infer output dtype. ${only} Got: ${this.dtype.scalarType}`;
    checks.floating("mean", this.impl, said);
    return Tensor.apply(reduce.mean, [this], checks.reduceDims("mean", this.impl, dim, options));
  }

  /** The product of all elements, a scalar; integers and booleans give int64. @see torch.prod */
  prod(): Tensor {
    return Tensor.apply(reduce.prod, [this], undefined);
  }

  /**
   * The variance `Σ (x − x̄)² / (n − correction)` along the given dimensions, or of all elements.
   *
   * @param options.correction subtracted from the number of elements n; 1 by default (Bessel's
   *   correction)
   * @throws DTypeError for integers and booleans
   * @see torch.var
   */
  var(
    dim?: number | readonly number[],
    options: ReduceOptions & { correction?: number } = {},
  ): Tensor {
    const { correction = 1 } = options;
    checks.floating("var", this.impl, "std and var only support floating point and complex dtypes");
    const dims = checks.reduceDims("var", this.impl, dim, options);
    return Tensor.apply(reduce.variance, [this], { ...dims, correction });
  }

  /**
   * The standard deviation, the square root of {@link Tensor.var}.
   *
   * @param options.correction subtracted from the number of elements; 1 by default (Bessel's
   *   correction)
   * @throws DTypeError for integers and booleans
   * @see torch.std
   */
  std(
    dim?: number | readonly number[],
    options: ReduceOptions & { correction?: number } = {},
  ): Tensor {
    const { correction = 1 } = options;
    checks.floating("std", this.impl, "std and var only support floating point and complex dtypes");
    const dims = checks.reduceDims("std", this.impl, dim, options);
    return Tensor.apply(reduce.std, [this], { ...dims, correction });
  }

  /**
   * The p-norm `(Σ |x|^p)^(1/p)` of all elements, a scalar; p may be 0 or ±Infinity.
   *
   * @throws DTypeError for integers and booleans
   * @see torch.norm
   */
  norm(p = 2): Tensor {
    const only = "norm(): input dtype should be either floating point or complex.";
    checks.floating("norm", this.impl, `${only} Got ${this.dtype.scalarType} instead.`);
    return Tensor.apply(reduce.norm, [this], p);
  }

  /** `ln Σ eˣ` along one dimension, without overflow. @see torch.logsumexp */
  logsumexp(dim: number, { keepdim = false }: ReduceOptions = {}): Tensor {
    return Tensor.apply(reduce.logsumexp, [this], {
      dim: checks.dim("logsumexp", this.impl, dim),
      keepdim,
    });
  }

  /** The running sums along one dimension, of the same shape. @see torch.cumsum */
  cumsum(dim: number): Tensor {
    return Tensor.apply(reduce.cumsum, [this], checks.dim("cumsum", this.impl, dim));
  }

  /**
   * The largest of all elements, a scalar; NaN counts as the largest.
   *
   * @throws IndexError when there are no elements
   * @see torch.max
   */
  max(): Tensor;
  /**
   * The largest values along one dimension, and where they are; the first of equals.
   *
   * @returns values, and their indices as int64; both without that dimension
   * @throws IndexError when the dimension is empty
   * @see torch.max
   * @example
   * const { values, indices } = torch.tensor([[1, 5], [7, 2]]).max(1);
   * console.log(values, indices); // tensor([5., 7.]) tensor([1, 0])
   */
  max(dim: number, options?: ReduceOptions): { values: Tensor; indices: Tensor };
  max(dim?: number, options: ReduceOptions = {}): Tensor | { values: Tensor; indices: Tensor } {
    checks.notEmpty("max", this.impl, dim);
    if (dim === undefined) return Tensor.apply(reduce.maxAll, [this], undefined);
    return this.#extreme("max", reduce.maxDim, dim, options);
  }

  /**
   * The smallest of all elements, a scalar; NaN counts as the smallest.
   *
   * @throws IndexError when there are no elements
   * @see torch.min
   */
  min(): Tensor;
  /**
   * The smallest values along one dimension, and where they are; the first of equals.
   *
   * @returns values, and their indices as int64; both without that dimension
   * @throws IndexError when the dimension is empty
   * @see torch.min
   */
  min(dim: number, options?: ReduceOptions): { values: Tensor; indices: Tensor };
  min(dim?: number, options: ReduceOptions = {}): Tensor | { values: Tensor; indices: Tensor } {
    checks.notEmpty("min", this.impl, dim);
    if (dim === undefined) return Tensor.apply(reduce.minAll, [this], undefined);
    return this.#extreme("min", reduce.minDim, dim, options);
  }

  /**
   * The index of the largest element as int64: in the flattened tensor, or along a dimension.
   *
   * @throws IndexError when there are no elements
   * @see torch.argmax
   */
  argmax(dim?: number, options: ReduceOptions = {}): Tensor {
    checks.notEmpty("argmax", this.impl, dim);
    return dim === undefined ? this.flatten().max(0).indices : this.max(dim, options).indices;
  }

  /**
   * The index of the smallest element as int64: in the flattened tensor, or along a dimension.
   *
   * @throws IndexError when there are no elements
   * @see torch.argmin
   */
  argmin(dim?: number, options: ReduceOptions = {}): Tensor {
    checks.notEmpty("argmin", this.impl, dim);
    return dim === undefined ? this.flatten().min(0).indices : this.min(dim, options).indices;
  }

  /** Whether all elements are true (not 0): a bool scalar, for uint8 a uint8. @see torch.all */
  all(): Tensor {
    return this.#truth(this.impl.data().every((v: number) => v !== 0));
  }

  /** Whether any element is true (not 0): a bool scalar, for uint8 a uint8. @see torch.any */
  any(): Tensor {
    return this.#truth(this.impl.data().some((v: number) => v !== 0));
  }

  #truth(holds: boolean): Tensor {
    return new Tensor(View.scalar(+holds, this.dtype === uint8 ? uint8 : bool));
  }

  #extreme(
    name: string,
    op: typeof reduce.maxDim,
    dim: number,
    { keepdim = false }: ReduceOptions,
  ): { values: Tensor; indices: Tensor } {
    const where = { dim: checks.dim(name, this.impl, dim), keepdim };
    const [values, indices] = Tensor.applyMulti(op, [this], where) as [Tensor, Tensor];
    return { values, indices };
  }

  // ---- products --------------------------------------------------------------------------------

  /**
   * The product of vectors, matrices or batches of matrices: (…, M, K) with (…, K, N) gives (…, M,
   * N).
   *
   * Leading dimensions are broadcast. A vector (K) counts as (1, K) on the left and as (K, 1) on
   * the right, and the result loses that dimension again.
   *
   * @throws ShapeError when the two K differ, or an operand is a scalar
   * @throws DTypeError when the types differ or are not floating-point
   * @see torch.matmul
   * @example
   * const a = torch.ones(2, 3);
   * console.log(a.matmul(torch.ones(3))); // tensor([3., 3.])
   * console.log(torch.ones(5, 1, 4, 2).matmul(a).shape); // torch.Size([5, 1, 4, 3])
   */
  matmul(other: Tensor): Tensor {
    checks.sameType("matmul", this.impl, other.impl);
    checks.notScalar("matmul", this.impl, other.impl);
    return Tensor.apply(matrix.matmul, [this, other], undefined);
  }

  /** The product of two matrices: (M, K) with (K, N) gives (M, N). @see torch.mm */
  mm(other: Tensor): Tensor {
    checks.ranks("mm", [this.impl, other.impl], 2);
    return this.matmul(other);
  }

  /** The product of a matrix and a vector: (M, K) with (K) gives (M). @see torch.mv */
  mv(other: Tensor): Tensor {
    return this.matmul(other);
  }

  /** The sum of the products of two vectors (N), a scalar. @see torch.dot */
  dot(other: Tensor): Tensor {
    checks.dotProduct(this.impl, other.impl);
    return this.matmul(other);
  }

  /** The products of two batches: (B, M, K) with (B, K, N) gives (B, M, N). @see torch.bmm */
  bmm(other: Tensor): Tensor {
    checks.batchProduct(this.impl, other.impl);
    return Tensor.apply(matrix.bmm, [this, other], undefined);
  }

  /** `beta · this + alpha · a b`: a (M, K), b (K, N), this broadcast to (M, N). @see torch.addmm */
  addmm(a: Tensor, b: Tensor, { alpha = 1, beta = 1 } = {}): Tensor {
    checks.matrixProduct("addmm", a.impl, b.impl);
    return Tensor.apply(matrix.addmm, [this, a, b], { alpha, beta });
  }

  /** All products of two vectors' elements: (M) with (N) gives (M, N). @see torch.outer */
  outer(other: Tensor): Tensor {
    checks.ranks("outer", [this.impl, other.impl], 1);
    return this.unsqueeze(1).mul(other);
  }

  // ---- softmax ---------------------------------------------------------------------------------

  /** `eˣ / Σ eˣ` along one dimension, of the same shape. @see torch.softmax */
  softmax(dim: number): Tensor {
    checks.floating("softmax", this.impl);
    return Tensor.apply(softmax, [this], checks.dim("softmax", this.impl, dim));
  }

  /** `x − ln Σ eˣ` along one dimension, of the same shape. @see torch.log_softmax */
  logSoftmax(dim: number): Tensor {
    checks.floating("logSoftmax", this.impl);
    return Tensor.apply(logSoftmax, [this], checks.dim("logSoftmax", this.impl, dim));
  }

  // ---- shape -----------------------------------------------------------------------------------

  /**
   * The same elements and memory under another shape, one size of which may be −1.
   *
   * @throws ShapeError when the tensor is not contiguous, or the number of elements differs
   * @see torch.Tensor.view
   */
  view(...shape: number[]): Tensor {
    checks.viewable(this.impl);
    return Tensor.apply(shapes.view, [this], checks.inferShape("view", this.impl, shape));
  }

  /** {@link Tensor.view}, with a copy where the tensor is not contiguous. @see torch.reshape */
  reshape(...shape: number[]): Tensor {
    return Tensor.apply(shapes.reshape, [this], checks.inferShape("reshape", this.impl, shape));
  }

  /** Makes dimensions `start` to `end` (included) one; a scalar becomes (1). @see torch.flatten */
  flatten(start = 0, end = -1): Tensor {
    if (this.ndim === 0) return this.reshape(1);
    const [a, b] = [checks.dim("flatten", this.impl, start), checks.dim("flatten", this.impl, end)];
    checks.ascending(a, b);
    return this.reshape(
      ...this.impl.shape.toSpliced(a, b - a + 1, checks.product(this.impl.shape, a, b)),
    );
  }

  /** Exchanges two dimensions; shares the memory. @see torch.transpose */
  transpose(a: number, b: number): Tensor {
    const dims = {
      a: checks.dim("transpose", this.impl, a),
      b: checks.dim("transpose", this.impl, b),
    };
    return Tensor.apply(shapes.transpose, [this], dims);
  }

  /**
   * The transpose of a matrix: (M, N) gives (N, M); shares the memory.
   *
   * @throws ShapeError when there are more than two dimensions
   * @see torch.t
   */
  t(): Tensor {
    if (this.ndim < 2) return this;
    checks.atMostMatrix("t", this.impl);
    return Tensor.apply(shapes.transpose, [this], { a: 0, b: 1, name: "TBackward0" });
  }

  /** All dimensions reversed; shares the memory. @see torch.Tensor.T */
  get T(): Tensor {
    return Tensor.apply(shapes.permute, [this], [...this.impl.shape.keys()].reverse());
  }

  /**
   * Puts dimension `order[i]` at place i; shares the memory.
   *
   * @throws ShapeError when `order` does not name each dimension once
   * @see torch.permute
   */
  permute(...order: number[]): Tensor {
    return Tensor.apply(shapes.permute, [this], checks.permutation(this.impl, order));
  }

  /**
   * Inserts a dimension of size 1 at `dim`, at most at the end; shares the memory.
   *
   * @see torch.unsqueeze
   */
  unsqueeze(dim: number): Tensor {
    return Tensor.apply(shapes.unsqueeze, [this], checks.newDim("unsqueeze", this.impl, dim));
  }

  /**
   * Drops the dimensions of size 1, or that one if its size is 1; shares the memory.
   *
   * @see torch.squeeze
   */
  squeeze(dim?: number): Tensor {
    const ones = [...this.impl.shape.keys()].filter((i) => this.impl.shape[i] === 1);
    if (dim === undefined) {
      return Tensor.apply(shapes.squeeze, [this], { dims: ones, name: "SqueezeBackward0" });
    }
    const d = checks.dim("squeeze", this.impl, dim);
    const dims = ones.includes(d) ? [d] : [];
    return Tensor.apply(shapes.squeeze, [this], { dims, name: "SqueezeBackward1" });
  }

  /**
   * Broadcasts to a shape without a copy; −1 keeps a size.
   *
   * @throws ShapeError when a size other than 1 would change
   * @see torch.Tensor.expand
   */
  expand(...shape: number[]): Tensor {
    return Tensor.apply(shapes.expand, [this], checks.expandShape(this.impl, shape));
  }

  /** Broadcasts to the shape of `other` without a copy. @see torch.Tensor.expand_as */
  expandAs(other: Tensor): Tensor {
    return this.expand(...other.impl.shape);
  }

  /**
   * Tiles the tensor `times[i]` times along each dimension; extra counts add dimensions in front.
   *
   * @throws ShapeError when there are fewer counts than dimensions
   * @see torch.Tensor.repeat
   * @example
   * console.log(torch.tensor([1, 2]).repeat(2, 2)); // tensor([[1., 2., 1., 2.],
   *                                                 //         [1., 2., 1., 2.]])
   */
  repeat(...times: number[]): Tensor {
    return Tensor.apply(shapes.repeat, [this], checks.repeats(this.impl, times));
  }

  /** Reverses the order along the given dimensions, in a copy. @see torch.flip */
  flip(...dims: number[]): Tensor {
    return Tensor.apply(shapes.flip, [this], checks.distinctDims("flip", this.impl, dims));
  }

  /**
   * The lower triangle of the last two dimensions, 0 elsewhere.
   *
   * @param diagonal the highest one that stays: 0 the main one, 1 the one above it
   * @throws ShapeError when there are fewer than two dimensions
   * @see torch.tril
   */
  tril(diagonal = 0): Tensor {
    checks.atLeastMatrix("tril", this.impl);
    return Tensor.apply(shapes.triangle, [this], { upper: false, diagonal });
  }

  /**
   * The upper triangle of the last two dimensions, 0 elsewhere.
   *
   * @param diagonal the lowest one that stays: 0 the main one, 1 the one above it
   * @throws ShapeError when there are fewer than two dimensions
   * @see torch.triu
   */
  triu(diagonal = 0): Tensor {
    checks.atLeastMatrix("triu", this.impl);
    return Tensor.apply(shapes.triangle, [this], { upper: true, diagonal });
  }

  /** The tensor itself when it is row-major, else a copy. @see torch.Tensor.contiguous */
  contiguous(): Tensor {
    return this.impl.isContiguous() ? this : this.clone();
  }

  /** A copy, through which gradients pass. @see torch.clone */
  clone(): Tensor {
    return Tensor.apply(elementwise.clone, [this], undefined);
  }

  /**
   * The elements as another type, fractions cut off for integers; the tensor itself where it has
   * it.
   *
   * @throws DTypeError when a real number does not fit int64, which has 32 bits here
   * @see torch.Tensor.to
   */
  to(dtype: DType): Tensor {
    if (dtype === this.dtype) return this;
    if (!dtype.isFloatingPoint) return new Tensor(checks.toInteger(this.impl, dtype));
    return Tensor.apply(elementwise.toCopy, [this], { from: this.dtype, to: dtype });
  }

  /** The elements as float32. @see torch.Tensor.float */
  float(): Tensor {
    return this.to(float32);
  }

  /** The elements as float64. @see torch.Tensor.double */
  double(): Tensor {
    return this.to(float64);
  }

  /** The elements as int64, which has 32 bits here. @see torch.Tensor.long */
  long(): Tensor {
    return this.to(int64);
  }

  /** Whether each element is not 0. @see torch.Tensor.bool */
  bool(): Tensor {
    return this.to(bool);
  }

  /** The elements as uint8. @see torch.Tensor.byte */
  byte(): Tensor {
    return this.to(uint8);
  }

  // ---- indexing --------------------------------------------------------------------------------

  /**
   * Indexes like Python's `x[…]`, one item a dimension from the first.
   *
   * A number selects, `null` takes all, a pair `[start, end]` (or a triple with a step) is a range
   * whose end may be null, an integer tensor picks, a boolean tensor masks. At most one item may be
   * a tensor.
   *
   * @throws IndexError when an index is out of range, or there are too many
   * @see torch.Tensor.__getitem__
   * @example
   * const x = torch.arange(12).reshape(3, 4);
   * console.log(x.at(null, -1)); // tensor([ 3,  7, 11])
   * console.log(x.at(0, [1, 3])); // tensor([1, 2])
   * console.log(x.at(x.gt(8))); // tensor([ 9, 10, 11])
   */
  at(...items: IndexItem[]): Tensor {
    indexChecks.items(
      this.impl,
      items.map((item) => (item instanceof Tensor ? item.impl : item)),
    );
    let [out, dim]: [Tensor, number] = [this, 0];
    for (const [i, item] of items.entries()) {
      if (item === null) dim++;
      else if (typeof item === "number") {
        const at = indexChecks.selection("at", out.impl, dim, item, i);
        out = Tensor.apply(shapes.select, [out], at);
      } else if (!(item instanceof Tensor)) {
        out = out.slice(dim++, item[0], item[1], item[2] ?? 1);
      } else if (item.dtype === bool) out = out.#masked(dim++, item.impl);
      else {
        out = out.#picked(dim, indexChecks.indices("at", out.impl, dim, item.impl));
        dim += item.ndim;
      }
    }
    return out;
  }

  /** Selects by a mask over the dimensions from `dim` on; dimensions that it lacks stay whole. */
  #masked(dim: number, mask: View): Tensor {
    indexChecks.covers(this.impl, dim, mask);
    if (mask.rank === this.ndim) {
      const name = "IndexBackward0";
      return Tensor.apply(indexing.maskedSelect, [this, new Tensor(mask)], { name });
    }
    const flat = this.reshape(...this.impl.shape.toSpliced(dim, mask.rank, mask.numel));
    return flat.#picked(dim, indexing.positions(mask));
  }

  #picked(dim: number, index: View): Tensor {
    return Tensor.apply(indexing.pick, [this, new Tensor(index)], { dim, name: "IndexBackward0" });
  }

  /** Entry `index` of a dimension, without that dimension; shares the memory. @see torch.select */
  select(dim: number, index: number): Tensor {
    return Tensor.apply(
      shapes.select,
      [this],
      indexChecks.selection("select", this.impl, dim, index),
    );
  }

  /**
   * `length` entries of a dimension from `start`; shares the memory.
   *
   * @throws IndexError when they reach beyond the dimension
   * @see torch.narrow
   */
  narrow(dim: number, start: number, length: number): Tensor {
    return Tensor.apply(
      shapes.slice,
      [this],
      indexChecks.range("narrow", this.impl, dim, start, length),
    );
  }

  /**
   * Entries `start` to before `end` of a dimension, `step` apart; shares the memory.
   *
   * Bounds count from the end where they are negative, and are clipped to the dimension.
   *
   * @throws IndexError when the step is not a whole number from 1
   * @see torch.Tensor.__getitem__
   */
  slice(dim: number, start = 0, end: number | null = null, step = 1): Tensor {
    return Tensor.apply(
      shapes.slice,
      [this],
      indexChecks.clippedRange(this.impl, dim, start, end, step),
    );
  }

  /** The entries of a dimension, each without it; they share the memory. @see torch.unbind */
  unbind(dim = 0): Tensor[] {
    checks.divisible(this.impl);
    return Tensor.applyMulti(shapes.unbind, [this], checks.dim("unbind", this.impl, dim));
  }

  /**
   * Pieces of one length (the last may be shorter), or of the lengths given; they share the memory.
   *
   * @throws ShapeError when the lengths do not add up to the dimension
   * @see torch.split
   */
  split(size: number | readonly number[], dim = 0): Tensor[] {
    return Tensor.applyMulti(shapes.split, [this], checks.splits(this.impl, size, dim));
  }

  /**
   * At most `n` pieces of equal length (the last may be shorter); they share the memory.
   *
   * @see torch.chunk
   */
  chunk(n: number, dim = 0): Tensor[] {
    return this.split(checks.chunkSizes(this.impl, n, dim), dim);
  }

  /**
   * The entries of a dimension at the indices, in their order, repeats included.
   *
   * @param index (N) int64, from 0
   * @returns the same shape with N for that dimension
   * @throws IndexError when an index is out of range
   * @see torch.index_select
   */
  indexSelect(dim: number, index: Tensor): Tensor {
    const a = { dim: checks.dim("indexSelect", this.impl, dim), name: "IndexSelectBackward0" };
    const vector = new Tensor(indexChecks.vectorIndex(this.impl, a.dim, index.impl));
    return Tensor.apply(indexing.pick, [this, vector], a);
  }

  /**
   * Picks one element for each index: `y[i][j] = x[index[i][j]][j]` for `dim` 0.
   *
   * @param index int64, with as many dimensions; no larger than this tensor outside `dim`
   * @returns the shape of `index`
   * @throws IndexError when an index is out of range
   * @see torch.gather
   * @example
   * const x = torch.tensor([[1, 2], [3, 4]]);
   * const index = torch.tensor([[1], [0]], { dtype: torch.int64 });
   * console.log(x.gather(1, index)); // tensor([[2.],
   *                                  //         [3.]])
   */
  gather(dim: number, index: Tensor): Tensor {
    const d = checks.dim("gather", this.impl, dim);
    indexChecks.gatherIndex(this.impl, d, index.impl);
    return Tensor.apply(indexing.gather, [this, index], d);
  }

  /**
   * The elements where the mask holds, in one vector in row-major order.
   *
   * @param mask bool, of a shape that broadcasts to this one
   * @see torch.masked_select
   */
  maskedSelect(mask: Tensor): Tensor {
    const full = new Tensor(indexChecks.mask("maskedSelect", this.impl, mask.impl));
    return Tensor.apply(indexing.maskedSelect, [this, full], { name: "MaskedSelectBackward0" });
  }

  /**
   * A copy with `value` where the mask holds.
   *
   * @param mask bool, of a shape that broadcasts to this one
   * @see torch.Tensor.masked_fill
   */
  maskedFill(mask: Tensor, value: number): Tensor {
    const full = new Tensor(indexChecks.mask("maskedFill", this.impl, mask.impl));
    return Tensor.apply(indexing.maskedFill, [this, full], value);
  }
}

/** The tensors behind an operation's views. */
export type Tensors<I extends Inputs> = {
  [K in keyof I]: I[K] extends View ? Tensor : Tensor | null;
};

/** The end of a leaf's gradients, which add up in its `.grad`. */
class Leaf implements Node {
  readonly outputs = 1;
  readonly edges: readonly Edge[] = [];
  readonly releasesGradients = true;
  readonly #tensor: Tensor;

  constructor(tensor: Tensor) {
    this.#tensor = tensor;
  }

  nameOf(): string {
    return "AccumulateGrad";
  }

  backward([grad]: readonly (View | null)[]): readonly View[] {
    const leaf = this.#tensor;
    if (!grad || !leaf.requiresGrad) return [];
    if (leaf.grad === null) leaf.grad = new Tensor(adoptGradient(grad));
    else {
      accumulate(leaf.grad.impl, grad);
      leaf.grad.impl.storage.version++;
    }
    return [];
  }
}

function prepare<I extends Inputs>(
  inputs: readonly (Tensor | null)[],
): { views: I; edges: (Edge | null)[]; ctx: Context } {
  const views = inputs.map((t) => t?.impl ?? null) as unknown as I;
  const edges = isGradEnabled() ? inputs.map(Tensor.edgeOf) : [];
  return {
    views,
    edges,
    ctx: new Context(
      edges.map((e) => e !== null),
      views,
    ),
  };
}

/** The node that made each storage, for the error about in-place changes. */
function sources(inputs: readonly (Tensor | null)[], outs: readonly View[]): Source[] {
  const all: Source[] = outs.map(({ storage }, output) => ({ storage, node: null, output }));
  for (const t of inputs) {
    const node = t?.gradFn;
    if (t && node) all.push({ storage: t.impl.storage, node, output: t.outputIndex });
  }
  return all;
}
