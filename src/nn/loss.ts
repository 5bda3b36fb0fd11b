/** Losses as modules; the formulas are with the functions. */

import type { Tensor } from "../tensor/index.ts";
import * as F from "./functional.ts";
import { Module } from "./module.ts";
import { Buffer } from "./parameter.ts";

/** A loss of two tensors with fixed options. */
abstract class Loss<O extends object> extends Module {
  readonly options: O;

  constructor(options: O = {} as O) {
    super();
    this.options = options;
  }

  abstract forward(input: Tensor, target: Tensor): Tensor;
}

type Weighted = { readonly weight?: Tensor | null | undefined };

/** A loss with a factor for each class or element, which is part of its state. */
abstract class WeightedLoss<O extends Weighted> extends Loss<Omit<O, "weight">> {
  weight: Buffer | null;

  constructor({ weight = null, ...others }: O = {} as O) {
    super(others);
    this.weight = buffer(weight);
  }
}

/** @see torch.nn.CrossEntropyLoss and {@link F.crossEntropy} */
export class CrossEntropyLoss extends WeightedLoss<F.CrossEntropyOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.crossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/** @see torch.nn.NLLLoss and {@link F.nllLoss} */
export class NLLLoss extends WeightedLoss<F.ClassLossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.nllLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** @see torch.nn.MSELoss and {@link F.mseLoss} */
export class MSELoss extends Loss<F.LossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, this.options);
  }
}

/** @see torch.nn.L1Loss and {@link F.l1Loss} */
export class L1Loss extends Loss<F.LossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, this.options);
  }
}

/** @see torch.nn.SmoothL1Loss and {@link F.smoothL1Loss} */
export class SmoothL1Loss extends Loss<NonNullable<Parameters<typeof F.smoothL1Loss>[2]>> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, this.options);
  }
}

type BCEOptions = NonNullable<Parameters<typeof F.binaryCrossEntropy>[2]>;

/** @see torch.nn.BCELoss and {@link F.binaryCrossEntropy} */
export class BCELoss extends WeightedLoss<BCEOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.binaryCrossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

type LogitsOptions = NonNullable<Parameters<typeof F.binaryCrossEntropyWithLogits>[2]>;

/** @see torch.nn.BCEWithLogitsLoss and {@link F.binaryCrossEntropyWithLogits} */
export class BCEWithLogitsLoss extends WeightedLoss<Omit<LogitsOptions, "posWeight">> {
  pos_weight: Buffer | null;

  constructor({ posWeight = null, ...others }: LogitsOptions = {}) {
    super(others);
    this.pos_weight = buffer(posWeight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { options, weight, pos_weight: posWeight } = this;
    return F.binaryCrossEntropyWithLogits(input, target, { ...options, weight, posWeight });
  }
}

function buffer(x: Tensor | null): Buffer | null {
  return x === null ? null : new Buffer(x);
}
