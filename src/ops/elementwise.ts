/** Elementwise operations with broadcasting, each beside its derivative. */

import type { DType, TypedArray } from "../core/index.ts";
import { bool, broadcastShapes, DTypeError, float32, promote } from "../core/index.ts";
import type { UnaryOp } from "../kernels/backend.ts";
import { unaryOps } from "../kernels/backend.ts";
import { kernels } from "../kernels/index.ts";
import { binary, inRange, mapReal, resultType, scalarType, times, zip } from "./arithmetic.ts";
import type { Context, Op } from "./op.ts";
import { sumTo, View } from "./view.ts";

// ---- one operand -------------------------------------------------------------------------------

/** `y = f(x)`, `dx = dy · f'(x)`: both are kernels; `unaryOps` says whether f' takes x or y. */
function unary(name: string, kernel: UnaryOp): Op<[View]> {
  return {
    name,
    forward(ctx, [x]) {
      if (!x.dtype.isFloatingPoint && kernel in integerUnary) return integerMap(kernel, x);
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

/** The operations whose result of integers is integers. */
const integerUnary: Partial<Record<UnaryOp, (v: number) => number>> = {
  neg: (v) => -v,
  abs: Math.abs,
  sign: Math.sign,
  relu: (v) => Math.max(v, 0),
};

const refusesBool: Partial<Record<UnaryOp, string>> = {
  neg:
    "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a " +
    "mask, use the `~` or `logical_not()` operator instead.",
  abs: "\"abs_cpu\" not implemented for 'Bool'",
  relu: "Boolean inputs not supported for relu",
};

function integerMap(kernel: UnaryOp, x: View): View {
  const torch = refusesBool[kernel];
  if (x.dtype === bool && torch !== undefined) {
    throw DTypeError.torch(kernel, torch, "Convert it with long() first");
  }
  const f = integerUnary[kernel] as (v: number) => number;
  return mapReal(x, x.dtype.name === "uint8" ? f : (v) => inRange(kernel, f(v)));
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
    const dtype = scalarType(x.dtype, p);
    if (!dtype.isFloatingPoint && p < 0) {
      const said = "Integers to negative integer powers are not allowed.";
      throw DTypeError.torch("pow", said, "Convert the base with float()");
    }
    return binary("pow", x, View.scalar(p, dtype));
  },
  backward(ctx, grad, p) {
    const x = ctx.saved<[View]>()[0];
    if (p === 0) return [View.zeros(grad.shape, grad.dtype)];
    const slope = binary("pow", x, View.scalar(p - 1, x.dtype));
    return [times(binary("mul", grad, slope), p)];
  },
};

/** `y = min(max(x, lo), hi)`, so hi wins where lo > hi; `dx = dy` where `lo ≤ x ≤ hi`. */
export const clamp: Op<[View], { lo: number; hi: number }> = {
  name: "ClampBackward1",
  forward(ctx, [x], { lo, hi }) {
    if (ctx.recording) ctx.save(x);
    const types = [lo, hi].filter(Number.isFinite).map((bound) => scalarType(x.dtype, bound));
    return mapReal(x.to(types.reduce(promote, x.dtype)), (v) => {
      const raised = v < lo ? lo : v;
      return raised > hi ? hi : raised;
    });
  },
  backward(ctx, grad, { lo, hi }) {
    return [zip(grad, ctx.saved<[View]>()[0], (g, v) => (v >= lo && v <= hi ? g : 0))];
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

/** `a^b`; `da = dy · b a^(b−1)` (0 where b = 0), `db = dy · y ln a` (0 where a = 0 ≤ b). */
export const pow: Binary = {
  name: "PowBackward1",
  forward(ctx, [a, b]) {
    if (ctx.recording) ctx.save(a, b);
    return binary("pow", a, b);
  },
  backward(ctx, g) {
    const [a, b] = ctx.saved<[View, View]>();
    const slope = (f: (x: number, p: number) => number) => () =>
      binary("mul", g, zip(a, b, f, g.dtype));
    return reduceTo(
      ctx,
      slope((x, p) => (p === 0 ? 0 : p * x ** (p - 1))),
      slope((x, p) => (x === 0 && p >= 0 ? 0 : x ** p * Math.log(x))),
    );
  },
};

/**
 * The larger (smaller) of two; the gradient goes to it, half each where they are equal, to both
 * where one is NaN.
 */
function extremum(name: string, kernel: "maximum" | "minimum"): Binary {
  const loses = (v: number, w: number) => (kernel === "maximum" ? v < w : v > w);
  const share = (v: number, w: number) => (v === w ? 0.5 : loses(v, w) ? 0 : 1);
  return {
    name,
    forward(ctx, [a, b]) {
      if (ctx.recording) ctx.save(a, b);
      return binary(kernel, a, b);
    },
    backward(ctx, g) {
      const [a, b] = ctx.saved<[View, View]>();
      const weighted = (v: View, w: View) => () => {
        const weight = zip(v, w, share, g.dtype);
        return zip(g, weight, (d, s) => (s === 0 ? 0 : d * s));
      };
      return reduceTo(ctx, weighted(a, b), weighted(b, a));
    },
  };
}

export const maximum = extremum("MaximumBackward0", "maximum");
export const minimum = extremum("MinimumBackward0", "minimum");

/** `a` where the condition holds, else `b`; each gets the gradient of its elements. */
export const where: Op<[View, View, View]> = {
  name: "WhereBackward0",
  forward(ctx, [condition, a, b]) {
    const shape = broadcastShapes(
      "where",
      broadcastShapes("where", condition.shape, a.shape),
      b.shape,
    );
    if (ctx.recording) ctx.save(condition);
    const dtype = resultType(a, b);
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
    const [condition] = ctx.saved<[View]>();
    const taken = () => zip(g, condition, (d, c) => (c === 0 ? 0 : d));
    const left = () => zip(g, condition, (d, c) => (c === 0 ? d : 0));
    return [
      null,
      ctx.needs[1] ? down(ctx, taken(), 1) : null,
      ctx.needs[2] ? down(ctx, left(), 2) : null,
    ];
  },
};

// ---- shared ------------------------------------------------------------------------------------

/** A gradient summed down to the shape of operand `i`, in its type. */
function down(ctx: Context, grad: View, i: number): View {
  return sumTo(grad, ctx.shapes[i] as readonly number[]).to(ctx.dtypes[i] as DType);
}

/** Gradients of two broadcast operands. */
function reduceTo(ctx: Context, da: () => View, db: () => View): [View | null, View | null] {
  return [ctx.needs[0] ? down(ctx, da(), 0) : null, ctx.needs[1] ? down(ctx, db(), 1) : null];
}
