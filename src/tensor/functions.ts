/** The methods as functions, and functions that join several tensors. */

import { list, normalizeDim, ShapeError, sameShape } from "../core/index.ts";
import * as arithmetic from "../ops/arithmetic.ts";
import * as elementwise from "../ops/elementwise.ts";
import * as shapes from "../ops/shape.ts";
import type { Operand, ReduceOptions } from "./tensor.ts";
import { Tensor } from "./tensor.ts";

/**
 * Joins tensors along a dimension that they have; vectors without elements are left out.
 *
 * @throws ShapeError when other sizes differ, or the list is empty
 * @see torch.cat
 * @example
 * const [a, b] = [torch.zeros(2, 3), torch.ones(1, 3)];
 * console.log(torch.cat([a, b]).shape); // torch.Size([3, 3])
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  const first = tensors.find((t) => !shapes.isEmptyVector(t.impl.shape)) ?? tensors[0];
  if (first === undefined) {
    throw ShapeError.torch("cat", "torch.cat(): expected a non-empty list of Tensors");
  }
  const d = normalizeDim("cat", dim, first.ndim);
  tensors.forEach((t, k) => {
    if (shapes.isEmptyVector(t.impl.shape)) return;
    const differs = t.impl.shape.findIndex((s, i) => i !== d && s !== first.impl.shape[i]);
    if (t.ndim === first.ndim && t.ndim > 0 && differs < 0) return;
    const torch =
      t.ndim === 0
        ? `zero-dimensional tensor (at position ${k}) cannot be concatenated`
        : t.ndim !== first.ndim
          ? `Tensors must have same number of dimensions: got ${first.ndim} and ${t.ndim}`
          : `Sizes of tensors must match except in dimension ${d}. Expected size ` +
            `${first.impl.shape[differs]} but got size ${t.impl.shape[differs]} for tensor number ` +
            `${k} in the list.`;
    throw ShapeError.torch("cat", torch);
  });
  return Tensor.apply(shapes.cat, [...tensors], { dim: d });
}

/**
 * Joins tensors of one shape along a new dimension at `dim`.
 *
 * @throws ShapeError when shapes differ, or the list is empty
 * @see torch.stack
 * @example
 * console.log(torch.stack([torch.zeros(2), torch.ones(2)], 1)); // tensor([[0., 1.],
 *                                                               //         [0., 1.]])
 */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  const first = tensors[0];
  if (first === undefined) throw ShapeError.torch("stack", "stack expects a non-empty TensorList");
  tensors.forEach((t, k) => {
    if (sameShape(t.impl.shape, first.impl.shape)) return;
    const said =
      `stack expects each tensor to be equal size, but got ${list(first.impl.shape)} at entry 0 ` +
      `and ${list(t.impl.shape)} at entry ${k}`;
    throw ShapeError.torch("stack", said);
  });
  return Tensor.apply(shapes.stack, [...tensors], normalizeDim("stack", dim, first.ndim + 1));
}

/** `a` where the condition holds, else `b`; all three are broadcast. @see torch.where */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const like = a instanceof Tensor ? a : b instanceof Tensor ? b : null;
  const operand = (v: Operand) => (v instanceof Tensor ? v : scalarLike(v, like));
  return Tensor.apply(elementwise.where, [condition, operand(a), operand(b)], undefined);
}

function scalarLike(value: number, like: Tensor | null): Tensor {
  const type = like === null ? undefined : arithmetic.scalarType(like.dtype, value);
  return new Tensor(arithmetic.scalarView(value, type));
}

/** `a + b`, broadcast. @see torch.add */
export const add = (a: Operand, b: Operand): Tensor =>
  either(
    a,
    b,
    (x) => x.add(b),
    (y) => y.add(a),
  );
/** `a − b`, broadcast. @throws DTypeError for booleans @see torch.sub */
export const sub = (a: Operand, b: Operand): Tensor =>
  either(
    a,
    b,
    (x) => x.sub(b),
    (y) => y.rsub(a),
  );
/** `a · b` element by element, broadcast. @see torch.mul */
export const mul = (a: Operand, b: Operand): Tensor =>
  either(
    a,
    b,
    (x) => x.mul(b),
    (y) => y.mul(a),
  );
/** `a / b`, broadcast; integers give float32. @see torch.div */
export const div = (a: Operand, b: Operand): Tensor =>
  either(
    a,
    b,
    (x) => x.div(b),
    (y) => y.rdiv(a),
  );
/** `a ^ b`, broadcast. @throws DTypeError for integers to a negative number @see torch.pow */
export const pow = (a: Operand, b: Operand): Tensor =>
  either(
    a,
    b,
    (x) => x.pow(b),
    (y) => y.rpow(a),
  );
/** `b − a`, broadcast. @throws DTypeError for booleans @see torch.rsub */
export const rsub = (a: Tensor, b: Operand): Tensor => a.rsub(b);

/** `−x` of each element. @throws DTypeError for booleans @see torch.neg */
export const neg = (x: Tensor): Tensor => x.neg();
/** `eˣ` of each element; integers give float32. @see torch.exp */
export const exp = (x: Tensor): Tensor => x.exp();
/** The natural logarithm of each element; integers give float32. @see torch.log */
export const log = (x: Tensor): Tensor => x.log();
/** `ln(1 + x)` of each element, exact near 0; integers give float32. @see torch.log1p */
export const log1p = (x: Tensor): Tensor => x.log1p();
/** `√x` of each element; integers give float32. @see torch.sqrt */
export const sqrt = (x: Tensor): Tensor => x.sqrt();
/** `x²` of each element. @see torch.square */
export const square = (x: Tensor): Tensor => x.square();
/** The sine of each element, in radians; integers give float32. @see torch.sin */
export const sin = (x: Tensor): Tensor => x.sin();
/** The cosine of each element, in radians; integers give float32. @see torch.cos */
export const cos = (x: Tensor): Tensor => x.cos();
/** `|x|` of each element. @throws DTypeError for booleans @see torch.abs */
export const abs = (x: Tensor): Tensor => x.abs();
/** −1, 0 or 1: the sign of each element. @see torch.sign */
export const sign = (x: Tensor): Tensor => x.sign();
/** `1 / x` of each element; integers give float32. @see torch.reciprocal */
export const reciprocal = (x: Tensor): Tensor => x.reciprocal();
/** `tanh x` of each element; integers give float32. @see torch.tanh */
export const tanh = (x: Tensor): Tensor => x.tanh();
/** `σ(x) = 1 / (1 + e⁻ˣ)` of each element; integers give float32. @see torch.sigmoid */
export const sigmoid = (x: Tensor): Tensor => x.sigmoid();
/** `max(x, 0)` of each element. @throws DTypeError for booleans @see torch.relu */
export const relu = (x: Tensor): Tensor => x.relu();
/** `min(max(x, lo), hi)` of each element; null is no bound. @see torch.clamp */
export const clamp = (x: Tensor, lo: number | null, hi: number | null = null): Tensor =>
  x.clamp(lo, hi);
/** The larger element of the two, broadcast; equals share the gradient. @see torch.maximum */
export const maximum = (a: Tensor, b: Tensor): Tensor => a.maximum(b);
/** The smaller element of the two, broadcast; equals share the gradient. @see torch.minimum */
export const minimum = (a: Tensor, b: Tensor): Tensor => a.minimum(b);

/**
 * The product (…, M, K) with (…, K, N) of vectors, matrices or batches, as {@link Tensor.matmul}.
 *
 * @throws ShapeError when the two K differ, or an operand is a scalar
 * @see torch.matmul
 */
export const matmul = (a: Tensor, b: Tensor): Tensor => a.matmul(b);
/** The product of two matrices: (M, K) with (K, N) gives (M, N). @see torch.mm */
export const mm = (a: Tensor, b: Tensor): Tensor => a.mm(b);
/** The product of a matrix and a vector: (M, K) with (K) gives (M). @see torch.mv */
export const mv = (a: Tensor, b: Tensor): Tensor => a.mv(b);
/** The sum of the products of two vectors (N), a scalar. @see torch.dot */
export const dot = (a: Tensor, b: Tensor): Tensor => a.dot(b);
/** The products of two batches: (B, M, K) with (B, K, N) gives (B, M, N). @see torch.bmm */
export const bmm = (a: Tensor, b: Tensor): Tensor => a.bmm(b);
/** All products of two vectors' elements: (M) with (N) gives (M, N). @see torch.outer */
export const outer = (a: Tensor, b: Tensor): Tensor => a.outer(b);
/**
 * `beta · c + alpha · a b`: a (M, K), b (K, N), c broadcast to (M, N); both factors are 1 by
 * default.
 *
 * @see torch.addmm
 */
export const addmm = (
  c: Tensor,
  a: Tensor,
  b: Tensor,
  options?: { alpha?: number; beta?: number },
): Tensor => c.addmm(a, b, options);

/** `eˣ / Σ eˣ` along one dimension, of the shape of x. @see torch.softmax */
export const softmax = (x: Tensor, dim: number): Tensor => x.softmax(dim);
/** `x − ln Σ eˣ` along one dimension, of the shape of x. @see torch.log_softmax */
export const logSoftmax = (x: Tensor, dim: number): Tensor => x.logSoftmax(dim);
/** `ln Σ eˣ` along one dimension, without overflow. @see torch.logsumexp */
export const logsumexp = (x: Tensor, dim: number, options?: ReduceOptions): Tensor =>
  x.logsumexp(dim, options);

/** The sum along the given dimensions, or of all elements; integers give int64. @see torch.sum */
export const sum = (x: Tensor, dim?: number | readonly number[], options?: ReduceOptions): Tensor =>
  x.sum(dim, options);
/**
 * The mean along the given dimensions, or of all elements.
 *
 * @throws DTypeError for integers and booleans
 * @see torch.mean
 */
export const mean = (
  x: Tensor,
  dim?: number | readonly number[],
  options?: ReduceOptions,
): Tensor => x.mean(dim, options);
/** The product of all elements, a scalar; integers and booleans give int64. @see torch.prod */
export const prod = (x: Tensor): Tensor => x.prod();
/**
 * The standard deviation along the given dimensions, or of all elements, with Bessel's correction.
 *
 * @throws DTypeError for integers and booleans
 * @see torch.std
 */
export const std = (x: Tensor, dim?: number | readonly number[]): Tensor => x.std(dim);
/**
 * The p-norm `(Σ |x|^p)^(1/p)` of all elements, a scalar; p is 2 by default.
 *
 * @throws DTypeError for integers and booleans
 * @see torch.norm
 */
export const norm = (x: Tensor, p?: number): Tensor => x.norm(p);
/** The running sums along one dimension, of the shape of x. @see torch.cumsum */
export const cumsum = (x: Tensor, dim: number): Tensor => x.cumsum(dim);
/**
 * The index of the largest element as int64: in the flattened tensor, or along a dimension.
 *
 * @throws IndexError when there are no elements
 * @see torch.argmax
 */
export const argmax = (x: Tensor, dim?: number, options?: ReduceOptions): Tensor =>
  x.argmax(dim, options);
/**
 * The index of the smallest element as int64: in the flattened tensor, or along a dimension.
 *
 * @throws IndexError when there are no elements
 * @see torch.argmin
 */
export const argmin = (x: Tensor, dim?: number, options?: ReduceOptions): Tensor =>
  x.argmin(dim, options);

/**
 * The same elements under another shape, one size of which may be −1; a copy where it must be.
 *
 * @throws ShapeError when the number of elements differs
 * @see torch.reshape
 */
export const reshape = (x: Tensor, shape: readonly number[]): Tensor => x.reshape(...shape);
/** Exchanges two dimensions; shares the memory. @see torch.transpose */
export const transpose = (x: Tensor, a: number, b: number): Tensor => x.transpose(a, b);
/** Puts dimension `order[i]` at place i; shares the memory. @see torch.permute */
export const permute = (x: Tensor, order: readonly number[]): Tensor => x.permute(...order);
/**
 * Drops the dimensions of size 1, or that one if its size is 1; shares the memory.
 *
 * @see torch.squeeze
 */
export const squeeze = (x: Tensor, dim?: number): Tensor => x.squeeze(dim);
/** Inserts a dimension of size 1 at `dim`; shares the memory. @see torch.unsqueeze */
export const unsqueeze = (x: Tensor, dim: number): Tensor => x.unsqueeze(dim);
/** Makes dimensions `start` to `end` (included) one, by default all. @see torch.flatten */
export const flatten = (x: Tensor, start?: number, end?: number): Tensor => x.flatten(start, end);
/** Reverses the order along the given dimensions, in a copy. @see torch.flip */
export const flip = (x: Tensor, dims: readonly number[]): Tensor => x.flip(...dims);
/**
 * The lower triangle of the last two dimensions, up to a diagonal (0 the main one), 0 elsewhere.
 *
 * @see torch.tril
 */
export const tril = (x: Tensor, diagonal?: number): Tensor => x.tril(diagonal);
/**
 * The upper triangle of the last two dimensions, from a diagonal (0 the main one), 0 elsewhere.
 *
 * @see torch.triu
 */
export const triu = (x: Tensor, diagonal?: number): Tensor => x.triu(diagonal);
/** The entries of a dimension, by default the first, each without it. @see torch.unbind */
export const unbind = (x: Tensor, dim?: number): Tensor[] => x.unbind(dim);
/** Pieces of one length (the last may be shorter), or of the lengths given. @see torch.split */
export const split = (x: Tensor, size: number | readonly number[], dim?: number): Tensor[] =>
  x.split(size, dim);
/** At most `n` pieces of equal length (the last may be shorter). @see torch.chunk */
export const chunk = (x: Tensor, n: number, dim?: number): Tensor[] => x.chunk(n, dim);
/**
 * Picks one element for each index, as {@link Tensor.gather}; of the shape of `index`.
 *
 * @throws IndexError when an index is out of range
 * @see torch.gather
 */
export const gather = (x: Tensor, dim: number, index: Tensor): Tensor => x.gather(dim, index);

/**
 * Whether all elements agree within `|a − b| ≤ atol + rtol · |b|`.
 *
 * @param options.rtol 1e-5 by default
 * @param options.atol 1e-8 by default
 * @param options.equalNan whether two NaN agree; false by default
 * @see torch.allclose
 */
export function allclose(
  a: Tensor,
  b: Tensor,
  { rtol = 1e-5, atol = 1e-8, equalNan = false } = {},
): boolean {
  const [x, y] = [a.impl.data(), b.expandAs(a).impl.data()];
  return x.every((v: number, i: number) => {
    const w = y[i] as number;
    if (Number.isNaN(v) || Number.isNaN(w)) return equalNan && Number.isNaN(v) && Number.isNaN(w);
    return v === w || Math.abs(v - w) <= atol + rtol * Math.abs(w);
  });
}

/** Whether shapes and all elements are equal; NaN equals nothing. @see torch.equal */
export function equal(a: Tensor, b: Tensor): boolean {
  const y = b.impl.data();
  return (
    sameShape(a.impl.shape, b.impl.shape) &&
    a.impl.data().every((v: number, i: number) => v === y[i])
  );
}

/**
 * Prints like Python's `print`: the texts of the values with a space between, and a new line.
 *
 * @example
 * torch.print(torch.ones(2), 3); // tensor([1., 1.]) 3
 */
export function print(...values: unknown[]): void {
  console.log(values.map(String).join(" "));
}

function either(
  a: Operand,
  b: Operand,
  onA: (a: Tensor) => Tensor,
  onB: (b: Tensor) => Tensor,
): Tensor {
  if (a instanceof Tensor) return onA(a);
  return onB(b instanceof Tensor ? b : scalarLike(b, null));
}
