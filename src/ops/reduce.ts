/** Reductions, each beside its derivative. */

import type { DType, Real } from "../core/index.ts";
import { float32, int64, numel } from "../core/index.ts";
import { kernels } from "../kernels/index.ts";
import { putAlong, takeAlong } from "./along.ts";
import { binary, inRange, mapReal, times, zip } from "./arithmetic.ts";
import type { MultiOp, Op } from "./op.ts";
import { sumDim, View } from "./view.ts";

/** Which dimensions are reduced (in order, not negative), and whether they stay with size 1. */
export interface Dims {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
  /** Whether the caller named no dimension; it decides only the node's name. */
  readonly all: boolean;
}

/** `y = Σ x`; `dx = dy`, spread out. */
export const sum: Op<[View], Dims> = {
  name: ({ all }) => (all ? "SumBackward0" : "SumBackward1"),
  forward: (_ctx, [x], dims) => reduceSum(x, dims),
  backward: (ctx, g, dims) => [spread(g, ctx.shapes[0] as number[], dims)],
};

/** `y = Σ x / n`; `dx = dy / n`, spread out. */
export const mean: Op<[View], Dims> = {
  name: ({ all }) => (all ? "MeanBackward0" : "MeanBackward1"),
  forward(_ctx, [x], dims) {
    const n = count(x.shape, dims);
    return binary("div", reduceSum(x, dims), View.scalar(n, x.dtype));
  },
  backward(ctx, g, dims) {
    const shape = ctx.shapes[0] as number[];
    return [spread(times(g, 1 / count(shape, dims)), shape, dims)];
  },
};

/** `y = Π x` over all elements; `dx_i = dy · Π_{j≠i} x_j`. */
export const prod: Op<[View]> = {
  name: "ProdBackward0",
  forward(ctx, [x]) {
    if (ctx.recording) ctx.save(x);
    const y = fold(x, 1, (p, v) => p * v);
    if (x.dtype.isFloatingPoint) return View.scalar(y, x.dtype);
    return View.scalar(inRange("prod", y), int64);
  },
  backward(ctx, g) {
    const x = ctx.saved<[View]>()[0].data();
    const out = View.zeros(ctx.shapes[0] as number[], g.dtype);
    // The product before each element times the product behind it: right with zeros too.
    let before = g.data()[0] as number;
    for (let i = 0; i < x.length; i++) {
      out.storage.data[i] = before;
      before *= x[i] as number;
    }
    let behind = 1;
    for (let i = x.length - 1; i >= 0; i--) {
      (out.storage.data as Real)[i]! *= behind;
      behind *= x[i] as number;
    }
    return [out];
  },
};

/** Sample variance `Σ (x − x̄)² / (n − correction)`; `dx = dy · 2 (x − x̄) / (n − correction)`. */
export const variance: Op<[View], Dims & { correction: number }> = {
  name: "VarBackward0",
  forward(ctx, [x], args) {
    const centred = centre(x, args);
    if (ctx.recording) ctx.save(centred);
    return spreadMean(centred, args);
  },
  backward(ctx, g, args) {
    const centred = ctx.saved<[View]>()[0];
    const scale = 2 / (count(centred.shape, args) - args.correction);
    return [binary("mul", spread(times(g, scale), centred.shape, args), centred)];
  },
};

/** `√var`; `dx = dy · (x − x̄) / (y · (n − correction))`, 0 where y = 0. */
export const std: Op<[View], Dims & { correction: number }> = {
  name: "StdBackward0",
  forward(ctx, [x], args) {
    const centred = centre(x, args);
    const y = mapReal(spreadMean(centred, args), Math.sqrt);
    if (ctx.recording) ctx.save(centred, y);
    return y;
  },
  backward(ctx, g, args) {
    const [centred, y] = ctx.saved<[View, View]>();
    const overY = zip(g, y, (d, s) => (s === 0 ? 0 : d / s));
    const slope = times(overY, 1 / (count(centred.shape, args) - args.correction));
    return [binary("mul", spread(slope, centred.shape, args), centred)];
  },
};

function centre(x: View, dims: Dims): View {
  const mu = binary("div", reduceSum(x, dims), View.scalar(count(x.shape, dims), x.dtype));
  return binary("sub", x, spread(mu, x.shape, dims));
}

function spreadMean(centred: View, args: Dims & { correction: number }): View {
  const squares = reduceSum(binary("mul", centred, centred), args);
  return times(squares, 1 / (count(centred.shape, args) - args.correction));
}

/**
 * Euclidean (or p-) norm of all elements, for p = 0 the number of those that are not 0, for ±∞ the
 * largest (smallest) magnitude;
 * `dx = dy · sign x · |x|^(p−1) / y^(p−1)`, 0 where x = 0 or y = 0.
 */
export const norm: Op<[View], number> = {
  name: "NormBackward1",
  forward(ctx, [x], p) {
    const y = View.scalar(normOf(x, p), x.dtype);
    if (ctx.recording) ctx.save(x, y);
    return y;
  },
  backward(ctx, g, p) {
    const [x, y] = ctx.saved<[View, View]>();
    const [n, d] = [y.data()[0] as number, g.data()[0] as number];
    if (n === 0 || p === 0) return [View.zeros(x.shape, x.dtype)];
    if (p === 2) return [times(x, d / n)];
    if (!Number.isFinite(p)) {
      const peaks = mapReal(x, (v) => (Math.abs(v) === n ? Math.sign(v) : 0));
      const many = fold(peaks, 0, (c, v) => c + Math.abs(v));
      return [times(peaks, d / many)];
    }
    const scale = d / n ** (p - 1);
    return [mapReal(x, (v) => (v === 0 ? 0 : scale * Math.sign(v) * Math.abs(v) ** (p - 1)))];
  },
};

function normOf(x: View, p: number): number {
  if (p === 0) return fold(x, 0, (n, v) => n + +(v !== 0));
  if (p !== Number.NEGATIVE_INFINITY) return kernels().norm(x.real(), p);
  return fold(x, Number.POSITIVE_INFINITY, (least, v) => Math.min(least, Math.abs(v)));
}

/** `y = ln Σ eˣ` over one dimension; `dx = dy · e^(x−y)`. */
export const logsumexp: Op<[View], { dim: number; keepdim: boolean }> = {
  name: "LogsumexpBackward0",
  forward(ctx, [input], { dim, keepdim }) {
    const x = input.dtype.isFloatingPoint ? input : input.to(float32);
    const rows = x.shape[dim] ?? 1;
    const y = mapDim(x, dim, 1, (from, to, at, step) => {
      let top = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < rows; i++) top = Math.max(top, from[at + i * step] as number);
      const base = Number.isFinite(top) ? top : 0;
      let total = 0;
      for (let i = 0; i < rows; i++) total += Math.exp((from[at + i * step] as number) - base);
      to(0, base + Math.log(total));
    });
    if (ctx.recording) ctx.save(x, y);
    return keepdim || x.rank === 0 ? y : y.squeeze(dim);
  },
  backward(ctx, g, { dim, keepdim }) {
    const [x, y] = ctx.saved<[View, View]>();
    const share = zip(x, y, (v, s) => Math.exp(v - s));
    return [binary("mul", keepdim || x.rank === 0 ? g : g.unsqueeze(dim), share)];
  },
};

/** Running sums along one dimension; `dx_i = Σ_{j≥i} dy_j`. */
export const cumsum: Op<[View], number> = {
  name: "CumsumBackward0",
  forward(_ctx, [x], dim) {
    const n = x.shape[dim] ?? 1;
    const y = mapDim(x, dim, n, (from, to, at, step) => {
      let total = 0;
      for (let i = 0; i < n; i++) to(i, (total += from[at + i * step] as number));
    });
    return x.dtype.isFloatingPoint ? y : checked("cumsum", y);
  },
  backward(_ctx, g, dim) {
    const n = g.shape[dim] ?? 1;
    return [
      mapDim(g, dim, n, (from, to, at, step) => {
        let total = 0;
        for (let i = n - 1; i >= 0; i--) to(i, (total += from[at + i * step] as number));
      }),
    ];
  },
};

/**
 * Largest (smallest) values along one dimension and where they are: the first of equals, and NaN
 * before everything. The gradient goes to that element.
 */
function extremes(name: string, wins: (a: number, b: number) => boolean) {
  return {
    name: () => [name, name],
    forward(ctx, [x], { dim, keepdim }) {
      const n = x.shape[dim] ?? 1;
      const index = mapDim(
        x,
        dim,
        1,
        (from, to, at, step) => {
          let best = 0;
          for (let i = 1; i < n; i++) {
            const [v, top] = [from[at + i * step] as number, from[at + best * step] as number];
            if (!Number.isNaN(top) && (Number.isNaN(v) || wins(v, top))) best = i;
          }
          to(0, best);
        },
        int64,
      );
      const values = takeAlong(x, dim, index);
      if (ctx.recording) ctx.save(index);
      return keepdim ? [values, index] : [values.squeeze(dim), index.squeeze(dim)];
    },
    backward(ctx, [g], { dim, keepdim }) {
      if (!g) return [null];
      const out = View.zeros(ctx.shapes[0] as number[], g.dtype);
      putAlong(out, dim, ctx.saved<[View]>()[0], keepdim ? g : g.unsqueeze(dim));
      return [out];
    },
  } satisfies MultiOp<[View], { dim: number; keepdim: boolean }>;
}

export const maxDim = extremes("MaxBackward0", (a, b) => a > b);
export const minDim = extremes("MinBackward0", (a, b) => a < b);

/** The largest (smallest) of all elements, NaN before everything; equals share the gradient. */
function extremeOfAll(name: string, pick: (a: number, b: number) => number): Op<[View]> {
  return {
    name,
    forward(ctx, [x]) {
      const y = View.scalar(fold(x, x.data()[0] as number, pick), x.dtype);
      if (ctx.recording) ctx.save(x, y);
      return y;
    },
    backward(ctx, g) {
      const [x, y] = ctx.saved<[View, View]>();
      const top = y.data()[0] as number;
      const isTop = Number.isNaN(top) ? Number.isNaN : (v: number) => v === top;
      const peaks = mapReal(x, (v) => +isTop(v));
      const many = fold(peaks, 0, (c, v) => c + v);
      return [times(peaks, (g.data()[0] as number) / many)];
    },
  };
}

export const maxAll = extremeOfAll("MaxBackward1", Math.max);
export const minAll = extremeOfAll("MinBackward1", Math.min);

// ---- shared ------------------------------------------------------------------------------------

/** `f` over all elements from left to right, in double. */
function fold(x: View, start: number, f: (sum: number, v: number) => number): number {
  let result = start;
  for (const v of x.data()) result = f(result, v);
  return result;
}

function reduceSum(x: View, { dims, keepdim }: Dims): View {
  let out = x.dtype.isFloatingPoint ? x : x.to(int64);
  for (const d of dims) out = x.dtype.isFloatingPoint ? sumDim(out, d) : intSum(out, d);
  if (keepdim) return out === x ? x.clone() : out;
  return out.contiguous().reshaped(x.shape.filter((_, i) => !dims.includes(i)));
}

function intSum(x: View, dim: number): View {
  const n = x.shape[dim] as number;
  return mapDim(x, dim, 1, (from, to, at, step) => {
    let total = 0;
    for (let i = 0; i < n; i++) total += from[at + i * step] as number;
    to(0, inRange("sum", total));
  });
}

/** A gradient of reduced shape, broadcast back to `shape`. */
function spread(g: View, shape: readonly number[], { dims, keepdim }: Dims): View {
  let out = g;
  if (!keepdim) for (const d of [...dims].sort((a, b) => a - b)) out = out.unsqueeze(d);
  return out.expand(shape);
}

function count(shape: readonly number[], { dims }: Dims): number {
  return numel(dims.map((d) => shape[d] as number));
}

/**
 * Runs `line` for every line of `x` along `dim`, whose elements are `from[at + i·step]`; `to(i, v)`
 * writes entry i of the result, which has `length` entries in that dimension.
 */
function mapDim(
  x: View,
  dim: number,
  length: number,
  line: (
    from: ArrayLike<number>,
    to: (i: number, v: number) => void,
    at: number,
    step: number,
  ) => void,
  dtype: DType = x.dtype === float32 || x.dtype.isFloatingPoint ? x.dtype : int64,
): View {
  const from = x.data();
  const n = x.shape[dim] ?? 1;
  const inner = numel(x.shape.slice(dim + 1));
  const out = View.zeros(x.rank === 0 ? [] : x.shape.with(dim, length), dtype);
  const data = out.storage.data;
  const outer = out.numel === 0 ? 0 : numel(x.shape.slice(0, dim));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const base = o * length * inner + i;
      line(from, (k, v) => (data[base + k * inner] = v), o * n * inner + i, inner);
    }
  }
  return out;
}

function checked(op: string, view: View): View {
  for (const v of view.data()) inRange(op, v);
  return view;
}
