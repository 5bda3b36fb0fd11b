/** Gradient clipping. */

import { AutogradError, type Real } from "../../core/index.ts";
import { kernels } from "../../kernels/index.ts";
import { type Tensor, tensor } from "../../tensor/index.ts";

export interface ClipGradNormOptions {
  /** p of the norm; Infinity takes the largest magnitude. */
  readonly normType?: number | undefined;
  readonly errorIfNonfinite?: boolean | undefined;
}

/**
 * Scales all gradients by `min(1, maxNorm / (norm + 1e−6))`, the norm taken over all of them.
 *
 * @returns the norm before, 0-dimensional
 * @throws AutogradError when it is not finite and `errorIfNonfinite` is set
 * @see torch.nn.utils.clip_grad_norm_
 */
export function clipGradNorm_(
  params: Iterable<Tensor>,
  maxNorm: number,
  { normType = 2, errorIfNonfinite = false }: ClipGradNormOptions = {},
): Tensor {
  const grads = gradients(params);
  if (grads.length === 0) return tensor(0);
  const norms = Float64Array.from(grads, (g) => kernels().norm(g.impl.real(), normType));
  const total = kernels().norm(norms, normType);
  if (errorIfNonfinite && !Number.isFinite(total)) {
    throw new AutogradError({
      op: "clipGradNorm_",
      torch: `The total norm of order ${normType.toFixed(1)} for gradients from \`parameters\` is non-finite, so it cannot be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set \`error_if_nonfinite=False\``,
      got: total,
    });
  }
  const coefficient = Math.fround(
    Math.fround(maxNorm) / Math.fround(Math.fround(total) + Math.fround(1e-6)),
  );
  // Everything is multiplied by 1 where it is small enough: nothing to do.
  if (!(coefficient >= 1)) {
    const factor = Float32Array.of(coefficient);
    for (const g of grads) {
      g.update_((view) => {
        const data = view.real();
        kernels().binary(
          "mul",
          data,
          data instanceof Float32Array ? factor : Float64Array.from(factor),
          data,
        );
      });
    }
  }
  return tensor(total);
}

/**
 * Clamps all gradients to [−limit, limit].
 *
 * @see torch.nn.utils.clip_grad_value_
 */
export function clipGradValue_(params: Iterable<Tensor>, limit: number): void {
  for (const g of gradients(params)) {
    g.update_((view) => {
      const data = view.real();
      const [low, high] = [-limit, limit].map((v) =>
        data instanceof Float32Array ? Float32Array.of(v) : Float64Array.of(v),
      ) as [Real, Real];
      kernels().binary("minimum", data, high, data);
      kernels().binary("maximum", data, low, data);
    });
  }
}

function gradients(params: Iterable<Tensor>): Tensor[] {
  return [...params].flatMap((p) => (p.grad === null ? [] : [p.grad]));
}
