/** Trains a language model on a text, from the first step or from an interruption. */

import { TrainingError } from "../core/index.ts";
import type { ModelStore } from "../io/index.ts";
import { bigramLoss } from "./baseline.ts";
import { checkOptions, evaluationInterval, type LmConfig, type LmOptions } from "./config.ts";
import { bitsPerCharacter, evaluate } from "./evaluate.ts";
import type { Checkpoints } from "./generations.ts";
import { Pace } from "./pace.ts";
import { begin, current, type StartHooks } from "./run-start.ts";
import type { TrainedModel } from "./trained-model.ts";
import type { TrainingRun } from "./training-run.ts";

/** The events of a run, in order. Losses are nats per token. */
export type TrainEvent =
  | {
      /** The beginning. */
      readonly event: "start";
      /** All options, resolved. */
      readonly config: LmConfig;
      /** V, the number of tokens that the model knows. */
      readonly vocabulary: number;
      /** The number of learned values. */
      readonly parameters: number;
      /** Tokens of the training part. */
      readonly trainTokens: number;
      /** Tokens of the part held out. */
      readonly validTokens: number;
      /** The validation loss of counted bigrams, which know only the last token. */
      readonly bigramLoss: number;
      /** Steps that an interrupted run has done. */
      readonly step: number;
      /** Steps of the whole run. */
      readonly steps: number;
    }
  | {
      /** A step of training, which takes one window. */
      readonly event: "step";
      /** Steps done, from 1. */
      readonly step: number;
      /** Passes over the training part, with the share of the current one. */
      readonly epoch: number;
      /** The loss on the window before the step, nats per token. */
      readonly loss: number;
      /** The norm of the gradient before it was clipped. */
      readonly gradNorm: number;
      /** Tokens of the window. */
      readonly tokens: number;
    }
  | {
      /** A validation on the part held out. */
      readonly event: "valid";
      /** Steps done. */
      readonly step: number;
      /** Passes over the training part, with the share of the current one. */
      readonly epoch: number;
      /** The mean over the windows since the validation before, nats per token. */
      readonly trainLoss: number;
      /** The loss on the part held out, nats per token. */
      readonly valLoss: number;
      /** `exp(valLoss)`. */
      readonly perplexity: number;
      /** Bits for each character of the part held out. */
      readonly bitsPerCharacter: number;
      /** Whether this is the lowest validation loss so far. */
      readonly best: boolean;
    }
  | {
      /** The end; `stopped` when the signal came before the last step. */
      readonly event: "done" | "stopped";
      /** The loss of the last validation; null when there was none. */
      readonly valLoss: number | null;
      /** The lowest validation loss; null when there was no validation. */
      readonly bestValLoss: number | null;
      /** Steps done. */
      readonly step: number;
    };

/** The surroundings of a run: its store, its signal, its listener. */
export interface TrainHooks extends StartHooks {
  /** Saves and ends training after the current step. */
  readonly signal?: AbortSignal | undefined;
  /** Called with every event and awaited; `current` is the model at that moment. */
  readonly onEvent?:
    | ((event: TrainEvent, current: TrainedModel) => void | Promise<void>)
    | undefined;
}

/** The model after the last step, and how the run ended. */
export interface TrainResult extends TrainedModel {
  /** The lowest validation loss, nats per token; null when there was no validation. */
  readonly bestValLoss: number | null;
  /** Whether the run reached its last step. */
  readonly finished: boolean;
}

/**
 * Trains a model, validates it at intervals and stores the best.
 *
 * Yields to the event loop every 50 ms or so; the result depends only on text and options.
 *
 * @returns the model after the last step
 * @throws ConfigError on wrong options or a text that is too short
 * @throws TrainingError when the loss stops being a number; the store keeps the best model
 * @throws CheckpointError when the store has a model already, or cannot be written
 * @example
 * import { train } from "saiki/lm";
 * const text = "to be or not to be. ".repeat(10);
 * const sizes = { hidden: 8, embedding: 4, batch: 2, length: 8 };
 * const { model, finished } = await train(text, { ...sizes, cell: "gru", epochs: 2 });
 * console.log(finished, model.parameterCount); // true 453
 */
export async function train(
  text: string,
  options: LmOptions = {},
  hooks: TrainHooks = {},
): Promise<TrainResult> {
  const asked = checkOptions(options);
  const release = await hooks.store?.lock?.();
  try {
    const { run, checkpoints } = await begin(text, asked, hooks);
    return await learn(run, checkpoints, hooks).catch(async (error) => {
      await checkpoints?.abandon().catch(() => {}); // the first error is the one to tell
      throw error instanceof TrainingError ? withCheckpointHint(error, run, hooks.store) : error;
    });
  } finally {
    await release?.();
  }
}

async function learn(
  run: TrainingRun,
  checkpoints: Checkpoints | null,
  { signal, onEvent }: TrainHooks,
): Promise<TrainResult> {
  const emit = async (event: TrainEvent) => onEvent?.(event, current(run));
  if (onEvent) await emit(startEvent(run));
  const pace = new Pace();
  const interval = evaluationInterval(run.training, run.total);
  while (!run.done && !signal?.aborted) {
    const { loss, gradNorm } = run.advance();
    const tokens = stepTokens(run);
    run.recent.sum += loss * tokens;
    run.recent.tokens += tokens;
    await emit({ event: "step", step: run.step, epoch: run.epoch, loss, gradNorm, tokens });
    await pace.yieldToEventLoop();
    if (run.step % interval !== 0 && !run.done) continue;
    await emit(await validate(run, checkpoints));
  }
  // Before the first validation no model is better than this one.
  if (!run.done) await checkpoints?.save(run, run.validations.length > 0 ? null : current(run));
  const { valLoss } = current(run);
  const bestValLoss = run.validations.length > 0 ? run.bestValLoss : null;
  const finished = run.done;
  await emit({ event: finished ? "done" : "stopped", valLoss, bestValLoss, step: run.step });
  run.model.eval();
  return { ...current(run), bestValLoss, finished };
}

function startEvent(run: TrainingRun): TrainEvent {
  const { train, valid, tokenizer } = run.corpus;
  return {
    event: "start",
    config: run.config,
    vocabulary: tokenizer.size,
    parameters: run.model.parameterCount,
    trainTokens: train.tokens.length,
    validTokens: valid.tokens.length,
    bigramLoss: bigramLoss(train.tokens, valid.tokens, tokenizer.size),
    step: run.step,
    steps: run.total,
  };
}

// ---- steps and validations ----

function stepTokens({ step, windows }: TrainingRun): number {
  const start = ((step - 1) % windows.count) * windows.length;
  return Math.min(windows.length, windows.steps - start) * windows.batch;
}

async function validate(run: TrainingRun, checkpoints: Checkpoints | null): Promise<TrainEvent> {
  const trainLoss = run.recent.sum / run.recent.tokens;
  const { step, epoch, corpus } = run;
  const score = await evaluate(run.model, corpus.valid.tokens);
  const { loss: valLoss, perplexity } = score;
  if (!Number.isFinite(valLoss)) {
    const said = `the validation loss is not a number at step ${step}`;
    throw new TrainingError("train", said, `Use a smaller learning rate than ${run.config.lr}`);
  }
  const best = !(valLoss >= run.bestValLoss);
  Object.assign(run.recent, { sum: 0, tokens: 0 });
  run.validations.push({ step, trainLoss, valLoss });
  await checkpoints?.save(run, best ? current(run) : null);
  const bits = bitsPerCharacter(score, corpus.tokenizer.kind, corpus.valid.characters);
  const scores = { valLoss, perplexity, bitsPerCharacter: bits, best };
  return { event: "valid", step, epoch, trainLoss, ...scores };
}

function withCheckpointHint(
  error: TrainingError,
  run: TrainingRun,
  store?: ModelStore,
): TrainingError {
  const best = run.validations.find((v) => v.valLoss === run.bestValLoss);
  const kept =
    best === undefined
      ? "no model was good enough to keep before that"
      : `the model of step ${best.step} is kept${store ? ` in ${store.name}` : ""}`;
  return new TrainingError(error.op, `${error.sentence}; ${kept}`, error.fix);
}
