/** Tokens that are characters: Unicode code points. */

import { ConfigError } from "../core/index.ts";
import {
  huggingFaceJSON,
  type Pipeline,
  type Tokenizer,
  tokenAt,
  unknownToken,
} from "./tokenizer.ts";

/**
 * How Hugging Face's libraries split text into characters.
 *
 * `<unk>` is no added token, or those libraries would read the five characters "<unk>" of a text as
 * one token. All their regular expressions know `[\s\S]` as "any character".
 */
export const charPipeline: Pipeline = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: {
    type: "Split",
    pattern: { Regex: "[\\s\\S]" },
    behavior: "Isolated",
    invert: false,
  },
  decoder: { type: "Fuse" },
};

/**
 * Encodes text character by character; the vocabulary is in order of code points.
 *
 * @example
 * import { CharTokenizer } from "saiki/text";
 * const tokenizer = CharTokenizer.train("abba");
 * console.log(tokenizer.tokens); // [ 'a', 'b', '<unk>' ]
 * console.log(tokenizer.encode("bax")); // Int32Array(3) [ 1, 0, 2 ]
 */
export class CharTokenizer implements Tokenizer {
  /** The kind of token: characters. */
  readonly kind = "char";
  /** The tokens by id. */
  readonly tokens: readonly string[];
  /** The id of `<unk>`. */
  readonly unknownId: number;
  /** Id by code point, up to the highest code point known. */
  readonly #ids: Int32Array;

  /**
   * Makes a tokenizer of a given vocabulary.
   *
   * @param tokens by id, taken unchecked: distinct characters and `<unk>`
   */
  constructor(tokens: readonly string[]) {
    this.tokens = tokens;
    this.unknownId = tokens.indexOf(unknownToken);
    const points = tokens.map((token, id) => (id === this.unknownId ? 0 : codePoint(token)));
    const highest = points.reduce((high, point) => Math.max(high, point), 0);
    this.#ids = new Int32Array(highest + 1).fill(this.unknownId);
    points.forEach((point, id) => {
      if (id !== this.unknownId) this.#ids[point] = id;
    });
  }

  /**
   * The tokenizer of the characters of `text`, sorted by code point, with `<unk>` behind them.
   *
   * @throws ConfigError for an empty text
   */
  static train(text: string): CharTokenizer {
    if (text.length === 0) {
      const said = "the text is empty";
      throw new ConfigError("CharTokenizer.train", said, "Give a text with at least one character");
    }
    const seen = new Set<number>();
    for (let i = 0; i < text.length; i++) {
      const point = text.codePointAt(i)!;
      if (point > 0xffff) i++;
      seen.add(point);
    }
    const points = Uint32Array.from(seen).sort();
    const tokens = Array.from(points, (point) => String.fromCodePoint(point));
    return new CharTokenizer([...tokens, unknownToken]);
  }

  /** V: the number of tokens, `<unk>` included. */
  get size(): number {
    return this.tokens.length;
  }

  /** The ids (N) of a text, one for each code point; unknown characters become `<unk>`. */
  encode(text: string): Int32Array {
    const ids = this.#ids;
    const out = new Int32Array(text.length);
    let n = 0;
    for (let i = 0; i < text.length; i++) {
      const point = text.codePointAt(i)!;
      if (point > 0xffff) i++;
      out[n++] = point < ids.length ? ids[point]! : this.unknownId;
    }
    return n === text.length ? out : out.slice(0, n);
  }

  /** The distinct unknown characters of a text, in the order of their appearance. */
  unknown(text: string): string[] {
    const found = new Set<number>();
    for (let i = 0; i < text.length; i++) {
      const point = text.codePointAt(i)!;
      if (point > 0xffff) i++;
      if ((this.#ids[point] ?? this.unknownId) === this.unknownId) found.add(point);
    }
    return [...found].map((point) => String.fromCodePoint(point));
  }

  /** The text of ids. @throws IndexError for an id outside 0..V-1 */
  decode(ids: Iterable<number>): string {
    let text = "";
    for (const id of ids) text += tokenAt(this.tokens, id, "CharTokenizer.decode");
    return text;
  }

  /** The content of a Hugging Face tokenizer.json; equal vocabularies give equal text. */
  toJSON(): object {
    return huggingFaceJSON(charPipeline, this.tokens);
  }
}

function codePoint(token: string): number {
  return token.codePointAt(0) ?? 0;
}
