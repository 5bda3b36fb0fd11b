/** Adam, and Adam with decoupled weight decay. */

import { repr } from "../core/index.ts";
import { kernels } from "../kernels/index.ts";
import { type Tensor, zerosLike } from "../tensor/index.ts";
import {
  type CommonOptions,
  Optimizer,
  type Parameters,
  type ParamGroup,
  stepsOf,
  stepTensor,
  withDefaults,
} from "./optimizer.ts";

interface Resolved extends CommonOptions {
  /** β1 and β2, the shares of the moments that stay at each step; [0.9, 0.999] by default. */
  betas: readonly [number, number];
  /** Added to the denominator; 1e-8 by default. */
  eps: number;
  /** The strength of the weight decay; 0 by default, 0.01 for AdamW. */
  weightDecay: number;
  /** Whether the running maximum of v replaces v; false by default. */
  amsgrad: boolean;
  /** Whether to climb instead of descend; false by default. */
  maximize: boolean;
}

/** Options of {@link Adam} and {@link AdamW}; `lr` is 0.001 by default. */
export interface AdamOptions extends Partial<Resolved> {}

const defaults: Resolved = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
};

/**
 * `m = β1 m + (1 − β1) g`, `v = β2 v + (1 − β2) g²`, at step k `p −= lr · m̂ / (√v̂ + eps)` with
 * `m̂ = m / (1 − β1^k)`, `v̂ = v / (1 − β2^k)`. Weight decay adds to g. With `amsgrad` the running
 * maximum of v replaces v.
 *
 * @throws ConfigError when an option makes no sense
 * @see torch.optim.Adam; Kingma and Ba 2015
 * @example
 * const w = torch.tensor([1], { requiresGrad: true });
 * const optimizer = new optim.Adam([w], { lr: 0.1 });
 * w.mul(w).sum().backward();
 * optimizer.step();
 * console.log(w.item().toFixed(4)); // 0.9000
 */
export class Adam extends Optimizer<Resolved> {
  protected readonly decoupled: boolean = false;

  /** Makes an optimizer. @throws ConfigError when an option makes no sense */
  constructor(params: Parameters<Resolved>, options: AdamOptions = {}) {
    super(params, withDefaults(defaults, options));
  }

  protected update(p: Tensor, grad: Tensor, group: ParamGroup<Resolved>): void {
    const state = this.state.get(p) ?? {};
    const step = stepsOf(state) + 1;
    const m = state["exp_avg"] ?? zerosLike(p);
    const v = state["exp_avg_sq"] ?? zerosLike(p);
    const top = group.amsgrad ? (state["max_exp_avg_sq"] ?? zerosLike(p)) : null;
    const { betas, lr, eps, weightDecay, maximize } = group;
    p.update_((view) =>
      kernels().adam({
        p: view.real(),
        g: grad.impl.real(),
        m: m.impl.real(),
        v: v.impl.real(),
        vMax: top?.impl.real() ?? null,
        step,
        lr,
        beta1: betas[0],
        beta2: betas[1],
        eps,
        weightDecay,
        decoupled: this.decoupled,
        maximize,
      }),
    );
    const own = { step: stepTensor(step), exp_avg: m, exp_avg_sq: v };
    this.state.set(p, top === null ? own : { ...own, max_exp_avg_sq: top });
  }

  protected check(g: ParamGroup<Resolved>): void {
    if (!(g.lr >= 0)) this.reject("Invalid learning rate:", g.lr);
    if (!(g.eps >= 0)) this.reject("Invalid epsilon value:", g.eps);
    g.betas.forEach((b, i) => {
      if (b >= 0 && b < 1) return;
      this.reject(`Invalid beta parameter at index ${i}: ${repr(b)}`);
    });
    if (!(g.weightDecay >= 0)) this.reject("Invalid weight_decay value:", g.weightDecay);
  }

  protected printed(g: ParamGroup<Resolved>): Record<string, unknown> {
    const { lr, betas, eps, weightDecay, amsgrad, maximize } = g;
    const shared = { capturable: false, foreach: null, weight_decay: weightDecay };
    const own = this.decoupled ? {} : { differentiable: false, fused: false };
    return { lr, betas, eps, amsgrad, maximize, ...shared, ...own };
  }
}

/**
 * {@link Adam} with weight decay of its own: first `p *= 1 − lr · weightDecay`, by default 0.01.
 *
 * @throws ConfigError when an option makes no sense
 * @see torch.optim.AdamW; Loshchilov and Hutter 2019
 * @example
 * const layer = new nn.Linear(3, 1);
 * const optimizer = new optim.AdamW(layer.parameters(), { lr: 1e-3, weightDecay: 0.1 });
 * layer.forward(torch.ones(2, 3)).sum().backward();
 * optimizer.step();
 */
export class AdamW extends Adam {
  protected override readonly decoupled: boolean = true;

  /** Makes an optimizer. @throws ConfigError when an option makes no sense */
  constructor(params: Parameters<Resolved>, options: AdamOptions = {}) {
    super(params, withDefaults({ weightDecay: 1e-2 }, options));
  }
}
