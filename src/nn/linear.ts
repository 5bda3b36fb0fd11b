/** The affine layer. */

import { repr } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { zeros } from "../tensor/index.ts";
import * as F from "./functional.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** Options of {@link Linear}. */
export interface LinearOptions {
  /** Whether b is added; true by default. */
  readonly bias?: boolean | undefined;
}

/**
 * `y = x Wᵀ + b` for x (…, in) and y (…, out).
 *
 * `weight` (out, in) and `bias` (out) start uniform in ±1/√in, drawn in this order.
 *
 * @throws ShapeError when the last size of x is not `inFeatures`
 * @see torch.nn.Linear
 * @example
 * const layer = new nn.Linear(3, 4);
 * console.log(layer.forward(torch.ones(2, 3)).shape); // torch.Size([2, 4])
 */
export class Linear extends Module {
  /** The last size of x. */
  readonly inFeatures: number;
  /** The last size of y. */
  readonly outFeatures: number;
  /** W (out, in). */
  weight: Parameter;
  /** b (out), or null. */
  bias: Parameter | null;

  /** Makes a layer from `inFeatures` to `outFeatures`. */
  constructor(inFeatures: number, outFeatures: number, { bias = true }: LinearOptions = {}) {
    super();
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(zeros(outFeatures, inFeatures));
    this.bias = bias ? new Parameter(zeros(outFeatures)) : null;
    this.resetParameters();
  }

  /** Draws weight and bias uniform in ±1/√in, in this order. */
  resetParameters(): void {
    init.kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (this.bias === null) return;
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
    init.uniform_(this.bias, -bound, bound);
  }

  /**
   * `x Wᵀ + b`: x (…, in) gives (…, out).
   *
   * @throws ShapeError when the last size of x is not `in`
   * @throws DTypeError when x has another type than the weight
   */
  forward(x: Tensor): Tensor {
    return F.linear(x, this.weight, this.bias);
  }

  /** The layer's sizes, as its text shows them. */
  override extraRepr(): string {
    const { inFeatures, outFeatures } = this;
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${repr(this.bias !== null)}`;
  }
}
