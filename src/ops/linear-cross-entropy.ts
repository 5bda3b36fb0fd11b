/** Projection and cross entropy in one operation, whose forward computes the gradients too. */

import { kernels } from "../kernels/index.ts";
import { type ClassLoss, type Reduction, total } from "./loss.ts";
import type { Op } from "./op.ts";
import { View } from "./view.ts";

interface Args extends ClassLoss {
  readonly reduction: Exclude<Reduction, "none">;
}

type Inputs = [x: View, weight: View, bias: View | null, target: View, classWeight: View | null];

/**
 * Cross entropy of the logits `x Wᵀ + b` for x (…, H), W (V, H), b (V) or null, target (…).
 *
 * Forward computes the gradients of x, W and b along with the loss, while a block of logits exists;
 * backward only multiplies them by the loss's gradient.
 */
export const linearCrossEntropy: Op<Inputs, Args> = {
  name: "LinearCrossEntropyBackward0",
  forward(ctx, [x, weight, bias, target, classWeight], args) {
    const { reduction, weightSum, ignoreIndex, smoothing } = args;
    const count = reduction === "sum" ? 1 : weightSum;
    const loss = View.pooled(target.shape, x.dtype);
    const grads = [x, weight, bias].map((v, i) => {
      if (v === null || !ctx.needs[i]) return null;
      // A parameter's `.grad` adopts its gradient, so that memory is not the pool's.
      return i === 0 ? View.pooled(v.shape, v.dtype) : View.zeros(v.shape, v.dtype);
    });
    const [dx, dWeight, dBias] = grads.map((d) => d?.real() ?? null);
    kernels().linearCrossEntropy({
      x: x.real(),
      weight: weight.real(),
      bias: bias?.real() ?? null,
      target: target.data() as Int32Array,
      classWeight: classWeight?.real() ?? null,
      rows: target.numel,
      inputSize: weight.shape[1]!,
      classes: weight.shape[0]!,
      ignoreIndex,
      smoothing,
      scale: 1 / count,
      loss: loss.real(),
      dx: dx!,
      dWeight: dWeight!,
      dBias: dBias!,
    });
    if (ctx.recording) ctx.save(...grads);
    const result = total(loss, count);
    loss.storage.release();
    return result;
  },
  backward(ctx, grad) {
    const [dx, dWeight, dBias] = ctx
      .saved<(View | null)[]>()
      .map((d) => d && times(ctx.retain ? d.clone() : d, grad));
    return [dx!, dWeight!, dBias!, null, null];
  },
};

/** In place. */
function times(d: View, factor: View): View {
  const [x, g] = [d.real(), factor.real()];
  if (g[0] !== 1) kernels().binary("mul", x, g, x);
  return d;
}
