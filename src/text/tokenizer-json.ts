/** Reads the tokenizer.json files that the tokenizers write. */

import * as v from "valibot";
import { FormatError } from "../core/index.ts";
import { CharTokenizer, charPipeline } from "./char-tokenizer.ts";
import { endOfLine, type Pipeline, type Tokenizer, unknownToken } from "./tokenizer.ts";
import { isWhiteSpace, WordTokenizer, wordPipeline } from "./word-tokenizer.ts";

/** Any object; `v.record` would drop the words "constructor", "prototype" and "__proto__". */
const anyObject = v.custom<Record<string, unknown>>(isObject, "not an object");

/** The fields that decide whether the file is of the right kind at all. */
const modelTypeSchema = v.object({ model: v.object({ type: v.string() }) });

const schema = v.object({
  version: v.literal("1.0"),
  truncation: v.null(),
  padding: v.null(),
  added_tokens: v.array(anyObject),
  normalizer: v.nullable(anyObject),
  pre_tokenizer: anyObject,
  post_processor: v.null(),
  decoder: anyObject,
  model: v.object({
    type: v.literal("WordLevel"),
    vocab: anyObject,
    unk_token: v.literal(unknownToken),
  }),
});

const stages = ["added_tokens", "normalizer", "pre_tokenizer", "decoder"] as const;

/**
 * The tokenizer of a parsed tokenizer.json.
 *
 * @param file names the file in errors
 * @throws FormatError for anything that {@link Tokenizer.toJSON} would not write
 * @example
 * import { CharTokenizer, tokenizerFromJSON } from "saiki/text";
 * const json = JSON.stringify(CharTokenizer.train("abba"));
 * console.log(tokenizerFromJSON(JSON.parse(json)).size); // 3
 */
export function tokenizerFromJSON(json: unknown, file = "tokenizer.json"): Tokenizer {
  const head = v.safeParse(modelTypeSchema, json);
  if (head.success && head.output.model.type !== "WordLevel") {
    throw foreign(file, `its model is of type ${JSON.stringify(head.output.model.type)}`);
  }
  const result = v.safeParse(schema, json);
  if (!result.success) {
    const issue = result.issues[0];
    throw damaged(file, `${v.getDotPath(issue) ?? "the content"}: ${issue.message}`);
  }
  const { model, ...pipeline } = result.output;
  const tokens = tokensOf(model.vocab, file);
  if (differing(pipeline, charPipeline) === undefined) return charTokenizer(tokens, file);
  if (differing(pipeline, wordPipeline) === undefined) return wordTokenizer(tokens, file);
  throw foreign(file, `its ${strangeStage(pipeline)} is another one`);
}

/** The tokens by id of a vocabulary whose ids must be 0..V-1, each once. */
function tokensOf(vocab: Record<string, unknown>, file: string): string[] {
  const entries = Object.entries(vocab);
  const tokens = new Array<string | undefined>(entries.length).fill(undefined);
  for (const [token, id] of entries) {
    const isId = Number.isInteger(id) && (id as number) >= 0 && (id as number) < entries.length;
    if (!isId) {
      const range = `0..${entries.length - 1}`;
      throw damaged(
        file,
        `model.vocab: ${quoted(token)} has the id ${quoted(id)}, outside ${range}`,
      );
    }
    const other = tokens[id as number];
    if (other !== undefined) {
      throw damaged(file, `model.vocab: ${quoted(other)} and ${quoted(token)} share the id ${id}`);
    }
    tokens[id as number] = token;
  }
  if (!Object.hasOwn(vocab, unknownToken)) {
    throw damaged(file, `model.vocab: ${quoted(unknownToken)} is missing`);
  }
  return tokens as string[];
}

function charTokenizer(tokens: string[], file: string): Tokenizer {
  const wrong = tokens.find((token) => token !== unknownToken && !isCharacter(token));
  if (wrong === undefined) return new CharTokenizer(tokens);
  throw damaged(file, `model.vocab: ${quoted(wrong)} is not one character`);
}

function wordTokenizer(tokens: string[], file: string): Tokenizer {
  if (tokens[0] !== unknownToken || tokens[1] !== endOfLine) {
    const wanted = `${quoted(unknownToken)} and ${quoted(endOfLine)}`;
    throw damaged(file, `model.vocab: the ids 0 and 1 are not ${wanted}`);
  }
  const wrong = tokens.find((token) => !isWord(token));
  if (wrong === undefined) return new WordTokenizer(tokens);
  throw damaged(file, `model.vocab: ${quoted(wrong)} is not one word`);
}

function isCharacter(token: string): boolean {
  const point = token.codePointAt(0);
  return point !== undefined && token.length === (point > 0xffff ? 2 : 1);
}

function isWord(token: string): boolean {
  if (token.length === 0) return false;
  for (let i = 0; i < token.length; i++) if (isWhiteSpace(token.charCodeAt(i))) return false;
  return true;
}

/** The first stage in which a file's pipeline is not `wanted`. */
function differing(pipeline: Pipeline, wanted: Pipeline): string | undefined {
  return stages.find((stage) => !same(pipeline[stage], wanted[stage]));
}

/** The stage that differs from both of saiki's pipelines. */
function strangeStage(pipeline: Pipeline): string {
  const near = [charPipeline, wordPipeline].find((ours) =>
    same(pipeline.pre_tokenizer, ours.pre_tokenizer),
  );
  return (near && differing(pipeline, near)) ?? "pre_tokenizer";
}

/** Equality of JSON values, whatever the order of keys. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(Reflect.get(a, key), Reflect.get(b, key)))
  );
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const quoted = (value: unknown): string => JSON.stringify(value) ?? String(value);

function foreign(file: string, why: string): FormatError {
  const said = `this is not a tokenizer of saiki's: ${why}`;
  const fix = "Give a tokenizer.json that a CharTokenizer or a WordTokenizer wrote";
  return new FormatError(file, said, fix);
}

function damaged(file: string, what: string): FormatError {
  const said = `the tokenizer is damaged at ${what}`;
  return new FormatError(file, said, "Write it again from a CharTokenizer or a WordTokenizer");
}
