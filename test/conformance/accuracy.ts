/** Accuracy of `exp`, `tanh`, `sigmoid` and `log` over the whole range of float32. */

import { expect, test } from "vitest";
import type { Backend, UnaryOp } from "../../src/kernels/backend.ts";

const truth = {
  exp: Math.exp,
  tanh: Math.tanh,
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  log: Math.log,
} as const satisfies Partial<Record<UnaryOp, (x: number) => number>>;
const names = Object.keys(truth) as (keyof typeof truth)[];

const LARGEST_ERROR = 2; // ulp
const SMALLEST_NORMAL = 2 ** -126;

export function accuracyCases(backend: Backend): void {
  test.each(names)("%s is within 2 ulp at every exponent", (name) => {
    expectAccurate(backend, name, everyExponent());
  });

  test.each(names)("%s is within 2 ulp where its results leave the usual range", (name) => {
    // Around overflow, underflow, saturation, the clamps of arguments, and multiples of ln 2 / 2.
    const centres = [
      88.72283935546875, 87.33654022216797, 103.97207641601562, 104, 89, 9.01, 10, 1,
    ];
    for (let k = 1; k < 40; k++) centres.push((k * Math.LN2) / 2);
    expectAccurate(
      backend,
      name,
      centres.flatMap((c) => [...around(c), ...around(-c)]),
    );
  });

  test("exp, tanh and sigmoid are exact at infinities, zeros and NaN", () => {
    const at = (name: UnaryOp, x: number) => {
      const y = new Float32Array(40);
      backend.unary(
        name,
        y.map(() => x),
        y,
      );
      expect(new Set(y).size).toBe(1);
      return y[0];
    };
    const points = [Infinity, -Infinity, 0, -0, Number.NaN];
    expect(points.map((x) => at("exp", x))).toEqual([Infinity, 0, 1, 1, Number.NaN]);
    expect(points.map((x) => at("tanh", x))).toEqual([1, -1, 0, -0, Number.NaN]);
    expect(points.map((x) => at("sigmoid", x))).toEqual([1, 0, 0.5, 0.5, Number.NaN]);
  });

  test("tanh is odd, and at most 1", () => {
    const x = everyExponent();
    const [y, mirrored] = [new Float32Array(x.length), new Float32Array(x.length)];
    backend.unary("tanh", x, y);
    backend.unary(
      "tanh",
      x.map((v) => -v),
      mirrored,
    );
    expect(mirrored.findIndex((v, i) => !Object.is(v, -y[i]!))).toBe(-1);
    expect(y.findIndex((v) => Math.abs(v) > 1)).toBe(-1);
  });
}

/** Both signs and 255 exponents with 1024 mixed fractions each. */
function everyExponent(): Float32Array {
  const bits: number[] = [];
  for (let exponent = 0; exponent < 255; exponent++) {
    for (let i = 0; i < 1024; i++) {
      const fraction = i < 4 ? [0, 1, 0x7fffff, 0x400000][i]! : Math.imul(i, 0x9e3779b1) >>> 9;
      const word = ((exponent << 23) | fraction) >>> 0;
      bits.push(word, (word | 0x80000000) >>> 0);
    }
  }
  return new Float32Array(Uint32Array.from(bits).buffer);
}

/** The 401 floats next to `c`. */
function around(c: number): number[] {
  const word = new Int32Array(Float32Array.of(c).buffer)[0]!;
  const words = Int32Array.from({ length: 401 }, (_, i) => word + i - 200);
  return [...new Float32Array(words.buffer)];
}

function expectAccurate(
  backend: Backend,
  name: keyof typeof truth,
  points: Iterable<number>,
): void {
  const x = Float32Array.from(points);
  const y = new Float32Array(x.length);
  backend.unary(name, x, y);
  for (let i = 0; i < x.length; i++) {
    const want = truth[name](x[i]!);
    if (Object.is(y[i], want) || errorInUlp(y[i]!, want) <= LARGEST_ERROR) continue;
    expect.fail(`${name}(${x[i]}) is ${y[i]}, not ${want}: ${errorInUlp(y[i]!, want)} ulp`);
  }
}

/** The error in units of the last place at `want`; below the normal numbers the unit is fixed. */
function errorInUlp(got: number, want: number): number {
  const [a, b] = [got, want].map((v) => Math.max(-(2 ** 128), Math.min(v, 2 ** 128)));
  const size = Math.abs(b!);
  if (size < SMALLEST_NORMAL) return Math.abs(a! - b!) / (SMALLEST_NORMAL / LARGEST_ERROR);
  return Math.abs(a! - b!) / 2 ** (Math.floor(Math.log2(size)) - 23);
}
