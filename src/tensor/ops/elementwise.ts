/** Elementwise operations with broadcasting, each beside its derivative. */

import type { DType, Real, TypedArray } from "../../core/index.ts";
import {
  assert,
  bool,
  broadcastShapes,
  DTypeError,
  float32,
  int64,
  promote,
  sameShape,
} from "../../core/index.ts";
import type { BinaryOp, UnaryOp } from "../../kernels/backend.ts";
import { unaryOps } from "../../kernels/backend.ts";
import { kernels } from "../../kernels/index.ts";
import type { Context, Op } from "../op.ts";
import { sumTo, View } from "../view.ts";

// ---- one operand -------------------------------------------------------------------------------

/** `y = f(x)`, `dx = dy · f'(x)`: both are kernels, see `unaryOps` for what f' is computed from. */
function unary(name: string, kernel: UnaryOp): Op<[View]> {
  return {
    name,
    forward(ctx, [x]) {
      const input = (x.dtype.isFloatingPoint ? x : x.to(float32)).contiguous();
      const y = View.zeros(x.shape, input.dtype);
      kernels().unary(kernel, input.real(), y.real());
      if (ctx.recording) ctx.save(unaryOps[kernel] === "x" ? input : y);
      return y;
    },
    backward(ctx, grad) {
      const saved = ctx.saved<[View]>()[0];
      const dx = View.zeros(grad.shape, grad.dtype);
      kernels().unaryBackward(kernel, saved.real(), grad.contiguous().real(), dx.real());
      return [dx];
    },
  };
}

export const neg = unary("NegBackward0", "neg"); //               −x          −1
export const exp = unary("ExpBackward0", "exp"); //               eˣ          y
export const log = unary("LogBackward0", "log"); //               ln x        1/x
export const log1p = unary("Log1PBackward0", "log1p"); //         ln(1+x)     1/(1+x)
export const sqrt = unary("SqrtBackward0", "sqrt"); //            √x          1/(2y)
export const sin = unary("SinBackward0", "sin"); //               sin x       cos x
export const cos = unary("CosBackward0", "cos"); //               cos x       −sin x
export const abs = unary("AbsBackward0", "abs"); //               |x|         sign x
export const sign = unary("SignBackward0", "sign"); //            sign x      0
export const reciprocal = unary("ReciprocalBackward0", "reciprocal"); // 1/x   −y²
export const tanh = unary("TanhBackward0", "tanh"); //            tanh x      1−y²
export const sigmoid = unary("SigmoidBackward0", "sigmoid"); //   1/(1+e⁻ˣ)   y(1−y)
export const relu = unary("ReluBackward0", "relu"); //            max(x, 0)   [y > 0]

/** `y = x^p` for a number p; `dx = dy · p x^(p−1)`. */
export const powScalar: Op<[View], number> = {
  name: "PowBackward0",
  forward(ctx, [x], p) {
    if (ctx.recording) ctx.save(x);
    return binary("pow", x, View.scalar(p, x.dtype));
  },
  backward(ctx, grad, p) {
    const x = ctx.saved<[View]>()[0];
    if (p === 0) return [View.zeros(grad.shape, grad.dtype)];
    const slope = binary("pow", x, View.scalar(p - 1, x.dtype));
    return [times(binary("mul", grad, slope), p)];
  },
};

/** `y = min(max(x, lo), hi)`; `dx = dy` where `lo ≤ x ≤ hi`. */
export const clamp: Op<[View], { lo: number; hi: number }> = {
  name: "ClampBackward1",
  forward(ctx, [x], { lo, hi }) {
    if (ctx.recording) ctx.save(x);
    return mapReal(x, (v) => (v < lo ? lo : v > hi ? hi : v));
  },
  backward(ctx, grad, { lo, hi }) {
    const inside = mapReal(ctx.saved<[View]>()[0], (v) => (v >= lo && v <= hi ? 1 : 0));
    return [binary("mul", grad, inside)];
  },
};

/** A copy; `dx = dy`. */
export const clone: Op<[View]> = {
  name: "CloneBackward0",
  forward: (_ctx, [x]) => x.clone(),
  backward: (_ctx, grad) => [grad],
};

/** Another element type; the gradient goes back in the input's. */
export const toCopy: Op<[View], { from: DType; to: DType }> = {
  name: "ToCopyBackward0",
  forward: (_ctx, [x], { to }) => x.to(to),
  backward: (_ctx, grad, { from }) => [grad.to(from)],
};

/** `y = x · m` for a mask made elsewhere (dropout); `dx = dy · m`. */
export const applyMask: Op<[View], { mask: Real; release: () => void }> = {
  name: "MulBackward0",
  forward(ctx, [x], { mask, release }) {
    const y = View.zeros(x.shape, x.dtype);
    kernels().binary("mul", x.contiguous().real(), mask, y.real());
    if (ctx.recording) ctx.onRelease(release);
    else release();
    return y;
  },
  backward(_ctx, grad, { mask }) {
    const dx = View.zeros(grad.shape, grad.dtype);
    kernels().binary("mul", grad.contiguous().real(), mask, dx.real());
    return [dx];
  },
};

// ---- two operands ------------------------------------------------------------------------------

type Binary = Op<[View, View]>;

/** `a + b`; `da = dy`, `db = dy`. */
export const add: Binary = {
  name: "AddBackward0",
  forward: (_ctx, [a, b]) => binary("add", a, b),
  backward: (ctx, g) =>
    reduceTo(
      ctx,
      () => g,
      () => g,
    ),
};

/** `a − b`; `da = dy`, `db = −dy`. */
export const sub: Binary = {
  name: "SubBackward0",
  forward: (_ctx, [a, b]) => binary("sub", a, b),
  backward: (ctx, g) =>
    reduceTo(
      ctx,
      () => g,
      () => times(g, -1),
    ),
};

/** `s − a` for a number s; `da = −dy`. */
export const rsub: Op<[View], number> = {
  name: "RsubBackward1",
  forward: (_ctx, [a], s) => binary("sub", View.scalar(s, scalarType(a.dtype, s)), a),
  backward: (_ctx, g) => [times(g, -1)],
};

/** `a · b`; `da = dy · b`, `db = dy · a`. */
export const mul: Binary = {
  name: "MulBackward0",
  forward(ctx, [a, b]) {
    if (ctx.recording) ctx.save(ctx.needs[1] ? a : null, ctx.needs[0] ? b : null);
    return binary("mul", a, b);
  },
  backward(ctx, g) {
    const [a, b] = ctx.saved<[View, View]>();
    return reduceTo(
      ctx,
      () => binary("mul", g, b),
      () => binary("mul", g, a),
    );
  },
};

/** `a / b`; `da = dy / b`, `db = −dy · a / b²`. */
export const div: Binary = {
  name: "DivBackward0",
  forward(ctx, [a, b]) {
    if (ctx.recording) ctx.save(ctx.needs[1] ? a : null, b);
    return binary("div", a, b);
  },
  backward(ctx, g) {
    const [a, b] = ctx.saved<[View, View]>();
    const overB = binary("div", g, b);
    const db = () => times(binary("mul", overB, binary("div", a, b)), -1);
    return reduceTo(ctx, () => overB, db);
  },
};

/** `a^b`; `da = dy · b a^(b−1)`, `db = dy · y ln a` (0 where a = 0). */
export const pow: Binary = {
  name: "PowBackward1",
  forward(ctx, [a, b]) {
    if (ctx.recording) ctx.save(a, b);
    return binary("pow", a, b);
  },
  backward(ctx, g) {
    const [a, b] = ctx.saved<[View, View]>();
    const da = () => {
      const lower = binary("pow", a, binary("sub", b, View.scalar(1, b.dtype)));
      return binary("mul", g, binary("mul", b, lower));
    };
    const db = () => {
      const logA = mapReal(a.to(g.dtype), (v) => (v === 0 ? 0 : Math.log(v)));
      return binary("mul", g, binary("mul", binary("pow", a, b), logA));
    };
    return reduceTo(ctx, da, db);
  },
};

/** The larger (smaller) of two; the gradient goes to it, half each where they are equal. */
function extremum(name: string, kernel: "maximum" | "minimum"): Binary {
  const wins = kernel === "maximum" ? 1 : -1;
  return {
    name,
    forward(ctx, [a, b]) {
      if (ctx.recording) ctx.save(a, b);
      return binary(kernel, a, b);
    },
    backward(ctx, g) {
      const [a, b] = ctx.saved<[View, View]>();
      const difference = binary("sub", a, b);
      const share = (sign: number) => () =>
        binary(
          "mul",
          g,
          mapReal(difference, (d) => (d === 0 ? 0.5 : d * sign > 0 ? 1 : 0)),
        );
      return reduceTo(ctx, share(wins), share(-wins));
    },
  };
}

export const maximum = extremum("MaximumBackward0", "maximum");
export const minimum = extremum("MinimumBackward0", "minimum");

/** `a` where the condition holds, else `b`; each gets the gradient where it was taken. */
export const where: Op<[View, View, View]> = {
  name: "WhereBackward0",
  forward(ctx, [condition, a, b]) {
    const shape = broadcastShapes(
      "where",
      broadcastShapes("where", condition.shape, a.shape),
      b.shape,
    );
    if (ctx.recording) ctx.save(condition, a, b);
    const dtype = promote(a.dtype, b.dtype);
    const [c, x, y] = [condition, a.to(dtype), b.to(dtype)].map((v) => v.expand(shape).data());
    const out = View.zeros(shape, dtype);
    const data = out.storage.data;
    for (let i = 0; i < data.length; i++) {
      data[i] = (
        (c as TypedArray)[i] === 0 ? (y as TypedArray)[i] : (x as TypedArray)[i]
      ) as number;
    }
    return out;
  },
  backward(ctx, g) {
    const [condition, a, b] = ctx.saved<[View, View, View]>();
    const taken = condition.to(g.dtype);
    const left = mapReal(taken, (v) => 1 - v);
    return [
      null,
      ctx.needs[1] ? sumTo(binary("mul", g, taken), a.shape) : null,
      ctx.needs[2] ? sumTo(binary("mul", g, left), b.shape) : null,
    ];
  },
};

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
  const shape = broadcastShapes(kind, a.shape, b.shape);
  const [x, y] = [a.expand(shape).data(), b.expand(shape).data()];
  const out = View.zeros(shape, bool);
  const holds = comparisons[kind];
  for (let i = 0; i < x.length; i++) out.storage.data[i] = +holds(x[i] as number, y[i] as number);
  return out;
}

// ---- shared ------------------------------------------------------------------------------------

/** `a op b` with broadcasting and type promotion; division and powers of integers are float32. */
export function binary(op: BinaryOp, a: View, b: View): View {
  const shape = sameShape(a.shape, b.shape) ? a.shape : broadcastShapes(op, a.shape, b.shape);
  const common = promote(a.dtype, b.dtype);
  const dtype = common.isFloatingPoint || op !== "div" ? common : float32;
  const [x, y] = [operand(a.to(dtype), shape), operand(b.to(dtype), shape)];
  if (!dtype.isFloatingPoint) return integerBinary(op, x, y, shape, dtype);
  const out = View.zeros(shape, dtype);
  kernels().binary(op, x as Real, y as Real, out.real());
  return out;
}

/** A scalar stays one element; everything else is spread out to the common shape. */
function operand(view: View, shape: readonly number[]): TypedArray {
  if (view.numel === 1) return view.data();
  return (sameShape(view.shape, shape) ? view : view.expand(shape)).data();
}

const integerOps: Partial<Record<BinaryOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  pow: (a, b) => a ** b,
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
  const out = View.zeros(shape, dtype === bool ? int64 : dtype);
  const data = out.storage.data;
  for (let i = 0; i < data.length; i++) {
    const v = f(x[x.length === 1 ? 0 : i] as number, y[y.length === 1 ? 0 : i] as number);
    data[i] = dtype.name === "uint8" ? v : inRange(op, v);
  }
  return out;
}

/** int64 is stored in 32 bits: what does not fit throws. */
export function inRange(op: string, v: number): number {
  if (v !== (v | 0)) {
    throw new DTypeError({
      op,
      sentence: `the integer ${v} does not fit the 32 bits that saiki stores an int64 in`,
      fix: "Use float64",
      got: v,
    });
  }
  return v;
}

/** The type of a number beside a tensor: the tensor's, unless the number has a fraction. */
export function scalarType(dtype: DType, value: number): DType {
  if (dtype.isFloatingPoint) return dtype;
  return Number.isInteger(value) ? (dtype === bool ? int64 : dtype) : float32;
}

/** A number as a 0-dimensional view. */
export function scalarView(value: number, dtype: DType = float32): View {
  return View.scalar(value, dtype);
}

/** `view · s`. */
export function times(view: View, s: number): View {
  return binary("mul", view, View.scalar(s, view.dtype));
}

/** `f` of every element of a floating-point view; for what no kernel is worth. */
export function mapReal(view: View, f: (v: number) => number): View {
  const from = view.data();
  const out = View.zeros(view.shape, view.dtype);
  const to = out.storage.data;
  for (let i = 0; i < to.length; i++) to[i] = f(from[i] as number);
  return out;
}

/** Gradients of two broadcast operands, each summed down to its operand's shape and type. */
function reduceTo(ctx: Context, da: () => View, db: () => View): [View | null, View | null] {
  const down = (grad: View, i: 0 | 1) =>
    sumTo(grad, ctx.shapes[i] as readonly number[]).to(ctx.dtypes[i] as DType);
  return [ctx.needs[0] ? down(da(), 0) : null, ctx.needs[1] ? down(db(), 1) : null];
}
