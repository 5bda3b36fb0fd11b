/** One training run: its parts, and one step of it. */

import { TrainingError } from "../core/index.ts";
import { BpttWindows } from "../data/index.ts";
import { utils } from "../nn/index.ts";
import { Adam } from "../optim/index.ts";
import {
  type LmConfig,
  learningRate,
  type ModelConfig,
  modelConfig,
  type TrainingConfig,
  totalSteps,
  trainingConfig,
} from "./config.ts";
import type { Corpus } from "./corpus.ts";
import { detachState, LanguageModel, type LmState } from "./model.ts";
import { PrivateRandom } from "./private-random.ts";

/** A validation: its step and its losses. */
export interface Validation {
  /** Steps done. */
  readonly step: number;
  /** Mean over the windows since the last validation, nats per token. */
  readonly trainLoss: number;
  /** The loss on the part held out, nats per token. */
  readonly valLoss: number;
}

/** Losses since a validation, each times the tokens of its window. */
export interface RecentLoss {
  /** Nats. */
  sum: number;
  /** Tokens. */
  tokens: number;
}

/**
 * Truncated back-propagation through time with Adam: every step takes one window of all streams,
 * carries the state of the window before without its history, clips the gradient and moves the
 * parameters; the learning rate decays along a half cosine.
 *
 * @see {@link train}, which validates and saves too; Williams and Peng 1990
 * @example
 * import { prepareCorpus, resolveConfig, TrainingRun } from "saiki/lm";
 * const config = resolveConfig({ hidden: 8, embedding: 4, batch: 2, length: 8, epochs: 1 });
 * const run = new TrainingRun(config, prepareCorpus("to be or not to be. ".repeat(10), config));
 * while (!run.done) run.advance();
 * console.log(run.step, run.epoch); // 12 1
 */
export class TrainingRun {
  /** All options, resolved. */
  readonly config: LmConfig;
  /** The sizes of the model. */
  readonly modelConfig: ModelConfig;
  /** The options of training. */
  readonly training: TrainingConfig;
  /** The text, split in two and encoded. */
  readonly corpus: Corpus;
  /** The model that learns. */
  readonly model: LanguageModel;
  /** The optimizer of its parameters. */
  readonly optimizer: Adam;
  /** The run's own stream of random numbers. */
  readonly random: PrivateRandom;
  /** The windows of the training part. */
  readonly windows: BpttWindows;
  /** Steps of the whole run. */
  readonly total: number;
  /** Steps done. */
  step = 0;
  /** The state after the last step's window; null at the start of an epoch. */
  state: LmState | null = null;
  /** Losses of the windows since the last validation, times their tokens; `train` adds to them. */
  readonly recent: RecentLoss = { sum: 0, tokens: 0 };
  /** The validations so far; `train` adds to them. */
  readonly validations: Validation[] = [];

  /**
   * Makes a model, its optimizer and its windows.
   *
   * @throws ConfigError when the training part is too short for the batch
   */
  constructor(config: LmConfig, corpus: Corpus) {
    this.config = config;
    this.corpus = corpus;
    this.modelConfig = modelConfig(config, corpus.tokenizer.size);
    this.training = trainingConfig(config);
    this.random = new PrivateRandom(config.seed);
    this.model = this.random.run(() => new LanguageModel(this.modelConfig));
    this.optimizer = new Adam(this.model.parameters(), { lr: config.lr });
    this.windows = new BpttWindows(corpus.train.tokens, config);
    this.total = totalSteps(this.training, this.windows.count);
  }

  /** Whether all steps are done. */
  get done(): boolean {
    return this.step >= this.total;
  }

  /** Passes over the training part, with the share of the current one. */
  get epoch(): number {
    return this.step / this.windows.count;
  }

  /** The lowest validation loss so far. */
  get bestValLoss(): number {
    return Math.min(...this.validations.map((v) => v.valLoss));
  }

  /**
   * Runs one step.
   *
   * @returns the loss on the window before the step, and the norm of its gradient before it was
   *   clipped
   * @throws TrainingError when either is not finite; the parameters are then unchanged
   */
  advance(): { loss: number; gradNorm: number } {
    const window = this.windows.at(this.step % this.windows.count);
    const before = window.start === 0 ? null : this.state;
    const { loss, state } = this.random.run(() =>
      this.model.loss(window.inputs, window.targets, before),
    );
    const value = loss.item();
    if (!Number.isFinite(value)) throw this.diverged("loss", value);
    this.optimizer.zeroGrad();
    loss.backward();
    const { clip } = this.config;
    const limit = clip > 0 ? clip : Number.POSITIVE_INFINITY;
    const gradNorm = utils.clipGradNorm_(this.model.parameters(), limit).item();
    if (!Number.isFinite(gradNorm)) throw this.diverged("gradient", gradNorm);
    for (const group of this.optimizer.paramGroups) {
      group.lr = learningRate(this.config, this.step, this.total);
    }
    this.optimizer.step();
    this.state = detachState(state);
    this.step++;
    return { loss: value, gradNorm };
  }

  private diverged(what: string, got: number): TrainingError {
    const { lr, clip } = this.config;
    const became = `${Number.isNaN(got) ? "NaN" : "infinite"} at step ${this.step + 1}`;
    const fix = `Use a smaller learning rate than ${lr}, or a smaller clip than ${clip}`;
    return new TrainingError("train", `the ${what} became ${became}`, fix);
  }
}
