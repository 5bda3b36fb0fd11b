/**
 * The tensor: a view with a place on the tape. Methods are one line or two; what they compute is in
 * `ops/`, and what they check first in `arguments.ts`.
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
  sameShape,
  uint8,
} from "../core/index.ts";
import * as arithmetic from "../ops/arithmetic.ts";
import * as elementwise from "../ops/elementwise.ts";
import * as indexing from "../ops/indexing.ts";
import * as matrix from "../ops/matmul.ts";
import type { Inputs, MultiOp, Op } from "../ops/op.ts";
import { Context } from "../ops/op.ts";
import * as reduce from "../ops/reduce.ts";
import * as rows from "../ops/rows.ts";
import * as shapes from "../ops/shape.ts";
import { View } from "../ops/view.ts";
import { defaultGenerator } from "../random/index.ts";
import * as args from "./arguments.ts";
import type { Edge, Node, Source } from "./autograd.ts";
import { accumulate, isGradEnabled, OpNode, runBackward, taken } from "./autograd.ts";
import * as fill from "./fill.ts";
import { formatTensor } from "./format.ts";
import * as indexArgs from "./index-arguments.ts";
import type { IndexItem, Pickers } from "./indexing.ts";
import { indexed } from "./indexing.ts";

/** Nested arrays of numbers or booleans, as deep as the tensor has dimensions. */
export type Nested<T> = T | Nested<T>[];
/** What may stand beside a tensor in arithmetic. */
export type Operand = Tensor | number;

/** A dimension or several; all of them where it is missing. */
export interface ReduceOptions {
  readonly keepdim?: boolean | undefined;
}

export interface BackwardOptions {
  /** Keep the saved values, so that backward can run through this graph again. */
  readonly retainGraph?: boolean | undefined;
}

/**
 * An n-dimensional array that remembers how it was made.
 *
 * @see torch.Tensor
 * @example
 * const x = tensor([1, 2, 3], { requiresGrad: true });
 * x.mul(x).sum().backward();
 * console.log(x.grad); // tensor([2., 4., 6.])
 */
export class Tensor {
  /** Sizes, strides and storage. */
  impl: View;
  /** The gradient that backward has added up, for leaves and where {@link retainGrad} asked for it. */
  grad: Tensor | null = null;
  #requiresGrad = false;
  #edge: Edge | null = null;
  /** For views: the tensor whose memory this is, and its storage's version and node at creation. */
  #base: Tensor | null = null;
  #baseVersion = 0;
  #baseNode: Node | null = null;

  constructor(view: View, requiresGrad = false) {
    this.impl = view;
    if (requiresGrad) this.requiresGrad = true;
  }

  // ---- what it is ------------------------------------------------------------------------------

  get shape(): Size {
    return Sizes.fromArray(this.impl.shape);
  }

  get dtype(): DType {
    return this.impl.dtype;
  }

  /** The number of dimensions. */
  get ndim(): number {
    return this.impl.rank;
  }

  dim(): number {
    return this.impl.rank;
  }

  numel(): number {
    return this.impl.numel;
  }

  /** All sizes, or that of one dimension. */
  size(): Size;
  size(dim: number): number;
  size(dim?: number): Size | number {
    if (dim === undefined) return this.shape;
    return this.impl.shape[args.dim("size", this, dim)] as number;
  }

  stride(): number[] {
    return [...this.impl.stride];
  }

  isContiguous(): boolean {
    return this.impl.isContiguous();
  }

  /** Whether operations on this tensor are recorded; settable on leaves. */
  get requiresGrad(): boolean {
    return this.#requiresGrad || (this.#edge !== null && this.gradFn !== null);
  }

  set requiresGrad(flag: boolean) {
    if (flag) args.differentiable("requiresGrad", this.impl.dtype);
    if (!flag && this.gradFn !== null) {
      throw new AutogradError({
        op: "Tensor.requiresGrad",
        torch: "you can only change requires_grad flags of leaf variables.",
        fix: "Use detach()",
      });
    }
    this.#requiresGrad = flag;
  }

  /** The node that made this tensor, or null for leaves. */
  get gradFn(): Node | null {
    const node = this.#edge?.node ?? null;
    return node instanceof Leaf ? null : node;
  }

  get isLeaf(): boolean {
    return this.gradFn === null;
  }

  // ---- out of tensors --------------------------------------------------------------------------

  /** The value of a tensor with one element; booleans as 1 or 0. */
  item(): number {
    if (this.numel() !== 1) {
      throw new ShapeError({
        op: "Tensor.item",
        torch: "only one element tensors can be converted to Python scalars",
        fix: "Use tolist(), or index an element first",
        got: [...this.shape],
      });
    }
    return this.impl.data()[0] as number;
  }

  /** The elements in nested arrays; a number for a scalar. */
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

  /** A copy of the elements in row-major order. */
  toTypedArray(): TypedArray {
    return this.impl.data().slice();
  }

  toJSON(): unknown {
    return this.tolist();
  }

  /** PyTorch's text. */
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

  /** The entries of the first dimension, in one node. */
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
   * @see torch.Tensor.backward
   */
  backward(gradient?: Tensor | BackwardOptions, options: BackwardOptions = {}): void {
    const seed = gradient instanceof Tensor ? gradient : undefined;
    const { retainGraph = false } = gradient instanceof Tensor ? options : (gradient ?? options);
    args.backwardPossible(this, seed);
    const { shape, dtype } = this.impl;
    const ones = seed?.impl.to(dtype).contiguous() ?? View.zeros(shape, dtype);
    if (seed === undefined) ones.storage.data[0] = 1;
    runBackward(this.#asEdge() as Edge, ones, retainGraph);
  }

  /** Takes over the memory of `data`, whatever its shape and type; history and gradient stay. */
  setData(data: Tensor): this {
    this.impl = data.impl;
    return this;
  }

  /** The same memory without history. */
  detach(): Tensor {
    return new Tensor(this.impl);
  }

  /** Turns recording on (or off) and returns this. */
  requiresGrad_(flag = true): this {
    this.requiresGrad = flag;
    return this;
  }

  /** Lets backward leave the gradient in `.grad` though this is no leaf. */
  retainGrad(): void {
    args.differentiates(this);
    const node = this.gradFn;
    node?.watchers?.set(this.outputIndex, (grad) => {
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
      Tensor.#record(new OpNode(names, 1, edges, ctx, run, origin, op.letsGo === true), [out]);
    }
    Tensor.#shareMemory(inputs, [out]);
    return out;
  }

  /** {@link Tensor.apply} for operations with several results. */
  static applyMulti<I extends Inputs, A>(op: MultiOp<I, A>, inputs: Tensors<I>, a: A): Tensor[] {
    const { views, edges, ctx } = prepare<I>(inputs);
    const results = op.forward(ctx, views, a);
    const outs = results.map((v) => new Tensor(v));
    if (ctx.recording) {
      const names = typeof op.name === "string" ? [op.name] : op.name(a);
      const run = (g: readonly (View | null)[]) => op.backward(ctx, g, a);
      const origin = sources(inputs, results);
      const letsGo = op.letsGo === true;
      Tensor.#record(new OpNode(names, outs.length, edges, ctx, run, origin, letsGo), outs);
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

  /** An input's edge; refuses views that an in-place change of their base has made stale. */
  static edgeOf(tensor: Tensor | null): Edge | null {
    if (tensor === null) return null;
    const edge = tensor.#asEdge();
    const base = tensor.#base;
    if (base === null || tensor.impl.storage.version === tensor.#baseVersion) return edge;
    if (edge !== null || base.gradFn !== tensor.#baseNode) {
      throw new AutogradError({
        op: "Tensor",
        sentence: "this view was taken before its base was changed in place",
        fix: "Take the view again after the change",
      });
    }
    return edge;
  }

  // ---- in place --------------------------------------------------------------------------------

  /** Replaces the elements by those of `result`, which was computed from this tensor. */
  #become(op: string, result: Tensor): this {
    if (isGradEnabled()) {
      args.inPlaceAllowed(op, this, this.#base);
      args.noHistoryIntoView(op, this.#base, result);
    }
    if (!sameShape(result.shape, this.shape)) throw args.inPlaceShape(op, this, result);
    if (op !== "fill_") args.noOverlap(op, this);
    if (!args.canCast(result.dtype, this.dtype)) {
      throw new DTypeError({
        op,
        torch: `result type ${args.scalarTypeName(result)} can't be cast to the desired output type ${args.scalarTypeName(this)}`,
        fix: "Use the operation without the trailing underscore",
      });
    }
    this.impl.assign(result.impl.to(this.dtype));
    return this.#changed(result.#edge);
  }

  /** Lets `change` write to this tensor's memory, as an in-place operation without history. */
  mutate_(op: string, change: (view: View) => void): this {
    if (isGradEnabled()) args.inPlaceAllowed(op, this, this.#base);
    args.noOverlap(op, this);
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

  add_(other: Operand): this {
    return this.#become("add_", this.add(other));
  }

  sub_(other: Operand): this {
    return this.#become("sub_", this.sub(other));
  }

  mul_(other: Operand): this {
    return this.#become("mul_", this.mul(other));
  }

  div_(other: Operand): this {
    return this.#become("div_", this.div(other));
  }

  neg_(): this {
    return this.#become("neg_", this.neg());
  }

  exp_(): this {
    return this.#become("exp_", this.exp());
  }

  tanh_(): this {
    return this.#become("tanh_", this.tanh());
  }

  sigmoid_(): this {
    return this.#become("sigmoid_", this.sigmoid());
  }

  relu_(): this {
    return this.#become("relu_", this.relu());
  }

  clamp_(lo: number | null, hi: number | null = null): this {
    return this.#become("clamp_", this.clamp(lo, hi));
  }

  maskedFill_(mask: Tensor, value: number): this {
    return this.#become("maskedFill_", this.maskedFill(mask, value));
  }

  zero_(): this {
    return this.fill_(0);
  }

  fill_(value: number): this {
    return this.#become(
      "fill_",
      new Tensor(View.scalar(value, this.dtype).expand(this.impl.shape)),
    );
  }

  /** Takes over the elements of `source`, broadcast to this shape. */
  copy_(source: Tensor): this {
    return this.#become("copy_", source.to(this.dtype).expand(...this.impl.shape));
  }

  // ---- random, in place ------------------------------------------------------------------------

  /** Uniform numbers in [from, to). */
  uniform_(from = 0, to = 1, generator = defaultGenerator): this {
    args.floating("uniform_", this);
    return this.mutate_("uniform_", (view) => fill.uniform(view, from, to, generator));
  }

  /** Normal numbers. */
  normal_(mean = 0, std = 1, generator = defaultGenerator): this {
    args.floating("normal_", this);
    return this.mutate_("normal_", (view) => fill.normal(view, mean, std, generator));
  }

  /** 1 with probability p, else 0. */
  bernoulli_(p = 0.5, generator = defaultGenerator): this {
    args.floating("bernoulli_", this);
    return this.mutate_("bernoulli_", (view) => fill.bernoulli(view, p, generator));
  }

  /** Exponentially distributed numbers: density `λ e^(−λx)`. */
  exponential_(lambda = 1, generator = defaultGenerator): this {
    args.floating("exponential_", this);
    return this.mutate_("exponential_", (view) => fill.exponential(view, lambda, generator));
  }

  // ---- elementwise -----------------------------------------------------------------------------

  add(other: Operand): Tensor {
    return Tensor.apply(elementwise.add, [this, this.#operand(other)], undefined);
  }

  sub(other: Operand): Tensor {
    return Tensor.apply(elementwise.sub, [this, this.#operand(other)], undefined);
  }

  /** `other − this`. */
  rsub(other: Operand): Tensor {
    if (typeof other !== "number") return other.sub(this);
    return Tensor.apply(elementwise.rsub, [this], other);
  }

  mul(other: Operand): Tensor {
    return Tensor.apply(elementwise.mul, [this, this.#operand(other)], undefined);
  }

  div(other: Operand): Tensor {
    return Tensor.apply(elementwise.div, [this, this.#operand(other)], undefined);
  }

  /** `other / this`. */
  rdiv(other: Operand): Tensor {
    return typeof other === "number" ? this.reciprocal().mul(other) : other.div(this);
  }

  pow(exponent: Operand): Tensor {
    if (typeof exponent === "number") return Tensor.apply(elementwise.powScalar, [this], exponent);
    return Tensor.apply(elementwise.pow, [this, exponent], undefined);
  }

  /** `base ^ this`. */
  rpow(base: Operand): Tensor {
    return Tensor.apply(elementwise.pow, [this.#operand(base), this], undefined);
  }

  square(): Tensor {
    return this.pow(2);
  }

  neg(): Tensor {
    return this.#unary(elementwise.neg);
  }

  exp(): Tensor {
    return this.#unary(elementwise.exp);
  }

  log(): Tensor {
    return this.#unary(elementwise.log);
  }

  log1p(): Tensor {
    return this.#unary(elementwise.log1p);
  }

  sqrt(): Tensor {
    return this.#unary(elementwise.sqrt);
  }

  sin(): Tensor {
    return this.#unary(elementwise.sin);
  }

  cos(): Tensor {
    return this.#unary(elementwise.cos);
  }

  abs(): Tensor {
    return this.#unary(elementwise.abs);
  }

  sign(): Tensor {
    return this.#unary(elementwise.sign);
  }

  reciprocal(): Tensor {
    return this.#unary(elementwise.reciprocal);
  }

  tanh(): Tensor {
    return this.#unary(elementwise.tanh);
  }

  sigmoid(): Tensor {
    return this.#unary(elementwise.sigmoid);
  }

  relu(): Tensor {
    return this.#unary(elementwise.relu);
  }

  clamp(lo: number | null, hi: number | null = null): Tensor {
    const bounds = { lo: lo ?? Number.NEGATIVE_INFINITY, hi: hi ?? Number.POSITIVE_INFINITY };
    return Tensor.apply(elementwise.clamp, [this], bounds);
  }

  maximum(other: Tensor): Tensor {
    return Tensor.apply(elementwise.maximum, [this, other], undefined);
  }

  minimum(other: Tensor): Tensor {
    return Tensor.apply(elementwise.minimum, [this, other], undefined);
  }

  eq(other: Operand): Tensor {
    return this.#compare("eq", other);
  }

  ne(other: Operand): Tensor {
    return this.#compare("ne", other);
  }

  lt(other: Operand): Tensor {
    return this.#compare("lt", other);
  }

  le(other: Operand): Tensor {
    return this.#compare("le", other);
  }

  gt(other: Operand): Tensor {
    return this.#compare("gt", other);
  }

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

  sum(dim?: number | readonly number[], options: ReduceOptions = {}): Tensor {
    return Tensor.apply(reduce.sum, [this], args.reduceDims("sum", this, dim, options));
  }

  mean(dim?: number | readonly number[], options: ReduceOptions = {}): Tensor {
    const kind = args.scalarTypeName(this);
    args.floating(
      "mean",
      this,
      `mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: ${kind}`,
    );
    return Tensor.apply(reduce.mean, [this], args.reduceDims("mean", this, dim, options));
  }

  prod(): Tensor {
    return Tensor.apply(reduce.prod, [this], undefined);
  }

  /** Variance with Bessel's correction unless told otherwise. */
  var(
    dim?: number | readonly number[],
    options: ReduceOptions & { correction?: number } = {},
  ): Tensor {
    const { correction = 1 } = options;
    args.floating("var", this, "std and var only support floating point and complex dtypes");
    const dims = args.reduceDims("var", this, dim, options);
    return Tensor.apply(reduce.variance, [this], { ...dims, correction });
  }

  std(
    dim?: number | readonly number[],
    options: ReduceOptions & { correction?: number } = {},
  ): Tensor {
    const { correction = 1 } = options;
    args.floating("std", this, "std and var only support floating point and complex dtypes");
    const dims = args.reduceDims("std", this, dim, options);
    return Tensor.apply(reduce.std, [this], { ...dims, correction });
  }

  /** The p-norm of all elements. */
  norm(p = 2): Tensor {
    const kind = args.scalarTypeName(this);
    args.floating(
      "norm",
      this,
      `norm(): input dtype should be either floating point or complex. Got ${kind} instead.`,
    );
    return Tensor.apply(reduce.norm, [this], p);
  }

  logsumexp(dim: number, { keepdim = false }: ReduceOptions = {}): Tensor {
    return Tensor.apply(reduce.logsumexp, [this], {
      dim: args.dim("logsumexp", this, dim),
      keepdim,
    });
  }

  cumsum(dim: number): Tensor {
    return Tensor.apply(reduce.cumsum, [this], args.dim("cumsum", this, dim));
  }

  /** The largest element; along a dimension the largest values and their indices. */
  max(): Tensor;
  max(dim: number, options?: ReduceOptions): { values: Tensor; indices: Tensor };
  max(dim?: number, options: ReduceOptions = {}): Tensor | { values: Tensor; indices: Tensor } {
    args.notEmpty("max", this, dim);
    if (dim === undefined) return Tensor.apply(reduce.maxAll, [this], undefined);
    return this.#extreme("max", reduce.maxDim, dim, options);
  }

  /** The smallest element; along a dimension the smallest values and their indices. */
  min(): Tensor;
  min(dim: number, options?: ReduceOptions): { values: Tensor; indices: Tensor };
  min(dim?: number, options: ReduceOptions = {}): Tensor | { values: Tensor; indices: Tensor } {
    args.notEmpty("min", this, dim);
    if (dim === undefined) return Tensor.apply(reduce.minAll, [this], undefined);
    return this.#extreme("min", reduce.minDim, dim, options);
  }

  /** Where the largest element is: in the flattened tensor, or along a dimension. */
  argmax(dim?: number, options: ReduceOptions = {}): Tensor {
    args.notEmpty("argmax", this, dim);
    return dim === undefined ? this.flatten().max(0).indices : this.max(dim, options).indices;
  }

  argmin(dim?: number, options: ReduceOptions = {}): Tensor {
    args.notEmpty("argmin", this, dim);
    return dim === undefined ? this.flatten().min(0).indices : this.min(dim, options).indices;
  }

  /** Whether all (any) elements are true: a bool, of uint8 a uint8 as in PyTorch. */
  all(): Tensor {
    return this.#truth(this.impl.data().every((v: number) => v !== 0));
  }

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
    const where = { dim: args.dim(name, this, dim), keepdim };
    const [values, indices] = Tensor.applyMulti(op, [this], where) as [Tensor, Tensor];
    return { values, indices };
  }

  // ---- products --------------------------------------------------------------------------------

  matmul(other: Tensor): Tensor {
    args.sameType("matmul", this, other);
    args.notScalar("matmul", this, other);
    return Tensor.apply(matrix.matmul, [this, other], undefined);
  }

  mm(other: Tensor): Tensor {
    args.ranks("mm", [this, other], 2);
    return this.matmul(other);
  }

  mv(other: Tensor): Tensor {
    return this.matmul(other);
  }

  dot(other: Tensor): Tensor {
    args.dotProduct(this, other);
    return this.matmul(other);
  }

  bmm(other: Tensor): Tensor {
    args.batchProduct(this, other);
    return Tensor.apply(matrix.bmm, [this, other], undefined);
  }

  /** `beta · this + alpha · a b`. */
  addmm(a: Tensor, b: Tensor, { alpha = 1, beta = 1 } = {}): Tensor {
    args.matrixProduct("addmm", a, b);
    return Tensor.apply(matrix.addmm, [this, a, b], { alpha, beta });
  }

  /** All products of two vectors' elements. */
  outer(other: Tensor): Tensor {
    args.ranks("outer", [this, other], 1);
    return this.unsqueeze(1).mul(other);
  }

  // ---- rows ------------------------------------------------------------------------------------

  softmax(dim: number): Tensor {
    args.floating("softmax", this);
    return Tensor.apply(rows.softmax, [this], args.dim("softmax", this, dim));
  }

  logSoftmax(dim: number): Tensor {
    args.floating("logSoftmax", this);
    return Tensor.apply(rows.logSoftmax, [this], args.dim("logSoftmax", this, dim));
  }

  // ---- shape -----------------------------------------------------------------------------------

  /** The same elements under another shape, one size of which may be −1; the tensor must be contiguous. */
  view(...shape: number[]): Tensor {
    return Tensor.apply(shapes.view, [args.viewable(this)], args.inferShape("view", this, shape));
  }

  /** {@link Tensor.view}, copying where it must. */
  reshape(...shape: number[]): Tensor {
    return Tensor.apply(shapes.reshape, [this], args.inferShape("reshape", this, shape));
  }

  /** Dimensions `start` to `end` as one. */
  flatten(start = 0, end = -1): Tensor {
    if (this.ndim === 0) return this.reshape(1);
    const [a, b] = [args.dim("flatten", this, start), args.dim("flatten", this, end)];
    args.ascending(a, b);
    return this.reshape(
      ...this.impl.shape.toSpliced(a, b - a + 1, args.product(this.impl.shape, a, b)),
    );
  }

  transpose(a: number, b: number): Tensor {
    const dims = { a: args.dim("transpose", this, a), b: args.dim("transpose", this, b) };
    return Tensor.apply(shapes.transpose, [this], dims);
  }

  /** The transpose of a matrix. */
  t(): Tensor {
    if (this.ndim < 2) return this;
    args.atMostMatrix("t", this);
    return Tensor.apply(shapes.transpose, [this], { a: 0, b: 1, name: "TBackward0" });
  }

  /** All dimensions reversed. */
  get T(): Tensor {
    return Tensor.apply(shapes.permute, [this], [...this.impl.shape.keys()].reverse());
  }

  permute(...order: number[]): Tensor {
    return Tensor.apply(shapes.permute, [this], args.permutation(this, order));
  }

  unsqueeze(dim: number): Tensor {
    return Tensor.apply(shapes.unsqueeze, [this], args.newDim("unsqueeze", this, dim));
  }

  /** Without the dimensions of size 1, or without that one if its size is 1. */
  squeeze(dim?: number): Tensor {
    const ones = [...this.impl.shape.keys()].filter((i) => this.impl.shape[i] === 1);
    if (dim === undefined) {
      return Tensor.apply(shapes.squeeze, [this], { dims: ones, name: "SqueezeBackward0" });
    }
    const d = args.dim("squeeze", this, dim);
    const dims = ones.includes(d) ? [d] : [];
    return Tensor.apply(shapes.squeeze, [this], { dims, name: "SqueezeBackward1" });
  }

  /** Broadcast to a shape; −1 keeps a size. */
  expand(...shape: number[]): Tensor {
    return Tensor.apply(shapes.expand, [this], args.expandShape(this, shape));
  }

  expandAs(other: Tensor): Tensor {
    return this.expand(...other.impl.shape);
  }

  /** Tiled that many times along each dimension. */
  repeat(...times: number[]): Tensor {
    return Tensor.apply(shapes.repeat, [this], args.repeats(this, times));
  }

  flip(...dims: number[]): Tensor {
    return Tensor.apply(shapes.flip, [this], args.distinctDims("flip", this, dims));
  }

  tril(diagonal = 0): Tensor {
    args.atLeastMatrix("tril", this);
    return Tensor.apply(shapes.triangle, [this], { upper: false, diagonal });
  }

  triu(diagonal = 0): Tensor {
    args.atLeastMatrix("triu", this);
    return Tensor.apply(shapes.triangle, [this], { upper: true, diagonal });
  }

  /** Itself when row-major, else a copy. */
  contiguous(): Tensor {
    return this.impl.isContiguous() ? this : this.clone();
  }

  clone(): Tensor {
    return Tensor.apply(elementwise.clone, [this], undefined);
  }

  /** The elements as another type; itself where nothing changes. */
  to(dtype: DType): Tensor {
    if (dtype === this.dtype) return this;
    if (!dtype.isFloatingPoint) return new Tensor(args.toInteger(this, dtype));
    return Tensor.apply(elementwise.toCopy, [this], { from: this.dtype, to: dtype });
  }

  float(): Tensor {
    return this.to(float32);
  }

  double(): Tensor {
    return this.to(float64);
  }

  long(): Tensor {
    return this.to(int64);
  }

  bool(): Tensor {
    return this.to(bool);
  }

  byte(): Tensor {
    return this.to(uint8);
  }

  // ---- indexing --------------------------------------------------------------------------------

  /**
   * Indexing: one item a dimension. A number selects, `null` takes all, a pair `[start, end]` (or a
   * triple with a step) is a range whose end may be null, an integer tensor picks, a boolean tensor
   * masks.
   *
   * @example
   * const x = arange(12).reshape(3, 4);
   * console.log(x.at(null, -1)); // tensor([ 3,  7, 11])
   * console.log(x.at(0, [1, 3])); // tensor([1, 2])
   */
  at(...items: IndexItem[]): Tensor {
    return indexed(this, items, pickers);
  }

  select(dim: number, index: number): Tensor {
    return Tensor.apply(shapes.select, [this], indexArgs.selection("select", this, dim, index));
  }

  /** `length` entries of a dimension from `start`. */
  narrow(dim: number, start: number, length: number): Tensor {
    return Tensor.apply(shapes.slice, [this], indexArgs.range("narrow", this, dim, start, length));
  }

  /** Entries `start` to before `end` of a dimension, `step` apart; out-of-range bounds are clipped. */
  slice(dim: number, start = 0, end: number | null = null, step = 1): Tensor {
    return Tensor.apply(shapes.slice, [this], indexArgs.clippedRange(this, dim, start, end, step));
  }

  unbind(dim = 0): Tensor[] {
    args.divisible(this);
    return Tensor.applyMulti(shapes.unbind, [this], args.dim("unbind", this, dim));
  }

  /** Pieces of one length (the last may be shorter), or of the lengths given. */
  split(size: number | readonly number[], dim = 0): Tensor[] {
    return Tensor.applyMulti(shapes.split, [this], args.splits(this, size, dim));
  }

  /** At most `n` pieces of equal length. */
  chunk(n: number, dim = 0): Tensor[] {
    return this.split(args.chunkSizes(this, n, dim), dim);
  }

  indexSelect(dim: number, index: Tensor): Tensor {
    const a = { dim: args.dim("indexSelect", this, dim), name: "IndexSelectBackward0" };
    return Tensor.apply(indexing.pick, [this, indexArgs.vectorIndex(this, a.dim, index)], a);
  }

  gather(dim: number, index: Tensor): Tensor {
    const d = args.dim("gather", this, dim);
    return Tensor.apply(indexing.gather, [this, indexArgs.gatherIndex(this, d, index)], d);
  }

  maskedSelect(mask: Tensor): Tensor {
    const name = "MaskedSelectBackward0";
    return Tensor.apply(indexing.maskedSelect, [this, indexArgs.mask("maskedSelect", this, mask)], {
      name,
    });
  }

  maskedFill(mask: Tensor, value: number): Tensor {
    return Tensor.apply(
      indexing.maskedFill,
      [this, indexArgs.mask("maskedFill", this, mask)],
      value,
    );
  }
}

const pickers: Pickers = {
  select: (x, at) => Tensor.apply(shapes.select, [x], at),
  pick: (x, dim, index) =>
    Tensor.apply(indexing.pick, [x, new Tensor(index)], { dim, name: "IndexBackward0" }),
  mask: (x, mask) => Tensor.apply(indexing.maskedSelect, [x, mask], { name: "IndexBackward0" }),
};

/** The tensors behind an operation's views. */
export type Tensors<I extends Inputs> = {
  [K in keyof I]: I[K] extends View ? Tensor : Tensor | null;
};

/** Where gradients of a leaf end: they add up in its `.grad`. */
class Leaf implements Node {
  readonly outputs = 1;
  readonly edges: readonly Edge[] = [];
  readonly letsGo = true;
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
    if (leaf.grad === null) leaf.grad = new Tensor(taken(grad));
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

/** Which storages came from which node, for the sentence about in-place changes. */
function sources(inputs: readonly (Tensor | null)[], outs: readonly View[]): Source[] {
  const all: Source[] = outs.map(({ storage }, output) => ({ storage, node: null, output }));
  for (const t of inputs) {
    const node = t?.gradFn;
    if (t && node) all.push({ storage: t.impl.storage, node, output: t.outputIndex });
  }
  return all;
}
