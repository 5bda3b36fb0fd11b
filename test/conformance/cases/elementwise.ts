/** Elementwise operations beside their derivatives, and sums. */

import { test } from "vitest";
import {
  type Backend,
  type BinaryOp,
  binaryOps,
  type UnaryOp,
  unaryOps,
} from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import {
  doubled,
  expectBits,
  expectWithin,
  lengths,
  output,
  repeatedSpecials,
  source,
  specials,
  sumError,
} from "../support.ts";

const unaryNames = Object.keys(unaryOps) as UnaryOp[];
/** Single operations that the machine rounds correctly; the others have a tolerance. */
const exact: ReadonlySet<string> = new Set<UnaryOp | BinaryOp>([
  ...(["neg", "abs", "sign", "sqrt", "reciprocal", "relu"] as const),
  ...(["add", "sub", "mul", "div"] as const),
]);
/** Gradients that are one product, quotient or selection. */
const exactBackward: ReadonlySet<UnaryOp> = new Set([
  ...(["neg", "exp", "log", "sqrt", "abs", "sign", "relu"] as const),
]);
/** Two units in the last place. */
const functionError = (want: number) => 2 ** -22 * Math.abs(want) + 2 ** -126;

export function elementwiseCases(backend: Backend): void {
  test.each(unaryNames)("unary %s holds, in place too", (op) => {
    for (const n of lengths) checkUnary(backend, op, source(n).reals(n, 8));
  });

  test.each(unaryNames)("unary %s is right at special values", (op) => {
    checkUnary(backend, op, repeatedSpecials(4 * specials.length + 3));
  });

  test.each(unaryNames)("the gradient of unary %s holds, in place too", (op) => {
    for (const n of lengths) {
      checkUnaryBackward(backend, op, source(n).reals(n, 0.99), source(n + 1).reals(n, 3));
    }
  });

  test.each(unaryNames)("the gradient of unary %s is right at special values", (op) => {
    const [inf, nan] = [Infinity, Number.NaN];
    const values = [nan, inf, -inf, 0, -0, 1, -1, 0.5, 2 ** -20];
    const pairs = values.flatMap((s) => values.map((dy) => [s, dy] as const));
    const [saved, dy] = [0, 1].map((i) => Float32Array.from(pairs, (p) => p[i]!));
    checkUnaryBackward(backend, op, saved!, dy!);
  });

  test.each(binaryOps)("binary %s holds, in place and with scalars too", (op) => {
    for (const n of lengths) {
      checkBinary(backend, op, source(n).reals(n, 8), source(n + 1).reals(n, 3), n);
    }
  });

  test.each(binaryOps)("binary %s is right at special values", (op) => {
    const pairs = specials.flatMap((a) => specials.map((b) => [a, b] as const));
    const [a, b] = [0, 1].map((i) => Float32Array.from(pairs, (p) => p[i]!));
    checkBinary(backend, op, a!, b!, pairs.length);
    for (const s of specials) {
      const one = Float32Array.of(s);
      checkBinary(backend, op, a!, one, pairs.length);
      checkBinary(backend, op, one, b!, pairs.length);
    }
  });

  axpyCases(backend);
  sumCases(backend);
}

function checkUnary(backend: Backend, op: UnaryOp, x: Float32Array): void {
  const n = x.length;
  const want = new Float64Array(n);
  reference.unary(op, doubled(x), want);
  const [apart, inPlace] = [new Float32Array(n), x.slice()];
  backend.unary(op, x, apart);
  backend.unary(op, inPlace, inPlace);
  for (const got of [apart, inPlace]) compare(op, exact.has(op), got, want);
}

function compare(op: string, bits: boolean, got: Float32Array, want: Float64Array): void {
  if (bits) expectBits(got, Float32Array.from(want), op);
  else expectWithin(got, want, (i) => functionError(want[i]!), op);
}

function checkUnaryBackward(
  backend: Backend,
  op: UnaryOp,
  saved: Float32Array,
  dy: Float32Array,
): void {
  const n = dy.length;
  const want = new Float64Array(n);
  reference.unaryBackward(op, doubled(saved), doubled(dy), want);
  const [apart, inPlace] = [new Float32Array(n), dy.slice()];
  backend.unaryBackward(op, saved, dy, apart);
  backend.unaryBackward(op, saved, inPlace, inPlace);
  // A factor such as 1 − y² is a difference, whose error follows the size of its terms.
  const size = (i: number) => Math.abs(dy[i]!) * (1 + saved[i]! ** 2) + Math.abs(want[i]!);
  for (const got of [apart, inPlace]) {
    if (exactBackward.has(op)) expectBits(got, Float32Array.from(want), `${op} backward`);
    else expectWithin(got, want, (i) => sumError(0, size(i)), `${op} backward`);
  }
}

function checkBinary(
  backend: Backend,
  op: BinaryOp,
  a: Float32Array,
  b: Float32Array,
  n: number,
): void {
  const scalars = [Float32Array.of(2), Float32Array.of(-1.5)];
  const pairs = [
    [a, b],
    ...scalars.flatMap((s) => [
      [a, s],
      [s, b],
    ]),
    scalars,
  ];
  for (const [p, q] of pairs as [Float32Array, Float32Array][]) {
    const want = new Float64Array(n);
    reference.binary(op, doubled(p), doubled(q), want);
    const got = output(1, n);
    const results = [got.data.subarray(0, n)];
    backend.binary(op, p, q, results[0]!);
    got.expectIntact(op);
    for (const side of [p, q]) {
      if (side.length !== n) continue;
      const y = side.slice();
      backend.binary(op, side === p ? y : p, side === q ? y : q, y);
      results.push(y);
    }
    for (const result of results) compareBinary(op, result, want);
  }
}

/** Accepts either zero as the larger one, which the interface leaves open. */
function compareBinary(op: BinaryOp, got: Float32Array, want: Float64Array): void {
  if (op === "maximum" || op === "minimum") expectWithin(got, want, 0, op);
  else compare(op, exact.has(op), got, want);
}

function axpyCases(backend: Backend): void {
  const scales = [1, -0.1, 0, 2 ** -149, 1e30, Number.NaN, Infinity];

  test("axpy() has the bits of a fused multiply-add", () => {
    for (const n of lengths) {
      for (const s of scales) {
        const [x, y] = [source(n).reals(n, 3), source(n + 1).reals(n)];
        const [got, want] = [output(1, n, n, y), y.slice()];
        backend.axpy(s, x, got.data.subarray(0, n));
        reference.axpy(s, x, want);
        got.expectIntact("axpy");
        expectBits(got.values(), want, `axpy by ${s}`);
      }
    }
  });

  test("axpy() has them at special values, ties and cancellation", () => {
    const values = [...specials, 1 + 2 ** -12, -(1 + 2 ** -11), 2 ** 24 + 2, 2 ** -140];
    const pairs = values.flatMap((x) => values.map((y) => [x, y] as const));
    const [x, y] = [0, 1].map((i) => Float32Array.from(pairs, (p) => p[i]!));
    for (const s of [...scales, 1 + 2 ** -12, 2 ** -24, 1 - 2 ** -24, 3 * 2 ** -126]) {
      const [got, want] = [y!.slice(), y!.slice()];
      backend.axpy(s, x!, got);
      reference.axpy(s, x!, want);
      expectBits(got, want, `axpy by ${s}`);
    }
  });
}

function sumCases(backend: Backend): void {
  const check = (x: Float32Array, outer: number, n: number, inner: number) => {
    const [want, size] = [new Float64Array(outer * inner), new Float64Array(outer * inner)];
    reference.sum(doubled(x), want, outer, n, inner);
    reference.sum(doubled(x.map(Math.abs)), size, outer, n, inner);
    const got = output(outer, inner);
    backend.sum(x, got.data, outer, n, inner);
    got.expectIntact("sum");
    expectWithin(got.values(), want, (i) => sumError(n, size[i]!), `sum ${outer}, ${n}, ${inner}`);
  };

  test("sum() holds over any axis", () => {
    const counts = [0, 1, 2, 5, 17, 64, 67, 300];
    for (const outer of [0, 1, 3]) {
      for (const n of counts) {
        for (const inner of counts) {
          check(source(n + inner).reals(outer * n * inner, 100), outer, n, inner);
        }
      }
    }
    check(source(1).reals(100_003), 1, 100_003, 1);
    check(source(2).reals(100_003), 1, 1, 100_003);
  });

  test("NaN and infinities stay in their sums", () => {
    const x = source(3).reals(12 * 40);
    x[3] = Number.NaN;
    x[41] = Infinity;
    x[85] = -Infinity;
    check(x, 12, 40, 1);
    check(x, 1, 12, 40);
  });
}
