import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cosine, power } from "./exact-math.ts";

describe("cosine", () => {
  // Values of C's library.
  test.each([
    [(Math.PI * 11) / 10, -0.9510565162951538],
    [1e6, 0.9367521275331447],
    [12345678.9, 0.44140739037166243],
    [-3.3, -0.9874797699088649],
    [Math.PI / 2, 6.123233995736766e-17],
    [Math.PI, -1],
    [1e-8, 1],
    [3e-8, 0.9999999999999996],
    [0, 1],
  ])("of %s is %s", (x, y) => {
    expect(cosine(x)).toBe(y);
  });

  test("is within the last place of the engine's", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (x) => {
        const [got, native] = [cosine(x), Math.cos(x)];
        expect(Math.abs(got - native)).toBeLessThanOrEqual(Math.abs(native) * 2 ** -51);
      }),
    );
  });

  test("of what is not finite is NaN", () => {
    expect(cosine(Number.POSITIVE_INFINITY)).toBeNaN();
    expect(cosine(Number.NaN)).toBeNaN();
  });
});

describe("power", () => {
  test("is within the last places of the engine's", () => {
    const bases = fc.double({ min: 1e-3, max: 4, noNaN: true });
    fc.assert(
      fc.property(bases, fc.integer({ min: 0, max: 90 }), (x, n) => {
        const [got, native] = [power(x, n), x ** n];
        expect(Math.abs(got - native)).toBeLessThanOrEqual(native * 2 ** -50);
      }),
    );
  });

  test("of two factors is their rounded product", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (x) => {
        expect(power(x, 2)).toBe(x * x);
      }),
    );
  });

  test.each([
    [0.1, 286, 1.0000000000000159e-286],
    [0.95, 10, 0.5987369392383787],
    [0, 3, 0],
    [0.3, 0, 1],
    [-2, 3, -8],
  ])("%s to the %s is %s", (x, n, y) => {
    expect(power(x, n)).toBe(y);
  });
});
