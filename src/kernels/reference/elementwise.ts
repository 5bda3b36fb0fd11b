/** Elementwise operations beside their derivatives, and sums. */

import { fma32, fma64 } from "../../core/float.ts";
import type { Real } from "../../core/index.ts";
import type { BinaryOp, UnaryOp } from "../backend.ts";

/** `y = value(x)`, and `dx = gradient(dy, s)` where `s` is x or y, as `unaryOps` says. */
type Unary = [value: (x: number) => number, gradient: (dy: number, s: number) => number];

const unaryTable: Record<UnaryOp, Unary> = {
  neg: [(x) => -x, (dy) => -dy],
  exp: [Math.exp, (dy, y) => dy * y],
  log: [Math.log, (dy, x) => dy / x],
  log1p: [Math.log1p, (dy, x) => dy / (1 + x)],
  sqrt: [Math.sqrt, (dy, y) => dy / (2 * y)],
  sin: [Math.sin, (dy, x) => dy * Math.cos(x)],
  cos: [Math.cos, (dy, x) => -dy * Math.sin(x)],
  abs: [Math.abs, (dy, x) => dy * sign(x)],
  sign: [sign, () => 0],
  reciprocal: [(x) => 1 / x, (dy, y) => -dy * (y * y)],
  tanh: [Math.tanh, (dy, y) => dy * (1 - y * y)],
  sigmoid: [(x) => 1 / (1 + Math.exp(-x)), (dy, y) => dy * (y * (1 - y))],
  relu: [(x) => (x < 0 ? 0 : x), (dy, y) => (y <= 0 ? 0 : dy)],
};

/** −1, 0 or 1; 0 for NaN, as in PyTorch. */
function sign(x: number): number {
  return Number(x > 0) - Number(x < 0);
}

export function unary(op: UnaryOp, x: Real, y: Real): void {
  const [value] = unaryTable[op];
  for (let i = 0; i < y.length; i++) y[i] = value(x[i]!);
}

export function unaryBackward(op: UnaryOp, saved: Real, dy: Real, dx: Real): void {
  const [, gradient] = unaryTable[op];
  for (let i = 0; i < dx.length; i++) dx[i] = gradient(dy[i]!, saved[i]!);
}

const binaryTable: Record<BinaryOp, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  // JavaScript says NaN where C says 1: for 1 to the NaN, and ±1 to an infinite power.
  pow: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b),
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
  const [scale, fma] = y instanceof Float32Array ? [Math.fround(s), fma32] : [s, fma64];
  for (let i = 0; i < y.length; i++) y[i] = fma(scale, x[i]!, y[i]!);
}

/** `y[o, i] = Σ_k x[o, k, i]`. */
export function sum(x: Real, y: Real, outer: number, n: number, inner: number): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let total = 0;
      for (let k = 0; k < n; k++) total += x[(o * n + k) * inner + i]!;
      y[o * inner + i] = total;
    }
  }
}
