/** The methods as functions, and what joins several tensors. */

import { normalizeDim, ShapeError, sameShape } from "../core/index.ts";
import * as arithmetic from "../ops/arithmetic.ts";
import * as elementwise from "../ops/elementwise.ts";
import * as shapes from "../ops/shape.ts";
import type { Operand, ReduceOptions } from "./tensor.ts";
import { Tensor } from "./tensor.ts";

/**
 * Joins tensors along a dimension that they have; vectors without elements are left out.
 *
 * @throws ShapeError when other sizes differ
 * @see torch.cat
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  const first = tensors.find((t) => !shapes.isEmptyVector(t.impl.shape)) ?? tensors[0];
  if (first === undefined) {
    throw new ShapeError({ op: "cat", torch: "torch.cat(): expected a non-empty list of Tensors" });
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
            `${first.impl.shape[differs]} but got size ${t.impl.shape[differs]} for tensor number ${k} in the list.`;
    throw new ShapeError({
      op: "cat",
      torch,
      expected: [...first.impl.shape],
      got: [...t.impl.shape],
    });
  });
  return Tensor.apply(shapes.cat, [...tensors], { dim: d });
}

/**
 * Joins tensors of one shape along a new dimension.
 *
 * @throws ShapeError when shapes differ
 * @see torch.stack
 */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  const first = tensors[0];
  if (first === undefined) {
    throw new ShapeError({ op: "stack", torch: "stack expects a non-empty TensorList" });
  }
  const list = (s: readonly number[]) => `[${s.join(", ")}]`;
  tensors.forEach((t, k) => {
    if (sameShape(t.impl.shape, first.impl.shape)) return;
    throw new ShapeError({
      op: "stack",
      torch:
        `stack expects each tensor to be equal size, but got ${list(first.impl.shape)} at entry 0 ` +
        `and ${list(t.impl.shape)} at entry ${k}`,
      expected: [...first.impl.shape],
      got: [...t.impl.shape],
    });
  });
  return Tensor.apply(shapes.stack, [...tensors], normalizeDim("stack", dim, first.ndim + 1));
}

/** `a` where the condition holds, else `b`, with broadcasting. @see torch.where */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const like = a instanceof Tensor ? a : b instanceof Tensor ? b : null;
  const operand = (v: Operand) => (v instanceof Tensor ? v : scalarLike(v, like));
  return Tensor.apply(elementwise.where, [condition, operand(a), operand(b)], undefined);
}

function scalarLike(value: number, like: Tensor | null): Tensor {
  const type = like === null ? undefined : arithmetic.scalarType(like.dtype, value);
  return new Tensor(arithmetic.scalarView(value, type));
}

export const add = (a: Operand, b: Operand): Tensor =>
  either(
    a,
    b,
    (x) => x.add(b),
    (y) => y.add(a),
  );
export const sub = (a: Operand, b: Operand): Tensor =>
  either(
    a,
    b,
    (x) => x.sub(b),
    (y) => y.rsub(a),
  );
export const mul = (a: Operand, b: Operand): Tensor =>
  either(
    a,
    b,
    (x) => x.mul(b),
    (y) => y.mul(a),
  );
export const div = (a: Operand, b: Operand): Tensor =>
  either(
    a,
    b,
    (x) => x.div(b),
    (y) => y.rdiv(a),
  );
export const pow = (a: Operand, b: Operand): Tensor =>
  either(
    a,
    b,
    (x) => x.pow(b),
    (y) => y.rpow(a),
  );
/** `b − a`. */
export const rsub = (a: Tensor, b: Operand): Tensor => a.rsub(b);

export const neg = (x: Tensor): Tensor => x.neg();
export const exp = (x: Tensor): Tensor => x.exp();
export const log = (x: Tensor): Tensor => x.log();
export const log1p = (x: Tensor): Tensor => x.log1p();
export const sqrt = (x: Tensor): Tensor => x.sqrt();
export const square = (x: Tensor): Tensor => x.square();
export const sin = (x: Tensor): Tensor => x.sin();
export const cos = (x: Tensor): Tensor => x.cos();
export const abs = (x: Tensor): Tensor => x.abs();
export const sign = (x: Tensor): Tensor => x.sign();
export const reciprocal = (x: Tensor): Tensor => x.reciprocal();
export const tanh = (x: Tensor): Tensor => x.tanh();
export const sigmoid = (x: Tensor): Tensor => x.sigmoid();
export const relu = (x: Tensor): Tensor => x.relu();
export const clamp = (x: Tensor, lo: number | null, hi: number | null = null): Tensor =>
  x.clamp(lo, hi);
export const maximum = (a: Tensor, b: Tensor): Tensor => a.maximum(b);
export const minimum = (a: Tensor, b: Tensor): Tensor => a.minimum(b);

export const matmul = (a: Tensor, b: Tensor): Tensor => a.matmul(b);
export const mm = (a: Tensor, b: Tensor): Tensor => a.mm(b);
export const mv = (a: Tensor, b: Tensor): Tensor => a.mv(b);
export const dot = (a: Tensor, b: Tensor): Tensor => a.dot(b);
export const bmm = (a: Tensor, b: Tensor): Tensor => a.bmm(b);
export const outer = (a: Tensor, b: Tensor): Tensor => a.outer(b);
export const addmm = (
  c: Tensor,
  a: Tensor,
  b: Tensor,
  options?: { alpha?: number; beta?: number },
): Tensor => c.addmm(a, b, options);

export const softmax = (x: Tensor, dim: number): Tensor => x.softmax(dim);
export const logSoftmax = (x: Tensor, dim: number): Tensor => x.logSoftmax(dim);
export const logsumexp = (x: Tensor, dim: number, options?: ReduceOptions): Tensor =>
  x.logsumexp(dim, options);

export const sum = (x: Tensor, dim?: number | readonly number[], options?: ReduceOptions): Tensor =>
  x.sum(dim, options);
export const mean = (
  x: Tensor,
  dim?: number | readonly number[],
  options?: ReduceOptions,
): Tensor => x.mean(dim, options);
export const prod = (x: Tensor): Tensor => x.prod();
export const std = (x: Tensor, dim?: number | readonly number[]): Tensor => x.std(dim);
export const norm = (x: Tensor, p?: number): Tensor => x.norm(p);
export const cumsum = (x: Tensor, dim: number): Tensor => x.cumsum(dim);
export const argmax = (x: Tensor, dim?: number, options?: ReduceOptions): Tensor =>
  x.argmax(dim, options);
export const argmin = (x: Tensor, dim?: number, options?: ReduceOptions): Tensor =>
  x.argmin(dim, options);

export const reshape = (x: Tensor, shape: readonly number[]): Tensor => x.reshape(...shape);
export const transpose = (x: Tensor, a: number, b: number): Tensor => x.transpose(a, b);
export const permute = (x: Tensor, order: readonly number[]): Tensor => x.permute(...order);
export const squeeze = (x: Tensor, dim?: number): Tensor => x.squeeze(dim);
export const unsqueeze = (x: Tensor, dim: number): Tensor => x.unsqueeze(dim);
export const flatten = (x: Tensor, start?: number, end?: number): Tensor => x.flatten(start, end);
export const flip = (x: Tensor, dims: readonly number[]): Tensor => x.flip(...dims);
export const tril = (x: Tensor, diagonal?: number): Tensor => x.tril(diagonal);
export const triu = (x: Tensor, diagonal?: number): Tensor => x.triu(diagonal);
export const unbind = (x: Tensor, dim?: number): Tensor[] => x.unbind(dim);
export const split = (x: Tensor, size: number | readonly number[], dim?: number): Tensor[] =>
  x.split(size, dim);
export const chunk = (x: Tensor, n: number, dim?: number): Tensor[] => x.chunk(n, dim);
export const gather = (x: Tensor, dim: number, index: Tensor): Tensor => x.gather(dim, index);

/** Whether all elements agree within `|a − b| ≤ atol + rtol · |b|`; NaN equals nothing unless asked. @see torch.allclose */
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

/** Whether shapes and all elements are equal. @see torch.equal */
export function equal(a: Tensor, b: Tensor): boolean {
  const y = b.impl.data();
  return (
    sameShape(a.impl.shape, b.impl.shape) &&
    a.impl.data().every((v: number, i: number) => v === y[i])
  );
}

/** Prints like Python's `print`. */
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
