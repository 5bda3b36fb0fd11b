/** Layers without parameters: activations and dropout. */

import { dropout } from "../ops/index.ts";
import type { Tensor } from "../tensor/index.ts";
import * as F from "./functional.ts";
import { Module } from "./module.ts";

/**
 * `tanh x` of each element, as a module.
 *
 * @see torch.nn.Tanh
 * @example
 * console.log(new nn.Tanh().forward(torch.tensor([0, 1]))); // tensor([0.0000, 0.7616])
 */
export class Tanh extends Module {
  /** `tanh x` of each element, in the shape of x. */
  forward(x: Tensor): Tensor {
    return x.tanh();
  }
}

/**
 * `max(x, 0)` of each element, as a module.
 *
 * @see torch.nn.ReLU
 * @example
 * console.log(new nn.ReLU().forward(torch.tensor([-1, 2]))); // tensor([0., 2.])
 */
export class ReLU extends Module {
  /** `max(x, 0)` of each element, in the shape of x. */
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/**
 * `1 / (1 + e⁻ˣ)` of each element, as a module.
 *
 * @see torch.nn.Sigmoid
 * @example
 * console.log(new nn.Sigmoid().forward(torch.tensor([0, 2]))); // tensor([0.5000, 0.8808])
 */
export class Sigmoid extends Module {
  /** `1 / (1 + e⁻ˣ)` of each element, in the shape of x. */
  forward(x: Tensor): Tensor {
    return x.sigmoid();
  }
}

/**
 * A module that returns its input, for a place that needs a module.
 *
 * @see torch.nn.Identity
 * @example
 * console.log(new nn.Identity().forward(torch.ones(2))); // tensor([1., 1.])
 */
export class Identity extends Module {
  /** The input itself. */
  forward(x: Tensor): Tensor {
    return x;
  }
}

/**
 * `eˣ / Σ eˣ` along one dimension, as a module.
 *
 * @see torch.nn.Softmax
 * @example
 * const shares = new nn.Softmax({ dim: 0 }).forward(torch.tensor([1, 1, 2]));
 * console.log(shares); // tensor([0.2119, 0.2119, 0.5761])
 */
export class Softmax extends Module {
  /** The dimension that sums to 1; null for PyTorch's implicit one. */
  readonly dim: number | null;

  /**
   * Makes a softmax along `dim`. Without it each call chooses PyTorch's implicit dimension, and
   * warns.
   */
  constructor({ dim = null }: { dim?: number | null | undefined } = {}) {
    super();
    this.dim = dim;
  }

  /** `eˣ / Σ eˣ` along `dim`, in the shape of x. @throws IndexError when x has no such dimension */
  forward(x: Tensor): Tensor {
    return F.softmax(x, this.dim);
  }

  /** The dimension, as the module's text shows it. */
  override extraRepr(): string {
    return `dim=${this.dim ?? "None"}`;
  }
}

/**
 * `x − ln Σ eˣ` along one dimension, as a module.
 *
 * @see torch.nn.LogSoftmax
 * @example
 * const logs = new nn.LogSoftmax({ dim: 0 }).forward(torch.zeros(2));
 * console.log(logs); // tensor([-0.6931, -0.6931])
 */
export class LogSoftmax extends Module {
  /** The dimension whose exponentials sum to 1; null for PyTorch's implicit one. */
  readonly dim: number | null;

  /**
   * Makes a log-softmax along `dim`. Without it each call chooses PyTorch's implicit dimension, and
   * warns.
   */
  constructor({ dim = null }: { dim?: number | null | undefined } = {}) {
    super();
    this.dim = dim;
  }

  /**
   * `x − ln Σ eˣ` along `dim`, in the shape of x.
   *
   * @throws IndexError when x has no such dimension
   */
  forward(x: Tensor): Tensor {
    return F.logSoftmax(x, this.dim);
  }

  /** The dimension, as the module's text shows it. */
  override extraRepr(): string {
    return `dim=${this.dim ?? "None"}`;
  }
}

/**
 * In training sets elements to zero with probability `p` and scales the others by 1/(1 − p).
 *
 * @throws ConfigError when `p` is outside [0, 1]
 * @see torch.nn.Dropout; Srivastava et al. 2014
 * @example
 * const drop = new nn.Dropout(0.5).eval();
 * console.log(drop.forward(torch.ones(3))); // tensor([1., 1., 1.])
 */
export class Dropout extends Module {
  /** The probability that an element becomes zero. */
  readonly p: number;

  /** Makes a dropout. @throws ConfigError when `p` is outside [0, 1] */
  constructor(p = 0.5) {
    super();
    dropout.checkProbability("Dropout", p);
    this.p = p;
  }

  /** The input with elements dropped in training, the input itself in evaluation. */
  forward(x: Tensor): Tensor {
    return F.dropout(x, this.p, this.training);
  }

  /** The probability, as the module's text shows it. */
  override extraRepr(): string {
    return `p=${this.p}, inplace=False`;
  }
}
