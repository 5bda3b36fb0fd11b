/** Softmax and its logarithm, each beside its derivative. */

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
