/**
 * Recurrent layers: one driver walks the sequence forth and back for the whole family; what a layer
 * brings is how a step's gates become its states, and the derivative of that.
 */

import type { Real } from "../../core/index.ts";
import type { Gradient, Recurrent, RnnBackward, RnnForward, RowsGradient } from "../backend.ts";
import { gemm } from "./gemm.ts";

// ---- RNN ---------------------------------------------------------------------------------------

/** `h_t = act(x_t W_ihᵀ + b_ih + h_{t−1} W_hhᵀ + b_hh)`. */
export function rnnForward(a: RnnForward): void {
  const H = a.hiddenSize;
  const act = a.nonlinearity === "tanh" ? Math.tanh : relu;
  walk(a, H, a.hN, ({ start, count }, input, hidden) => {
    for (let b = 0; b < count; b++) {
      const row = start + b;
      for (let j = 0; j < H; j++) {
        a.y[row * a.ldy + j] = act(input[row * H + j]! + hidden[b * H + j]!);
      }
    }
  });
}

/** `da_t = dh_t · act'`: `dh_t (1 − h_t²)` for tanh, `dh_t [h_t > 0]` for relu. */
export function rnnBackward(a: RnnBackward): void {
  const H = a.hiddenSize;
  const back = a.nonlinearity === "tanh" ? tanhBack : reluBack;
  walkBack(a, H, ({ start, count }, dh, da) => {
    for (let b = 0; b < count; b++) {
      const row = start + b;
      for (let j = 0; j < H; j++) {
        da[row * H + j] = back(dh[b * H + j]!, a.y[row * a.ldy + j]!);
        dh[b * H + j] = 0;
      }
    }
  });
}

const relu = (x: number) => (x < 0 ? 0 : x);
const reluBack = (dh: number, h: number) => (h <= 0 ? 0 : dh);
const tanhBack = (dh: number, h: number) => dh * (1 - h * h);

// ---- driver ------------------------------------------------------------------------------------

/**
 * Writes the states of a step's rows into y, from their pre-activations: `input` (N, G·H) has the
 * rows of all steps, `hidden` (count, G·H) those of the step.
 */
type Gates = (step: Step, input: Float64Array, hidden: Float64Array) => void;

/**
 * From `dh` (B, H), the gradient of a step's states, writes the step's rows of `da` (N, G·H), the
 * gradient of the pre-activations. Leaves in `dh` what reaches `h_{t−1}` other than through them.
 */
type GatesBackward = (step: Step, dh: Float64Array, da: Float64Array) => void;

/** Computes y and hN; `width` is G·H. */
function walk(a: Recurrent, width: number, hN: Real, gates: Gates): void {
  const { hiddenSize: H, inputSize: I } = a;
  const { rows, batch, order, last } = timeline(a);
  const input = linear(a.x, a.ldx, a.wIh, a.bIh, rows, width, I);
  const before = new Float64Array(rows * H);
  for (const step of order) {
    readBefore(a, step, before);
    const from = before.subarray(step.start * H);
    gates(step, input, linear(from, H, a.wHh, a.bHh, step.count, width, H));
  }
  for (let b = 0; b < batch; b++) {
    for (let j = 0; j < H; j++) hN[b * H + j] = a.y[last[b]! * a.ldy + j]!;
  }
}

/**
 * Time in reverse: `dh_t` is `dy_t` and what came from `t + 1`; `dh_{t−1} += da_t W_hh`. Then
 * `dx = da W_ih`, `dW_ih = daᵀ x`, `dW_hh = daᵀ h_{t−1}`, `db_ih = db_hh = Σ da`.
 */
function walkBack(a: Omit<RnnBackward, "nonlinearity">, width: number, gates: GatesBackward): void {
  const { hiddenSize: H, inputSize: I } = a;
  const { rows, batch, order } = timeline(a);
  const before = new Float64Array(rows * H);
  const da = new Float64Array(rows * width);
  const dh = new Float64Array(batch * H);
  if (a.dhN !== null) dh.set(a.dhN.subarray(0, batch * H));
  for (const step of order.toReversed()) {
    readBefore(a, step, before);
    if (a.dy !== null) addRows(a.dy, a.lddy, step, dh, H);
    gates(step, dh, da);
    const dStep = da.subarray(step.start * width);
    matmul(dStep, width, false, a.wHh, H, [step.count, H, width], add(dh, H));
  }
  if (a.dh0 !== null) store(a.dh0, dh);
  if (a.dx !== null) matmul(da, width, false, a.wIh, I, [rows, I, width], a.dx);
  if (a.dWIh !== null) matmul(da, width, true, a.x, a.ldx, [width, I, rows], { ...a.dWIh, ld: I });
  if (a.dWHh !== null) matmul(da, width, true, before, H, [width, H, rows], { ...a.dWHh, ld: H });
  const bias = columnSums(da, rows, width);
  if (a.dBIh !== null) store(a.dBIh, bias);
  if (a.dBHh !== null) store(a.dBHh, bias);
}

// ---- time --------------------------------------------------------------------------------------

/** One step's rows, of the sequences `0 … count − 1`, and where each one's state before it lies. */
interface Step {
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

function timeline({ batchSizes, reverse }: Recurrent): Timeline {
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

/** Copies `h_{t−1}` of a step's rows into the same rows of `out` (N, H). */
function readBefore(a: Recurrent, { start, before }: Step, out: Float64Array): void {
  const H = a.hiddenSize;
  before.forEach((row, b) => {
    const at = (start + b) * H;
    if (row >= 0) out.set(a.y.subarray(row * a.ldy, row * a.ldy + H), at);
    else if (a.h0 !== null) out.set(a.h0.subarray(b * H, (b + 1) * H), at);
  });
}

// ---- matrices ----------------------------------------------------------------------------------

/** `x Wᵀ + bias`: x (m, k), W (n, k). */
function linear(
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
function matmul(
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

function add(data: Real, ld: number): RowsGradient {
  return { data, ld, accumulate: true };
}

/** Adds the step's rows of `from` (N, H) to the first rows of `to` (B, H). */
function addRows(from: Real, ld: number, step: Step, to: Float64Array, H: number): void {
  for (let b = 0; b < step.count; b++) {
    for (let j = 0; j < H; j++) to[b * H + j]! += from[(step.start + b) * ld + j]!;
  }
}

function columnSums(x: Float64Array, rows: number, cols: number): Float64Array {
  const sums = new Float64Array(cols);
  for (let i = 0; i < rows * cols; i++) sums[i % cols]! += x[i]!;
  return sums;
}

function store(out: Gradient, values: Float64Array): void {
  values.forEach((value, i) => {
    out.data[i] = value + (out.accumulate ? out.data[i]! : 0);
  });
}
