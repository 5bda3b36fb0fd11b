/** Arithmetic on views without derivatives: broadcasting, element types, integers. */

import type { DType, Real, TypedArray } from "../core/index.ts";
import {
  assert,
  bool,
  broadcastShapes,
  DTypeError,
  float32,
  int64,
  promote,
  sameShape,
  uint8,
} from "../core/index.ts";
import type { BinaryOp } from "../kernels/backend.ts";
import { kernels } from "../kernels/index.ts";
import { View } from "./view.ts";

// ---- comparisons (no derivative) ---------------------------------------------------------------

const comparisons = {
  eq: (a: number, b: number) => a === b,
  ne: (a: number, b: number) => a !== b,
  lt: (a: number, b: number) => a < b,
  le: (a: number, b: number) => a <= b,
  gt: (a: number, b: number) => a > b,
  ge: (a: number, b: number) => a >= b,
};
export type Comparison = keyof typeof comparisons;

/** Elementwise comparison, a bool view of the broadcast shape. */
export function compare(kind: Comparison, a: View, b: View): View {
  const dtype = resultType(a, b);
  const holds = comparisons[kind];
  return zip(a.to(dtype), b.to(dtype), (x, y) => +holds(x, y), bool);
}

// ---- types -------------------------------------------------------------------------------------

/**
 * The type in which an operation of the two computes: the wider kind, then the wider size. A
 * 0-dimensional operand counts only where its kind (bool, integer, real) is wider.
 *
 * @see torch.result_type
 */
export function resultType(a: View, b: View): DType {
  if ((a.rank === 0) === (b.rank === 0)) return promote(a.dtype, b.dtype);
  const [weak, strong] = a.rank === 0 ? [a.dtype, b.dtype] : [b.dtype, a.dtype];
  return kindOf(weak) <= kindOf(strong) ? strong : promote(a.dtype, b.dtype);
}

function kindOf(d: DType): number {
  return d.isFloatingPoint ? 2 : d === bool ? 0 : 1;
}

function refuseBool(a: View, b: View): void {
  if (a.dtype !== bool && b.dtype !== bool) return;
  const torch =
    a.dtype === b.dtype
      ? "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or " +
        "`logical_xor()` operator instead."
      : "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to " +
        "invert a mask, use the `~` or `logical_not()` operator instead.";
  throw DTypeError.torch("sub", torch, "Convert it with long() first");
}

/** The type of a number beside a tensor: the tensor's, unless the number has a fraction. */
export function scalarType(dtype: DType, value: number): DType {
  if (dtype.isFloatingPoint) return dtype;
  return Number.isInteger(value) ? (dtype === bool ? int64 : dtype) : float32;
}

/** `a op b` with broadcasting and type promotion; division of integers is float32. */
export function binary(op: BinaryOp, a: View, b: View): View {
  const shape = sameShape(a.shape, b.shape) ? a.shape : broadcastShapes(op, a.shape, b.shape);
  if (op === "sub") refuseBool(a, b);
  const common = resultType(a, b);
  const dtype = common.isFloatingPoint || op !== "div" ? common : float32;
  const [x, y] = [operand(a.to(dtype), shape), operand(b.to(dtype), shape)];
  if (!dtype.isFloatingPoint) return integerBinary(op, x, y, shape, dtype);
  const out = View.zeros(shape, dtype);
  kernels().binary(op, x as Real, y as Real, out.real());
  return out;
}

/** A scalar stays one element; everything else is broadcast to the common shape. */
function operand(view: View, shape: readonly number[]): TypedArray {
  if (view.numel === 1) return view.data();
  return (sameShape(view.shape, shape) ? view : view.expand(shape)).data();
}

const integerOps: Partial<Record<BinaryOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  // Integer division truncates, so only ±1 has negative powers other than 0.
  pow: (a, b) => (b >= 0 ? a ** b : Math.abs(a) === 1 ? a ** b : 0),
  maximum: Math.max,
  minimum: Math.min,
};

function integerBinary(
  op: BinaryOp,
  x: TypedArray,
  y: TypedArray,
  shape: readonly number[],
  dtype: DType,
): View {
  const f = integerOps[op];
  assert(f !== undefined, `${op} has no integer form`);
  if (dtype === bool && op === "pow") {
    throw DTypeError.torch(op, "\"pow\" not implemented for 'Bool'", "Convert one with long()");
  }
  const out = View.zeros(shape, dtype);
  const data = out.storage.data;
  for (let i = 0; i < data.length; i++) {
    const v = f(x[x.length === 1 ? 0 : i] as number, y[y.length === 1 ? 0 : i] as number);
    // Sums of booleans are "or", products "and".
    data[i] = dtype === bool ? +(v !== 0) : dtype === uint8 ? v : inRange(op, v);
  }
  return out;
}

/** @throws DTypeError for a number that does not fit the 32 bits in which int64 is stored */
export function inRange(op: string, v: number): number {
  if (v !== (v | 0)) {
    const said = `the integer ${v} does not fit the 32 bits that saiki stores an int64 in`;
    throw new DTypeError(op, said, "Use float64");
  }
  return v;
}

/** A number as a 0-dimensional view. */
export function scalarView(value: number, dtype: DType = float32): View {
  return View.scalar(value, dtype);
}

/** `view · s`. */
export function times(view: View, s: number): View {
  return binary("mul", view, View.scalar(s, view.dtype));
}

/** `f` of every element of a floating-point view, where a kernel is not worth while. */
export function mapReal(view: View, f: (v: number) => number): View {
  const from = view.data();
  const out = View.zeros(view.shape, view.dtype);
  const to = out.storage.data;
  for (let i = 0; i < to.length; i++) to[i] = f(from[i] as number);
  return out;
}

/** `f` of the elements of two views, broadcast; in the first's type unless `dtype` is given. */
export function zip(
  a: View,
  b: View,
  f: (x: number, y: number) => number,
  dtype: DType = a.dtype,
): View {
  const shape = sameShape(a.shape, b.shape) ? a.shape : broadcastShapes("zip", a.shape, b.shape);
  const [x, y] = [a.expand(shape).data(), b.expand(shape).data()];
  const out = View.zeros(shape, dtype);
  const data = out.storage.data;
  for (let i = 0; i < data.length; i++) data[i] = f(x[i] as number, y[i] as number);
  return out;
}
