/** Recurrent layers: each one's cell and its derivative; `sequence.ts` walks the steps. */

import type { Real } from "../../core/index.ts";
import type {
  GruBackward,
  GruForward,
  Lstm,
  LstmBackward,
  LstmForward,
  RnnBackward,
  RnnForward,
} from "../backend.ts";
import {
  added,
  linear,
  matmul,
  readBefore,
  readLast,
  type Sizes,
  store,
  timeline,
  walk,
  walkBack,
} from "./sequence.ts";

// ---- RNN ---------------------------------------------------------------------------------------

/** `h_t = act(x_t W_ihᵀ + b_ih + h_{t−1} W_hhᵀ + b_hh)`. */
export function rnnForward(a: RnnForward): void {
  const H = a.hiddenSize;
  const act = a.nonlinearity === "tanh" ? Math.tanh : relu;
  walk(a, { width: H, size: H }, ({ start, count }, input, hidden) => {
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
  walkBack(a, { width: H, size: H }, ({ start, count }, dh, da) => {
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
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const sigmoidBack = (dy: number, y: number) => dy * y * (1 - y);

// ---- LSTM --------------------------------------------------------------------------------------

/** `c_t = f c_{t−1} + i g`, `h_t = o tanh(c_t)`, and with a projection `h_t W_hrᵀ`. */
export function lstmForward(a: LstmForward): void {
  const H = a.hiddenSize;
  const { width, size } = lstmSizes(a);
  const { rows, last } = timeline(a);
  const gates = a.gates ?? new Float64Array(rows * width);
  const c = a.c ?? new Float64Array(rows * H);
  const cBefore = new Float64Array(rows * H);
  walk(a, { width, size }, (step, input, hidden) => {
    readBefore(c, H, a.c0, H, step, cBefore);
    const out = new Float64Array(step.count * H);
    for (let b = 0; b < step.count; b++) {
      const row = step.start + b;
      for (let j = 0; j < H; j++) {
        const at = (k: number) => row * width + k * H + j;
        const pre = (k: number) => input[at(k)]! + hidden[b * width + k * H + j]!;
        const [i, f, g, o] = [sigmoid(pre(0)), sigmoid(pre(1)), Math.tanh(pre(2)), sigmoid(pre(3))];
        const state = f * cBefore[row * H + j]! + i * g;
        out[b * H + j] = o * Math.tanh(state);
        c[row * H + j] = state;
        [i, f, g, o].forEach((gate, k) => {
          gates[at(k)] = gate;
        });
      }
    }
    const h = a.wHr === null ? out : linear(out, H, a.wHr, null, step.count, size, H);
    writeRows(h, size, step.count, a.y.subarray(step.start * a.ldy) as Real, a.ldy);
  });
  readLast(c, H, H, last, a.cN);
}

/** `dc_t += dh_t o (1 − tanh²(c_t))`, `dc_{t−1} = dc_t f`; a projection's `dh_t` is `dh_t W_hr`. */
export function lstmBackward(a: LstmBackward): void {
  const { hiddenSize: H, wHr, gates } = a;
  const { width, size } = lstmSizes(a);
  const { rows, batch } = timeline(a);
  const dc = new Float64Array(batch * H);
  if (a.dcN !== null) dc.set(a.dcN.subarray(0, batch * H));
  const cBefore = new Float64Array(rows * H);
  const dWHr = new Float64Array(wHr === null ? 0 : size * H);
  walkBack(a, { width, size }, (step, dh, da) => {
    readBefore(a.c, H, a.c0, H, step, cBefore);
    const du = wHr === null ? dh : new Float64Array(step.count * H);
    if (wHr !== null) {
      matmul(dh, size, false, wHr, H, [step.count, H, size], added(du, H));
      const out = lstmOutput(a, step.start, step.count);
      matmul(dh, size, true, out, H, [size, H, step.count], added(dWHr, H));
    }
    for (let b = 0; b < step.count; b++) {
      const row = step.start + b;
      for (let j = 0; j < H; j++) {
        const at = (k: number) => row * width + k * H + j;
        const [i, f, g, o] = [gates[at(0)]!, gates[at(1)]!, gates[at(2)]!, gates[at(3)]!];
        const [u, t] = [du[b * H + j]!, Math.tanh(a.c[row * H + j]!)];
        const d = dc[b * H + j]! + tanhBack(u * o, t);
        da[at(0)] = sigmoidBack(d * g, i);
        da[at(1)] = sigmoidBack(d * cBefore[row * H + j]!, f);
        da[at(2)] = tanhBack(d * i, g);
        da[at(3)] = sigmoidBack(u * t, o);
        dc[b * H + j] = d * f;
      }
    }
    dh.fill(0, 0, step.count * size);
  });
  if (a.dc0 !== null) store(a.dc0, dc);
  if (a.dWHr !== null) store(a.dWHr, dWHr);
}

function lstmSizes({ hiddenSize, projSize }: Lstm): Sizes {
  return { width: 4 * hiddenSize, size: projSize || hiddenSize };
}

/** `o tanh(c)` of some rows. */
function lstmOutput({ hiddenSize: H, gates, c }: LstmBackward, start: number, count: number): Real {
  return Float64Array.from({ length: count * H }, (_, k) => {
    const [row, j] = [start + Math.floor(k / H), k % H];
    return gates[row * 4 * H + 3 * H + j]! * Math.tanh(c[row * H + j]!);
  });
}

// ---- GRU ---------------------------------------------------------------------------------------

/** `n = tanh(x-side + r · h-side)`, `h_t = (h_{t−1} − n) z + n`. */
export function gruForward(a: GruForward): void {
  const H = a.hiddenSize;
  walk(a, { width: 3 * H, size: H }, ({ start, count }, input, hidden, before) => {
    for (let b = 0; b < count; b++) {
      const row = start + b;
      for (let j = 0; j < H; j++) {
        const x = (k: number) => input[(3 * row + k) * H + j]!;
        const h = (k: number) => hidden[(3 * b + k) * H + j]!;
        const [r, z] = [sigmoid(x(0) + h(0)), sigmoid(x(1) + h(1))];
        const n = Math.tanh(x(2) + r * h(2));
        a.y[row * a.ldy + j] = (before[row * H + j]! - n) * z + n;
        [n, r, z, h(2)].forEach((gate, k) => {
          if (a.gates !== null) a.gates[(4 * row + k) * H + j] = gate;
        });
      }
    }
  });
}

/** `dz = dh (h_{t−1} − n) σ'`, `dn = dh (1 − z) tanh'`; of `h_{t−1}` directly, `dh z`. */
export function gruBackward(a: GruBackward): void {
  const { hiddenSize: H, gates } = a;
  const sizes = { width: 3 * H, size: H, split: true };
  walkBack(a, sizes, ({ start, count }, dh, dInput, dHidden, before) => {
    for (let b = 0; b < count; b++) {
      const row = start + b;
      for (let j = 0; j < H; j++) {
        const saved = (k: number) => gates[(4 * row + k) * H + j]!;
        const [n, r, z, q] = [saved(0), saved(1), saved(2), saved(3)];
        const d = dh[b * H + j]!;
        const dn = tanhBack(d * (1 - z), n);
        const dz = sigmoidBack(d * (before[row * H + j]! - n), z);
        const dr = sigmoidBack(dn * q, r);
        [dr, dz, dn].forEach((g, k) => {
          dInput[(3 * row + k) * H + j] = g;
        });
        [dr, dz, dn * r].forEach((g, k) => {
          dHidden[(3 * row + k) * H + j] = g;
        });
        dh[b * H + j] = d * z;
      }
    }
  });
}

/** Copies `from` (rows, cols) to rows that lie `ld` apart. */
function writeRows(from: Real, cols: number, rows: number, to: Real, ld: number): void {
  for (let i = 0; i < rows; i++) to.set(from.subarray(i * cols, (i + 1) * cols), i * ld);
}
