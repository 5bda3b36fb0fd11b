/** Inputs with known bits, buffers that detect writes outside, and bounds for float32 sums. */

import { expect } from "vitest";
import type { Real } from "../../src/core/index.ts";
import { nextU32, seedState } from "../../src/kernels/reference/mt19937.ts";

// ---- inputs ------------------------------------------------------------------------------------

/** A source of test data; equal seeds give equal data. */
export interface Source {
  /** `n` float32 values, uniform in [−scale, scale). */
  reals(n: number, scale?: number): Float32Array;
  /** A matrix whose rows lie `ld` apart; the gaps hold NaN, which would show in any sum. */
  matrix(rows: number, cols: number, ld: number, scale?: number): Float32Array;
  /** `n` whole numbers in [0, end). */
  integers(n: number, end: number): Int32Array;
}

export function source(seed: number): Source {
  const state = seedState(seed);
  const reals = (n: number, scale = 1) =>
    Float32Array.from({ length: n }, () => (nextU32(state) * 2 ** -31 - 1) * scale);
  return {
    reals,
    matrix: (rows, cols, ld, scale) => scatter(reals(rows * cols, scale), cols, ld, Number.NaN),
    integers: (n, end) => Int32Array.from({ length: n }, () => nextU32(state) % end),
  };
}

/** Rows of `cols` elements moved `ld` apart, with `fill` in the gaps and after the last row. */
function scatter(x: Float32Array, cols: number, ld: number, fill: number): Float32Array {
  const rows = cols === 0 ? 0 : x.length / cols;
  const out = new Float32Array((rows + 1) * ld).fill(fill);
  for (let i = 0; i < rows; i++) out.set(x.subarray(i * cols, (i + 1) * cols), i * ld);
  return out;
}

/** Lengths below, at and beyond every vector width, and beyond those that plain loops compute. */
export const lengths = [0, 1, 2, 3, 5, 7, 8, 13, 16, 31, 32, 33, 34, 35, 37, 61, 64, 67, 131, 1009];

/** Float32 values at which functions have special results. */
export const specials: readonly number[] = [
  ...[Number.NaN, Infinity, 0, 1, 0.5, 2, 3, 2 ** -149, 2 ** -127, 2 ** -126, 1.5, 88.5, 104],
  ...[Math.fround(1e20), (2 - 2 ** -23) * 2 ** 127, 1 + 2 ** -23, 1 - 2 ** -24, 2 ** -24],
].flatMap((x) => [x, -x]);

/** The special values, repeated beyond the lengths that plain loops compute. */
export function repeatedSpecials(n: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => specials[i % specials.length]!);
}

export const doubled = (x: Float32Array): Float64Array => Float64Array.from(x);

/** A buffer whose old contents must not matter. */
export const garbage = (n: number): Float32Array => new Float32Array(n).fill(Number.NaN);

// ---- comparison --------------------------------------------------------------------------------

/** Half the distance from 1 to the next float32: one rounding's largest relative error. */
const UNIT = 2 ** -24;

/**
 * The largest error of a float32 sum in any order: each of `terms` additions, and a few more
 * roundings, loses at most a unit of `magnitude`, the sum of the terms' sizes. Below the normal
 * numbers errors are absolute.
 */
export function sumError(terms: number, magnitude: number): number {
  return (terms + 8) * UNIT * magnitude + 2 ** -126;
}

/** Whether `got` is `want` within `bound`, infinities and NaN where they should be. */
function isClose(got: number, want: number, bound: number): boolean {
  return Object.is(got, want) || got === Math.fround(want) || Math.abs(got - want) <= bound;
}

/** Fails unless each element lies within its bound of `want`. */
export function expectWithin(
  got: Real,
  want: Real,
  bound: number | ((i: number) => number),
  what: string,
): void {
  expect(got.length, `length of ${what}`).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    const most = typeof bound === "number" ? bound : bound(i);
    if (isClose(got[i]!, want[i]!, most)) continue;
    expect.fail(`${what}[${i}] is ${got[i]}, the reference has ${want[i]} ± ${most}`);
  }
}

/** Fails unless all bits are equal; any NaN equals any other. */
export function expectBits(got: ArrayLike<number>, want: ArrayLike<number>, what: string): void {
  expect(got.length, `length of ${what}`).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i])) continue;
    expect.fail(`${what}[${i}] is ${got[i]}, the reference has ${want[i]}`);
  }
}

// ---- buffers with canaries ---------------------------------------------------------------------

const CANARY = -12345.6787109375;

/** An output whose rows lie `ld` apart, with canaries in the gaps and behind it. */
export interface Output {
  readonly data: Float32Array;
  /** The rows without the gaps. */
  values(): Float32Array;
  /** Fails if anything between or behind the rows has changed. */
  expectIntact(what: string): void;
}

/** @param old the initial contents, dense; NaN by default */
export function output(rows: number, cols: number, ld = cols, old = garbage(rows * cols)): Output {
  const data = new Float32Array(rows * ld + 5).fill(CANARY);
  for (let i = 0; i < rows; i++) data.set(old.subarray(i * cols, (i + 1) * cols), i * ld);
  const isElement = (at: number) => at < rows * ld && at % ld < cols;
  return {
    data,
    values: () => data.filter((_, at) => isElement(at)),
    expectIntact(what) {
      const stray = data.findIndex((x, at) => !isElement(at) && x !== Math.fround(CANARY));
      if (stray >= 0) expect.fail(`${what}: element ${stray}, outside the rows, was written`);
    },
  };
}

/** Runs `call` and fails if it has changed one of `inputs`. */
export function expectUnchanged(inputs: (Real | null)[], call: () => void): void {
  const before = inputs.map((x) => x?.slice());
  call();
  inputs.forEach((x, i) => {
    if (x !== null) expectBits(x, before[i]!, `input ${i} after the call`);
  });
}

/** Batch sizes of sequences of equal length. */
export function dense(steps: number, batch: number): number[] {
  return new Array<number>(steps).fill(batch);
}

/** Batch sizes of sequences that end one after another; 300 rows or more. */
export function packed(batch: number): number[] {
  const steps = Math.ceil(600 / batch);
  return Array.from({ length: steps }, (_, t) => batch - Math.floor((t * batch) / steps));
}
