/** A text made ready: cut in two, and both parts as tokens. */

import { ConfigError } from "../core/index.ts";
import { countCharacters, splitText } from "../data/index.ts";
import { sha256 } from "../io/index.ts";
import { CharTokenizer, type Tokenizer, WordTokenizer } from "../text/index.ts";
import type { TrainingConfig } from "./config.ts";

/** What identifies a text and its split. */
export interface TextRecord {
  readonly characters: number;
  readonly trainCharacters: number;
  /** SHA-256 of the text as UTF-8. */
  readonly sha256: string;
}

/** A part of a text. */
export interface Part {
  readonly tokens: Int32Array;
  readonly characters: number;
}

export interface Corpus {
  readonly tokenizer: Tokenizer;
  readonly train: Part;
  readonly valid: Part;
  readonly record: TextRecord;
}

export interface CorpusOptions {
  /** Takes the place of one learned from the text. */
  readonly tokenizer?: Tokenizer | undefined;
  /** How errors call the text: its file. */
  readonly textName?: string | undefined;
}

/**
 * Holds out the end of a text; the vocabulary comes from the part before it alone.
 *
 * @throws ConfigError when a part is too short to learn from
 */
export function prepareCorpus(
  text: string,
  config: TrainingConfig,
  { tokenizer, textName = "train" }: CorpusOptions = {},
): Corpus {
  const { tokens: kind, validFraction } = config;
  const { train, valid } = splitText(text, validFraction, kind);
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
  const short = `${countCharacters(text)} characters is too short for ${batch} streams of ${tokens}s`;
  return new ConfigError(op, `a text of ${short}`, "Give a longer text, or a smaller batch");
}
