/** Layer normalization beside its derivative. */

import { kernels } from "../kernels/index.ts";
import type { Op } from "./op.ts";
import { View } from "./view.ts";

interface Normalised {
  /** The number of elements that share a mean and a variance: the product of the last sizes. */
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
