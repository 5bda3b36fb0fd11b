/** Views, copies into other shapes, stacking; each beside its derivative. */

import type { DType, Real } from "../core/index.ts";
import { numel, promote } from "../core/index.ts";
import type { Context, MultiOp, Op } from "./op.ts";
import { sumTo, View } from "./view.ts";

/** A view op whose gradient is another view of the incoming gradient. */
function viewOp<A>(
  name: string | ((args: A) => string),
  forward: (x: View, args: A) => View,
  backward: (g: View, args: A, shape: readonly number[]) => View,
): Op<[View], A> {
  return {
    name,
    releasesGradients: true,
    forward: (_ctx, [x], args) => forward(x, args),
    backward: (ctx, g, args) => [backward(g, args, inputShape(ctx))],
  };
}

const reshapeBack = (g: View, _args: unknown, shape: readonly number[]) =>
  g.contiguous().reshaped(shape);

/** The same elements under another shape, shared. */
export const view = viewOp<readonly number[]>(
  "ViewBackward0",
  (x, s) => x.reshaped(s),
  reshapeBack,
);

/** The same elements under another shape: shared when contiguous, else copied. */
export const reshape: Op<[View], readonly number[]> = {
  name: (_shape, [x]) => (x.isContiguous() ? "ReshapeAliasBackward0" : "UnsafeViewBackward0"),
  releasesGradients: true,
  forward: (_ctx, [x], shape) => x.contiguous().reshaped(shape),
  backward: (ctx, g) => [g.contiguous().reshaped(inputShape(ctx))],
};

/** Exchanges two dimensions; named as PyTorch names the caller. */
export const transpose = viewOp<{ a: number; b: number; name?: string }>(
  ({ name }) => name ?? "TransposeBackward0",
  (x, { a, b }) => x.transpose(a, b),
  (g, { a, b }) => g.transpose(a, b),
);

/** Reorders the dimensions; back with the inverse order. */
export const permute = viewOp<readonly number[]>(
  "PermuteBackward0",
  (x, order) => x.permute(order),
  (g, order) => g.permute(order.map((_, i) => order.indexOf(i))),
);

export const unsqueeze = viewOp<number>(
  "UnsqueezeBackward0",
  (x, dim) => x.unsqueeze(dim),
  (g, dim) => g.squeeze(dim),
);

/** Drops dimensions of size 1: all of them, or those named. */
export const squeeze = viewOp<{ dims: readonly number[]; name: string }>(
  ({ name }) => name,
  (x, { dims }) => dims.reduceRight((v, d) => v.squeeze(d), x),
  (g, { dims }) => dims.reduce((v, d) => v.unsqueeze(d), g),
);

/** Broadcasts; back by summing. */
export const expand = viewOp<readonly number[]>(
  "ExpandBackward0",
  (x, shape) => x.expand(shape),
  (g, _args, shape) => sumTo(g, shape),
);

/** Drops a dimension at an index; back into zeros. */
export const select = viewOp<{ dim: number; index: number }>(
  "SelectBackward0",
  (x, { dim, index }) => x.select(dim, index),
  (g, { dim, index }, shape) => into(shape, g, (z) => z.select(dim, index)),
);

/** `length` entries of a dimension from `start`, `step` apart; back into zeros. */
export const slice = viewOp<{ dim: number; start: number; length: number; step: number }>(
  "SliceBackward0",
  (x, { dim, start, length, step }) => x.slice(dim, start, length, step),
  (g, { dim, start, length, step }, shape) =>
    into(shape, g, (z) => z.slice(dim, start, length, step)),
);

/** Every entry of a dimension as a view of its own, in one node. */
export const unbind: MultiOp<[View], number> = {
  name: "UnbindBackward0",
  forward: (_ctx, [x], dim) =>
    Array.from({ length: x.shape[dim] as number }, (_, i) => x.select(dim, i)),
  backward(ctx, grads, dim) {
    const out = zerosLikeInput(ctx, grads);
    for (const [i, g] of grads.entries()) if (g) out.select(dim, i).assign(g);
    return [out];
  },
};

/** Pieces of a dimension with the given lengths, as views, in one node. */
export const split: MultiOp<[View], { dim: number; sizes: readonly number[] }> = {
  name: "SplitBackward0",
  forward(_ctx, [x], { dim, sizes }) {
    let start = 0;
    return sizes.map((n) => x.slice(dim, (start += n) - n, n));
  },
  backward(ctx, grads, { dim, sizes }) {
    const out = zerosLikeInput(ctx, grads);
    let start = 0;
    sizes.forEach((n, i) => {
      const g = grads[i];
      if (g) out.slice(dim, start, n).assign(g);
      start += n;
    });
    return [out];
  },
};

/** Joins along a dimension, leaving out empty vectors; back in pieces, each in its input's type. */
export const cat: Op<View[], { dim: number; name?: string }> = {
  name: ({ name }) => name ?? "CatBackward0",
  forward(_ctx, views, { dim }) {
    const dtype = views.map((v) => v.dtype).reduce(promote);
    const parts = views.filter((v) => !isEmptyVector(v.shape));
    const like = parts[0];
    if (like === undefined) return View.zeros([0], dtype);
    const total = parts.reduce((n, v) => n + (v.shape[dim] as number), 0);
    const out = View.zeros(like.shape.with(dim, total), dtype);
    let start = 0;
    for (const v of parts) {
      const n = v.shape[dim] as number;
      out.slice(dim, start, n).assign(v.to(dtype));
      start += n;
    }
    return out;
  },
  backward(ctx, g, { dim }) {
    let start = 0;
    return ctx.shapes.map((shape, i) => {
      const n = isEmptyVector(shape) ? 0 : (shape[dim] as number);
      start += n;
      if (!ctx.needs[i]) return null;
      const piece = isEmptyVector(shape) ? View.zeros(shape, g.dtype) : g.slice(dim, start - n, n);
      return piece.to(ctx.dtypes[i] as DType);
    });
  },
};

/** PyTorch lets a vector without elements stand for "nothing" beside tensors of any shape. */
export function isEmptyVector(shape: readonly number[]): boolean {
  return shape.length === 1 && shape[0] === 0;
}

/** Joins along a new dimension; back by selecting. */
export const stack: Op<View[], number> = {
  name: "StackBackward0",
  forward(_ctx, views, dim) {
    const dtype = views.map((v) => v.dtype).reduce(promote);
    const out = View.zeros((views[0] as View).shape.toSpliced(dim, 0, views.length), dtype);
    for (const [i, v] of views.entries()) out.select(dim, i).assign(v.to(dtype));
    return out;
  },
  backward: (ctx, g, dim) =>
    ctx.dtypes.map((dtype, i) => (ctx.needs[i] ? g.select(dim, i).to(dtype) : null)),
};

/** Tiles; back by summing over the tiles. */
export const repeat: Op<[View], readonly number[]> = {
  name: "RepeatBackward0",
  forward(_ctx, [x], times) {
    const lead = times.length - x.rank;
    const own = times.map((_, i) => x.shape[i - lead] ?? 1);
    // (t0, s0, t1, s1, …) → (t0·s0, t1·s1, …)
    let tiled = x.contiguous().reshaped(own.flatMap((s) => [1, s]));
    tiled = tiled.expand(own.flatMap((s, i) => [times[i] as number, s])).contiguous();
    return tiled.reshaped(own.map((s, i) => s * (times[i] as number)));
  },
  backward(ctx, g, times) {
    const shape = inputShape(ctx);
    const lead = times.length - shape.length;
    const own = times.map((_, i) => shape[i - lead] ?? 1);
    const tiles = g.contiguous().reshaped(own.flatMap((s, i) => [times[i] as number, s]));
    return [
      sumTo(
        tiles,
        own.flatMap((s) => [1, s]),
      ).reshaped(shape),
    ];
  },
};

/** Reverses dimensions; back by reversing again. */
export const flip: Op<[View], readonly number[]> = {
  name: "FlipBackward0",
  forward: (_ctx, [x], dims) => flipped(x, dims),
  backward: (_ctx, g, dims) => [flipped(g, dims)],
};

function flipped(x: View, dims: readonly number[]): View {
  const out = View.zeros(x.shape, x.dtype);
  const [from, to] = [x.data(), out.storage.data];
  const sizes = x.shape;
  for (let e = 0; e < from.length; e++) {
    let [rest, place, unit] = [e, 0, 1];
    for (let d = sizes.length - 1; d >= 0; d--) {
      const n = sizes[d] as number;
      const i = rest % n;
      rest = (rest - i) / n;
      place += (dims.includes(d) ? n - 1 - i : i) * unit;
      unit *= n;
    }
    to[place] = from[e] as number;
  }
  return out;
}

/** Zeros above (below) a diagonal of the last two dimensions; back likewise. */
export const triangle: Op<[View], { upper: boolean; diagonal: number }> = {
  name: ({ upper }) => (upper ? "TriuBackward0" : "TrilBackward0"),
  forward: (_ctx, [x], args) => masked(x, args),
  backward: (_ctx, g, args) => [masked(g, args)],
};

function masked(x: View, { upper, diagonal }: { upper: boolean; diagonal: number }): View {
  const out = x.clone();
  const data = out.storage.data;
  const [rows, cols] = [x.shape.at(-2) as number, x.shape.at(-1) as number];
  for (let e = 0; e < data.length; e++) {
    const offset = (e % cols) - (Math.floor(e / cols) % rows) - diagonal;
    if (upper ? offset < 0 : offset > 0) data[e] = 0;
  }
  return out;
}

function inputShape(ctx: Context): readonly number[] {
  return ctx.shapes[0] as readonly number[];
}

function zerosLikeInput(ctx: Context, grads: readonly (View | null)[]): View {
  const dtype = (grads.find((g) => g !== null) as View).dtype;
  return View.of(dtype.allocate(numel(inputShape(ctx))) as Real, dtype, inputShape(ctx));
}

/** Zeros of `shape`, with `g` written to the part that `place` selects. */
function into(shape: readonly number[], g: View, place: (zeros: View) => View): View {
  const out = View.zeros(shape, g.dtype);
  place(out).assign(g);
  return out;
}
