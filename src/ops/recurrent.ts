/**
 * Recurrent layers: one node, and one kernel call a direction, for the whole sequence. The three
 * kinds come first, then their common parts: operands, saved buffers, gradients.
 */

import { numel, type Real } from "../core/index.ts";
import type {
  Gradient,
  GruBackward,
  LstmBackward,
  LstmForward,
  Nonlinearity,
  RecurrentBackward,
  Saved,
} from "../kernels/backend.ts";
import { kernels } from "../kernels/index.ts";
import { acquireSaved, copyOfSaved, isKept, releaseSaved } from "../kernels/saved.ts";
import type { Context, MultiOp } from "./op.ts";
import { View } from "./view.ts";

interface LayerArgs {
  /** D: 1, or 2 for forward and reverse. */
  readonly directions: number;
  /** T batch sizes, non-increasing, which sum to N. */
  readonly batchSizes: Int32Array;
  /** The names of the results' `grad_fn`: y's, then one for each state. */
  readonly names: readonly string[];
}

/**
 * x (…, I) with N rows; each state (D, B, H) or null; then for each direction W_ih (G·H, I),
 * W_hh (G·H, H), b_ih and b_hh (G·H) or null, and of an LSTM with a projection W_hr (P, H).
 */
type RecurrentInputs = [x: View, h0: View | null, ...others: (View | null)[]];

/** One layer in all its directions. Returns y, h_N and, for an LSTM, c_N. */
export type RecurrentOp = MultiOp<RecurrentInputs, LayerArgs>;

// ---- the kinds ---------------------------------------------------------------------------------

/**
 * `h_t = act(x_t W_ihᵀ + b_ih + h_{t−1} W_hhᵀ + b_hh)`.
 * Gives y (…, D·H), direction d in columns [d·H, (d+1)·H), and h_N (D, B, H).
 * Backward: `da_t = (dy_t + da_{t+1} W_hh) act'(h_t)`, `dx = da W_ih`, `dW_ih = daᵀ x`,
 * `dW_hh = daᵀ h_{t−1}`, `db = Σ da`.
 */
export const rnn: Record<Nonlinearity, RecurrentOp> = {
  tanh: elman("tanh"),
  relu: elman("relu"),
};

function elman(nonlinearity: Nonlinearity) {
  return layer({
    states: 1,
    nonlinearity,
    saved: () => [],
    forward: (call) => kernels().rnnForward(call),
    backward: (call) => kernels().rnnBackward(call),
  });
}

/**
 * `c_t = f c_{t−1} + i g`, `h_t = o tanh(c_t)`, or `(o tanh(c_t)) W_hrᵀ`.
 * Inputs x, h_0, c_0; gives y (…, D·P), h_N (D, B, P), c_N (D, B, H).
 * Backward: `dc_{t−1} = dc_t f`, and the gates' gradients as the kernel documents them.
 */
export const lstm: RecurrentOp = layer({
  states: 2,
  saved: (hidden) => [4 * hidden, hidden],
  forward: (call) => kernels().lstmForward(call as LstmForward<Saved>),
  backward: (call) => kernels().lstmBackward(call as LstmBackward<Saved>),
});

/**
 * `h_t = (h_{t−1} − n) z + n` with `n = tanh(x_t W_inᵀ + b_in + r (h_{t−1} W_hnᵀ + b_hn))`.
 * Gives y (…, D·H) and h_N (D, B, H).
 * Backward: `dh_{t−1} = dh_t z` plus the gradients through the gates.
 */
export const gru: RecurrentOp = layer({
  states: 1,
  saved: (hidden) => [4 * hidden],
  forward: (call) => kernels().gruForward(call),
  backward: (call) => kernels().gruBackward(call as GruBackward<Saved>),
});

// ---- common parts ------------------------------------------------------------------------------

interface Kind {
  /** h, or h and c. */
  states: 1 | 2;
  /** Only of an Elman network. */
  nonlinearity?: Nonlinearity;
  /** Elements a row of each buffer that forward saves for backward: the gates, then c. */
  saved(hidden: number): number[];
  forward(call: ForwardCall): void;
  backward(call: Call): void;
}

/**
 * The arguments of all kernels for one direction, forward and backward; missing ones are null. One
 * object has all fields, because merging objects takes longer than a small layer's arithmetic.
 */
interface Call extends RecurrentBackward {
  nonlinearity: Nonlinearity;
  /** P, or 0 without a projection. */
  projSize: number;
  wHr: Real | null;
  c0: Real | null;
  /** Null where no backward follows. */
  gates: Saved | null;
  c: Saved | null;
  hN: Real | null;
  cN: Real | null;
  dcN: Real | null;
  dc0: Gradient | null;
  dWHr: Gradient | null;
}

type ForwardCall = Call & { hN: Real };

/** One layer in all its directions, as an operation. */
function layer(kind: Kind): RecurrentOp {
  return {
    name: ({ names }) => names,
    releasesGradients: true,
    forward(ctx, inputs, args) {
      const o = operands(kind, inputs, args);
      const { directions, batch, size, hidden } = o;
      const { dtype, shape } = o.x;
      const y = View.zeros(shape.with(-1, directions * size), dtype);
      const hN = View.zeros([directions, batch, size], dtype);
      const cN = kind.states === 2 ? View.zeros([directions, batch, hidden], dtype) : null;
      const saved = ctx.recording ? acquireBuffers(ctx, o, kind.saved(hidden)) : [];
      if (ctx.recording) ctx.save(o.x, ...inputs.slice(1), y);
      for (let d = 0; d < directions; d++) {
        const call = callOf(o, d, y, saved);
        call.hN = stateOf(hN, d);
        call.cN = stateOf(cN, d);
        kind.forward(call as ForwardCall);
      }
      return cN === null ? [y, hN] : [y, hN, cN];
    },
    backward(ctx, [dy, dhN, dcN], args) {
      const views = ctx.saved<View[]>();
      const inputs = views.splice(0, ctx.shapes.length) as unknown as RecurrentInputs;
      const [y] = views as [View];
      const grads = inputs.map((v, i) => {
        if (v === null || !ctx.needs[i]) return null;
        // A parameter's `.grad` adopts its gradient, so that memory is not the pool's.
        return i < 1 + kind.states ? View.pooled(v.shape, y.dtype) : View.zeros(v.shape, y.dtype);
      });
      const o = operands(kind, inputs, args);
      const { buffers, copies } = forBackward(ctx);
      const [out, last, lastC] = [dy, dhN, dcN].map((v) => v?.contiguous() ?? null);
      for (let d = 0; d < o.directions; d++) {
        const call = callOf(o, d, y, buffers);
        call.dy = columnsOf(out, d, o);
        call.dhN = stateOf(last, d);
        call.dcN = stateOf(lastC, d);
        setGradients(call, o, d, grads);
        kind.backward(call);
      }
      copies.forEach(releaseSaved);
      return grads as [View | null, View | null, ...(View | null)[]];
    },
  };
}

// ---- operands ----------------------------------------------------------------------------------

interface Operands {
  kind: Kind;
  x: View;
  h0: View | null;
  c0: View | null;
  /**
   * `each` (four, or five with a projection) for each direction; the first is input number `first`.
   */
  weights: (View | null)[];
  each: number;
  first: number;
  batchSizes: Int32Array;
  /** D, N, B, I, H, and P or H. */
  directions: number;
  rows: number;
  batch: number;
  inputSize: number;
  hidden: number;
  size: number;
}

function operands(kind: Kind, inputs: RecurrentInputs, args: LayerArgs): Operands {
  const { directions, batchSizes } = args;
  const first = 1 + kind.states;
  const views = inputs.map((v) => v?.contiguous() ?? null);
  const weights = views.slice(first);
  const each = weights.length / directions;
  const x = views[0] as View;
  const size = weights[1]?.shape[1] as number;
  return {
    kind,
    x,
    h0: views[1] as View | null,
    c0: first === 3 ? (views[2] as View | null) : null,
    weights,
    each,
    first,
    batchSizes,
    directions,
    rows: numel(x.shape.slice(0, -1)),
    batch: batchSizes[0] ?? 0,
    inputSize: x.shape.at(-1) as number,
    hidden: each === 5 ? (weights[4]?.shape[1] as number) : size,
    size,
  };
}

/** A call in direction `d` with the arguments that forward and backward share. */
function callOf(o: Operands, d: number, y: View, saved: readonly Saved[]): Call {
  const at = d * o.each;
  const own = (d * saved.length) / o.directions;
  return {
    nonlinearity: o.kind.nonlinearity ?? "tanh",
    batchSizes: o.batchSizes,
    reverse: d === 1,
    inputSize: o.inputSize,
    hiddenSize: o.hidden,
    projSize: o.each === 5 ? o.size : 0,
    x: o.x.real(),
    ldx: o.inputSize,
    wIh: realOf(o.weights[at]) as Real,
    wHh: realOf(o.weights[at + 1]) as Real,
    bIh: realOf(o.weights[at + 2]),
    bHh: realOf(o.weights[at + 3]),
    wHr: o.each === 5 ? realOf(o.weights[at + 4]) : null,
    h0: stateOf(o.h0, d),
    c0: stateOf(o.c0, d),
    y: columnsOf(y, d, o) as Real,
    ldy: o.directions * o.size,
    gates: saved[own] ?? null,
    c: o.kind.states === 2 ? (saved[own + 1] ?? null) : null,
    hN: null,
    cN: null,
    dy: null,
    lddy: o.directions * o.size,
    dhN: null,
    dcN: null,
    dx: null,
    dh0: null,
    dc0: null,
    dWIh: null,
    dWHh: null,
    dBIh: null,
    dBHh: null,
    dWHr: null,
  };
}

function setGradients(call: Call, o: Operands, d: number, grads: readonly (View | null)[]): void {
  const at = o.first + d * o.each;
  const dx = realOf(grads[0]);
  // The second direction adds to the first one's.
  call.dx = dx && { data: dx, ld: o.inputSize, accumulate: d > 0 };
  call.dh0 = gradient(stateOf(grads[1], d));
  call.dc0 = o.first === 3 ? gradient(stateOf(grads[2], d)) : null;
  call.dWIh = gradient(realOf(grads[at]));
  call.dWHh = gradient(realOf(grads[at + 1]));
  call.dBIh = gradient(realOf(grads[at + 2]));
  call.dBHh = gradient(realOf(grads[at + 3]));
  call.dWHr = o.each === 5 ? gradient(realOf(grads[at + 4])) : null;
}

function realOf(view: View | null | undefined): Real | null {
  return view ? view.real() : null;
}

/** Direction `d` of a state (D, B, ·). */
function stateOf(states: View | null | undefined, d: number): Real | null {
  if (!states) return null;
  const [directions, batch, size] = states.shape as [number, number, number];
  const n = batch * size;
  return directions === 1 ? states.real() : (states.real().subarray(d * n, (d + 1) * n) as Real);
}

/** Rows of direction `d` in (…, D·H), `D·H` apart. */
function columnsOf(rows: View | null | undefined, d: number, { size }: Operands): Real | null {
  if (!rows) return null;
  return d === 0 ? rows.real() : (rows.real().subarray(d * size) as Real);
}

function gradient(data: Real | null): Gradient | null {
  return data && { data, accumulate: false };
}

// ---- saved buffers -----------------------------------------------------------------------------

/** Buffers that backward releases: all of one direction, then all of the other. */
function acquireBuffers(ctx: Context, o: Operands, perRow: number[]): Saved[] {
  const type = o.x.dtype.name === "float64" ? "float64" : "float32";
  const buffers = Array.from({ length: o.directions }, () =>
    perRow.map((n) => acquireSaved(kernels(), type, o.rows * n)),
  ).flat();
  ctx.buffers = buffers;
  if (buffers.length > 0) ctx.onRelease(() => buffers.forEach(releaseSaved));
  return buffers;
}

/**
 * The saved buffers for the kernels in use. They are copied where another backend owns them, and
 * where backward may run again, because backward overwrites them.
 */
function forBackward(ctx: Context): { buffers: Saved[]; copies: Saved[] } {
  const copies: Saved[] = [];
  const takesAll = kernels().keep !== undefined;
  const buffers = ctx.buffers.map((saved) => {
    if (!ctx.retain && (takesAll || !isKept(saved))) return saved;
    const copy = copyOfSaved(saved);
    copies.push(copy);
    return copy;
  });
  return { buffers, copies };
}
