/** Layers without parameters: activations and dropout. */

import { dropout } from "../ops/index.ts";
import type { Tensor } from "../tensor/index.ts";
import * as F from "./functional.ts";
import { Module } from "./module.ts";

/** `tanh x`. @see torch.nn.Tanh */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return x.tanh();
  }
}

/** `max(x, 0)`. @see torch.nn.ReLU */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/** `1 / (1 + e^−x)`. @see torch.nn.Sigmoid */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return x.sigmoid();
  }
}

/** What it is given. @see torch.nn.Identity */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** Along one dimension, `eˣ / Σ eˣ`. @see torch.nn.Softmax */
export class Softmax extends Module {
  readonly dim: number | null;

  constructor({ dim = null }: { dim?: number | null | undefined } = {}) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return F.softmax(x, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim ?? "None"}`;
  }
}

/** Along one dimension, `x − ln Σ eˣ`. @see torch.nn.LogSoftmax */
export class LogSoftmax extends Module {
  readonly dim: number | null;

  constructor({ dim = null }: { dim?: number | null | undefined } = {}) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return F.logSoftmax(x, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim ?? "None"}`;
  }
}

/**
 * In training sets elements to zero with probability `p` and scales the others by 1/(1 − p).
 *
 * @throws ConfigError when `p` is outside [0, 1]
 * @see torch.nn.Dropout
 */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    dropout.checkProbability("Dropout", p);
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    return F.dropout(x, this.p, this.training);
  }

  override extraRepr(): string {
    return `p=${this.p}, inplace=False`;
  }
}
