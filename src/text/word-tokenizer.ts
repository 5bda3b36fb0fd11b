/** Tokens that are words: the text between white space. */

import { ConfigError, compareCodePoints } from "../core/index.ts";
import {
  endOfLine,
  huggingFaceJSON,
  type Pipeline,
  type Tokenizer,
  tokenAt,
  unknownToken,
} from "./tokenizer.ts";

/** Limits of the vocabulary of words. */
export interface WordTokenizerOptions {
  /** The most tokens, `<unk>` and `<eos>` included; default: no limit. */
  readonly maxSize?: number | undefined;
  /** The least number of times a word must occur; default: 1. */
  readonly minCount?: number | undefined;
}

/**
 * How Hugging Face's libraries split text into words and join words again: they append a space to
 * every token, then remove it around line breaks and at the end. White space is a Unicode property
 * here, because `\s` differs between their regular expressions (U+0085, U+FEFF). Their ids equal
 * saiki's, except that they split a special token from a word ("a<unk>"). Their `decode` leaves out
 * special tokens, and so line breaks, unless `skip_special_tokens` is false.
 */
export const wordPipeline: Pipeline = {
  added_tokens: [special(0, unknownToken), special(1, endOfLine)],
  normalizer: {
    type: "Replace",
    pattern: { Regex: "\\r\\n|\\r|\\n" },
    content: ` ${endOfLine} `,
  },
  pre_tokenizer: {
    type: "Split",
    pattern: { Regex: "\\p{White_Space}+" },
    behavior: "Removed",
    invert: false,
  },
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { Regex: `^${endOfLine}$` }, content: "\n" },
      { type: "Replace", pattern: { Regex: "(?![\\s\\S])" }, content: " " },
      { type: "Fuse" },
      { type: "Replace", pattern: { Regex: " ?\\n " }, content: "\n" },
      { type: "Replace", pattern: { Regex: " (?![\\s\\S])" }, content: "" },
    ],
  },
};

/**
 * Encodes text word by word, with `<eos>` for each line break (LF, CRLF or CR).
 *
 * `<unk>` and `<eos>` are the ids 0 and 1, and stand for themselves where a text has them as words.
 *
 * @example
 * import { WordTokenizer } from "saiki/text";
 * const tokenizer = WordTokenizer.train("to be or not to be\n", { maxSize: 4 });
 * console.log(tokenizer.tokens); // [ '<unk>', '<eos>', 'be', 'to' ]
 * console.log(tokenizer.encode("to see\n")); // Int32Array(3) [ 3, 0, 1 ]
 */
export class WordTokenizer implements Tokenizer {
  /** The kind of token: words. */
  readonly kind = "word";
  /** The tokens by id. */
  readonly tokens: readonly string[];
  /** The id of `<unk>`. */
  readonly unknownId: number;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #lineId: number;

  /**
   * Makes a tokenizer of a given vocabulary.
   *
   * @param tokens by id, taken unchecked: distinct words, `<unk>` and `<eos>` among them
   */
  constructor(tokens: readonly string[]) {
    this.tokens = tokens;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    this.unknownId = tokens.indexOf(unknownToken);
    this.#lineId = tokens.indexOf(endOfLine);
  }

  /**
   * The tokenizer of the words of `text`: `<unk>`, `<eos>`, then the words by descending count,
   * equally frequent ones by code point.
   *
   * @throws ConfigError where no word is left, or for an option out of range
   */
  static train(text: string, options: WordTokenizerOptions = {}): WordTokenizer {
    const { maxSize, minCount = 1 } = options;
    wholeNumber("maxSize", maxSize ?? 3, 3);
    wholeNumber("minCount", minCount, 1);
    const counts = countWords(text);
    refuse(counts.size === 0, "the text has no words", "Give a text with at least one word");
    const kept = [...counts].filter(([, count]) => count >= minCount);
    refuse(
      kept.length === 0,
      `no word occurs ${minCount} times`,
      `Lower minCount; the most frequent word occurs ${highest(counts)} times`,
    );
    kept.sort(([a, n], [b, m]) => m - n || compareCodePoints(a, b));
    const words = kept.map(([word]) => word);
    return new WordTokenizer([
      unknownToken,
      endOfLine,
      ...words.slice(0, (maxSize ?? Infinity) - 2),
    ]);
  }

  /** V: the number of tokens, `<unk>` and `<eos>` included. */
  get size(): number {
    return this.tokens.length;
  }

  /** The ids (N) of a text, one for each word or line break; unknown words become `<unk>`. */
  encode(text: string): Int32Array {
    // No token is shorter than one unit of text.
    const out = new Int32Array(text.length);
    let n = 0;
    eachToken(text, (word) => {
      out[n++] = word === null ? this.#lineId : (this.#ids.get(word) ?? this.unknownId);
    });
    return out.slice(0, n);
  }

  /** The distinct unknown words of a text, in the order of their appearance. */
  unknown(text: string): string[] {
    const found = new Set<string>();
    eachToken(text, (word) => {
      if (word !== null && !this.#ids.has(word)) found.add(word);
    });
    return [...found];
  }

  /** The text of ids, a space between words. @throws IndexError for an id outside 0..V-1 */
  decode(ids: Iterable<number>): string {
    let text = "";
    let inLine = false;
    for (const id of ids) {
      const token = tokenAt(this.tokens, id, "WordTokenizer.decode");
      const isWord = id !== this.#lineId;
      if (isWord && inLine) text += " ";
      text += isWord ? token : "\n";
      inLine = isWord;
    }
    return text;
  }

  /** The content of a Hugging Face tokenizer.json; equal vocabularies give equal text. */
  toJSON(): object {
    return huggingFaceJSON(wordPipeline, this.tokens);
  }
}

/** Whether a UTF-16 unit has Unicode's property White_Space. */
export function isWhiteSpace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  if (unit < 0x85) return false;
  if (unit === 0x85 || unit === 0xa0 || unit === 0x1680 || unit === 0x3000) return true;
  if (unit < 0x2000 || unit > 0x205f) return false;
  return unit <= 0x200a || unit === 0x2028 || unit === 0x2029 || unit === 0x202f || unit === 0x205f;
}

/** Calls `visit` with each word of `text`, and with null for each line break. */
function eachToken(text: string, visit: (word: string | null) => void): void {
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (!isWhiteSpace(unit)) {
      if (start < 0) start = i;
      continue;
    }
    if (start >= 0) visit(text.slice(start, i));
    start = -1;
    if (unit === 0x0d && text.charCodeAt(i + 1) === 0x0a) i++;
    if (unit === 0x0d || unit === 0x0a) visit(null);
  }
  if (start >= 0) visit(text.slice(start));
}

/** How often each word occurs, without the special ones. */
function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  eachToken(text, (word) => {
    if (word !== null) counts.set(word, (counts.get(word) ?? 0) + 1);
  });
  counts.delete(unknownToken);
  counts.delete(endOfLine);
  return counts;
}

function highest(counts: ReadonlyMap<string, number>): number {
  let most = 0;
  for (const count of counts.values()) most = Math.max(most, count);
  return most;
}

function special(id: number, content: string): object {
  return {
    id,
    content,
    single_word: true,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  };
}

function wholeNumber(name: string, value: number, least: number): void {
  const isRight = Number.isSafeInteger(value) && value >= least;
  refuse(!isRight, `${name} is ${value}`, `Give a whole number of at least ${least}`);
}

function refuse(condition: boolean, sentence: string, fix: string): void {
  if (condition) throw new ConfigError("WordTokenizer.train", sentence, fix);
}
