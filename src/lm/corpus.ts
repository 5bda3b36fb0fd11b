/** A text prepared for training: split in two, and both parts as tokens. */

import { ConfigError } from "../core/index.ts";
import { countCharacters, splitText } from "../data/index.ts";
import { sha256 } from "../io/index.ts";
import { CharTokenizer, type Tokenizer, WordTokenizer } from "../text/index.ts";
import type { TrainingConfig } from "./config.ts";

/** The identity of a text and of its split. */
export interface TextRecord {
  /** Characters (code points) of the whole text. */
  readonly characters: number;
  /** Characters (code points) of the training part. */
  readonly trainCharacters: number;
  /** SHA-256 of the text as UTF-8. */
  readonly sha256: string;
}

/** A part of a text. */
export interface Part {
  /** The ids (N) of its tokens. */
  readonly tokens: Int32Array;
  /** Its characters (code points). */
  readonly characters: number;
}

/** A text prepared for training. */
export interface Corpus {
  /** The vocabulary, from the training part alone. */
  readonly tokenizer: Tokenizer;
  /** The training part. */
  readonly train: Part;
  /** The part held out for validation, the end of the text. */
  readonly valid: Part;
  /** The identity of the text. */
  readonly record: TextRecord;
}

/** Options of {@link prepareCorpus}. */
export interface CorpusOptions {
  /** A tokenizer instead of one learned from the text. */
  readonly tokenizer?: Tokenizer | undefined;
  /** The text's name in errors, such as its file; `train` by default. */
  readonly textName?: string | undefined;
}

/**
 * Holds out the end of a text; the vocabulary comes only from the part before it.
 *
 * @throws ConfigError when a part is too short to learn from
 * @example
 * import { prepareCorpus, resolveConfig } from "saiki/lm";
 * const config = resolveConfig({ validFraction: 0.25, batch: 2 });
 * const { train, valid, tokenizer } = prepareCorpus("abcdabcdabcdabcd", config);
 * console.log(train.characters, valid.characters, tokenizer.size); // 12 4 5
 */
export function prepareCorpus(
  text: string,
  config: TrainingConfig,
  { tokenizer, textName = "train" }: CorpusOptions = {},
): Corpus {
  const { tokens: kind, validFraction } = config;
  const { train, valid } = splitText(text, validFraction, kind);
  if (text.trim() === "" && text !== "") {
    throw new ConfigError(
      textName,
      "the text is white space alone",
      "Give a text with words in it",
    );
  }
  if (train.trim() === "" || valid === "") throw tooShort(text, config, textName);
  const vocabulary = tokenizer ?? learned(train, config);
  const parts = { train: part(train, vocabulary), valid: part(valid, vocabulary) };
  const isEnough = parts.train.tokens.length > config.batch && parts.valid.tokens.length > 1;
  if (!isEnough) throw tooShort(text, config, textName);
  const record = {
    characters: parts.train.characters + parts.valid.characters,
    trainCharacters: parts.train.characters,
    sha256: sha256(new TextEncoder().encode(text)),
  };
  return { tokenizer: vocabulary, ...parts, record };
}

function part(text: string, tokenizer: Tokenizer): Part {
  return { tokens: tokenizer.encode(text), characters: countCharacters(text) };
}

function learned(text: string, { tokens, maxVocabulary }: TrainingConfig): Tokenizer {
  if (tokens === "char") return CharTokenizer.train(text);
  return WordTokenizer.train(text, { maxSize: maxVocabulary });
}

function tooShort(text: string, { batch, tokens }: TrainingConfig, op: string): ConfigError {
  const count = countCharacters(text);
  const size = `${count} character${count === 1 ? "" : "s"}`;
  const short = `${size} is too short for ${batch} stream${batch === 1 ? "" : "s"} of ${tokens}s`;
  return new ConfigError(op, `a text of ${short}`, "Give a longer text, or a smaller batch");
}
