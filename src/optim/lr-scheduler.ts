/**
 * Learning-rate schedules. Each computes the next rate from the current one, as PyTorch does, which
 * gives the same doubles.
 */

import { warn } from "../core/index.ts";
import { cosine, power } from "./exact-math.ts";
import type { CommonOptions, Optimizer } from "./optimizer.ts";

/** A group's rate and the epoch, from which a schedule computes the next rate. */
export interface Rate {
  /** The current rate. */
  readonly lr: number;
  /** The rate that the schedule started from. */
  readonly base: number;
  /** The epoch that begins. */
  readonly t: number;
}

/** The state of a schedule, by PyTorch's names. */
export interface SchedulerState {
  /** The epoch, from 0. */
  last_epoch: number;
  /** The rates that the schedule started from, one for each group. */
  base_lrs: number[];
  /** The rates of this epoch, one for each group. */
  _last_lr: number[];
}

/**
 * The base of the schedules: sets the rate of epoch 0 at once, the next at each {@link step}.
 *
 * @see torch.optim.lr_scheduler.LRScheduler
 */
export abstract class LRScheduler {
  /** The optimizer whose rates are set. */
  readonly optimizer: Optimizer<CommonOptions>;
  /** The rates that the schedule started from, one for each group. */
  baseLrs: number[];
  /** The epoch, from 0. */
  lastEpoch = -1;
  readonly #stepsBefore: number;

  /** Starts a schedule from the optimizer's rates. */
  constructor(optimizer: Optimizer<CommonOptions>) {
    this.optimizer = optimizer;
    this.#stepsBefore = optimizer.stepCount;
    this.baseLrs = optimizer.paramGroups.map((g) => g.lr);
  }

  /** The rate of epoch t. */
  protected abstract next(rate: Rate): number;

  /**
   * Sets the rates of the next epoch; warns when the optimizer has not stepped before.
   *
   * @see torch.optim.lr_scheduler.LRScheduler.step
   */
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

  /**
   * The rates of this epoch, one for each group.
   *
   * @see torch.optim.lr_scheduler.LRScheduler.get_last_lr
   */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map((g) => g.lr);
  }

  /** The schedule's state. @see torch.optim.lr_scheduler.LRScheduler.state_dict */
  stateDict(): SchedulerState {
    return { last_epoch: this.lastEpoch, base_lrs: [...this.baseLrs], _last_lr: this.getLastLr() };
  }

  /**
   * Continues from a schedule's state. The optimizer has a state dict of its own, with the rates.
   *
   * @see torch.optim.lr_scheduler.LRScheduler.load_state_dict
   */
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

/**
 * Multiplies the rate by `gamma` every `stepSize` epochs.
 *
 * @see torch.optim.lr_scheduler.StepLR
 * @example
 * const optimizer = new optim.SGD([torch.zeros(1)], { lr: 1 });
 * const schedule = new optim.lrScheduler.StepLR(optimizer, 2, { gamma: 0.5 });
 * const rates = [];
 * for (let epoch = 0; epoch < 5; epoch++) {
 *   rates.push(...schedule.getLastLr());
 *   optimizer.step();
 *   schedule.step();
 * }
 * console.log(rates); // [ 1, 1, 0.5, 0.5, 0.25 ]
 */
export class StepLR extends LRScheduler {
  /** The number of epochs with one rate. */
  readonly stepSize: number;
  /** The factor; 0.1 by default. */
  readonly gamma: number;

  /**
   * Starts a schedule.
   *
   * @param options.gamma the factor; 0.1 by default
   */
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

/**
 * Multiplies the rate by `gamma` at every milestone, as often as it is listed.
 *
 * @see torch.optim.lr_scheduler.MultiStepLR
 * @example
 * const optimizer = new optim.SGD([torch.zeros(1)], { lr: 1 });
 * const schedule = new optim.lrScheduler.MultiStepLR(optimizer, [1, 2], { gamma: 0.5 });
 * for (let epoch = 0; epoch < 3; epoch++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * console.log(schedule.getLastLr()); // [ 0.25 ]
 */
export class MultiStepLR extends LRScheduler {
  /** The epochs at which the rate changes. */
  readonly milestones: readonly number[];
  /** The factor; 0.1 by default. */
  readonly gamma: number;

  /**
   * Starts a schedule.
   *
   * @param milestones epochs, from 0
   * @param options.gamma the factor; 0.1 by default
   */
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

/**
 * Multiplies the rate by `gamma` every epoch.
 *
 * @see torch.optim.lr_scheduler.ExponentialLR
 * @example
 * const optimizer = new optim.SGD([torch.zeros(1)], { lr: 1 });
 * const schedule = new optim.lrScheduler.ExponentialLR(optimizer, 0.5);
 * optimizer.step();
 * schedule.step();
 * console.log(schedule.getLastLr()); // [ 0.5 ]
 */
export class ExponentialLR extends LRScheduler {
  /** The factor. */
  readonly gamma: number;

  /** Starts a schedule with the factor `gamma`. */
  constructor(optimizer: Optimizer<CommonOptions>, gamma: number) {
    super(optimizer);
    this.gamma = gamma;
    this.advance();
  }

  protected next({ lr, t }: Rate): number {
    return t > 0 ? lr * this.gamma : lr;
  }
}

/**
 * Sets the rate to the initial one times `factor(t)`.
 *
 * @see torch.optim.lr_scheduler.LambdaLR
 * @example
 * const optimizer = new optim.SGD([torch.zeros(1)], { lr: 1 });
 * const schedule = new optim.lrScheduler.LambdaLR(optimizer, (t) => 1 / (t + 1));
 * optimizer.step();
 * schedule.step();
 * console.log(schedule.getLastLr()); // [ 0.5 ]
 */
export class LambdaLR extends LRScheduler {
  /** The factor of epoch t. */
  readonly factor: (t: number) => number;

  /** Starts a schedule; `factor` takes the epoch, from 0. */
  constructor(optimizer: Optimizer<CommonOptions>, factor: (t: number) => number) {
    super(optimizer);
    this.factor = factor;
    this.advance();
  }

  protected next({ base, t }: Rate): number {
    return base * this.factor(t);
  }
}

/**
 * Moves the rate from `startFactor` to `endFactor` times the initial one in `totalIters` epochs.
 *
 * @see torch.optim.lr_scheduler.LinearLR
 * @example
 * const optimizer = new optim.SGD([torch.zeros(1)], { lr: 1 });
 * const schedule = new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 });
 * optimizer.step();
 * schedule.step();
 * console.log(schedule.getLastLr()); // [ 0.75 ]
 */
export class LinearLR extends LRScheduler {
  /** The factor of epoch 0; 1/3 by default. */
  readonly start: number;
  /** The factor from epoch `total` on; 1 by default. */
  readonly end: number;
  /** The number of epochs from one to the other; 5 by default. */
  readonly total: number;

  /**
   * Starts a schedule.
   *
   * @param options.startFactor the factor of epoch 0; 1/3 by default
   * @param options.endFactor the factor at the end; 1 by default
   * @param options.totalIters the number of epochs from one to the other; 5 by default
   */
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

/**
 * Moves the rate down to `etaMin` in `tMax` epochs along half a cosine, and up again in as many.
 *
 * @see torch.optim.lr_scheduler.CosineAnnealingLR; Loshchilov and Hutter 2017
 * @example
 * const optimizer = new optim.SGD([torch.zeros(1)], { lr: 1 });
 * const schedule = new optim.lrScheduler.CosineAnnealingLR(optimizer, 2);
 * for (let epoch = 0; epoch < 2; epoch++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * console.log(schedule.getLastLr()); // [ 0 ]
 */
export class CosineAnnealingLR extends LRScheduler {
  /** The number of epochs down. */
  readonly tMax: number;
  /** The least rate; 0 by default. */
  readonly etaMin: number;

  /**
   * Starts a schedule.
   *
   * @param options.etaMin the least rate; 0 by default
   */
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
