/** The common parts of the tokenizers of language models. */

import { IndexError } from "../core/index.ts";

/** The token for characters or words that the vocabulary lacks. */
export const unknownToken = "<unk>";

/** The token of a line break among words. */
export const endOfLine = "<eos>";

/** A vocabulary that turns text into token ids and back. */
export interface Tokenizer {
  /** The kind of token: `char` or `word`. */
  readonly kind: "char" | "word";
  /** V: the number of tokens, special ones included. */
  readonly size: number;
  /** The tokens by id. */
  readonly tokens: readonly string[];
  /** The id of `<unk>`. */
  readonly unknownId: number;
  /** The ids (N) of a text; unknown characters or words become `<unk>`. */
  encode(text: string): Int32Array;
  /** The distinct unknown characters or words of a text, in the order of their appearance. */
  unknown(text: string): string[];
  /**
   * The text of ids.
   *
   * @throws IndexError for an id outside 0..V-1
   */
  decode(ids: Iterable<number>): string;
  /** The content of a Hugging Face tokenizer.json; equal vocabularies give equal text. */
  toJSON(): object;
}

/** The parts of a tokenizer.json that say how text becomes tokens. */
export interface Pipeline {
  readonly added_tokens: readonly object[];
  readonly normalizer: object | null;
  readonly pre_tokenizer: object;
  readonly decoder: object;
}

/** A tokenizer.json of a "WordLevel" model: id = position in `tokens`. */
export function huggingFaceJSON(pipeline: Pipeline, tokens: readonly string[]): object {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: pipeline.added_tokens,
    normalizer: pipeline.normalizer,
    pre_tokenizer: pipeline.pre_tokenizer,
    post_processor: null,
    decoder: pipeline.decoder,
    model: {
      type: "WordLevel",
      // `fromEntries` defines own properties, so that the word "__proto__" is kept.
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      unk_token: unknownToken,
    },
  };
}

/** The token of an id. */
export function tokenAt(tokens: readonly string[], id: number, op: string): string {
  const token = tokens[id];
  if (token !== undefined) return token;
  const said = `the id ${id} is not in the vocabulary of ${tokens.length} tokens`;
  throw new IndexError(op, said, `Ids are whole numbers from 0 to ${tokens.length - 1}`);
}
