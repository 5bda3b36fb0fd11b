import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BpttWindows } from "./bptt-windows.ts";
import { splitIndex, splitText } from "./split.ts";

const range = (n: number) => Int32Array.from({ length: n }, (_, i) => i);

describe("BpttWindows", () => {
  test("cuts contiguous streams into windows that continue each other", () => {
    const windows = new BpttWindows(range(11), { batch: 2, length: 2 });
    expect([windows.steps, windows.count]).toEqual([5, 3]);
    const all = [...windows].map(({ inputs, targets, start }) => ({
      inputs: inputs.tolist(),
      targets: targets.tolist(),
      start,
    }));
    expect(all).toEqual([
      {
        inputs: [
          [0, 5],
          [1, 6],
        ],
        targets: [1, 6, 2, 7],
        start: 0,
      },
      {
        inputs: [
          [2, 7],
          [3, 8],
        ],
        targets: [3, 8, 4, 9],
        start: 2,
      },
      { inputs: [[4, 9]], targets: [5, 10], start: 4 },
    ]);
  });

  test("predicts every token of a stream once, each from the one before it", () => {
    const sizes = [fc.integer({ min: 2, max: 300 }), fc.integer({ min: 1, max: 9 })] as const;
    fc.assert(
      fc.property(...sizes, fc.integer({ min: 1, max: 20 }), (n, batch, length) => {
        fc.pre(n > batch);
        const windows = new BpttWindows(range(n), { batch, length });
        const seen: number[] = [];
        for (const { inputs, targets } of windows) {
          const [x, y] = [inputs.flatten().tolist() as number[], targets.tolist() as number[]];
          expect(y).toEqual(x.map((i) => i + 1));
          seen.push(...y);
        }
        const expected = range(batch * windows.steps).map((i) => i + 1);
        expect(seen.sort((a, b) => a - b)).toEqual([...expected]);
        expect(n - 1 - seen.length).toBeLessThan(batch);
      }),
    );
  });

  test("refuses sizes that make no sense, and windows that are not there", () => {
    expect(() => new BpttWindows(range(4), { batch: 0, length: 2 })).toThrow(
      "BpttWindows: batch is 0. Use a whole number from 1.",
    );
    expect(() => new BpttWindows(range(4), { batch: 4, length: 2 })).toThrow(
      "BpttWindows: 4 tokens are too few for 4 streams. Give at least 5 tokens, or a smaller batch.",
    );
    expect(() => new BpttWindows(range(4), { batch: 1, length: 2 }).at(2)).toThrow(
      "BpttWindows.at: window 2 is not among the 2.",
    );
  });
});

describe("splitText()", () => {
  test("holds out the end, and loses nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom("char", "word"), (s, unit) => {
        const { train, valid } = splitText(s, 0.3, unit as "char");
        expect(train + valid).toBe(s);
        if (unit === "char") expect([...train].length).toBe(Math.floor([...s].length * 0.7));
      }),
    );
  });

  test("cuts where the usual split of tiny Shakespeare does", () => {
    expect(splitIndex(1_115_394, 0.1)).toBe(1_003_854);
  });

  test("cuts before a word, and never a pair of surrogates", () => {
    expect(splitText("to be or not to be", 0.5, "word")).toEqual({
      train: "to be or ",
      valid: "not to be",
    });
    expect(splitText("😀😁😂😃", 0.5, "char")).toEqual({ train: "😀😁", valid: "😂😃" });
  });

  test("refuses fractions that leave nothing", () => {
    expect(() => splitText("abc", 1, "char")).toThrow(
      "splitIndex: a fraction of 1 cannot be held out. Use a number from 0 to below 1, such as 0.1.",
    );
  });
});
