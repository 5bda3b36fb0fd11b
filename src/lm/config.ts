/** The options of a language model and of its training, their defaults and ranges. */

import * as v from "valibot";
import { number, type OptionWording, oneOf, readOptions, whole } from "./options.ts";

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
  cell: v.optional(oneOf(cells), "rnn"),
  embedding: v.optional(count, 64),
  hidden: v.optional(count, 256),
  layers: v.optional(count, 1),
  dropout: v.optional(share, 0),
  inputDropout: v.optional(share, 0),
};

/** The options that decide what it learns from, and how. */
const trainingEntries = {
  tokens: v.optional(oneOf(tokenKinds), "char"),
  maxVocabulary: v.optional(whole(3), 10_000),
  validFraction: v.optional(
    number("a number above 0, at most 0.5", (x) => x > 0 && x <= 0.5),
    0.1,
  ),
  batch: v.optional(count, 32),
  length: v.optional(count, 64),
  lr: v.optional(
    number("a number above 0", (x) => x > 0),
    2e-3,
  ),
  clip: v.optional(
    number("a number from 0", (x) => x >= 0),
    1,
  ),
  epochs: v.optional(count, 8),
  steps: v.optional(v.nullable(count), null),
  evalEvery: v.optional(v.nullable(count), null),
  seed: v.optional(whole(0, 2 ** 32 - 1), 1),
};

const optionsSchema = v.object({ ...modelEntries, ...trainingEntries });

/** The sizes of a model, as its file holds them. */
export const modelConfigSchema = v.object({
  cell: oneOf(cells),
  vocabulary: count,
  embedding: count,
  hidden: count,
  layers: count,
  dropout: share,
  inputDropout: v.optional(share, 0),
});
/** The options of training, as a model's file holds them. */
export const trainingConfigSchema = v.required(v.object(trainingEntries));

/**
 * The sizes of a model: its kind, V = `vocabulary`, E = `embedding`, H = `hidden`, L = `layers`.
 */
export type ModelConfig = Readonly<v.InferOutput<typeof modelConfigSchema>>;
/** The options of training, resolved. */
export type TrainingConfig = Readonly<v.InferOutput<typeof trainingConfigSchema>>;
/** All options, resolved. */
export type LmConfig = Readonly<v.InferOutput<typeof optionsSchema>>;

/**
 * Options as a user gives them; what is missing takes its default.
 *
 * - `cell`: `rnn` (default), `rnn-relu`, `lstm`, `gru`, or `bigram`, the context-free model
 * - `tokens`: `char` (default) or `word`
 * - `maxVocabulary` 10,000: the most words that are told apart; rarer ones are `<unk>`
 * - `embedding` 64, `hidden` 256, `layers` 1: sizes
 * - `dropout` 0: share of activations dropped between layers and before the projection;
 *   `inputDropout` 0: of the embedding's, where words have many neighbours and characters have none
 * - `batch` 32 streams, `length` 64 steps: the size of a window
 * - `lr` 0.002: Adam's step, decaying to 0 along a half cosine; `clip` 1: the largest norm of the
 *   gradient (0: any)
 * - `epochs` 8: passes over the training part; `steps`: the number of windows instead
 * - `evalEvery`: windows between validations; a twentieth of the run where it is missing
 * - `validFraction` 0.1: the share of the text, at its end, that is held out
 * - `seed` 1: where the random numbers start
 */
export type LmOptions = { readonly [K in keyof LmConfig]?: LmConfig[K] | undefined };

/** The names of all options. */
export const optionNames = Object.keys(optionsSchema.entries) as (keyof LmConfig)[];

/**
 * Fills in defaults and checks names and ranges.
 *
 * @throws ConfigError that names the first wrong option
 * @example
 * import { resolveConfig } from "saiki/lm";
 * console.log(resolveConfig({ hidden: 128 }).embedding); // 64
 */
export function resolveConfig(
  options: LmOptions = {},
  wording: OptionWording = { op: "train", nameOf: (option) => option },
): LmConfig {
  return readOptions(optionsSchema, options, wording);
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
  return v.parse(modelConfigSchema, { ...config, vocabulary });
}

/** The part of the options that concerns training. */
export function trainingConfig(config: LmConfig): TrainingConfig {
  return v.parse(trainingConfigSchema, config);
}
