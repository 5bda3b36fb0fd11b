/** Picking elements by index, each beside its derivative. Indices are validated by the callers. */

import type { Real } from "../core/index.ts";
import { int64, numel } from "../core/index.ts";
import { kernels } from "../kernels/index.ts";
import { putAlong, takeAlong } from "./along.ts";
import type { Op } from "./op.ts";
import { View } from "./view.ts";

/**
 * Rows of a weight: `y[…, :] = weight[index[…], :]`; `dw[index[…], :] += dy[…, :]`, except for row
 * `paddingIdx` (−1: none).
 */
export const embedding: Op<[View, View], number> = {
  name: "EmbeddingBackward0",
  releasesGradients: true,
  forward(ctx, [weight, index]) {
    const width = weight.shape[1] as number;
    const y = View.zeros([...index.shape, width], weight.dtype);
    kernels().embeddingForward(weight.real(), index.data() as Int32Array, y.real(), width);
    if (ctx.recording) ctx.save(index);
    return y;
  },
  backward(ctx, grad, paddingIdx) {
    const [index] = ctx.saved<[View]>();
    const shape = ctx.shapes[0] as number[];
    const dw = View.zeros(shape, grad.dtype);
    const at = index.data() as Int32Array;
    kernels().embeddingBackward(grad.real(), at, dw.real(), shape[1] as number, paddingIdx);
    return [dw, null];
  },
};

/** Entries of one dimension at an index of any shape, whose dimensions replace that one. */
export const pick: Op<[View, View], { dim: number; name: string }> = {
  name: ({ name }) => name,
  forward(ctx, [x, index], { dim }) {
    if (ctx.recording) ctx.save(index);
    const shape = [...x.shape.slice(0, dim), ...index.shape, ...x.shape.slice(dim + 1)];
    const out = View.zeros(shape, x.dtype);
    const [from, at] = [x.data(), index.data()];
    const [n, inner] = [x.shape[dim] as number, numel(x.shape.slice(dim + 1))];
    const outer = out.numel === 0 ? 0 : numel(x.shape.slice(0, dim));
    for (let o = 0, done = 0; o < outer; o++) {
      for (const i of at) {
        const start = (o * n + i) * inner;
        out.storage.data.set(from.subarray(start, start + inner), done);
        done += inner;
      }
    }
    return out;
  },
  backward(ctx, grad, { dim }) {
    const [index] = ctx.saved<[View]>();
    const shape = ctx.shapes[0] as number[];
    const dx = View.zeros(shape, grad.dtype);
    const [from, to, at] = [grad.data(), dx.storage.data as Real, index.data()];
    const [n, inner] = [shape[dim] as number, numel(shape.slice(dim + 1))];
    const outer = grad.numel === 0 ? 0 : numel(shape.slice(0, dim));
    for (let o = 0, done = 0; o < outer; o++) {
      for (const i of at) {
        const start = (o * n + i) * inner;
        for (let k = 0; k < inner; k++) to[start + k]! += from[done++] as number;
      }
    }
    return [dx, null];
  },
};

/** `y[i, j] = x[i, index[i, j]]` (for dim 1); back by adding there. */
export const gather: Op<[View, View], number> = {
  name: "GatherBackward0",
  forward(ctx, [x, index], dim) {
    if (ctx.recording) ctx.save(index);
    return takeAlong(x, dim, index);
  },
  backward(ctx, grad, dim) {
    const dx = View.zeros(ctx.shapes[0] as number[], grad.dtype);
    putAlong(dx, dim, ctx.saved<[View]>()[0], grad);
    return [dx, null];
  },
};

/** The elements where a mask of the same shape holds, as a vector; back into zeros. */
export const maskedSelect: Op<[View, View], { name: string }> = {
  name: ({ name }) => name,
  forward(ctx, [x, mask]) {
    if (ctx.recording) ctx.save(mask);
    const [from, keep] = [x.data(), mask.data()];
    const out = from.filter((_: number, i: number) => keep[i] !== 0);
    return View.of(out, x.dtype, [out.length]);
  },
  backward(ctx, grad) {
    const keep = ctx.saved<[View]>()[0].data();
    const [dx, from] = [View.zeros(ctx.shapes[0] as number[], grad.dtype), grad.data()];
    for (let i = 0, k = 0; i < keep.length; i++) {
      if (keep[i] !== 0) dx.storage.data[i] = from[k++] as number;
    }
    return [dx, null];
  },
};

/** `value` where a mask holds, else x; the gradient passes where it does not hold. */
export const maskedFill: Op<[View, View], number> = {
  name: "MaskedFillBackward0",
  forward(ctx, [x, mask], value) {
    if (ctx.recording) ctx.save(mask);
    return filled(x, mask, value);
  },
  backward: (ctx, grad) => [filled(grad, ctx.saved<[View]>()[0], 0), null],
};

/** The indices where a mask holds, in row-major order, as a vector. */
export function positions(mask: View): View {
  const at: number[] = [];
  for (const [i, v] of mask.data().entries()) if (v !== 0) at.push(i);
  return View.of(Int32Array.from(at), int64, [at.length]);
}

function filled(x: View, mask: View, value: number): View {
  const out = x.clone();
  const at = mask.data();
  for (let i = 0; i < at.length; i++) if (at[i] !== 0) out.storage.data[i] = value;
  return out;
}

/** Writes rows to distinct places of a tensor (…lead, …) full of `fill`; `dx` picks them again. */
export const placeRows: Op<
  [View],
  { index: Int32Array; lead: readonly number[]; fill: number; name: string }
> = {
  name: ({ name }) => name,
  forward(_ctx, [x], { index, lead, fill }) {
    const out = View.zeros([...lead, ...x.shape.slice(1)], x.dtype);
    const [from, width] = [x.data(), numel(x.shape.slice(1))];
    if (fill !== 0) out.storage.data.fill(fill);
    for (const [i, at] of index.entries()) {
      out.storage.data.set(from.subarray(i * width, (i + 1) * width), at * width);
    }
    return out;
  },
  backward(_ctx, grad, { index, lead }) {
    const rest = grad.shape.slice(lead.length);
    const out = View.zeros([index.length, ...rest], grad.dtype);
    const [from, width] = [grad.data(), numel(rest)];
    for (const [i, at] of index.entries()) {
      out.storage.data.set(from.subarray(at * width, (at + 1) * width), i * width);
    }
    return [out];
  },
};
