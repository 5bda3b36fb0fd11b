import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError, IndexError } from "../core/index.ts";
import { CharTokenizer } from "./char-tokenizer.ts";

describe("CharTokenizer.train", () => {
  test("sorts the distinct characters by code point and puts <unk> last", () => {
    const tokenizer = CharTokenizer.train("b😀a\uffeeb\n");
    expect(tokenizer.tokens).toEqual(["\n", "a", "b", "\uffee", "😀", "<unk>"]);
    expect(tokenizer.size).toBe(6);
    expect(tokenizer.unknownId).toBe(5);
    expect(tokenizer.kind).toBe("char");
  });

  test("does not depend on the order of the text", () => {
    expect(CharTokenizer.train("hello")).toEqual(CharTokenizer.train("olleh"));
  });

  test("refuses an empty text and says what to do", () => {
    expect(() => CharTokenizer.train("")).toThrow(ConfigError);
    expect(() => CharTokenizer.train("")).toThrow(
      "CharTokenizer.train: the text is empty. Give a text with at least one character.",
    );
  });
});

describe("CharTokenizer", () => {
  const tokenizer = CharTokenizer.train("abc\r\n");

  test("gives each character its position in the vocabulary", () => {
    expect(tokenizer.encode("cab\r\n")).toEqual(Int32Array.of(4, 2, 3, 1, 0));
  });

  test("encodes an unknown character as one <unk>, also one of two UTF-16 units", () => {
    expect(tokenizer.encode("aZ😀c")).toEqual(Int32Array.of(2, 5, 5, 4));
    expect(tokenizer.decode([2, 5, 4])).toBe("a<unk>c");
  });

  test("reads the characters of the text <unk> as characters", () => {
    expect([...tokenizer.encode("<unk>")]).toEqual([5, 5, 5, 5, 5]);
    const knowing = CharTokenizer.train("<unk>");
    expect(knowing.decode(knowing.encode("<unk>"))).toBe("<unk>");
    expect(knowing.encode("<unk>")).toHaveLength(5);
  });

  test("names unknown characters once, in the order of their appearance", () => {
    expect(tokenizer.unknown("zaZ😀z\u0001😀")).toEqual(["z", "Z", "😀", "\u0001"]);
    expect(tokenizer.unknown("abc")).toEqual([]);
  });

  test("encodes and decodes nothing as nothing", () => {
    expect(tokenizer.encode("")).toEqual(new Int32Array(0));
    expect(tokenizer.decode([])).toBe("");
  });

  test("knows a lone surrogate and tells it from a pair", () => {
    const lone = CharTokenizer.train("a\ud83d");
    expect([...lone.encode("\ud83da😀\ude00")]).toEqual([1, 0, 2, 2]);
    expect(lone.unknown("😀\ude00")).toEqual(["😀", "\ude00"]);
    expect(lone.decode([1])).toBe("\ud83d");
  });

  test.each([-1, 6, 1.5, Number.NaN])("refuses to decode the id %s", (id) => {
    expect(() => tokenizer.decode([id])).toThrow(IndexError);
    expect(() => tokenizer.decode([id])).toThrow(`the id ${id} is not in the vocabulary`);
  });

  test("decodes what it encoded, for any text of UTF-16 units", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(text, (s) => {
        const own = CharTokenizer.train(`${s} `);
        const ids = own.encode(s);
        expect(own.decode(ids)).toBe(s);
        expect(ids).toHaveLength([...s].length);
        expect(own.unknown(s)).toEqual([]);
      }),
    );
  });

  test("has <unk> exactly where a character is unknown", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.string(), (known, s) => {
        const own = CharTokenizer.train(known);
        const isUnknown = [...s].map((character) => ![...known].includes(character));
        expect([...own.encode(s)].map((id) => id === own.unknownId)).toEqual(isUnknown);
        expect(own.unknown(s)).toEqual([...new Set([...s].filter((_, i) => isUnknown[i]))]);
      }),
    );
  });
});
