/** Matrix products, each beside its derivative. */

import type { Real } from "../core/index.ts";
import { broadcastShapes, numel, ShapeError, torchSays } from "../core/index.ts";
import { kernels } from "../kernels/index.ts";
import type { Op } from "./op.ts";
import { sumDim, sumTo, View } from "./view.ts";

/**
 * `a @ b` for vectors, matrices and batches of them.
 * Matrices: `da = dy bᵀ`, `db = aᵀ dy`. Vectors are matrices with one row or column.
 */
export const matmul: Op<[View, View]> = {
  name(_args, [a, b]) {
    if (a.rank === 1 && b.rank === 1) return "DotBackward0";
    if (a.rank === 2 && b.rank === 1) return "MvBackward0";
    if (a.rank === 1 && b.rank === 2) return "SqueezeBackward3";
    return a.rank === 2 && b.rank === 2 ? "MmBackward0" : "UnsafeViewBackward0";
  },
  forward(ctx, [a, b]) {
    if (ctx.recording) ctx.save(a, b);
    const [x, y] = matrices(a, b);
    return product(x, y).contiguous().reshaped(resultShape(a, b));
  },
  backward(ctx, g) {
    const [a, b] = ctx.saved<[View, View]>();
    const [x, y] = matrices(a, b);
    const lead = broadcastShapes("matmul", x.shape.slice(0, -2), y.shape.slice(0, -2));
    const dy = g
      .contiguous()
      .reshaped([...lead, x.shape.at(-2) as number, y.shape.at(-1) as number]);
    const da = () =>
      sumTo(product(dy, flip(y)), x.shape)
        .contiguous()
        .reshaped(a.shape);
    const db = () =>
      sumTo(product(flip(x), dy), y.shape)
        .contiguous()
        .reshaped(b.shape);
    return [ctx.needs[0] ? da() : null, ctx.needs[1] ? db() : null];
  },
};

/** Batches of matrices, `(B, M, K) · (B, K, N)`; the derivative is that of {@link matmul}. */
export const bmm: Op<[View, View]> = { ...matmul, name: "BmmBackward0" };

/** `beta · c + alpha · a b`; `dc = beta · dy`, `da = alpha · dy bᵀ`, `db = alpha · aᵀ dy`. */
export const addmm: Op<[View, View, View], { alpha: number; beta: number }> = {
  name: "AddmmBackward0",
  forward(ctx, [c, a, b], { alpha, beta }) {
    if (ctx.recording) ctx.save(a, b);
    const out = c.expand([a.shape[0] as number, b.shape[1] as number]).clone();
    gemm(a, b, out, alpha, beta);
    return out;
  },
  backward(ctx, g, { alpha, beta }) {
    const [a, b] = ctx.saved<[View, View]>();
    const dc = () => {
      const scaled = View.zeros(g.shape, g.dtype);
      kernels().axpy(beta, g.contiguous().real(), scaled.real());
      return sumTo(scaled, ctx.shapes[0] as number[]);
    };
    const mm = (x: View, y: View) => {
      const out = View.zeros([x.shape[0] as number, y.shape[1] as number], g.dtype);
      gemm(x, y, out, alpha, 0);
      return out;
    };
    return [
      ctx.needs[0] ? dc() : null,
      ctx.needs[1] ? mm(g, flip(b)) : null,
      ctx.needs[2] ? mm(flip(a), g) : null,
    ];
  },
};

/**
 * `y = x Wᵀ + b` for x (…, in), W (out, in), b (out) or null.
 * `dx = dy W`, `dW = dyᵀ x`, `db = Σ_rows dy`.
 */
export const linear: Op<[View, View, View | null]> = {
  name(_args, [x, _w, b]) {
    if (b === null) return ["SqueezeBackward3", "MmBackward0"][x.rank - 1] ?? "UnsafeViewBackward0";
    return ["AddBackward0", "AddmmBackward0"][x.rank - 1] ?? "ViewBackward0";
  },
  forward(ctx, [x, w, b]) {
    if (ctx.recording) ctx.save(x, w);
    const out = View.zeros([...x.shape.slice(0, -1), w.shape[0] as number], x.dtype);
    gemm(rows(x), w.transpose(0, 1), rows(out), 1, 0, b === null ? null : b.real());
    return out;
  },
  backward(ctx, g) {
    const [x, w] = ctx.saved<[View, View]>();
    const dy = rows(g);
    const dx = () => {
      const out = View.zeros(x.shape, g.dtype);
      gemm(dy, w, rows(out), 1, 0);
      return out;
    };
    const dw = () => {
      const out = View.zeros(w.shape, g.dtype);
      gemm(dy.transpose(0, 1), rows(x), out, 1, 0);
      return out;
    };
    const db = () => sumDim(dy, 0).reshaped([w.shape[0] as number]);
    return [ctx.needs[0] ? dx() : null, ctx.needs[1] ? dw() : null, ctx.needs[2] ? db() : null];
  },
};

// ---- shared ------------------------------------------------------------------------------------

/** `c = alpha · a b + beta · c + bias` on 2-D views; transposed views are not copied. */
function gemm(
  a: View,
  b: View,
  c: View,
  alpha: number,
  beta: number,
  bias: Real | null = null,
): void {
  const [x, y] = [operand(a), operand(b)];
  kernels().gemm({
    a: x.data,
    lda: x.ld,
    transA: x.trans,
    b: y.data,
    ldb: y.ld,
    transB: y.trans,
    c: c.real(),
    ldc: Math.max(c.shape[1] as number, 1),
    m: c.shape[0] as number,
    n: c.shape[1] as number,
    k: a.shape[1] as number,
    alpha,
    beta,
    bias,
  });
}

/** A 2-D view as the kernel takes it: row-major rows `ld` apart, or the transpose of that. */
function operand(view: View): { data: Real; ld: number; trans: boolean } {
  const [m, n] = view.shape as [number, number];
  const [sm, sn] = view.stride as [number, number];
  const memory = () => view.storage.data.subarray(view.offset) as Real;
  if ((sn === 1 || n === 1) && sm >= n && m > 0) return { data: memory(), ld: sm, trans: false };
  if ((sm === 1 || m === 1) && sn >= m && n > 0) return { data: memory(), ld: sn, trans: true };
  return { data: view.real(), ld: Math.max(n, 1), trans: false };
}

/** Products of (batches of) matrices, leading dimensions broadcast. */
function product(x: View, y: View): View {
  const [m, n] = [x.shape.at(-2) as number, y.shape.at(-1) as number];
  const lead = broadcastShapes("matmul", x.shape.slice(0, -2), y.shape.slice(0, -2));
  const out = View.zeros([...lead, m, n], x.dtype);
  if (out.numel === 0) return out; // of any number of matrices
  if (y.rank === 2 && lead.length > 0) {
    gemm(rows(x), y, rows(out), 1, 0);
    return out;
  }
  const batch = (v: View) => {
    const wide = v.expand([...lead, v.shape.at(-2) as number, v.shape.at(-1) as number]);
    if (lead.length === 0) return () => wide;
    if (lead.length === 1) return (i: number) => wide.select(0, i);
    const flat = wide.contiguous().reshaped([numel(lead), ...wide.shape.slice(-2)]);
    return (i: number) => flat.select(0, i);
  };
  const [xs, ys, outs] = [batch(x), batch(y), batch(out)];
  for (let i = 0; i < numel(lead); i++) gemm(xs(i), ys(i), outs(i), 1, 0);
  return out;
}

/** All leading dimensions folded into rows: (…, n) → (rows, n). */
function rows(view: View): View {
  if (view.rank === 2) return view;
  const width = view.shape.at(-1) as number;
  return view.contiguous().reshaped([numel(view.shape.slice(0, -1)), width]);
}

function flip(view: View): View {
  return view.transpose(view.rank - 2, view.rank - 1);
}

/** Both operands with at least two dimensions; their inner sizes must agree. */
function matrices(a: View, b: View): [View, View] {
  const x = a.rank === 1 ? a.unsqueeze(0) : a;
  const y = b.rank === 1 ? b.unsqueeze(1) : b;
  if (x.shape.at(-1) !== y.shape.at(-2)) {
    const [m, k] = [numel(x.shape.slice(0, -1)), x.shape.at(-1)];
    const said = torchSays.notMultiplied(m, k, ...y.shape.slice(-2));
    const fix = "The last size of the left operand must equal the last but one of the right";
    throw ShapeError.torch("matmul", said, fix);
  }
  return [x, y];
}

function resultShape(a: View, b: View): number[] {
  const lead = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (a.rank > 1) lead.push(a.shape.at(-2) as number);
  if (b.rank > 1) lead.push(b.shape.at(-1) as number);
  return lead;
}
