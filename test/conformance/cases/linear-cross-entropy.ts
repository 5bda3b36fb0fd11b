/**
 * Cross entropy of a projection, with and without each operand and each gradient, across blocks.
 */

import { expect, test } from "vitest";
import type { Backend, LinearCrossEntropy } from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import {
  doubled,
  expectBits,
  expectUnchanged,
  expectWithin,
  output,
  source,
  sumError,
} from "../support.ts";

type Given = Omit<LinearCrossEntropy, "loss" | "dx" | "dWeight" | "dBias"> & {
  x: Float32Array;
  weight: Float32Array;
  bias: Float32Array | null;
  classWeight: Float32Array | null;
};
type Wanted = Record<"dx" | "dWeight" | "dBias", boolean>;

const flags = [false, true];
const all: Wanted = { dx: true, dWeight: true, dBias: true };
const none: Wanted = { dx: false, dWeight: false, dBias: false };

/** Every third row is ignored if there are more than two. */
function given(
  [rows, inputSize, classes]: readonly [number, number, number],
  { biased = true, weighted = true, smoothing = 0.1 } = {},
): Given {
  const from = source(1000 * rows + 100 * inputSize + classes);
  const [x, weight] = [from.reals(rows * inputSize, 2), from.reals(classes * inputSize)];
  const bias = biased ? from.reals(classes) : null;
  const classWeight = weighted ? from.reals(classes).map(Math.abs) : null;
  const target = from.integers(rows, classes);
  for (let i = 2; i < rows; i += 3) target[i] = -100;
  const sizes = { rows, inputSize, classes };
  const scalars = { ignoreIndex: -100, smoothing, scale: 1 / (rows + 1) };
  return { x, weight, bias, classWeight, target, ...sizes, ...scalars };
}

export function linearCrossEntropyCases(backend: Backend): void {
  test.each([0, 0.1, 1])("holds with smoothing %f, bias, class weights or not", (smoothing) => {
    for (const rows of [0, 1, 2, 3, 5, 13, 67]) {
      for (const inputSize of [1, 3, 8, 31]) {
        for (const classes of [1, 2, 4, 7, 33, 131]) {
          for (const biased of flags) {
            for (const weighted of flags) {
              const a = given([rows, inputSize, classes], { biased, weighted, smoothing });
              check(backend, a, all);
            }
          }
        }
      }
    }
  });

  test("holds with each choice of gradients, whose bits are the same in each", () => {
    const a = given([29, 17, 37]);
    const whole = check(backend, a, all);
    for (const dx of flags) {
      for (const dWeight of flags) {
        for (const dBias of flags) {
          const got = check(backend, a, { dx, dWeight, dBias });
          for (const [name, values] of Object.entries(got)) {
            expectBits(values, whole[name as keyof Results]!, name);
          }
        }
      }
    }
  });

  test.each([
    [511, 7, 5],
    [512, 7, 5],
    [513, 7, 5],
    [1031, 13, 3],
    [521, 259, 11],
    [1025, 5, 263],
    [523, 3, 967],
  ] as const)("holds across blocks: %i rows of %i, %i classes", (...sizes) => {
    check(backend, given(sizes), all);
    check(backend, given(sizes, { biased: false, weighted: false, smoothing: 0 }), none);
  });

  test("rows without inputs have the bias for logits", () => {
    check(backend, given([5, 0, 9]), all);
    check(backend, given([5, 0, 9], { biased: false }), all);
  });

  test("where all rows are ignored, losses and gradients are 0", () => {
    const a = given([530, 6, 10]);
    a.target.fill(3);
    const got = run(backend, { ...a, ignoreIndex: 3, scale: Infinity }, all);
    for (const values of Object.values(got)) expect(values.every((v) => v === 0)).toBe(true);
  });

  test("NaN and infinities in a row spoil its loss and gradient, of other rows neither", () => {
    for (const special of [Number.NaN, Infinity, -Infinity]) {
      const a = given([7, 5, 12], { smoothing: 0 });
      a.x[3 * 5] = special;
      const { loss, dx, dWeight } = run(backend, a, all) as Required<Results>;
      expect([...loss].map(Number.isNaN)).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => i === 3));
      expect([...dx].map(Number.isNaN)).toEqual(Array.from(dx, (_, i) => i >= 15 && i < 20));
      expect(dWeight.every(Number.isNaN)).toBe(true);
    }
  });
}

type Results = {
  loss: Float32Array;
  dx?: Float32Array;
  dWeight?: Float32Array;
  dBias?: Float32Array;
};

function run(backend: Backend, a: Given, wanted: Wanted): Results {
  const { rows, inputSize, classes } = a;
  const [loss, dx] = [output(1, rows), output(rows, inputSize)];
  const [dWeight, dBias] = [output(classes, inputSize), output(1, classes)];
  const gradients = { dx, dWeight, dBias };
  const names = (Object.keys(gradients) as (keyof Wanted)[]).filter((name) => wanted[name]);
  const data = Object.fromEntries(names.map((name) => [name, gradients[name].data]));
  expectUnchanged([a.x, a.weight, a.bias, a.classWeight], () => {
    const absent = { dx: null, dWeight: null, dBias: null };
    backend.linearCrossEntropy({ ...a, ...absent, ...data, loss: loss.data });
  });
  const written = { loss, ...Object.fromEntries(names.map((name) => [name, gradients[name]])) };
  for (const [name, out] of Object.entries(written)) out.expectIntact(name);
  const values = Object.entries(written).map(([name, out]) => [name, out.values()]);
  return Object.fromEntries(values) as Results;
}

/** Runs the entry and compares with the reference in double. */
function check(backend: Backend, a: Given, wanted: Wanted): Results {
  const { rows, inputSize, classes } = a;
  const got = run(backend, a, wanted);
  const want = {
    ...{ loss: new Float64Array(rows), dx: new Float64Array(rows * inputSize) },
    ...{ dWeight: new Float64Array(classes * inputSize), dBias: new Float64Array(classes) },
  };
  reference.linearCrossEntropy({ ...a, x: doubled(a.x), ...want });
  const bounds = boundsOf(a);
  const what = `linear cross entropy of ${rows} × ${inputSize}, ${classes} classes`;
  for (const [name, values] of Object.entries(got) as [keyof Results, Float32Array][]) {
    expectWithin(values, want[name], bounds[name], `${what}: ${name}`);
  }
  return got;
}

/**
 * |x| ≤ 2; weights, bias and class weights are at most 1. A logit is a sum of H + 1 terms, a loss at
 * most two logits and ln V. An element of dz is at most 2 · scale and has the error of its
 * exponent. The gradients are sums of V or N such elements times 1 or 2; V elements of dz add up to
 * 2 · scale.
 */
function boundsOf({ rows, inputSize, classes, scale }: Given): Record<keyof Results, number> {
  const logit = 2 * inputSize + 1;
  const exponent = sumError(inputSize + classes + 130, 2 * logit + 10);
  const element = 2 * scale;
  const ofSum = (terms: number, size: number) => sumError(terms, size) + size * exponent;
  return {
    loss: 2 * exponent,
    dx: ofSum(classes, 2 * element),
    dWeight: ofSum(rows, rows * 2 * element),
    dBias: ofSum(rows, rows * element),
  };
}
