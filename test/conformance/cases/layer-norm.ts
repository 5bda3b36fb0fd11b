/** Layer norm of rows near and far from 0, with and without weight, bias and each gradient. */

import { expect, test } from "vitest";
import type { Backend, LayerNorm } from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import { doubled, expectUnchanged, expectWithin, output, source, sumError } from "../support.ts";

const columns = [0, 1, 2, 3, 4, 5, 7, 8, 13, 31, 33, 65, 257, 1031];
const counts = [0, 1, 3, 50];
const eps = 1e-5;

interface Case extends LayerNorm {
  x: Float32Array;
  weight: Float32Array | null;
  bias: Float32Array | null;
}

/** Elements in [−1, 1) · scale + offset. */
function given(rows: number, cols: number, affine: boolean, scale = 1, offset = 0): Case {
  const from = source(rows + cols);
  const x = from.reals(rows * cols, scale).map((v) => v + offset);
  const [weight, bias] = affine ? [from.reals(cols), from.reals(cols)] : [null, null];
  return { x, weight, bias, rows, cols, eps };
}

const inDouble = (a: Case) => ({ ...a, x: doubled(a.x) });

/** Each normalised element is below √cols in size. */
const size = (cols: number) => 2 * Math.sqrt(cols) + 1;

/** Rows whose squares, differences of one rounding or sums overflow. */
const huge = [[1e20], [3e38], [0, 1e30], [1e25, 1e30], [1e38, 2e38]] as const;

/** The largest factor of a difference, which also multiplies its error. */
function steepest(a: Case): number {
  let most = 0;
  for (let start = 0; start < a.x.length; start += a.cols) {
    const row = doubled(a.x.subarray(start, start + a.cols));
    const mean = row.reduce((s, v) => s + v, 0) / a.cols;
    const variance = row.reduce((s, v) => s + (v - mean) ** 2, 0) / a.cols;
    most = Math.max(most, 1 / Math.sqrt(variance + eps));
  }
  return most;
}

export function layerNormCases(backend: Backend): void {
  test.each([false, true])("layerNorm() holds, in place too, weight and bias: %s", (affine) => {
    for (const cols of columns) {
      for (const rows of counts) {
        for (const [scale, offset] of [[1], [40], [1, 1000], [0]] as const) {
          checkForward(backend, given(rows, cols, affine, scale, offset));
        }
      }
    }
  });

  test.each([false, true])("the gradient of layerNorm() holds, in place too: %s", (affine) => {
    for (const cols of columns) {
      for (const rows of counts) {
        checkBackward(backend, given(rows, cols, affine));
        checkBackward(backend, given(rows, cols, affine, 1, 1000));
      }
    }
  });

  test("layerNorm() and its gradient hold for rows whose squares and sums overflow", () => {
    for (const cols of columns.slice(1)) {
      for (const [scale, offset] of huge) {
        for (const affine of [false, true]) {
          checkForward(backend, given(3, cols, affine, scale, offset));
          checkBackward(backend, given(3, cols, affine, scale, offset));
        }
      }
    }
  });

  test("layerNorm() of rows has mean 0 and variance 1, far from 0 too", () => {
    const [rows, cols] = [20, 500];
    for (const offset of [0, 1e5]) {
      const y = new Float32Array(rows * cols);
      backend.layerNormForward({ ...given(rows, cols, false, 1, offset), bias: null, y });
      for (let start = 0; start < y.length; start += cols) {
        const row = y.subarray(start, start + cols);
        const mean = row.reduce((s, v) => s + v, 0) / cols;
        const variance = row.reduce((s, v) => s + v * v, 0) / cols;
        expect(Math.abs(mean)).toBeLessThan(1e-5);
        expect(Math.abs(variance - 1)).toBeLessThan(1e-3); // eps lowers it slightly
      }
    }
  });

  test("layerNorm() of a row with an infinity or NaN is NaN, of other rows not", () => {
    const a = given(3, 7, false);
    a.x[0] = Number.NaN;
    a.x[20] = Number.NEGATIVE_INFINITY;
    const y = new Float32Array(21);
    backend.layerNormForward({ ...a, y });
    expect([...y].map(Number.isNaN)).toEqual(Array.from(y, (_, i) => i < 7 || i >= 14));
  });
}

function checkForward(backend: Backend, a: Case): void {
  const { rows, cols } = a;
  const what = `layerNorm of ${rows} × ${cols}`;
  const want = new Float64Array(rows * cols);
  reference.layerNormForward({ ...inDouble(a), y: want });
  const [apart, inPlace] = [output(rows, cols), output(rows, cols, cols, a.x)];
  expectUnchanged([a.x, a.weight, a.bias], () => {
    backend.layerNormForward({ ...a, y: apart.data });
  });
  backend.layerNormForward({ ...a, x: inPlace.data, y: inPlace.data });
  for (const got of [apart, inPlace]) {
    got.expectIntact(what);
    expectWithin(got.values(), want, sumError(cols, size(cols)), what);
  }
}

function checkBackward(backend: Backend, a: Case): void {
  const { rows, cols } = a;
  const what = `gradients of layerNorm of ${rows} × ${cols}`;
  const dy = source(cols).reals(rows * cols);
  const want = {
    dx: new Float64Array(rows * cols),
    ...{ dWeight: new Float64Array(cols), dBias: new Float64Array(cols) },
  };
  reference.layerNormBackward({ ...inDouble(a), dy: doubled(dy), ...want });
  const [dx, dWeight, dBias] = [output(rows, cols), output(1, cols), output(1, cols)];
  expectUnchanged([a.x, a.weight, dy], () => {
    const outputs = { dx: dx.data, dWeight: dWeight.data, dBias: dBias.data };
    backend.layerNormBackward({ ...a, dy, ...outputs });
  });
  const inPlace = output(rows, cols, cols, dy);
  const only = { dx: inPlace.data, dWeight: null, dBias: null };
  backend.layerNormBackward({ ...a, dy: inPlace.data, ...only });
  const weightOnly = output(1, cols);
  const rest = { dx: null, dWeight: weightOnly.data, dBias: null };
  backend.layerNormBackward({ ...a, dy, ...rest });
  for (const got of [dx, dWeight, dBias, inPlace, weightOnly]) got.expectIntact(what);
  const error = sumError(cols, steepest(a) * size(cols));
  for (const got of [dx, inPlace]) expectWithin(got.values(), want.dx, error, `${what}: dx`);
  const sums = sumError(rows + cols, rows * size(cols));
  for (const got of [dWeight, weightOnly]) {
    expectWithin(got.values(), want.dWeight, sums, `${what}: dWeight`);
  }
  expectWithin(dBias.values(), want.dBias, sumError(rows, rows), `${what}: dBias`);
}
