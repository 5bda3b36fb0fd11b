/** Tensors that belong to a module. */

import { Tensor } from "../tensor/index.ts";

/**
 * A tensor that a module learns: it requires a gradient, and `parameters()` finds it among the
 * module's properties. It shares memory with the tensor that it is made from.
 *
 * @see torch.nn.Parameter
 * @example
 * const p = new nn.Parameter(torch.zeros(2));
 * console.log(p.requiresGrad, p.isLeaf); // true true
 */
export class Parameter extends Tensor {
  /** Wraps the memory of `data`. @throws AutogradError when integers are to require a gradient */
  constructor(data: Tensor, requiresGrad = true) {
    super(data.impl, requiresGrad);
  }

  /** The text that PyTorch prints. */
  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}

/**
 * A tensor that belongs to a module's state but is not learned.
 *
 * @see torch.nn.Buffer
 * @example
 * class Counter extends nn.Module {
 *   steps = new nn.Buffer(torch.zeros(1));
 * }
 * console.log(Object.keys(new Counter().stateDict())); // [ 'steps' ]
 */
export class Buffer extends Tensor {
  /** Whether the buffer goes into the state dict. */
  readonly persistent: boolean;

  /**
   * Wraps the memory of `data`.
   *
   * @param options.persistent whether the buffer goes into the state dict; true by default
   */
  constructor(data: Tensor, { persistent = true }: { persistent?: boolean } = {}) {
    super(data.impl);
    this.persistent = persistent;
  }
}
