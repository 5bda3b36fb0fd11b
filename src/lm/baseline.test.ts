import { expect, test } from "vitest";
import { bigramLoss } from "./baseline.ts";

test("bigramLoss() is the mean of -ln p, pairs interpolated with single tokens", () => {
  // a = 0 is followed by 1 twice: c = 2, T = 1; p(1) = (2 + 1) / (5 + 3); c(1) = 2, T(1) = 1
  const train = Int32Array.of(0, 1, 0, 1, 0);
  const p01 = (2 + 3 / 8) / 3;
  const p10 = (2 + 4 / 8) / 3;
  const expected = -(Math.log(p01) + Math.log(p10)) / 2;
  expect(bigramLoss(train, Int32Array.of(0, 1, 0), 3)).toBeCloseTo(expected, 12);
});

test("bigramLoss() of tokens never seen is that of single tokens, and finite", () => {
  const train = Int32Array.of(0, 0, 0, 0);
  expect(bigramLoss(train, Int32Array.of(2, 1), 3)).toBeCloseTo(Math.log(7), 12);
});

test("bigramLoss(): the probabilities after a token sum to one", () => {
  const train = Int32Array.from({ length: 60 }, (_, i) => (i * i * 7 + i) % 5);
  for (const a of [0, 1, 2, 3, 4, 5]) {
    const p = [0, 1, 2, 3, 4, 5].map((b) => Math.exp(-bigramLoss(train, Int32Array.of(a, b), 6)));
    expect(p.reduce((x, y) => x + y)).toBeCloseTo(1, 12);
  }
});
