/** Splits a text into a training and a validation part. */

import { ConfigError } from "../core/index.ts";

/** The unit that a split counts: characters (code points) or words between white space. */
export type SplitUnit = "char" | "word";

/** The parts for training and for validation. */
export interface TextSplit {
  /** The beginning of the text. */
  readonly train: string;
  /** The end of the text, held out. */
  readonly valid: string;
}

/**
 * The place where a sequence of `n` is cut so that its last `fraction` is held out:
 * `⌊n · (1 − fraction)⌋`.
 *
 * @param fraction in [0, 1)
 * @throws ConfigError when `fraction` is out of range
 */
export function splitIndex(n: number, fraction: number): number {
  if (!(fraction >= 0 && fraction < 1)) {
    const said = `a fraction of ${fraction} cannot be held out`;
    throw new ConfigError("splitIndex", said, "Use a number from 0 to below 1, such as 0.1");
  }
  return Math.floor(n * (1 - fraction));
}

/**
 * Holds out the last `fraction` of a text in one piece: random pieces would leak their neighbours.
 *
 * The two parts joined are the text. Characters are code points, so no pair of surrogates is cut; a
 * cut between words lies before the first held-out word; the white space before it belongs to the
 * first part.
 *
 * @throws ConfigError when `fraction` is out of range
 * @example
 * import { splitText } from "saiki/data";
 * const { train, valid } = splitText("to be or not to be", 0.5, "word");
 * console.log([train, valid]); // [ 'to be or ', 'not to be' ]
 */
export function splitText(text: string, fraction: number, unit: SplitUnit): TextSplit {
  const at = unit === "char" ? characterCut(text, fraction) : wordCut(text, fraction);
  return { train: text.slice(0, at), valid: text.slice(at) };
}

/** The number of characters (code points) of a text. */
export function countCharacters(text: string): number {
  let n = text.length;
  for (let i = 0; i + 1 < text.length; i++) if (isPair(text, i)) n--;
  return n;
}

function characterCut(text: string, fraction: number): number {
  let rest = splitIndex(countCharacters(text), fraction);
  let at = 0;
  for (; rest > 0; rest--) at += isPair(text, at) ? 2 : 1;
  return at;
}

function wordCut(text: string, fraction: number): number {
  const starts = Array.from(text.matchAll(/\S+/g), (word) => word.index);
  return starts[splitIndex(starts.length, fraction)] ?? text.length;
}

function isPair(text: string, i: number): boolean {
  return (
    isBetween(text.charCodeAt(i), 0xd800, 0xdbff) &&
    isBetween(text.charCodeAt(i + 1), 0xdc00, 0xdfff)
  );
}

function isBetween(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}
