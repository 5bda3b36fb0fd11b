/** Elementwise operations beside their derivatives, and sums. */

import { fma32, fma64 } from "../../core/float.ts";
import type { Real } from "../../core/index.ts";
import type { BinaryOp, UnaryOp } from "../backend.ts";

/** Value of x, and slope at `s`, which is x or y as `unaryOps` says. */
const unaryTable: Record<UnaryOp, [value: (x: number) => number, slope: (s: number) => number]> = {
  neg: [(x) => -x, () => -1],
  exp: [Math.exp, (y) => y],
  log: [Math.log, (x) => 1 / x],
  log1p: [Math.log1p, (x) => 1 / (1 + x)],
  sqrt: [Math.sqrt, (y) => 1 / (2 * y)],
  sin: [Math.sin, Math.cos],
  cos: [Math.cos, (x) => -Math.sin(x)],
  abs: [Math.abs, Math.sign],
  sign: [Math.sign, () => 0],
  reciprocal: [(x) => 1 / x, (y) => -y * y],
  tanh: [Math.tanh, (y) => 1 - y * y],
  sigmoid: [(x) => 1 / (1 + Math.exp(-x)), (y) => y * (1 - y)],
  relu: [(x) => (x > 0 || Number.isNaN(x) ? x : 0), (y) => (y > 0 ? 1 : 0)],
};

export function unary(op: UnaryOp, x: Real, y: Real): void {
  const [value] = unaryTable[op];
  for (let i = 0; i < y.length; i++) y[i] = value(x[i]!);
}

/** `dx = dy · op'`. */
export function unaryBackward(op: UnaryOp, saved: Real, dy: Real, dx: Real): void {
  const [, slope] = unaryTable[op];
  for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! * slope(saved[i]!);
}

const binaryTable: Record<BinaryOp, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  // C's pow, where a base of 1 and an exponent of 0 win over NaN.
  pow: (a, b) => (a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b)) ? 1 : a ** b),
  maximum: Math.max,
  minimum: Math.min,
};

export function binary(op: BinaryOp, a: Real, b: Real, y: Real): void {
  const f = binaryTable[op];
  const [stepA, stepB] = [a.length === 1 ? 0 : 1, b.length === 1 ? 0 : 1];
  for (let i = 0; i < y.length; i++) y[i] = f(a[i * stepA]!, b[i * stepB]!);
}

/** `y_i = fma(s, x_i, y_i)`. */
export function axpy(s: number, x: Real, y: Real): void {
  if (y instanceof Float32Array) {
    const f = Math.fround(s);
    for (let i = 0; i < y.length; i++) y[i] = fma32(f, x[i]!, y[i]!);
  } else for (let i = 0; i < y.length; i++) y[i] = fma64(s, x[i]!, y[i]!);
}

/** `y[o, i] = Σ_k x[o, k, i]`, in double. */
export function sum(x: Real, y: Real, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let total = 0;
      for (let k = 0; k < n; k++) total += x[(o * n + k) * inner + i]!;
      y[o * inner + i] = total;
    }
  }
}
