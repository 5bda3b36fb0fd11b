/** Writing text with a language model. */

import * as v from "valibot";
import { ConfigError } from "../core/index.ts";
import { Generator } from "../random/index.ts";
import type { Tokenizer } from "../text/index.ts";
import { number, readOptions, whole } from "./options.ts";
import { Pace } from "./pace.ts";
import { sampleToken } from "./sample.ts";
import { openSession } from "./session.ts";
import type { TrainedModel } from "./trained-model.ts";

const optionsSchema = v.object({
  prompt: v.optional(v.string("a text"), ""),
  length: v.optional(whole(0), 300),
  temperature: v.optional(
    number("a number from 0", (x) => x >= 0),
    1,
  ),
  topK: v.optional(v.nullable(whole(1)), null),
  seed: v.optional(whole(0, 2 ** 32 - 1), 1),
  strict: v.optional(v.boolean("true or false"), false),
});

/**
 * Options of {@link generate}.
 *
 * - `prompt`: the text that the model reads before it writes; by default a line break
 * - `length` 300: the number of tokens that it writes
 * - `temperature` 1: below 1 safer, above 1 bolder; 0 always takes the likeliest token
 * - `topK`: draws only from that many of the likeliest tokens
 * - `seed` 1: the seed of the random numbers
 * - `strict`: whether a prompt with unknown tokens is an error; else they are read as `<unk>`
 */
export type GenerateOptions = {
  readonly [K in keyof ResolvedGenerateOptions]?: ResolvedGenerateOptions[K] | undefined;
};

/** All options, resolved. */
export interface ResolvedGenerateOptions {
  /** The text that the model reads before it writes. */
  readonly prompt: string;
  /** The number of tokens that it writes. */
  readonly length: number;
  /** Below 1 safer, above 1 bolder; 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Draws only from that many of the likeliest tokens; null: from all. */
  readonly topK: number | null;
  /** The seed of the random numbers. */
  readonly seed: number;
  /** Whether a prompt with unknown tokens is an error. */
  readonly strict: boolean;
}

/**
 * Fills in defaults and checks names and ranges.
 *
 * @throws ConfigError that names the wrong option
 */
export function resolveGenerateOptions(options: GenerateOptions = {}): ResolvedGenerateOptions {
  return readOptions("generate", optionsSchema, options);
}

/**
 * Writes a text piece by piece, without the prompt: reads the prompt, then draws token after token
 * and reads each with the state of all before it. `<unk>` is never drawn.
 *
 * @throws ConfigError on a wrong option, and on unknown tokens in the prompt if `strict`
 * @example
 * import { generate, train } from "saiki/lm";
 * const sizes = { hidden: 8, embedding: 4, batch: 2, length: 8, epochs: 1 };
 * const trained = await train("to be or not to be. ".repeat(10), sizes);
 * let written = "";
 * for await (const piece of generate(trained, { prompt: "to", length: 5 })) written += piece;
 * console.log(written.length); // 5
 */
export async function* generate(
  { model, tokenizer }: TrainedModel,
  options: GenerateOptions = {},
): AsyncGenerator<string, void, undefined> {
  const resolved = resolveGenerateOptions(options);
  const { prompt, length, temperature, topK, seed, strict } = resolved;
  if (strict) refuseUnknown(tokenizer, prompt);
  const generator = new Generator().manualSeed(seed);
  const pace = new Pace();
  const session = openSession(model);
  const start = promptIds(tokenizer, prompt);
  // Decoding begins a word with a space; after a prompt that ends in one, there is one already.
  let last = prompt === "" || /\p{White_Space}$/u.test(prompt) ? null : (start.at(-1) as number);
  let scores = session.read(start.subarray(0, PIECE));
  for (let at = PIECE; at < start.length; at += PIECE) {
    await pace.yieldToEventLoop();
    scores = session.read(start.subarray(at, at + PIECE));
  }
  for (let i = 0; i < length; i++) {
    const rule = { temperature, topK, banned: [tokenizer.unknownId] };
    const id = sampleToken(scores, rule, generator);
    yield continuation(tokenizer, last, id);
    if (i + 1 < length) scores = session.read([id]);
    last = id;
    await pace.yieldToEventLoop();
  }
}

/** The number of tokens of a prompt that are read at once. */
const PIECE = 64;

/**
 * {@link generate}, all pieces joined.
 *
 * @throws ConfigError on a wrong option, and on unknown tokens in the prompt if `strict`
 */
export async function generateText(
  trained: TrainedModel,
  options: GenerateOptions = {},
): Promise<string> {
  let text = "";
  for await (const piece of generate(trained, options)) text += piece;
  return text;
}

/** The prompt's ids; without a prompt a line break, or the first token of the vocabulary. */
function promptIds(tokenizer: Tokenizer, prompt: string): Int32Array {
  const ids = tokenizer.encode(prompt);
  if (ids.length > 0) return ids;
  const lineBreak = tokenizer.kind === "char" ? "\n" : "<eos>";
  return Int32Array.of(Math.max(tokenizer.tokens.indexOf(lineBreak), 0));
}

/** The text that `id` adds after the token `last`. */
function continuation(tokenizer: Tokenizer, last: number | null, id: number): string {
  if (last === null) return tokenizer.decode([id]);
  return tokenizer.decode([last, id]).slice(tokenizer.decode([last]).length);
}

function refuseUnknown(tokenizer: Tokenizer, prompt: string): void {
  const unknown = tokenizer.unknown(prompt);
  if (unknown.length === 0) return;
  const said = `the model does not know ${unknown.map((u) => JSON.stringify(u)).join(", ")}`;
  const fix = "Leave them out of the prompt, or allow <unk> in their place";
  throw new ConfigError("generate", said, fix);
}
