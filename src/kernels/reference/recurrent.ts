/** Recurrent layers in plain loops: one sequence driver, walked forth and back. */

import type { Real } from "../../core/index.ts";
import type { Gradient, Recurrent, RnnBackward, RnnForward, RowsGradient } from "../backend.ts";
import { gemm } from "./gemm.ts";

/** `h_t = act(x_t W_ihᵀ + b_ih + h_{t−1} W_hhᵀ + b_hh)`. */
export function rnnForward(a: RnnForward): void {
  const { hiddenSize: H, inputSize: I } = a;
  const steps = timeline(a);
  const gates = like(a.x, steps.rows * H);
  product(a.x, a.ldx, a.wIh, I, gates, steps.rows, H, I, a.bIh);
  for (const step of steps.order) {
    for (let b = 0; b < step.batch; b++) {
      const row = step.start + b;
      for (let j = 0; j < H; j++) {
        let sum = gates[row * H + j]! + (a.bHh?.[j] ?? 0);
        for (let k = 0; k < H; k++) sum += previous(a, steps, row, k) * a.wHh[j * H + k]!;
        a.y[row * a.ldy + j] = a.nonlinearity === "tanh" ? Math.tanh(sum) : relu(sum);
      }
    }
  }
  for (let b = 0; b < steps.batch; b++) {
    const row = steps.last[b]!;
    for (let j = 0; j < H; j++) a.hN[b * H + j] = a.y[row * a.ldy + j]!;
  }
}

/**
 * `da_t = (dy_t + da_{t+1} W_hh) · act'(h_t)`; then `dx = da W_ih`, `dW_ih = daᵀ x`,
 * `dW_hh = daᵀ h_{t−1}`, `db_ih = db_hh = Σ da`; `dh_0` is what arrives before the first step.
 */
export function rnnBackward(a: RnnBackward): void {
  const { hiddenSize: H } = a;
  const steps = timeline(a);
  const da = like(a.x, steps.rows * H);
  /** Gradient of each sequence's current state. */
  const dh = like(a.x, steps.batch * H);
  if (a.dhN !== null) dh.set(a.dhN.subarray(0, dh.length) as never);
  for (const step of steps.order.toReversed()) {
    for (let b = 0; b < step.batch; b++) {
      const row = step.start + b;
      for (let j = 0; j < H; j++) {
        const total = dh[b * H + j]! + (a.dy === null ? 0 : a.dy[row * a.lddy + j]!);
        const h = a.y[row * a.ldy + j]!;
        da[row * H + j] = total * (a.nonlinearity === "tanh" ? 1 - h * h : h > 0 ? 1 : 0);
      }
      for (let k = 0; k < H; k++) {
        let sum = 0;
        for (let j = 0; j < H; j++) sum += da[row * H + j]! * a.wHh[j * H + k]!;
        dh[b * H + k] = sum;
      }
    }
  }
  if (a.dh0 !== null) store(a.dh0, (i) => dh[i]!, dh.length);
  weightGradients(a, steps, da);
}

/** Products over all rows at once. */
function weightGradients(a: RnnBackward, steps: Timeline, da: Real): void {
  const { hiddenSize: H, inputSize: I } = a;
  const { rows } = steps;
  if (a.dx !== null) rowsGradient(a.dx, da, a.wIh, rows, H, I);
  if (a.dWIh !== null) outer(a.dWIh, da, H, I, rows, (row, k) => a.x[row * a.ldx + k]!);
  if (a.dWHh !== null) outer(a.dWHh, da, H, H, rows, (row, k) => previous(a, steps, row, k));
  const bias = (j: number) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += da[row * H + j]!;
    return sum;
  };
  if (a.dBIh !== null) store(a.dBIh, bias, H);
  if (a.dBHh !== null) store(a.dBHh, bias, H);
}

/** `dx = da W`. */
function rowsGradient(out: RowsGradient, da: Real, w: Real, rows: number, G: number, I: number): void {
  gemm({
    ...{ a: da, lda: G, transA: false, b: w, ldb: I, transB: false, c: out.data, ldc: out.ld },
    ...{ m: rows, n: I, k: G, alpha: 1, beta: out.accumulate ? 1 : 0, bias: null },
  });
}

/** `dW[j, k] = Σ_rows da[row, j] · input(row, k)`. */
function outer(
  out: Gradient,
  da: Real,
  G: number,
  width: number,
  rows: number,
  input: (row: number, k: number) => number,
): void {
  const element = (i: number) => {
    const [j, k] = [Math.floor(i / width), i % width];
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += da[row * G + j]! * input(row, k);
    return sum;
  };
  store(out, element, G * width);
}

function store(out: Gradient, value: (i: number) => number, n: number): void {
  for (let i = 0; i < n; i++) out.data[i] = value(i) + (out.accumulate ? out.data[i]! : 0);
}

// ---- time --------------------------------------------------------------------------------------

interface Step {
  /** The first of its rows, and how many sequences it has. */
  start: number;
  batch: number;
}

interface Timeline {
  rows: number;
  batch: number;
  /** Steps in the order in which they are computed. */
  order: Step[];
  /** For each row the row of the same sequence's state before it, or −1 − b for row b of h0. */
  before: Int32Array;
  /** For each sequence the row that is computed last. */
  last: Int32Array;
}

/** Who follows whom: forward in time or, in reverse, backward. */
function timeline({ batchSizes, reverse }: Recurrent): Timeline {
  const order: Step[] = [];
  let rows = 0;
  for (const batch of batchSizes) {
    order.push({ start: rows, batch });
    rows += batch;
  }
  if (reverse) order.reverse();
  const batch = batchSizes[0] ?? 0;
  const last = Int32Array.from({ length: batch }, (_, b) => -1 - b);
  const before = new Int32Array(rows);
  for (const step of order) {
    for (let b = 0; b < step.batch; b++) {
      before[step.start + b] = last[b]!;
      last[b] = step.start + b;
    }
  }
  return { rows, batch, order, before, last };
}

/** `h_{t−1}` of a row: an earlier output, a row of h0, or zero. */
function previous(a: Recurrent, steps: Timeline, row: number, k: number): number {
  const at = steps.before[row]!;
  if (at >= 0) return a.y[at * a.ldy + k]!;
  return a.h0 === null ? 0 : a.h0[(-1 - at) * a.hiddenSize + k]!;
}

function product(
  x: Real,
  ldx: number,
  w: Real,
  ldw: number,
  out: Real,
  m: number,
  n: number,
  k: number,
  bias: Real | null,
): void {
  gemm({
    ...{ a: x, lda: ldx, transA: false, b: w, ldb: ldw, transB: true, c: out, ldc: n },
    ...{ m, n, k, alpha: 1, beta: 0, bias },
  });
}

/** Zeros of the same type; gates and their gradients are kept in double until they are stored. */
function like(x: Real, n: number): Real {
  return x instanceof Float32Array ? new Float32Array(n) : new Float64Array(n);
}

function relu(x: number): number {
  return x > 0 || Number.isNaN(x) ? x : 0;
}
