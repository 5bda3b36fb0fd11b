import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fma32, fma64 } from "./float.ts";

/** `x · 2^1074`, exactly. */
function scaled(x: number): bigint {
  let rest = x;
  let shift = 1074;
  while (!Number.isInteger(rest) && shift > 0) {
    const step = Math.min(shift, 500);
    rest *= 2 ** step;
    shift -= step;
  }
  return BigInt(rest) << BigInt(shift);
}

/** The bits of `x`, on a line where neighbours differ by 1 and ±0 is 0. */
function position(x: number, bits: 32 | 64): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (bits === 32) view.setFloat32(0, Math.abs(x));
  else view.setFloat64(0, Math.abs(x));
  const size = bits === 32 ? BigInt(view.getUint32(0)) : view.getBigUint64(0);
  return x < 0 ? -size : size;
}

function at(position: bigint, bits: 32 | 64): number {
  const view = new DataView(new ArrayBuffer(8));
  const size = position < 0n ? -position : position;
  if (bits === 32) view.setUint32(0, Number(size));
  else view.setBigUint64(0, size);
  const x = bits === 32 ? view.getFloat32(0) : view.getFloat64(0);
  return position < 0n ? -x : x;
}

/** Expects `r` to be the value of the type nearest to `a · b + c`, the even one of a tie. */
function expectRounded(a: number, b: number, c: number, r: number, bits: 32 | 64): void {
  const exact = scaled(a) * scaled(b) + (scaled(c) << 1074n);
  const distance = (x: number): bigint => {
    const d = (scaled(x) << 1074n) - exact;
    return d < 0n ? -d : d;
  };
  const where = `fma(${a}, ${b}, ${c}) = ${r}`;
  const here = position(r, bits);
  for (const other of [at(here - 1n, bits), at(here + 1n, bits)]) {
    if (!Number.isFinite(other)) continue;
    expect(distance(r) <= distance(other), `${where}, but ${other} is nearer`).toBe(true);
    if (distance(r) === distance(other)) expect(here % 2n === 0n, `${where}: a tie`).toBe(true);
  }
}

/** Values with few bits set, all exponents: their products and sums meet near ties. */
function sparse(bits: 32 | 64, low: number, high: number): fc.Arbitrary<number> {
  const width = bits === 32 ? 23 : 52;
  const bit = fc.integer({ min: 0, max: width });
  return fc
    .tuple(fc.boolean(), fc.integer({ min: low, max: high }), fc.array(bit, { maxLength: 3 }))
    .map(([minus, e, set]) => {
      const m = 1 + [...new Set(set)].reduce((sum, k) => sum + (k === 0 ? 0 : 2 ** -k), 0);
      const x = (minus ? -m : m) * 2 ** e;
      return bits === 32 ? Math.fround(x) : x;
    });
}

const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const near32 = sparse(32, -30, 30);

describe("fma32", () => {
  test("rounds once, for all floats", () => {
    fc.assert(
      fc.property(float, float, float, (a, b, c) => {
        const r = fma32(a, b, c);
        if (Number.isFinite(r)) expectRounded(a, b, c, r, 32);
        else expect(Math.abs(a * b + c)).toBeGreaterThanOrEqual(2 ** 128 - 2 ** 103);
      }),
      { numRuns: 5000 },
    );
  });

  test("rounds once, for operands of few bits", () => {
    const values = fc.oneof(near32, sparse(32, -149, 60));
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        expectRounded(a, b, c, fma32(a, b, c), 32);
      }),
      { numRuns: 5000 },
    );
  });

  test("differs from rounding the double sum where the part that was lost decides", () => {
    // The product is 2^-24 - 2^-70: with 1 + 2^-23 the double sum is a tie that would round up.
    const [a, b] = [(2 ** 23 + 1) * 2 ** -30, (2 ** 23 - 1) * 2 ** -40];
    expect(Math.fround(a * b + (1 + 2 ** -23))).toBe(1 + 2 ** -22);
    expect(fma32(a, b, 1 + 2 ** -23)).toBe(1 + 2 ** -23);
    expect(fma32(-a, b, -1 - 2 ** -23)).toBe(-1 - 2 ** -23);
    expect(fma32(2 ** -100, 2 ** -50 * (1 + 2 ** -23), 0)).toBe(2 ** -149);
    expect(fma32(2 ** -75, 2 ** -75, 0)).toBe(0);
  });

  test("overflows where the rounded result does", () => {
    const max = 2 ** 128 - 2 ** 104;
    expect(fma32(max, 1, 2 ** 102)).toBe(max);
    expect(fma32(max, 1, 2 ** 103)).toBe(Infinity);
    expect(fma32(2 ** 64, 2 ** 64, -(2 ** 104))).toBe(max);
    expect(fma32(-(2 ** 64), 2 ** 64, 0)).toBe(-Infinity);
    // The double sum is halfway to 2^128, the exact sum just below.
    const [a, b] = [(2 ** 23 + 1) * 2 ** 40, (2 ** 23 - 1) * 2 ** 17]; // 2^103 - 2^57
    expect(a * b + max).toBe(2 ** 128 - 2 ** 103);
    expect(fma32(a, b, max)).toBe(max);
    expect(fma32(-a, b, -max)).toBe(-max);
  });

  test("keeps NaN, infinities and the sign of zero", () => {
    expect(fma32(NaN, 1, 1)).toBeNaN();
    expect(fma32(0, Infinity, 1)).toBeNaN();
    expect(fma32(1, Infinity, -Infinity)).toBeNaN();
    expect(fma32(2, 3, -Infinity)).toBe(-Infinity);
    expect(fma32(Infinity, -3, 5)).toBe(-Infinity);
    expect(fma32(-0, 1, -0)).toBe(-0);
    expect(fma32(2, 3, -6)).toBe(0);
  });
});

describe("fma64", () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true });
  const any = fc.oneof(double, sparse(64, -40, 40), sparse(64, -1074, 1000));

  test("rounds once, for all doubles", () => {
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        const r = fma64(a, b, c);
        if (Number.isFinite(r)) expectRounded(a, b, c, r, 64);
        else expect(Math.abs((a / 4) * b + c / 4)).toBeGreaterThanOrEqual(2 ** 1022 - 2 ** 968);
      }),
      { numRuns: 5000 },
    );
  });

  test("rounds once where the sum cancels or ends in a tie", () => {
    const near = sparse(64, -2, 2);
    const scale = fc.constantFrom(0, 2 ** -54, -(2 ** -53), 2 ** -52, -1, 1 - 2 ** -53, 2 ** -106);
    fc.assert(
      fc.property(near, near, scale, near, (a, b, s, m) => {
        const c = a * b * s * m;
        expectRounded(a, b, c, fma64(a, b, c), 64);
        expectRounded(a, b, -(a * b), fma64(a, b, -(a * b)), 64);
      }),
      { numRuns: 5000 },
    );
  });

  test("matches the C library's fma on hard cases", () => {
    for (const [a, b, c, r] of C_LIBRARY) expect(fma64(a, b, c)).toBe(r);
  });

  test("keeps NaN, infinities and the sign of zero", () => {
    expect(fma64(NaN, 1, 1)).toBeNaN();
    expect(fma64(0, Infinity, 1)).toBeNaN();
    expect(fma64(1e200, 1e200, -Infinity)).toBe(-Infinity);
    expect(fma64(1e200, 1e200, -1e308)).toBe(Infinity);
    expect(fma64(1e200, -1e200, 1e308)).toBe(-Infinity);
    expect(fma64(-0, 1, -0)).toBe(-0);
    expect(fma64(2, 3, -6)).toBe(0);
    expect(fma64(-5e-324, 0.25, 0)).toBe(-0);
  });
});

// a, b, c, fma(a, b, c)
const C_LIBRARY: readonly (readonly [number, number, number, number])[] = [
  [1.0000000000000002, 1.0000000000000002, -1.0000000000000004, 4.930380657631324e-32],
  [1.0000000000000002, 0.9999999999999998, -1.0, -4.930380657631324e-32],
  [1.0000000074505806, 1.0000000074505806, 5.551115123125783e-17, 1.0000000149011612],
  [0.1, 10.0, -1.0, 5.551115123125783e-17],
  [1.1102230246251565e-16, 1.0000000000000002, 1.0, 1.0000000000000002],
  [1.1102230246251565e-16, 0.9999999999999999, 1.0, 1.0],
  [1.1102230246251565e-16, 0.9999999999999999, -1.0, -0.9999999999999999],
  [5.551115123125783e-17, -1.0000000000000002, 1.0, 0.9999999999999999],
  [2.2227587494850775e-162, 1.1113793747425387e-162, 0.0, 0.0],
  [2.2227587494850775e-162, 1.111379374742539e-162, 0.0, 5e-324],
  [1.1113793747425387e-162, 2.2227587494850775e-162, 5e-324, 1e-323],
  [1.5, 5e-324, 5e-324, 1e-323],
  [-1.5, 5e-324, 2.2250738585072014e-308, 2.2250738585072004e-308],
  [0.5, 2.2250738585072014e-308, -1.5e-323, 1.112536929253599e-308],
  [1.0715086071862673e301, 8388608.0, -9.9792015476736e291, 8.988465674311579e307],
  [1.3407807929942597e154, 1.3407807929942597e154, -1.7976931348623157e308, 1.99584030953472e292],
  [1.7976931348623157e308, 1.0, 4.9896007738368e291, 1.7976931348623157e308],
  [1.7976931348623157e308, 2.0, -1.7976931348623157e308, 1.7976931348623157e308],
  [8.988465674311582e307, 9.332636185032189e-302, 8.673617379884035e-19, 8388608.000000002],
  [1e300, 1e-300, -1.0, 7.756385209041318e-17],
  [1e-200, 1e-200, 1e-300, 1e-300],
  [1e-160, 1e-160, -1e-320, 0.0],
];
