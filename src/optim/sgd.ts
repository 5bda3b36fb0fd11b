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
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
  maximize: boolean;
}

export interface SGDOptions extends Partial<Resolved> {
  readonly lr: number;
}

/**
 * `g += weightDecay · p`; `buf = momentum · buf + (1 − dampening) · g`, at first `buf = g`;
 * `p −= lr · buf`, with Nesterov's form `p −= lr · (g + momentum · buf)`.
 *
 * @see torch.optim.SGD
 * @example
 * const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 * loss.backward();
 * optimizer.step();
 */
export class SGD extends Optimizer<Resolved> {
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
