/** Normalisation of each row by its own mean and variance. */

import { repr, ShapeError, torchSays, tuple } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { ones, zeros } from "../tensor/index.ts";
import * as F from "./functional.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

export interface LayerNormOptions {
  /** Added to the variance, so that rows of equal elements are not divided by 0. */
  readonly eps?: number | undefined;
  /** Whether there are weight and bias. */
  readonly elementwiseAffine?: boolean | undefined;
}

/**
 * `y = (x − mean)/√(var + eps) w + b`, mean and variance taken over the last dimensions.
 *
 * x and y (…, *normalizedShape); `weight` and `bias` (*normalizedShape) start as ones and zeros, or
 * are null without `elementwiseAffine`.
 *
 * @param normalizedShape the last sizes of x; a number is one size
 * @throws ShapeError when x does not end in these sizes
 * @see torch.nn.LayerNorm
 * @example
 * const norm = new LayerNorm(4);
 * console.log(norm.forward(tensor([1, 2, 3, 4])));
 * // tensor([-1.3416, -0.4472,  0.4472,  1.3416], grad_fn=<NativeLayerNormBackward0>)
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    normalizedShape: number | readonly number[],
    { eps = 1e-5, elementwiseAffine = true }: LayerNormOptions = {},
  ) {
    super();
    const shape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    const negative = shape.find((size) => size < 0);
    if (negative !== undefined && elementwiseAffine) {
      throw ShapeError.torch("LayerNorm", torchSays.negativeSize(negative, shape));
    }
    this.normalizedShape = shape;
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? new Parameter(ones(...shape)) : null;
    this.bias = elementwiseAffine ? new Parameter(zeros(...shape)) : null;
  }

  resetParameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  forward(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return F.layerNorm(x, this.normalizedShape, { weight, bias, eps });
  }

  override extraRepr(): string {
    const { normalizedShape, eps, elementwiseAffine } = this;
    return `${tuple(normalizedShape)}, eps=${repr(eps)}, elementwise_affine=${repr(elementwiseAffine)}`;
  }
}
