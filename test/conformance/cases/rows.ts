/** Softmax, its logarithm and cross entropy. */

import { expect, test } from "vitest";
import type { Backend, CrossEntropy } from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import {
  doubled,
  expectWithin,
  garbage,
  type Output,
  output,
  source,
  sumError,
} from "../support.ts";

const columns = [1, 2, 3, 4, 5, 7, 8, 13, 16, 31, 33, 65, 257, 1031, 5003];
const counts = [0, 1, 3];
const scales = [1, 40];

/** Rows around ±`scale`; a last row that is long enough has a few extreme elements. */
function logits(rows: number, cols: number, scale: number): Float32Array {
  const x = source(rows + cols).reals(rows * cols, scale);
  if (rows > 1 && cols > 2) x.set([-Infinity, 90, -1e30], (rows - 1) * cols);
  return x;
}

/** Rows with NaN or infinite elements, some of which have a softmax and some none. */
function extremes(cols: number): Float32Array {
  const [inf, nan] = [Infinity, Number.NaN];
  const heads = [
    [nan, 1],
    [inf, 0],
    [-inf, 0],
    [inf, -inf],
    [inf, inf],
    [nan, inf],
    [inf, nan],
  ];
  const rows = heads.map((head) => [...head, ...new Array<number>(cols - 2).fill(0.5)]);
  return Float32Array.from([...rows.flat(), ...new Array<number>(cols).fill(-inf)]);
}
const EXTREME_ROWS = 8;

export function rowCases(backend: Backend): void {
  forwardCases(backend);
  backwardCases(backend);
  crossEntropyCases(backend);

  test.each([2, 5, 40])("infinities and NaN give NaN where the reference does, %i columns", (n) => {
    const x = extremes(n);
    for (const name of ["softmax", "logSoftmax"] as const) {
      const [got, want] = [garbage(x.length), new Float64Array(x.length)];
      backend[name](x, got, EXTREME_ROWS, n);
      reference[name](doubled(x), want, EXTREME_ROWS, n);
      expectWithin(got, want, (i) => sumError(n, Math.abs(want[i]!)), `${name} of ${n}`);
    }
    for (const smoothing of [0, 0.1]) {
      const target = new Int32Array(EXTREME_ROWS).fill(1);
      const given = { x, target, weight: null, smoothing, ignoreIndex: -100 };
      checkCrossEntropy(backend, { ...given, rows: EXTREME_ROWS, classes: n }, 1);
    }
  });
}

function forwardCases(backend: Backend): void {
  test.each(["softmax", "logSoftmax"] as const)("%s holds, in place too", (name) => {
    for (const cols of columns) {
      for (const rows of counts) {
        for (const scale of scales) {
          const x = logits(rows, cols, scale);
          const want = new Float64Array(rows * cols);
          reference[name](doubled(x), want, rows, cols);
          const [apart, inPlace] = [output(rows, cols), output(rows, cols, cols, x)];
          backend[name](x, apart.data, rows, cols);
          backend[name](inPlace.data, inPlace.data, rows, cols);
          // Exponents up to 2 · scale are rounded before exp; logarithms have their size.
          const size = (i: number) => (name === "softmax" ? want[i]! : 1 + Math.abs(want[i]!));
          for (const got of [apart, inPlace]) {
            got.expectIntact(name);
            const error = (i: number) => sumError(cols + 130 + 4 * scale, size(i));
            expectWithin(got.values(), want, error, `${name} of ${rows} × ${cols}`);
          }
        }
      }
    }
  });

  test("softmax() of rows sums to 1", () => {
    const [rows, cols] = [50, 997];
    const y = garbage(rows * cols);
    backend.softmax(source(3).reals(rows * cols, 30), y, rows, cols);
    for (let r = 0; r < rows; r++) {
      const total = y.subarray(r * cols, (r + 1) * cols).reduce((a, b) => a + b, 0);
      expect(Math.abs(total - 1)).toBeLessThan(1e-5);
    }
  });
}

function backwardCases(backend: Backend): void {
  test.each(["softmax", "logSoftmax"] as const)(
    "the gradient of %s holds, in place too",
    (name) => {
      const backward = `${name}Backward` as const;
      for (const cols of columns) {
        for (const rows of counts) {
          const n = rows * cols;
          const y = garbage(n);
          reference[name](source(cols).reals(n, 5), y, rows, cols);
          const dy = source(n).reals(n);
          const want = new Float64Array(n);
          reference[backward](doubled(y), doubled(dy), want, rows, cols);
          // |dy| < 1; the sum is at most 1 in softmax and `cols` in its logarithm, times p.
          const size = (i: number) => (name === "softmax" ? 2 * y[i]! : 1 + cols * Math.exp(y[i]!));
          const [apart, inPlace] = [output(rows, cols), output(rows, cols, cols, dy)];
          backend[backward](y, dy, apart.data, rows, cols);
          backend[backward](y, inPlace.data, inPlace.data, rows, cols);
          for (const got of [apart, inPlace]) {
            got.expectIntact(backward);
            const what = `${backward} of ${rows} × ${cols}`;
            expectWithin(got.values(), want, (i) => sumError(cols + 10, size(i)), what);
          }
        }
      }
    },
  );
}

function crossEntropyCases(backend: Backend): void {
  const smoothings = [0, 0.1, 1];
  test.each(smoothings)("cross entropy holds with smoothing %f, weights, ignored rows", (e) => {
    for (const classes of columns) {
      for (const rows of counts) {
        for (const weighted of [false, true]) {
          const from = source(classes + rows);
          const x = from.reals(rows * classes, 20);
          if (rows > 2) x.fill(Number.NaN, 2 * classes); // the row that is ignored
          const target = from.integers(rows, classes);
          const weight = weighted ? from.reals(classes).map(Math.abs) : null;
          const ignoreIndex = rows > 2 ? (target[2] = -100) : -1;
          const given = { x, target, weight, rows, classes, ignoreIndex, smoothing: e };
          checkCrossEntropy(backend, given, 20);
        }
      }
    }
  });

  test("cross entropy ignores a class", () => {
    const x = source(5).reals(6 * 37, 3);
    const target = Int32Array.of(3, 36, 3, 0, 3, 35);
    for (const smoothing of smoothings) {
      const given = { x, target, weight: null, rows: 6, classes: 37, smoothing };
      const { loss, dx } = checkCrossEntropy(backend, { ...given, ignoreIndex: 3 }, 3);
      expect([...loss].map((l) => l === 0)).toEqual([true, false, true, false, true, false]);
      for (const row of [0, 2, 4]) {
        expect(dx.subarray(row * 37, (row + 1) * 37).every((d) => d === 0)).toBe(true);
      }
    }
  });
}

/** Both passes; logits lie within ±`scale`. */
function checkCrossEntropy(
  backend: Backend,
  given: Omit<CrossEntropy, "lse">,
  scale: number,
): { loss: Float32Array; dx: Float32Array } {
  const { rows, classes } = given;
  const x = given.x as Float32Array;
  const [lse, loss, dx]: Output[] = [output(1, rows), output(1, rows), output(rows, classes)];
  const want = { lse: new Float64Array(rows), loss: new Float64Array(rows) };
  backend.crossEntropyForward({ ...given, lse: lse!.data, loss: loss!.data });
  reference.crossEntropyForward({ ...given, x: doubled(x), ...want });
  const what = `cross entropy of ${rows} × ${classes}`;
  // Weights are at most 1, so a loss is at most the distance of two logits plus ln(classes).
  const error = sumError(classes + 130, 2 * scale + 10);
  expectWithin(lse!.values(), want.lse, error, `${what}, lse`);
  expectWithin(loss!.values(), want.loss, error, `${what}, loss`);

  const g = source(rows).reals(rows);
  const rounded = Float32Array.from(want.lse);
  const wantDx = new Float64Array(rows * classes);
  backend.crossEntropyBackward({ ...given, lse: rounded, g, dx: dx!.data });
  reference.crossEntropyBackward({ ...given, x: doubled(x), lse: doubled(rounded), g, dx: wantDx });
  const size = 3; // |g| and weights are below 1, p at most 1
  expectWithin(dx!.values(), wantDx, sumError(classes + 4 * scale, size), `${what}, dx`);
  for (const o of [lse!, loss!, dx!]) o.expectIntact(what);
  return { loss: loss!.values(), dx: dx!.values() };
}
