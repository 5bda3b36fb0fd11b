/** Normalisation of each row by its own mean and variance. */

import { repr, ShapeError, torchSays, tuple } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { ones, zeros } from "../tensor/index.ts";
import * as F from "./functional.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** Options of {@link LayerNorm}. */
export interface LayerNormOptions {
  /**
   * Added to the variance, so that rows of equal elements are not divided by 0; 1e-5 by default.
   */
  readonly eps?: number | undefined;
  /** Whether there are weight and bias; true by default. */
  readonly elementwiseAffine?: boolean | undefined;
}

/**
 * `y = (x − mean)/√(var + eps) w + b`, mean and variance taken over the last dimensions.
 *
 * x and y (…, *normalizedShape); `weight` and `bias` (*normalizedShape) start as ones and zeros, or
 * are null without `elementwiseAffine`.
 *
 * @throws ShapeError when x does not end in these sizes
 * @see torch.nn.LayerNorm; Ba et al. 2016
 * @example
 * const norm = new nn.LayerNorm(4, { elementwiseAffine: false });
 * const y = norm.forward(torch.tensor([1, 2, 3, 4]));
 * console.log(y); // tensor([-1.3416, -0.4472,  0.4472,  1.3416])
 */
export class LayerNorm extends Module {
  /** The last sizes of x. */
  readonly normalizedShape: readonly number[];
  /** Added to the variance. */
  readonly eps: number;
  /** Whether there are weight and bias. */
  readonly elementwiseAffine: boolean;
  /** (*normalizedShape), a factor for each element of a row, or null. */
  weight: Parameter | null;
  /** (*normalizedShape), added to each element of a row, or null. */
  bias: Parameter | null;

  /**
   * Makes a normalisation over the last dimensions.
   *
   * @param normalizedShape the last sizes of x; a number is one size
   * @throws ShapeError when a size is negative
   */
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

  /** Makes the weight ones and the bias zeros. */
  resetParameters(): void {
    if (this.weight !== null) init.ones_(this.weight);
    if (this.bias !== null) init.zeros_(this.bias);
  }

  /**
   * The normalised x, in its shape.
   *
   * @throws ShapeError when x does not end in `normalizedShape`
   * @throws DTypeError when x has another type than the weights
   */
  forward(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return F.layerNorm(x, this.normalizedShape, { weight, bias, eps });
  }

  /** The module's options, as its text shows them. */
  override extraRepr(): string {
    const { normalizedShape, eps, elementwiseAffine } = this;
    return `${tuple(normalizedShape)}, eps=${repr(eps)}, elementwise_affine=${repr(elementwiseAffine)}`;
  }
}
