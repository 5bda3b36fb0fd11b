/** Tensors that belong to a module. */

import { Tensor } from "../tensor/index.ts";

/**
 * A tensor that a module learns: it requires a gradient, and `parameters()` finds it among the
 * module's properties. It shares memory with the tensor that it is made from.
 *
 * @see torch.nn.Parameter
 */
export class Parameter extends Tensor {
  constructor(data: Tensor, requiresGrad = true) {
    super(data.impl, requiresGrad);
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}

/**
 * A tensor that belongs to a module's state but is not learned.
 *
 * @param persistent whether it goes into the state dict
 * @see torch.nn.Buffer
 */
export class Buffer extends Tensor {
  readonly persistent: boolean;

  constructor(data: Tensor, { persistent = true }: { persistent?: boolean } = {}) {
    super(data.impl);
    this.persistent = persistent;
  }
}
