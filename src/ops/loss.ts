/** Losses, each beside its derivative. `nn/functional.ts` validates shapes and reductions. */

import type { Real } from "../core/index.ts";
import type { CrossEntropy } from "../kernels/backend.ts";
import { kernels } from "../kernels/index.ts";
import type { Context, Op } from "./op.ts";
import { View } from "./view.ts";

export type Reduction = "none" | "mean" | "sum";

export interface ClassLoss {
  readonly ignoreIndex: number;
  readonly smoothing: number;
  readonly reduction: Reduction;
  /** `Σ w_t` over the targets that are not ignored, which a mean divides by. */
  readonly weightSum: number;
}

/**
 * Cross entropy of logits x (N, C), (N, C, d…) or (C) against class indices; see the kernel for the
 * row loss. `mean` divides by the summed weights of the rows that count.
 */
export const crossEntropy: Op<[View, View, View | null], ClassLoss> = {
  name: ({ smoothing }, [x]) => (smoothing > 0 ? "AddBackward0" : nllName(x)),
  forward(ctx, [x, target, weight], args) {
    const input = classesLast(x);
    const call = crossEntropyCall(input, target, weight, args);
    const loss = View.zeros(target.shape, x.dtype);
    kernels().crossEntropyForward({ ...call, loss: loss.real() });
    if (ctx.recording) {
      ctx.save(input, target, View.of(call.lse, x.dtype, [call.rows]), weight);
    }
    return reduceRows(loss, args);
  },
  backward(ctx, grad, args) {
    const [input, target, lse, weight] = ctx.saved<[View, View, View, View | null]>();
    const call = crossEntropyCall(input, target, weight, args, lse.real());
    const dx = View.zeros(input.shape, input.dtype);
    const g = rowScale(grad, args, call.rows);
    kernels().crossEntropyBackward({ ...call, g, dx: dx.real() });
    return [classesBack(dx, ctx), null, null];
  },
};

function crossEntropyCall(
  input: View,
  target: View,
  weight: View | null,
  { ignoreIndex, smoothing }: ClassLoss,
  lse?: Real,
): CrossEntropy {
  const rows = target.numel;
  return {
    x: input.real(),
    target: target.data() as Int32Array,
    weight: weight === null ? null : weight.real(),
    rows,
    classes: input.shape.at(-1) as number,
    ignoreIndex,
    smoothing,
    lse: lse ?? (input.dtype.allocate(rows) as Real),
  };
}

/** `−w_t x_t` of log-probabilities x, row by row; `dx_t = −w_t g`, 0 elsewhere. */
export const nllLoss: Op<[View, View, View | null], ClassLoss> = {
  name: (_args, [x]) => nllName(x),
  forward(ctx, [x, target, weight], args) {
    const input = classesLast(x);
    const classes = input.shape.at(-1) as number;
    const [from, at, w] = [input.data(), target.data(), weight?.data()];
    const loss = View.zeros(target.shape, x.dtype);
    for (let r = 0; r < at.length; r++) {
      const t = at[r] as number;
      if (t === args.ignoreIndex) continue;
      loss.storage.data[r] = -(w?.[t] ?? 1) * (from[r * classes + t] as number);
    }
    if (ctx.recording) ctx.save(target, weight);
    return reduceRows(loss, args);
  },
  backward(ctx, grad, args) {
    const [target, weight] = ctx.saved<[View, View | null]>();
    const dx = View.zeros(classesLastShape(ctx.shapes[0] as number[]), grad.dtype);
    const classes = dx.shape.at(-1) as number;
    const [at, w] = [target.data(), weight?.data()];
    const g = rowScale(grad, args, at.length);
    for (let r = 0; r < at.length; r++) {
      const t = at[r] as number;
      if (t !== args.ignoreIndex)
        dx.storage.data[r * classes + t] = -(w?.[t] ?? 1) * (g[r] as number);
    }
    return [classesBack(dx, ctx), null, null];
  },
};

/** A pairwise loss: its value and its derivatives by x and by y; `p` is 1 unless given. */
interface Pairwise<A> {
  readonly name: string;
  value(x: number, y: number, args: A, p: number): number;
  byX(x: number, y: number, args: A, p: number): number;
  byY(x: number, y: number, args: A, p: number): number;
}

type PairLoss<A> = Op<
  [x: View, y: View, weight: View | null, p: View | null],
  { reduction: Reduction; args: A }
>;

/** A loss of two tensors of one shape, element by element, with an optional factor for each. */
function pairwise<A>(loss: Pairwise<A>): PairLoss<A> {
  return {
    name: loss.name,
    forward(ctx, inputs, { reduction, args }) {
      if (ctx.recording) ctx.save(...inputs);
      const out = zip(inputs, (x, y, p) => loss.value(x, y, args, p));
      return reduction === "none" ? out : total(out, reduction === "mean" ? out.numel : 1);
    },
    backward(ctx, grad, { reduction, args }) {
      const inputs = ctx.saved<[View, View, View | null, View | null]>();
      const g = grad.data();
      const by = (slope: Pairwise<A>["byX"]) => {
        const out = zip(inputs, (x, y, p) => slope(x, y, args, p));
        const data = out.storage.data as Real;
        const scale = reduction === "mean" ? 1 / data.length : 1;
        for (let i = 0; i < data.length; i++) {
          data[i]! *= scale * (g[g.length === 1 ? 0 : i] as number);
        }
        return out;
      };
      return [ctx.needs[0] ? by(loss.byX) : null, ctx.needs[1] ? by(loss.byY) : null, null, null];
    },
  };
}

/** `(x − y)²`; `2 (x − y)`. */
export const mseLoss = pairwise<null>({
  name: "MseLossBackward0",
  value: (x, y) => (x - y) ** 2,
  byX: (x, y) => 2 * (x - y),
  byY: (x, y) => 2 * (y - x),
});

/** `d = x − y`: `d²/(2β)` where `|d| < β`, else `|d| − β/2`; slope `d/β`, else `sign d`. */
export const smoothL1Loss = pairwise<number>({
  name: "SmoothL1LossBackward0",
  value(x, y, beta) {
    const d = Math.abs(x - y);
    return d < beta ? (0.5 * d * d) / beta : d - 0.5 * beta;
  },
  byX: (x, y, beta) => (Math.abs(x - y) < beta ? (x - y) / beta : Math.sign(x - y)),
  byY: (x, y, beta) => (Math.abs(x - y) < beta ? (y - x) / beta : Math.sign(y - x)),
});

/**
 * `−(y max(ln x, −100) + (1−y) max(ln(1−x), −100))`; `(x − y) / (x (1 − x))`, denominator ≥ 1e−12.
 */
export const bceLoss = pairwise<null>({
  name: "BinaryCrossEntropyBackward0",
  value: (x, y) => -(y * logFloor(x) + (1 - y) * logFloor(1 - x)),
  byX: (x, y) => (x - y) / Math.max(x * (1 - x), 1e-12),
  byY: (x) => logFloor(1 - x) - logFloor(x),
});

/** Logits x, positive weight p: `(1−y) x + (1 + (p−1) y) s`, `s = ln(1 + e⁻ˣ)`, `s' = σ(x) − 1`. */
export const bceWithLogitsLoss = pairwise<null>({
  name: "BinaryCrossEntropyWithLogitsBackward0",
  value: (x, y, _args, p) => (1 - y) * x + (1 + (p - 1) * y) * softplusOfMinus(x),
  byX: (x, y, _args, p) => 1 - y - (1 + (p - 1) * y) * (1 / (1 + Math.exp(x))),
  byY: (x, _y, _args, p) => -x + (p - 1) * softplusOfMinus(x),
});

function logFloor(v: number): number {
  return Math.max(Math.log(v), -100);
}

function softplusOfMinus(x: number): number {
  return Math.log1p(Math.exp(-Math.abs(x))) + Math.max(-x, 0);
}

// ---- shared ------------------------------------------------------------------------------------

function nllName(x: View): string {
  return x.rank > 2 ? "NllLoss2DBackward0" : "NllLossBackward0";
}

/** (N, C, d…) → (N, d…, C), row-major. */
function classesLast(x: View): View {
  if (x.rank <= 2) return x.contiguous();
  return x.permute([0, ...x.shape.slice(2).map((_, i) => i + 2), 1]).contiguous();
}

function classesLastShape(shape: readonly number[]): number[] {
  return shape.length <= 2
    ? [...shape]
    : [shape[0] as number, ...shape.slice(2), shape[1] as number];
}

function classesBack(dx: View, ctx: Context): View {
  const rank = (ctx.shapes[0] as number[]).length;
  if (rank <= 2) return dx;
  return dx.permute([0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]);
}

function reduceRows(loss: View, { reduction, weightSum }: ClassLoss): View {
  if (reduction === "none") return loss;
  return total(loss, reduction === "sum" ? 1 : weightSum);
}

/** The gradient of each row's loss. */
function rowScale(grad: View, { reduction, weightSum }: ClassLoss, rows: number): Real {
  if (reduction === "none") return grad.real();
  const scale = reduction === "sum" ? 1 : 1 / weightSum;
  return (grad.dtype.allocate(rows) as Real).fill((grad.data()[0] as number) * scale);
}

/** `Σ x / n` as a scalar, summed in double. */
export function total(x: View, n: number): View {
  let sum = 0;
  for (const v of x.data()) sum += v;
  return View.scalar(sum / n, x.dtype);
}

function zip(
  [x, y, weight, factor]: readonly [View, View, View | null, View | null],
  f: (x: number, y: number, p: number) => number,
): View {
  const [a, b] = [x.data(), y.data()];
  const [w, p] = [weight?.expand(x.shape).data(), factor?.expand(x.shape).data()];
  const out = View.zeros(x.shape, x.dtype);
  const data = out.storage.data;
  for (let i = 0; i < a.length; i++) {
    data[i] = f(a[i] as number, b[i] as number, p?.[i] ?? 1) * (w?.[i] ?? 1);
  }
  return out;
}
