/** Gradient clipping. */

import { AutogradError, type DType, float32, float64, repr } from "../../core/index.ts";
import { clip } from "../../ops/index.ts";
import { Tensor, tensor } from "../../tensor/index.ts";

/** Options of {@link clipGradNorm_}. */
export interface ClipGradNormOptions {
  /** p of the norm, 2 by default; Infinity takes the largest magnitude. */
  readonly normType?: number | undefined;
  /** Whether a norm that is not finite throws; false by default. */
  readonly errorIfNonfinite?: boolean | undefined;
}

/**
 * Scales all gradients by `min(1, maxNorm / (norm + 1e−6))`, the norm taken over all of them. Sums
 * are float64: where PyTorch's norm of float32 gradients overflows, this one does not.
 *
 * @returns the norm before, 0-dimensional, float64 if a gradient is
 * @throws AutogradError when it is not finite and `errorIfNonfinite` is set
 * @see torch.nn.utils.clip_grad_norm_; Pascanu et al. 2013
 * @example
 * const w = torch.tensor([3, 4], { requiresGrad: true });
 * w.mul(w).sum().div(2).backward(); // the gradient is w
 * console.log(nn.utils.clipGradNorm_(w, 1)); // tensor(5.)
 * console.log(w.grad); // tensor([0.6000, 0.8000])
 */
export function clipGradNorm_(
  params: Tensor | Iterable<Tensor>,
  maxNorm: number,
  { normType = 2, errorIfNonfinite = false }: ClipGradNormOptions = {},
): Tensor {
  const grads = gradients(params);
  const dtype = grads.some((g) => g.dtype === float64) ? float64 : float32;
  if (grads.length === 0) return tensor(0);
  const total = clip.totalNorm(
    grads.map((g) => g.impl),
    normType,
  );
  if (errorIfNonfinite && !Number.isFinite(total)) {
    const said =
      `The total norm of order ${repr(normType)} for gradients from \`parameters\` is non-finite, ` +
      "so it cannot be clipped. To disable this error and scale the gradients by the non-finite " +
      "norm anyway, set `error_if_nonfinite=False`";
    throw AutogradError.torch("clipGradNorm_", said);
  }
  const coefficient = quotient(maxNorm, total, dtype);
  // Not `<`: a NaN must reach the gradients.
  if (!(coefficient >= 1)) {
    for (const g of grads) g.update_((view) => clip.scale(view, coefficient));
  }
  return tensor(total, { dtype });
}

/**
 * `maxNorm / (total + 1e−6)` in the arithmetic of the type, as PyTorch divides a number by a
 * tensor: it multiplies by the reciprocal.
 */
function quotient(maxNorm: number, total: number, dtype: DType): number {
  if (dtype === float64) return maxNorm * (1 / (total + 1e-6));
  const { fround } = Math;
  return fround(fround(maxNorm) * fround(1 / fround(fround(total) + fround(1e-6))));
}

/**
 * Clamps all gradients to [−limit, limit].
 *
 * @see torch.nn.utils.clip_grad_value_
 */
export function clipGradValue_(params: Tensor | Iterable<Tensor>, limit: number): void {
  for (const g of gradients(params)) {
    g.update_((view) => clip.clamp(view, limit));
  }
}

function gradients(params: Tensor | Iterable<Tensor>): Tensor[] {
  const all = params instanceof Tensor ? [params] : [...params];
  return all.flatMap((p) => (p.grad === null ? [] : [p.grad]));
}
