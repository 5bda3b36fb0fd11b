/** A language model with its vocabulary, and its score on a text. */

import { ConfigError } from "../core/index.ts";
import { countCharacters, splitText } from "../data/index.ts";
import { sha256 } from "../io/index.ts";
import type { Tokenizer } from "../text/index.ts";
import type { TrainingConfig } from "./config.ts";
import type { TextRecord } from "./corpus.ts";
import { bitsPerCharacter, type EvaluateOptions, evaluate, type Score } from "./evaluate.ts";
import type { LanguageModel } from "./model.ts";

/** A language model with its vocabulary and its history. */
export interface TrainedModel {
  /** The network. */
  readonly model: LanguageModel;
  /** The vocabulary. */
  readonly tokenizer: Tokenizer;
  /** The options of its training. */
  readonly training: TrainingConfig;
  /** The identity of the text that it was trained on. */
  readonly text: TextRecord;
  /** Steps of training until these parameters. */
  readonly step: number;
  /** Nats per token on the held-out part; null before the first validation. */
  readonly valLoss: number | null;
}

/** The score of a text. */
export interface TextScore extends Score {
  /** Bits for each character of the text. */
  readonly bitsPerCharacter: number;
  /** Characters or words of the text that the vocabulary lacks, each once. */
  readonly unknown: readonly string[];
}

/** Options of {@link evaluateText}. */
export interface EvaluateTextOptions extends EvaluateOptions {
  /** `all` of the text (default), or `valid`, the held-out part of the training text. */
  readonly split?: "all" | "valid" | undefined;
  /** The text's name in errors, such as its file. */
  readonly textName?: string | undefined;
}

/**
 * Scores how well a model predicts a text.
 *
 * @throws ConfigError when `split` is `valid` and the text is not the one that it was trained on,
 *   or when the text has fewer than two tokens
 * @example
 * import { evaluateText, train } from "saiki/lm";
 * const sizes = { hidden: 8, embedding: 4, batch: 2, length: 8, epochs: 1 };
 * const trained = await train("to be or not to be. ".repeat(10), sizes);
 * const { tokens, unknown } = await evaluateText(trained, "to bee, or");
 * console.log(tokens, unknown); // 9 [ ',' ]
 */
export async function evaluateText(
  trained: TrainedModel,
  text: string,
  { split = "all", textName = "evaluateText", ...options }: EvaluateTextOptions = {},
): Promise<TextScore> {
  const { model, tokenizer } = trained;
  const scored = split === "valid" ? heldOut(trained, text, textName) : text;
  const tokens = tokenizer.encode(scored);
  if (tokens.length < 2) {
    const leaves = tokens.length === 1 ? "one token leaves" : "an empty text leaves";
    throw new ConfigError(textName, `${leaves} nothing to predict`, "Give a longer text");
  }
  const score = await evaluate(model, tokens, options);
  const bits = bitsPerCharacter(score, tokenizer.kind, countCharacters(scored));
  return { ...score, bitsPerCharacter: bits, unknown: tokenizer.unknown(scored) };
}

function heldOut({ training, text: record }: TrainedModel, text: string, op: string): string {
  if (sha256(new TextEncoder().encode(text)) !== record.sha256) {
    const said =
      "this is not the text that the model was trained on, so its held-out part is unknown";
    throw new ConfigError(op, said, "Give that text, or score all of this one");
  }
  return splitText(text, training.validFraction, training.tokens).valid;
}
