/** Stochastic gradient descent. */

import { kernels } from "../kernels/index.ts";
import { type Tensor, zerosLike } from "../tensor/index.ts";
import {
  type CommonOptions,
  Optimizer,
  type Parameters,
  type ParamGroup,
  withDefaults,
} from "./optimizer.ts";

interface Resolved extends CommonOptions {
  /** The share of the buffer that stays at each step; 0 by default, for no buffer. */
  momentum: number;
  /** The share of the gradient that the buffer does not take; 0 by default. */
  dampening: number;
  /** A multiple of the parameter that is added to its gradient; 0 by default. */
  weightDecay: number;
  /** Whether to step by Nesterov's form; false by default. */
  nesterov: boolean;
  /** Whether to climb instead of descend; false by default. */
  maximize: boolean;
}

/** Options of {@link SGD}. */
export interface SGDOptions extends Partial<Resolved> {
  /** The learning rate. */
  readonly lr: number;
}

/**
 * Stochastic gradient descent: `g += weightDecay · p`;
 * `buf = momentum · buf + (1 − dampening) · g`, at first `buf = g`; `p −= lr · buf`, with
 * Nesterov's form `p −= lr · (g + momentum · buf)`.
 *
 * @throws ConfigError when an option makes no sense
 * @see torch.optim.SGD
 * @example
 * const w = torch.tensor([1], { requiresGrad: true });
 * const optimizer = new optim.SGD([w], { lr: 0.1, momentum: 0.9 });
 * for (let step = 0; step < 2; step++) {
 *   optimizer.zeroGrad();
 *   w.mul(w).sum().backward(); // the gradient is 2 w
 *   optimizer.step();
 * }
 * console.log(w.tolist()); // [ 0.46000000834465027 ]
 */
export class SGD extends Optimizer<Resolved> {
  /** Makes an optimizer. @throws ConfigError when an option makes no sense */
  constructor(params: Parameters<Resolved>, options: SGDOptions) {
    const none = { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false };
    super(params, withDefaults(none, options));
  }

  protected update(p: Tensor, grad: Tensor, group: ParamGroup<Resolved>): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = group;
    const state = this.state.get(p);
    const buffer = group.momentum === 0 ? null : (state?.["momentum_buffer"] ?? zerosLike(p));
    p.update_((view) => {
      const first = !state?.["momentum_buffer"];
      const buf = buffer?.impl.real() ?? null;
      const [p, g] = [view.real(), grad.impl.real()];
      kernels().sgd({ p, g, buf, first, lr, momentum, dampening, weightDecay, nesterov, maximize });
    });
    this.state.set(p, { momentum_buffer: buffer });
  }

  protected check(g: ParamGroup<Resolved>): void {
    if (!(g.lr >= 0)) this.reject("Invalid learning rate:", g.lr);
    if (!(g.momentum >= 0)) this.reject("Invalid momentum value:", g.momentum);
    if (!(g.weightDecay >= 0)) this.reject("Invalid weight_decay value:", g.weightDecay);
    if (g.nesterov && (g.momentum <= 0 || g.dampening !== 0)) {
      this.reject("Nesterov momentum requires a momentum and zero dampening");
    }
  }

  protected printed(g: ParamGroup<Resolved>): Record<string, unknown> {
    const { lr, momentum, dampening, nesterov, maximize, weightDecay } = g;
    const shared = { differentiable: false, foreach: null, weight_decay: weightDecay };
    return { lr, momentum, dampening, nesterov, maximize, ...shared };
  }
}
