/**
 * Learning-rate schedules. Each computes the next rate from the current one, as PyTorch does, so that
 * the doubles are the same.
 */

import { warn } from "../core/index.ts";
import { cosine, power } from "./exact-math.ts";
import type { CommonOptions, Optimizer } from "./optimizer.ts";

/** What a schedule knows of a group when it computes its next rate. */
export interface Rate {
  /** The current rate, and the one that the schedule started from. */
  readonly lr: number;
  readonly base: number;
  /** The epoch that begins. */
  readonly t: number;
}

/** The state of a schedule, by PyTorch's names. */
export interface SchedulerState {
  last_epoch: number;
  base_lrs: number[];
  _last_lr: number[];
}

/**
 * The base of the schedules: sets the rate of epoch 0 at once, the next at each {@link step}.
 *
 * @see torch.optim.lr_scheduler.LRScheduler
 */
export abstract class LRScheduler {
  readonly optimizer: Optimizer<CommonOptions>;
  baseLrs: number[];
  lastEpoch = -1;
  readonly #stepsBefore: number;

  constructor(optimizer: Optimizer<CommonOptions>) {
    this.optimizer = optimizer;
    this.#stepsBefore = optimizer.stepCount;
    this.baseLrs = optimizer.paramGroups.map((g) => g.lr);
  }

  /** The rate of epoch t. */
  protected abstract next(rate: Rate): number;

  /** Sets the rates of the next epoch. */
  step(): void {
    if (this.lastEpoch === 0 && this.optimizer.stepCount === this.#stepsBefore) warn(STEP_ORDER);
    this.advance();
  }

  protected advance(): void {
    this.lastEpoch++;
    this.optimizer.paramGroups.forEach((group, i) => {
      group.lr = this.next({ lr: group.lr, base: this.baseLrs[i] as number, t: this.lastEpoch });
    });
  }

  getLastLr(): number[] {
    return this.optimizer.paramGroups.map((g) => g.lr);
  }

  stateDict(): SchedulerState {
    return { last_epoch: this.lastEpoch, base_lrs: [...this.baseLrs], _last_lr: this.getLastLr() };
  }

  loadStateDict(state: SchedulerState): void {
    this.lastEpoch = state.last_epoch;
    this.baseLrs = [...state.base_lrs];
  }
}

const STEP_ORDER =
  "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should " +
  "call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will " +
  "result in PyTorch skipping the first value of the learning rate schedule. See more details at " +
  "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate";

/** Times `gamma` every `stepSize` epochs. @see torch.optim.lr_scheduler.StepLR */
export class StepLR extends LRScheduler {
  readonly stepSize: number;
  readonly gamma: number;

  constructor(optimizer: Optimizer<CommonOptions>, stepSize: number, { gamma = 0.1 } = {}) {
    super(optimizer);
    this.stepSize = stepSize;
    this.gamma = gamma;
    this.advance();
  }

  protected next({ lr, t }: Rate): number {
    return t > 0 && t % this.stepSize === 0 ? lr * this.gamma : lr;
  }
}

/** Times `gamma` at every milestone, as often as it is listed. @see torch.optim.lr_scheduler.MultiStepLR */
export class MultiStepLR extends LRScheduler {
  readonly milestones: readonly number[];
  readonly gamma: number;

  constructor(
    optimizer: Optimizer<CommonOptions>,
    milestones: readonly number[],
    { gamma = 0.1 } = {},
  ) {
    super(optimizer);
    this.milestones = milestones;
    this.gamma = gamma;
    this.advance();
  }

  protected next({ lr, t }: Rate): number {
    return lr * power(this.gamma, this.milestones.filter((m) => m === t).length);
  }
}

/** Times `gamma` every epoch. @see torch.optim.lr_scheduler.ExponentialLR */
export class ExponentialLR extends LRScheduler {
  readonly gamma: number;

  constructor(optimizer: Optimizer<CommonOptions>, gamma: number) {
    super(optimizer);
    this.gamma = gamma;
    this.advance();
  }

  protected next({ lr, t }: Rate): number {
    return t > 0 ? lr * this.gamma : lr;
  }
}

/** The initial rate times `factor(t)`. @see torch.optim.lr_scheduler.LambdaLR */
export class LambdaLR extends LRScheduler {
  readonly factor: (t: number) => number;

  constructor(optimizer: Optimizer<CommonOptions>, factor: (t: number) => number) {
    super(optimizer);
    this.factor = factor;
    this.advance();
  }

  protected next({ base, t }: Rate): number {
    return base * this.factor(t);
  }
}

/** From `startFactor` to `endFactor` of the rate in `totalIters` epochs. @see torch.optim.lr_scheduler.LinearLR */
export class LinearLR extends LRScheduler {
  readonly start: number;
  readonly end: number;
  readonly total: number;

  constructor(
    optimizer: Optimizer<CommonOptions>,
    { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = {},
  ) {
    super(optimizer);
    this.start = startFactor;
    this.end = endFactor;
    this.total = totalIters;
    this.advance();
  }

  protected next({ lr, t }: Rate): number {
    const rise = this.end - this.start;
    if (t === 0) return lr * this.start;
    if (t > this.total) return lr;
    return lr * (1 + rise / (this.total * this.start + (t - 1) * rise));
  }
}

/** Down to `etaMin` in `tMax` epochs along half a cosine. @see torch.optim.lr_scheduler.CosineAnnealingLR */
export class CosineAnnealingLR extends LRScheduler {
  readonly tMax: number;
  readonly etaMin: number;

  constructor(optimizer: Optimizer<CommonOptions>, tMax: number, { etaMin = 0 } = {}) {
    super(optimizer);
    this.tMax = tMax;
    this.etaMin = etaMin;
    this.advance();
  }

  protected next({ lr, base, t }: Rate): number {
    const { tMax, etaMin } = this;
    if (t === 0) return lr;
    if ((t - 1 - tMax) % (2 * tMax) === 0) {
      return lr + ((base - etaMin) * (1 - cosine(Math.PI / tMax))) / 2;
    }
    const now = 1 + cosine((Math.PI * t) / tMax);
    const before = 1 + cosine((Math.PI * (t - 1)) / tMax);
    return (now / before) * (lr - etaMin) + etaMin;
  }
}
