/**
 * The walk through a sequence, forth and back, for the whole family of recurrent layers. What a
 * layer brings is how a step's gates become its states, and the derivative of that.
 */

import type { Real } from "../../core/index.ts";
import type { Gradient, Recurrent, RecurrentBackward, RowsGradient } from "../backend.ts";
import { gemm } from "./gemm.ts";

/** `width`: elements of a row of gates, G·H. `size`: elements of a state h, H or P. */
export interface Sizes {
  width: number;
  size: number;
}

/**
 * Writes the states of a step's rows into y, from their pre-activations: `input` (N, G·H) has the
 * rows of all steps, `hidden` (count, G·H) those of the step.
 */
type Gates = (step: Step, input: Float64Array, hidden: Float64Array, before: Float64Array) => void;

/**
 * From `dh` (B, P), the gradient of a step's states, writes the step's rows of the gradients of the
 * pre-activations: `input` and `hidden`, both (N, G·H), the same array unless they differ.
 * Leaves in `dh` what reaches `h_{t−1}` other than through them.
 */
type GatesBackward = (
  step: Step,
  dh: Float64Array,
  input: Float64Array,
  hidden: Float64Array,
  before: Float64Array,
) => void;

/** Computes y and hN. `before` (N, P) has `h_{t−1}` in a step's rows. */
export function walk(a: Recurrent & { hN: Real }, { width, size }: Sizes, gates: Gates): void {
  const { rows, batch, order, last } = timeline(a);
  const input = linear(a.x, a.ldx, a.wIh, a.bIh, rows, width, a.inputSize);
  const before = new Float64Array(rows * size);
  for (const step of order) {
    readBefore(a.y, a.ldy, a.h0, size, step, before);
    const from = before.subarray(step.start * size);
    gates(step, input, linear(from, size, a.wHh, a.bHh, step.count, width, size), before);
  }
  readLast(a.y, a.ldy, size, last.subarray(0, batch), a.hN);
}

/**
 * Time in reverse: `dh_t` is `dy_t` and what came from `t + 1`; `dh_{t−1} += da_t W_hh`. Then
 * `dx = da W_ih`, `dW_ih = daᵀ x`, `dW_hh = daᵀ h_{t−1}`, `db_ih = db_hh = Σ da`, where W_ih and
 * b_ih have the input's `da`, W_hh and b_hh the hidden one: with `split` they differ.
 */
export function walkBack(
  a: RecurrentBackward,
  { width, size, split = false }: Sizes & { split?: boolean },
  gates: GatesBackward,
): void {
  const { inputSize: I } = a;
  const { rows, batch, order } = timeline(a);
  const before = new Float64Array(rows * size);
  const da = new Float64Array(rows * width);
  const dHidden = split ? new Float64Array(rows * width) : da;
  const dh = new Float64Array(batch * size);
  if (a.dhN !== null) dh.set(a.dhN.subarray(0, batch * size));
  for (const step of order.toReversed()) {
    readBefore(a.y, a.ldy, a.h0, size, step, before);
    if (a.dy !== null) addRows(a.dy, a.lddy, step, dh, size);
    gates(step, dh, da, dHidden, before);
    const dStep = dHidden.subarray(step.start * width);
    matmul(dStep, width, false, a.wHh, size, [step.count, size, width], added(dh, size));
  }
  if (a.dh0 !== null) store(a.dh0, dh);
  if (a.dx !== null) matmul(da, width, false, a.wIh, I, [rows, I, width], a.dx);
  if (a.dWIh !== null) matmul(da, width, true, a.x, a.ldx, [width, I, rows], { ...a.dWIh, ld: I });
  if (a.dWHh !== null) {
    const out = { ...a.dWHh, ld: size };
    matmul(dHidden, width, true, before, size, [width, size, rows], out);
  }
  if (a.dBIh !== null) store(a.dBIh, columnSums(da, rows, width));
  if (a.dBHh !== null) store(a.dBHh, columnSums(dHidden, rows, width));
}

// ---- time --------------------------------------------------------------------------------------

/** One step's rows, of the sequences `0 … count − 1`, and where each one's state before it lies. */
export interface Step {
  start: number;
  count: number;
  /** (count): the row of y, or −1 for the sequence's row of h0. */
  before: Int32Array;
}

interface Timeline {
  rows: number;
  batch: number;
  /** Steps in the order in which they are computed. */
  order: Step[];
  /** (B): the row that each sequence computes last. */
  last: Int32Array;
}

export function timeline({ batchSizes, reverse }: Recurrent): Timeline {
  const batch = batchSizes[0] ?? 0;
  const order: Step[] = [];
  let rows = 0;
  for (const count of batchSizes) {
    order.push({ start: rows, count, before: new Int32Array(count) });
    rows += count;
  }
  if (reverse) order.reverse();
  const last = new Int32Array(batch).fill(-1);
  for (const { start, count, before } of order) {
    for (let b = 0; b < count; b++) {
      before[b] = last[b]!;
      last[b] = start + b;
    }
  }
  return { rows, batch, order, last };
}

/** Copies the states before a step's rows, from `states` or `first`, into those rows of `out`. */
export function readBefore(
  states: Real,
  ld: number,
  first: Real | null,
  size: number,
  { start, before }: Step,
  out: Float64Array,
): void {
  before.forEach((row, b) => {
    const at = (start + b) * size;
    if (row >= 0) out.set(states.subarray(row * ld, row * ld + size), at);
    else if (first !== null) out.set(first.subarray(b * size, (b + 1) * size), at);
  });
}

/** `out[b]` is row `last[b]` of `states`. */
export function readLast(
  states: Real,
  ld: number,
  size: number,
  last: Int32Array,
  out: Real,
): void {
  last.forEach((row, b) => {
    out.set(states.subarray(row * ld, row * ld + size), b * size);
  });
}

// ---- matrices ----------------------------------------------------------------------------------

/** `x Wᵀ + bias`: x (m, k), W (n, k). */
export function linear(
  x: Real,
  ldx: number,
  w: Real,
  bias: Real | null,
  m: number,
  n: number,
  k: number,
): Float64Array {
  const c = new Float64Array(m * n);
  const operands = { a: x, lda: ldx, transA: false, b: w, ldb: k, transB: true, c, ldc: n };
  gemm({ ...operands, m, n, k, alpha: 1, beta: 0, bias });
  return c;
}

/** `out (+)= op(A) B`, of sizes (m, k) and (k, n). */
export function matmul(
  a: Real,
  lda: number,
  transA: boolean,
  b: Real,
  ldb: number,
  [m, n, k]: [m: number, n: number, k: number],
  out: RowsGradient,
): void {
  const operands = { a, lda, transA, b, ldb, transB: false, c: out.data, ldc: out.ld };
  gemm({ ...operands, m, n, k, alpha: 1, beta: out.accumulate ? 1 : 0, bias: null });
}

export function added(data: Real, ld: number): RowsGradient {
  return { data, ld, accumulate: true };
}

/** Adds the step's rows of `from` (N, size) to the first rows of `to` (B, size). */
function addRows(from: Real, ld: number, step: Step, to: Float64Array, size: number): void {
  for (let b = 0; b < step.count; b++) {
    for (let j = 0; j < size; j++) to[b * size + j]! += from[(step.start + b) * ld + j]!;
  }
}

function columnSums(x: Float64Array, rows: number, cols: number): Float64Array {
  const sums = new Float64Array(cols);
  for (let i = 0; i < rows * cols; i++) sums[i % cols]! += x[i]!;
  return sums;
}

export function store(out: Gradient, values: Float64Array): void {
  values.forEach((value, i) => {
    out.data[i] = value + (out.accumulate ? out.data[i]! : 0);
  });
}
