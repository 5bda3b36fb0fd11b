/** Softmax, its logarithm and layer norm, each beside its derivative. */

import type { Real } from "../core/index.ts";
import type { Backend } from "../kernels/backend.ts";
import { kernels } from "../kernels/index.ts";
import type { Op } from "./op.ts";
import { View } from "./view.ts";

type Rowwise = (k: Backend, saved: Real, dy: Real, dx: Real, rows: number, cols: number) => void;

function rowwise(
  name: string,
  forward: (k: Backend, x: Real, y: Real, rows: number, cols: number) => void,
  backward: Rowwise,
): Op<[View], number> {
  return {
    name,
    forward(ctx, [x], dim) {
      const input = lastDim(x, dim);
      const y = View.zeros(input.shape, x.dtype);
      forward(kernels(), input.real(), y.real(), ...sizes(y));
      if (ctx.recording) ctx.save(y);
      return restore(y, x.rank, dim);
    },
    backward(ctx, grad, dim) {
      const y = ctx.saved<[View]>()[0];
      const dx = View.zeros(y.shape, y.dtype);
      backward(kernels(), y.real(), lastDim(grad, dim).real(), dx.real(), ...sizes(y));
      return [restore(dx, grad.rank, dim)];
    },
  };
}

/** `y = eˣ / Σ eˣ`; `dx = y (dy − Σ y dy)`. */
export const softmax = rowwise(
  "SoftmaxBackward0",
  (k, x, y, rows, cols) => k.softmax(x, y, rows, cols),
  (k, y, dy, dx, rows, cols) => k.softmaxBackward(y, dy, dx, rows, cols),
);

/** `y = x − ln Σ eˣ`; `dx = dy − eʸ Σ dy`. */
export const logSoftmax = rowwise(
  "LogSoftmaxBackward0",
  (k, x, y, rows, cols) => k.logSoftmax(x, y, rows, cols),
  (k, y, dy, dx, rows, cols) => k.logSoftmaxBackward(y, dy, dx, rows, cols),
);

interface Normalised {
  /** How many elements share a mean and a variance: the product of the last sizes. */
  readonly cols: number;
  readonly eps: number;
}

/**
 * `y = x̂ w + b`, `x̂ = (x − mean) r`, `r = 1/√(var + eps)` over the last `cols` elements;
 * `dx = r (g − mean(g) − x̂ mean(g x̂))` with `g = dy w`, `dw = Σ dy x̂`, `db = Σ dy`.
 */
export const layerNorm: Op<[x: View, w: View | null, b: View | null], Normalised> = {
  name: "NativeLayerNormBackward0",
  forward(ctx, [x, weight, bias], { cols, eps }) {
    const input = x.contiguous();
    const y = View.zeros(x.shape, x.dtype);
    kernels().layerNormForward({
      x: input.real(),
      weight: weight?.real() ?? null,
      bias: bias?.real() ?? null,
      y: y.real(),
      rows: rowsOf(x, cols),
      cols,
      eps,
    });
    if (ctx.recording) ctx.save(input, weight);
    return y;
  },
  backward(ctx, grad, { cols, eps }) {
    const [x, weight] = ctx.saved<[View, View | null]>();
    const wanted = (i: number) =>
      ctx.needs[i] ? View.zeros(ctx.shapes[i] as readonly number[], x.dtype) : null;
    const [dx, dWeight, dBias] = [wanted(0), wanted(1), wanted(2)];
    kernels().layerNormBackward({
      x: x.real(),
      weight: weight?.real() ?? null,
      dy: grad.real(),
      dx: dx?.real() ?? null,
      dWeight: dWeight?.real() ?? null,
      dBias: dBias?.real() ?? null,
      rows: rowsOf(x, cols),
      cols,
      eps,
    });
    return [dx, dWeight, dBias];
  },
};

function rowsOf(x: View, cols: number): number {
  return cols === 0 ? 0 : x.numel / cols;
}

/** The view with `dim` last, row-major; scalars become one row of one. */
function lastDim(x: View, dim: number): View {
  if (x.rank === 0) return x.contiguous().reshaped([1]);
  return x.transpose(dim, x.rank - 1).contiguous();
}

function restore(y: View, rank: number, dim: number): View {
  return rank === 0 ? y.reshaped([]) : y.transpose(dim, rank - 1);
}

function sizes(y: View): [rows: number, cols: number] {
  const cols = y.shape.at(-1) as number;
  return [cols === 0 ? 0 : y.numel / cols, cols];
}
