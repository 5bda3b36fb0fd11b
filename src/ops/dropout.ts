/** Dropout: a product with a mask. */

import { ConfigError, type Real } from "../core/index.ts";
import { kernels } from "../kernels/index.ts";
import type { Op } from "./op.ts";
import { View } from "./view.ts";

/** `y = x · m` for a mask made elsewhere (dropout); `dx = dy · m`. */
export const applyMask: Op<[View], { mask: Real; release: () => void }> = {
  name: "MulBackward0",
  releasesGradients: true,
  forward(ctx, [x], { mask, release }) {
    const y = View.zeros(x.shape, x.dtype);
    kernels().binary("mul", x.contiguous().real(), mask, y.real());
    if (ctx.recording) ctx.onRelease(release);
    else release();
    return y;
  },
  backward(_ctx, grad, { mask }) {
    const dx = View.pooled(grad.shape, grad.dtype);
    kernels().binary("mul", grad.contiguous().real(), mask, dx.real());
    return [dx];
  },
};

/** @throws ConfigError when `p` is outside [0, 1] */
export function checkProbability(op: string, p: number): void {
  if (p >= 0 && p <= 1) return;
  throw ConfigError.torch(op, `dropout probability has to be between 0 and 1, but got ${p}`);
}
