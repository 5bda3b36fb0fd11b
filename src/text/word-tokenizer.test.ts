import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError, compareCodePoints, IndexError } from "../core/index.ts";
import { isWhiteSpace, WordTokenizer } from "./word-tokenizer.ts";

describe("WordTokenizer.train", () => {
  test("puts <unk> and <eos> first, then words by count, then by code point", () => {
    const tokenizer = WordTokenizer.train("b a\n\uffee 😀 c b\n");
    expect(tokenizer.tokens).toEqual(["<unk>", "<eos>", "b", "a", "c", "\uffee", "😀"]);
    expect(tokenizer.unknownId).toBe(0);
    expect(tokenizer.kind).toBe("word");
  });

  test("does not add special tokens twice where the text has them", () => {
    const tokenizer = WordTokenizer.train("x <unk> <eos> <unk>\n");
    expect(tokenizer.tokens).toEqual(["<unk>", "<eos>", "x"]);
    expect([...tokenizer.encode("<unk> x <eos>")]).toEqual([0, 2, 1]);
    expect(tokenizer.unknown("<unk> y <eos>\n")).toEqual(["y"]);
  });

  test("keeps the maxSize most frequent tokens, special ones included", () => {
    const text = "a b b c c c";
    expect(WordTokenizer.train(text, { maxSize: 4 }).tokens).toEqual(["<unk>", "<eos>", "c", "b"]);
    expect(WordTokenizer.train(text, { maxSize: 99 }).size).toBe(5);
    expect(WordTokenizer.train(text, { maxSize: undefined, minCount: undefined }).size).toBe(5);
  });

  test("keeps the words that occur minCount times", () => {
    const { tokens } = WordTokenizer.train("a b b c c c", { minCount: 2 });
    expect(tokens).toEqual(["<unk>", "<eos>", "c", "b"]);
  });

  test.each(["", " \n\t\r\n"])("refuses the text %j, which has no words", (text) => {
    expect(() => WordTokenizer.train(text)).toThrow(ConfigError);
    expect(() => WordTokenizer.train(text)).toThrow(
      "WordTokenizer.train: the text has no words. Give a text with at least one word.",
    );
  });

  test("says how far minCount must come down where it leaves no word", () => {
    expect(() => WordTokenizer.train("a b b", { minCount: 3 })).toThrow(
      "no word occurs 3 times. Lower minCount; the most frequent word occurs 2 times.",
    );
  });

  test.each([{ maxSize: 2 }, { maxSize: 3.5 }, { minCount: 0 }, { minCount: Number.NaN }])(
    "refuses %j",
    (options) => {
      expect(() => WordTokenizer.train("a", options)).toThrow(ConfigError);
      expect(() => WordTokenizer.train("a", options)).toThrow(/Give a whole number of at least \d/);
    },
  );

  test("keeps words that are names in every JavaScript object", () => {
    const tokenizer = WordTokenizer.train("constructor toString __proto__");
    expect([...tokenizer.encode("__proto__ valueOf constructor")]).toEqual([2, 0, 3]);
    expect(tokenizer.unknown("hasOwnProperty toString")).toEqual(["hasOwnProperty"]);
  });
});

describe("WordTokenizer", () => {
  const tokenizer = WordTokenizer.train("the the cat");

  test("appends <eos> for each line break: LF, CRLF and lone CR", () => {
    expect([...tokenizer.encode("the\ncat\r\nthe\rcat")]).toEqual([2, 1, 3, 1, 2, 1, 3]);
    expect([...tokenizer.encode("\n\r\n\r\r\n")]).toEqual([1, 1, 1, 1]);
  });

  test("has one <eos> per line for a text that ends in a line break, none for one without", () => {
    expect([...tokenizer.encode("the cat\n")]).toEqual([2, 3, 1]);
    expect([...tokenizer.encode("the cat")]).toEqual([2, 3]);
    expect(tokenizer.encode("")).toEqual(new Int32Array(0));
  });

  test("splits at runs of any white space, but not at U+FEFF", () => {
    expect([...tokenizer.encode("  the\t\u00a0\u3000cat\u2028 the ")]).toEqual([2, 3, 2]);
    expect([...tokenizer.encode("the\ufeffcat")]).toEqual([0]);
  });

  test("names unknown words once, in the order of their appearance", () => {
    expect(tokenizer.unknown("dog the ant\ndog")).toEqual(["dog", "ant"]);
  });

  test("decodes with single spaces, and none around line breaks", () => {
    expect(tokenizer.decode([2, 3, 1, 1, 2, 0, 1])).toBe("the cat\n\nthe <unk>\n");
    expect(tokenizer.decode([1, 2])).toBe("\nthe");
    expect(tokenizer.decode([])).toBe("");
  });

  test.each([-1, 4, 0.5])("refuses to decode the id %s", (id) => {
    expect(() => tokenizer.decode([2, id])).toThrow(IndexError);
  });

  test("decodes what it encoded, for any text of UTF-16 units whose spaces are regular", () => {
    const word = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 4 })
      .map((units) => String.fromCharCode(...units))
      .filter((s) => !/\p{White_Space}/u.test(s) && s !== "<eos>");
    const line = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const s = lines.join("\n");
        const own = WordTokenizer.train(`${s} a`);
        expect(own.decode(own.encode(s))).toBe(s);
        expect(own.unknown(s)).toEqual([]);
      }),
    );
  });

  test("gives the tokens of a split by regular expressions, for any text", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "\t", "\n", "\r", "\u2003") });
    fc.assert(
      fc.property(text, (s) => {
        const own = WordTokenizer.train("a aa b");
        const marked = s.replace(/\r\n|\r|\n/g, " <eos> ").split(/\p{White_Space}+/u);
        const words = marked.filter((word) => word !== "");
        const ids = words.map((word) => Math.max(own.tokens.indexOf(word), 0));
        expect([...own.encode(s)]).toEqual(ids);
      }),
    );
  });
});

test("white space is what Unicode says it is", () => {
  const units = Array.from({ length: 0x10000 }, (_, unit) => unit);
  const wanted = units.filter((unit) => /\p{White_Space}/u.test(String.fromCharCode(unit)));
  expect(units.filter(isWhiteSpace)).toEqual(wanted);
});

test("words are ordered as their sequences of code points are", () => {
  const unit = fc.constantFrom(0x61, 0xd83d, 0xde00, 0xde01, 0xe000, 0xffff);
  const text = fc.array(unit, { maxLength: 5 }).map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [p, q] = [a, b].map((s) => [...s].map((c) => c.codePointAt(0)!)) as [
        number[],
        number[],
      ];
      const i = p.findIndex((point, k) => point !== q[k]);
      const order = i < 0 ? p.length - q.length : i < q.length ? p[i]! - q[i]! : 1;
      expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(order));
    }),
    { numRuns: 2000 },
  );
});

const wikitext = fileURLToPath(new URL("../../../shared/data/wikitext-2/", import.meta.url));
const read = (part: string) => readFileSync(`${wikitext}${part}.txt`, "utf8");

test("wikitext-2 has the 33,278 types and the token counts of the literature", ({ skip }) => {
  skip(!existsSync(wikitext), `needs the data set wikitext-2 in ${wikitext}`);
  const train = read("train");
  const tokenizer = WordTokenizer.train(train);
  expect(tokenizer.size).toBe(33_278);
  const texts = [train, read("valid"), read("test")];
  const counts = texts.map((text) => tokenizer.encode(text).length);
  expect(counts).toEqual([2_088_628, 217_646, 245_569]);
  expect(texts.flatMap((text) => tokenizer.unknown(text))).toEqual([]);
}, 120_000);
