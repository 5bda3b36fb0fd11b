/** The affine layer. */

import { repr } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { zeros } from "../tensor/index.ts";
import * as F from "./functional.ts";
import * as init from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

export interface LinearOptions {
  /** Whether b is added. */
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
 * const layer = new Linear(3, 4);
 * console.log(layer.forward(ones(2, 3)).shape); // torch.Size([2, 4])
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(inFeatures: number, outFeatures: number, { bias = true }: LinearOptions = {}) {
    super();
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(zeros(outFeatures, inFeatures));
    this.bias = bias ? new Parameter(zeros(outFeatures)) : null;
    this.resetParameters();
  }

  resetParameters(): void {
    init.kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (this.bias === null) return;
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
    init.uniform_(this.bias, -bound, bound);
  }

  forward(x: Tensor): Tensor {
    return F.linear(x, this.weight, this.bias);
  }

  override extraRepr(): string {
    const { inFeatures, outFeatures } = this;
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${repr(this.bias !== null)}`;
  }
}
