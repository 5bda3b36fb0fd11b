/** Losses as modules; the formulas are with the functions. */

import type { Tensor } from "../tensor/index.ts";
import * as F from "./functional.ts";
import { Module } from "./module.ts";
import { Buffer } from "./parameter.ts";

/** A loss of two tensors with fixed options. */
abstract class Loss<O extends object> extends Module {
  /** The options of the function that is called. */
  readonly options: O;

  /** Makes a loss with these options. */
  constructor(options: O = {} as O) {
    super();
    this.options = options;
  }

  /** The loss of the input for the target. */
  abstract forward(input: Tensor, target: Tensor): Tensor;
}

type Weighted = { readonly weight?: Tensor | null | undefined };

/** A loss with a factor for each class or element, which is part of its state. */
abstract class WeightedLoss<O extends Weighted> extends Loss<Omit<O, "weight">> {
  /** A factor for each class or element, or null. */
  weight: Buffer | null;

  /** Makes a loss with these options. */
  constructor({ weight = null, ...others }: O = {} as O) {
    super(others);
    this.weight = buffer(weight);
  }
}

/**
 * Cross entropy of logits as a module; {@link F.crossEntropy} has the formula and the shapes.
 *
 * @see torch.nn.CrossEntropyLoss
 * @example
 * const loss = new nn.CrossEntropyLoss();
 * const target = torch.tensor([2], { dtype: torch.int64 });
 * console.log(loss.forward(torch.tensor([[0, 0, 0]]), target)); // tensor(1.0986)
 */
export class CrossEntropyLoss extends WeightedLoss<F.CrossEntropyOptions> {
  /** The loss of logits (N, C), (N, C, d…) or (C) for classes or probabilities. */
  forward(input: Tensor, target: Tensor): Tensor {
    return F.crossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/**
 * `−w_t x_t` of log-probabilities as a module; {@link F.nllLoss} has the shapes.
 *
 * @see torch.nn.NLLLoss
 * @example
 * const loss = new nn.NLLLoss();
 * const target = torch.tensor([1], { dtype: torch.int64 });
 * console.log(loss.forward(torch.tensor([[-3, -0.5]]), target)); // tensor(0.5000)
 */
export class NLLLoss extends WeightedLoss<F.ClassLossOptions> {
  /** The loss of log-probabilities (N, C), (N, C, d…) or (C) for classes. */
  forward(input: Tensor, target: Tensor): Tensor {
    return F.nllLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/**
 * `(x − y)²` as a module. @see torch.nn.MSELoss
 *
 * @example
 * const loss = new nn.MSELoss();
 * console.log(loss.forward(torch.tensor([1, 3]), torch.tensor([1, 1]))); // tensor(2.)
 */
export class MSELoss extends Loss<F.LossOptions> {
  /** The loss of two tensors of one shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, this.options);
  }
}

/**
 * `|x − y|` as a module. @see torch.nn.L1Loss
 *
 * @example
 * const loss = new nn.L1Loss({ reduction: "sum" });
 * console.log(loss.forward(torch.tensor([1, 3]), torch.tensor([2, 1]))); // tensor(3.)
 */
export class L1Loss extends Loss<F.LossOptions> {
  /** The loss of two tensors of one shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, this.options);
  }
}

/**
 * `d²/(2β)` where `|d| < β`, else `|d| − β/2`, as a module; `d = x − y`.
 *
 * @see torch.nn.SmoothL1Loss
 * @example
 * const loss = new nn.SmoothL1Loss({ reduction: "none" });
 * const target = torch.tensor([0.5, 1]);
 * console.log(loss.forward(torch.tensor([1, 3]), target)); // tensor([0.1250, 1.5000])
 */
export class SmoothL1Loss extends Loss<NonNullable<Parameters<typeof F.smoothL1Loss>[2]>> {
  /**
   * The loss of two tensors of one shape.
   *
   * @throws ConfigError when `beta` is negative
   */
  forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, this.options);
  }
}

type BCEOptions = NonNullable<Parameters<typeof F.binaryCrossEntropy>[2]>;

/**
 * Binary cross entropy of probabilities as a module. @see torch.nn.BCELoss
 *
 * @example
 * const loss = new nn.BCELoss();
 * console.log(loss.forward(torch.tensor([0.5]), torch.tensor([1]))); // tensor(0.6931)
 */
export class BCELoss extends WeightedLoss<BCEOptions> {
  /**
   * The loss of probabilities for targets from 0 to 1, of one shape.
   *
   * @throws ShapeError when the shapes differ
   * @throws ConfigError when a probability is outside [0, 1]
   */
  forward(input: Tensor, target: Tensor): Tensor {
    return F.binaryCrossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

type LogitsOptions = NonNullable<Parameters<typeof F.binaryCrossEntropyWithLogits>[2]>;

/**
 * Binary cross entropy of logits as a module. @see torch.nn.BCEWithLogitsLoss
 *
 * @example
 * const loss = new nn.BCEWithLogitsLoss();
 * console.log(loss.forward(torch.tensor([0]), torch.tensor([1]))); // tensor(0.6931)
 */
export class BCEWithLogitsLoss extends WeightedLoss<Omit<LogitsOptions, "posWeight">> {
  /** A factor for the positive part of the loss, or null. */
  pos_weight: Buffer | null;

  /** Makes a loss with these options. */
  constructor({ posWeight = null, ...others }: LogitsOptions = {}) {
    super(others);
    this.pos_weight = buffer(posWeight);
  }

  /**
   * The loss of logits for targets from 0 to 1, of one shape.
   *
   * @throws ShapeError when the shapes differ
   */
  forward(input: Tensor, target: Tensor): Tensor {
    const { options, weight, pos_weight: posWeight } = this;
    return F.binaryCrossEntropyWithLogits(input, target, { ...options, weight, posWeight });
  }
}

function buffer(x: Tensor | null): Buffer | null {
  return x === null ? null : new Buffer(x);
}
