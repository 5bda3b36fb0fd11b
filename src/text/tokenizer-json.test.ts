import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../core/index.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import { tokenizerFromJSON } from "./tokenizer-json.ts";
import { WordTokenizer } from "./word-tokenizer.ts";

type Json = { [key: string]: unknown; model: { vocab: Record<string, unknown> } };

const chars = () => JSON.parse(JSON.stringify(CharTokenizer.train("ab"))) as Json;
const words = () => JSON.parse(JSON.stringify(WordTokenizer.train("x y"))) as Json;

function refusal(json: unknown): string {
  try {
    tokenizerFromJSON(json, "model/tokenizer.json");
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).op).toBe("model/tokenizer.json");
    expect((error as FormatError).fix).toMatch(/\w/);
    return (error as FormatError).sentence;
  }
  return "no error";
}

describe("toJSON", () => {
  test("writes characters in the form that Hugging Face's libraries read", () => {
    expect(CharTokenizer.train("ba").toJSON()).toEqual({
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: {
        type: "Split",
        pattern: { Regex: "[\\s\\S]" },
        behavior: "Isolated",
        invert: false,
      },
      post_processor: null,
      decoder: { type: "Fuse" },
      model: { type: "WordLevel", vocab: { a: 0, b: 1, "<unk>": 2 }, unk_token: "<unk>" },
    });
  });

  test("writes words with the special ones as added tokens", () => {
    expect(words()).toMatchObject({
      added_tokens: [
        { id: 0, content: "<unk>", special: true },
        { id: 1, content: "<eos>", special: true },
      ],
      normalizer: { type: "Replace", content: " <eos> " },
      pre_tokenizer: { type: "Split", behavior: "Removed" },
      model: { type: "WordLevel", vocab: { "<unk>": 0, "<eos>": 1, x: 2, y: 3 } },
    });
  });

  test("writes equal text for equal vocabularies", () => {
    const text = JSON.stringify(WordTokenizer.train("b 10 a 9 b"));
    expect(JSON.stringify(WordTokenizer.train("9 b a 10 b"))).toBe(text);
    expect(JSON.stringify(WordTokenizer.train("9 b a 10 a"))).not.toBe(text);
  });
});

describe("tokenizerFromJSON", () => {
  test("reads back characters, for any text of UTF-16 units", () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1 });
    fc.assert(
      fc.property(units, (codes) => {
        const tokenizer = CharTokenizer.train(String.fromCharCode(...codes));
        const back = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));
        expect(back).toBeInstanceOf(CharTokenizer);
        expect(back.tokens).toEqual(tokenizer.tokens);
        expect(back.unknownId).toBe(tokenizer.unknownId);
      }),
    );
  });

  test("reads back words, also those that look like numbers or names of properties", () => {
    const tokenizer = WordTokenizer.train("10 9 constructor prototype __proto__ toString 😀\n");
    const back = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));
    expect(back).toBeInstanceOf(WordTokenizer);
    expect(back.tokens).toEqual(tokenizer.tokens);
    expect([...back.encode("9 __proto__\nvalueOf")]).toEqual([
      ...tokenizer.encode("9 __proto__\nvalueOf"),
    ]);
    expect(JSON.stringify(back)).toBe(JSON.stringify(tokenizer));
  });

  test("does not mind the order of keys", () => {
    const turned = Object.fromEntries(Object.entries(words()).reverse());
    expect(tokenizerFromJSON(turned).tokens).toEqual(["<unk>", "<eos>", "x", "y"]);
  });

  test.each(["BPE", "WordPiece", "Unigram"])("refuses a model of type %s by name", (type) => {
    const json = { version: "1.0", added_tokens: [], model: { type, vocab: {}, merges: [] } };
    expect(refusal(json)).toBe(
      `this is not a tokenizer of saiki's: its model is of type "${type}"`,
    );
  });

  test("refuses a foreign pipeline and names the stage that differs", () => {
    const named = (json: Json, change: object) => refusal({ ...json, ...change });
    expect(named(words(), { pre_tokenizer: { type: "Whitespace" } })).toContain("pre_tokenizer");
    expect(named(words(), { normalizer: { type: "Lowercase" } })).toContain("its normalizer");
    expect(named(words(), { added_tokens: [] })).toContain("its added_tokens");
    expect(named(chars(), { decoder: { type: "Metaspace" } })).toContain("its decoder");
    expect(named(chars(), { normalizer: { type: "NFC" } })).toContain("its normalizer");
  });

  test.each([null, 3, "text", [], {}, { model: 1 }])("refuses %j", (json) => {
    expect(refusal(json)).toMatch(/^the tokenizer is damaged at \S/);
  });

  test("names the place of a wrong field", () => {
    expect(refusal({ ...chars(), version: "2.0" })).toContain("damaged at version:");
    const json = chars();
    expect(refusal({ ...json, model: { ...json.model, unk_token: "[UNK]" } })).toContain(
      "damaged at model.unk_token:",
    );
    expect(refusal({ ...json, model: { ...json.model, vocab: [] } })).toContain("at model.vocab:");
  });

  test.each([
    [{ a: 0, b: 2, "<unk>": 3 }, '"<unk>" has the id 3, outside 0..2'],
    [{ a: 0, b: -1, "<unk>": 2 }, '"b" has the id -1, outside 0..2'],
    [{ a: 0, b: "1", "<unk>": 2 }, '"b" has the id "1", outside 0..2'],
    [{ a: 0, b: 0, "<unk>": 2 }, '"a" and "b" share the id 0'],
    [{ a: 0, b: 1 }, '"<unk>" is missing'],
    [{ ab: 0, "<unk>": 1 }, '"ab" is not one character'],
    [{ "": 0, "<unk>": 1 }, '"" is not one character'],
    [{}, '"<unk>" is missing'],
  ])("refuses the vocabulary %j of characters", (vocab, what) => {
    const json = chars();
    expect(refusal({ ...json, model: { ...json.model, vocab } })).toBe(
      `the tokenizer is damaged at model.vocab: ${what}`,
    );
  });

  test.each([
    [{ x: 0, "<eos>": 1, "<unk>": 2 }, 'the ids 0 and 1 are not "<unk>" and "<eos>"'],
    [{ "<unk>": 0, "<eos>": 1, "x y": 2 }, '"x y" is not one word'],
    [{ "<unk>": 0, "<eos>": 1, "": 2 }, '"" is not one word'],
  ])("refuses the vocabulary %j of words", (vocab, what) => {
    const json = words();
    expect(refusal({ ...json, model: { ...json.model, vocab } })).toBe(
      `the tokenizer is damaged at model.vocab: ${what}`,
    );
  });
});
