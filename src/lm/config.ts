/** The options of a language model and of its training, their defaults and ranges. */

import * as v from "valibot";
import { number, oneOf, readOptions, whole } from "./options.ts";

/** Kinds of models: `bigram` sees one token, the others all tokens so far. */
export const cells = ["bigram", "rnn", "rnn-relu", "lstm", "gru"] as const;
/** Kinds of tokens: characters or words. */
export const tokenKinds = ["char", "word"] as const;

/** A kind of model. */
export type Cell = (typeof cells)[number];
/** A kind of token. */
export type TokenKind = (typeof tokenKinds)[number];

const count = whole(1);
const share = number("a number from 0 to below 1", (x) => x >= 0 && x < 1);

/** The options that decide the parameters of a model. */
const modelEntries = {
  cell: oneOf(cells),
  embedding: count,
  hidden: count,
  layers: count,
  dropout: share,
  inputDropout: share,
};

/** The options of the text and of training. */
const trainingEntries = {
  tokens: oneOf(tokenKinds),
  maxVocabulary: whole(3),
  validFraction: number("a number above 0, at most 0.5", (x) => x > 0 && x <= 0.5),
  batch: count,
  length: count,
  lr: number("a number above 0", (x) => x > 0),
  clip: number("a number from 0", (x) => x >= 0),
  epochs: count,
  steps: v.nullable(count),
  evalEvery: v.nullable(count),
  seed: whole(0, 2 ** 32 - 1),
};

const optionsSchema = v.partial(v.object({ ...modelEntries, ...trainingEntries }));

/** The sizes of a model, as in its file. */
export const modelConfigSchema = v.strictObject({
  ...{ cell: modelEntries.cell, vocabulary: count },
  ...modelEntries,
  inputDropout: v.optional(share, 0), // older files lack it
});
/** The options of training, as in a model's file. */
export const trainingConfigSchema = v.strictObject(trainingEntries);

/**
 * The sizes of a model: its kind, V = `vocabulary`, E = `embedding`, H = `hidden`, L = `layers`.
 */
export interface ModelConfig {
  /** The kind of model. */
  readonly cell: Cell;
  /** V: the number of tokens. */
  readonly vocabulary: number;
  /** E: features of a token. */
  readonly embedding: number;
  /** H: features of a hidden state. */
  readonly hidden: number;
  /** L: recurrent layers. */
  readonly layers: number;
  /** The share of activations dropped between layers and before the projection. */
  readonly dropout: number;
  /** The share of the embedding's activations dropped. */
  readonly inputDropout: number;
}
/** The options of training, resolved. */
export interface TrainingConfig {
  /** The kind of token. */
  readonly tokens: TokenKind;
  /** The largest vocabulary of words. */
  readonly maxVocabulary: number;
  /** The share of the text, at its end, that is held out. */
  readonly validFraction: number;
  /** B: streams of a window. */
  readonly batch: number;
  /** T: steps of a window. */
  readonly length: number;
  /** Adam's first step. */
  readonly lr: number;
  /** The largest norm of the gradient; 0 allows any. */
  readonly clip: number;
  /** Passes over the training part. */
  readonly epochs: number;
  /** Windows in all, in place of epochs. */
  readonly steps: number | null;
  /** Windows between validations; null: a twentieth of the run. */
  readonly evalEvery: number | null;
  /** The seed of the random numbers. */
  readonly seed: number;
}
/** All options, resolved. */
export interface LmConfig extends Omit<ModelConfig, "vocabulary">, TrainingConfig {}

/**
 * Options as a user gives them; a missing one takes its default.
 *
 * - `cell`: `rnn` (default), `rnn-relu`, `lstm`, `gru`, or `bigram`, the context-free model
 * - `tokens`: `char` (default) or `word`
 * - `maxVocabulary` 10,000: the largest vocabulary of words; rarer words are `<unk>`
 * - `embedding` 64, `hidden` 256, `layers` 1: sizes
 * - `dropout` 0: share of activations dropped between layers and before the projection;
 *   `inputDropout` 0: share of the embedding's activations dropped, useful for words
 * - `batch` 32 streams, `length` 64 steps: the size of a window
 * - `lr` 0.002: Adam's step, decaying to 0 along a half cosine; `clip` 1: the largest norm of the
 *   gradient (0: any)
 * - `epochs` 8: passes over the training part; `steps`: the number of windows instead
 * - `evalEvery`: windows between validations; by default a twentieth of the run
 * - `validFraction` 0.1: the share of the text, at its end, that is held out
 * - `seed` 1: the seed of the random numbers
 */
export type LmOptions = { readonly [K in keyof LmConfig]?: LmConfig[K] | undefined };

const defaults: LmConfig = {
  ...{ cell: "rnn", embedding: 64, hidden: 256, layers: 1, dropout: 0, inputDropout: 0 },
  ...{ tokens: "char", maxVocabulary: 10_000, validFraction: 0.1, batch: 32, length: 64 },
  ...{ lr: 2e-3, clip: 1, epochs: 8, steps: null, evalEvery: null, seed: 1 },
};

/** The names of all options. */
export const optionNames = Object.keys(optionsSchema.entries) as (keyof LmConfig)[];

/**
 * Checks names and ranges of the options that are given.
 *
 * @returns the options that are not undefined; `train` and {@link resolveConfig} do not check them
 *   again
 * @throws ConfigError that names the first wrong option
 */
export function checkOptions(options: LmOptions): LmOptions {
  return readOptions("train", optionsSchema, options);
}

/**
 * Fills in defaults and checks names and ranges.
 *
 * @throws ConfigError that names the first wrong option
 * @example
 * import { resolveConfig } from "saiki/lm";
 * console.log(resolveConfig({ hidden: 128 }).embedding); // 64
 */
export function resolveConfig(options: LmOptions = {}): LmConfig {
  return { ...defaults, ...(checkOptions(options) as Partial<LmConfig>) };
}

/** The number of windows that training takes when an epoch has `windows` of them. */
export function totalSteps({ steps, epochs }: TrainingConfig, windows: number): number {
  return steps ?? epochs * windows;
}

/** The number of windows between validations in a run of `total`. */
export function evaluationInterval({ evalEvery }: TrainingConfig, total: number): number {
  return evalEvery ?? Math.ceil(total / 20);
}

/** Adam's learning rate at window `step` of `total`: `lr · ½ (1 + cos(π · step / total))`. */
export function learningRate({ lr }: TrainingConfig, step: number, total: number): number {
  return lr * 0.5 * (1 + Math.cos((Math.PI * step) / total));
}

/** The sizes that the options give a model over `vocabulary` tokens. */
export function modelConfig(config: LmConfig, vocabulary: number): ModelConfig {
  const { cell, embedding, hidden, layers, dropout, inputDropout } = config;
  return { cell, vocabulary, embedding, hidden, layers, dropout, inputDropout };
}

/** The part of the options that concerns training. */
export function trainingConfig(config: LmConfig): TrainingConfig {
  const names = Object.keys(trainingEntries) as (keyof TrainingConfig)[];
  return Object.fromEntries(names.map((name) => [name, config[name]])) as unknown as TrainingConfig;
}
