import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixed, repr, scientific, tuple } from "./python-format.ts";

/** Integers `m`, `e` with `|x| = m · 2^e`. */
function parts(x: number): [bigint, number] {
  let [m, e] = [Math.abs(x), 0];
  for (; !Number.isInteger(m); e--) m *= 2;
  return [BigInt(m), e];
}

/** `⌊n / d⌉`, ties to even. */
function rounded(n: bigint, d: bigint): bigint {
  const q = n / d;
  const twice = 2n * (n - q * d);
  return twice > d || (twice === d && q % 2n === 1n) ? q + 1n : q;
}

/** `|x| · 10^digits` as an integer, ties to even. */
function scaledUp(x: number, digits: number): bigint {
  const [m, e] = parts(x);
  const [up, down] = [10n ** BigInt(Math.max(digits, 0)), 10n ** BigInt(Math.max(-digits, 0))];
  return rounded(m * up * 2n ** BigInt(Math.max(e, 0)), down * 2n ** BigInt(Math.max(-e, 0)));
}

function exactFixed(x: number, digits: number): string {
  const text = String(scaledUp(x, digits)).padStart(digits + 1, "0");
  const at = text.length - digits;
  return minus(x) + text.slice(0, at) + (digits > 0 ? `.${text.slice(at)}` : "");
}

function exactScientific(x: number, digits: number): string {
  let exponent = x === 0 ? 0 : Math.floor(Math.log10(Math.abs(x))) - 1;
  while (scaledUp(x, digits - exponent) >= 10n ** BigInt(digits + 1)) exponent++;
  const text = String(scaledUp(x, digits - exponent)).padStart(digits + 1, "0");
  const mantissa = text[0] + (digits > 0 ? `.${text.slice(1)}` : "");
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${minus(x)}${mantissa}e${exponent < 0 ? "-" : "+"}${power}`;
}

const minus = (x: number) => (x < 0 || Object.is(x, -0) ? "-" : "");

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Odd multiples of powers of two: many are halfway between two decimals. */
const ties = fc
  .tuple(fc.integer({ min: -200_000, max: 200_000 }), fc.integer({ min: -12, max: 40 }))
  .map(([n, e]) => (2 * n + 1) * 2 ** e);
const digits = fc.integer({ min: 0, max: 8 });
const numRuns = 3000;

describe("fixed()", () => {
  test("rounds the exact decimal value, ties to even", () => {
    const either = fc.oneof(finite, ties);
    fc.assert(
      fc.property(either, digits, (x, d) => {
        expect(fixed(x, d)).toBe(exactFixed(x, d));
      }),
      { numRuns },
    );
  });

  // Python's text of `f"{x:.{d}f}"`.
  test.each([
    [0.03125, 4, "0.0312"],
    [0.09375, 4, "0.0938"],
    [2.5, 0, "2"],
    [-0.4, 0, "-0"],
    [-0, 4, "-0.0000"],
    [1e22, 2, "10000000000000000000000.00"],
    [Number.NaN, 4, "nan"],
    [Number.NEGATIVE_INFINITY, 4, "-inf"],
  ])("%d with %i digits", (x, d, text) => {
    expect(fixed(x, d)).toBe(text);
  });
});

describe("scientific()", () => {
  test("rounds the exact decimal value, ties to even", () => {
    fc.assert(
      fc.property(fc.oneof(finite, ties), digits, (x, d) => {
        expect(scientific(x, d)).toBe(exactScientific(x, d));
      }),
      { numRuns },
    );
  });

  // Python's text of `f"{x:.{d}e}"`.
  test.each([
    [100005, 4, "1.0000e+05"],
    [9.5, 0, "1e+01"],
    [1e-300, 4, "1.0000e-300"],
    [-0, 4, "-0.0000e+00"],
    [Number.POSITIVE_INFINITY, 4, "inf"],
  ])("%d with %i digits", (x, d, text) => {
    expect(scientific(x, d)).toBe(text);
  });
});

describe("repr()", () => {
  // Python's `repr(float(x))`.
  test.each([
    [1, "1.0"],
    [0.25, "0.25"],
    [1e-4, "0.0001"],
    [1e-5, "1e-05"],
    [1e-8, "1e-08"],
    [1.5e-7, "1.5e-07"],
    [-0, "-0.0"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [1.25e21, "1.25e+21"],
    [5e-324, "5e-324"],
    [Number.NaN, "nan"],
    [Number.NEGATIVE_INFINITY, "-inf"],
    [true, "True"],
    [false, "False"],
  ])("of %o", (x, text) => {
    expect(repr(x)).toBe(text);
  });

  test("reads back as the same number, and looks like a float", () => {
    fc.assert(
      fc.property(finite, (x) => {
        expect(Number(repr(x))).toBe(x);
        expect(repr(x)).toMatch(/^-?\d+(\.\d+)?(e[+-]\d\d+)?$/);
        expect(repr(x)).toMatch(/[.e]/);
      }),
      { numRuns },
    );
  });
});

test("tuple() puts a comma behind a single item", () => {
  expect([tuple([]), tuple([3]), tuple([3, 4])]).toEqual(["()", "(3,)", "(3, 4)"]);
});
