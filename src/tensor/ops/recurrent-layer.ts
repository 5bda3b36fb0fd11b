/** What all recurrent layers share as operations: their operands, saved buffers and gradients. */

import type { Real } from "../../core/index.ts";
import type { Gradient, Recurrent, RecurrentBackward, Saved } from "../../kernels/backend.ts";
import { kernels } from "../../kernels/index.ts";
import { copyOfSaved, giveBackSaved, isKept, lendSaved } from "../../kernels/saved.ts";
import type { Context, MultiOp } from "../op.ts";
import { View } from "../view.ts";

export interface LayerArgs {
  /** D: 1, or 2 for forward and reverse. */
  readonly directions: number;
  /** T batch sizes, non-increasing, which sum to N. */
  readonly batchSizes: Int32Array;
  /** What the results' `grad_fn` is called: y's, then one for each state. */
  readonly names: readonly string[];
}

/**
 * x (N, I), the states (D, B, H) each or null, then for each direction W_ih (G·H, I), W_hh (G·H, H),
 * b_ih, b_hh (G·H) or null, and where an LSTM projects W_hr (P, H).
 */
export type RecurrentInputs = [x: View, h0: View | null, ...others: (View | null)[]];

export interface Kind<A> {
  /** h, or h and c. */
  states: 1 | 2;
  /** Elements a row of each buffer that forward leaves for backward. */
  saved(hidden: number): number[];
  forward(call: Recurrent, own: OwnForward, args: A): void;
  backward(call: RecurrentBackward, own: OwnBackward, args: A): void;
}

/** What not every kind has, of one direction. */
interface Own {
  c0: Real | null;
  wHr: Real | null;
  /** Empty where no backward follows. */
  saved: Saved[];
}

interface OwnForward extends Own {
  hN: Real;
  cN: Real | null;
}

interface OwnBackward extends Own {
  dcN: Real | null;
  dc0: Gradient | null;
  dWHr: Gradient | null;
}

/** One layer in all its directions, as an operation. */
export function layer<A extends LayerArgs>(kind: Kind<A>): MultiOp<RecurrentInputs, A> {
  return {
    name: ({ names }) => names,
    forward(ctx, inputs, args) {
      const o = operands(kind.states, inputs, args);
      const { directions, batch, size, hidden } = o;
      const y = View.zeros([o.rows, directions * size], o.x.dtype);
      const hN = View.zeros([directions, batch, size], o.x.dtype);
      const cN = kind.states === 2 ? View.zeros([directions, batch, hidden], o.x.dtype) : null;
      const saved = ctx.recording ? lendBuffers(ctx, o, kind.saved(hidden)) : [];
      if (ctx.recording) ctx.save(o.x, ...inputs.slice(1), y);
      for (let d = 0; d < directions; d++) {
        const states = { hN: stateOf(hN, d) as Real, cN: stateOf(cN, d) };
        const own = { ...ownOf(o, d), ...states, saved: savedOf(saved, d, o) };
        kind.forward(callOf(o, d, y), own, args);
      }
      return cN === null ? [y, hN] : [y, hN, cN];
    },
    backward(ctx, [dy, dhN, dcN], args) {
      const views = ctx.saved<View[]>();
      const inputs = views.splice(0, ctx.shapes.length) as unknown as RecurrentInputs;
      const [y] = views as [View];
      const grads = inputs.map((v, i) => (ctx.needs[i] && v ? View.zeros(v.shape, y.dtype) : null));
      const o = operands(kind.states, inputs, args);
      const { buffers, copies } = forBackward(ctx);
      const [out, last, lastC] = [dy, dhN, dcN].map((v) => v?.contiguous() ?? null);
      for (let d = 0; d < o.directions; d++) {
        const dRows = { dy: columnsOf(out, d, o), lddy: o.directions * o.size };
        const call = { ...callOf(o, d, y), ...dRows, dhN: stateOf(last, d) };
        const own = { ...ownOf(o, d), dcN: stateOf(lastC, d), ...ownGradientsOf(o, d, grads) };
        const saved = savedOf(buffers, d, o);
        kind.backward({ ...call, ...gradientsOf(o, d, grads) }, { ...own, saved }, args);
      }
      copies.forEach(giveBackSaved);
      return grads as [View | null, View | null, ...(View | null)[]];
    },
  };
}

// ---- operands ----------------------------------------------------------------------------------

interface Operands {
  x: View;
  h0: View | null;
  c0: View | null;
  /** Four or five for each direction; the first is input number `first`. */
  weights: (View | null)[];
  first: number;
  batchSizes: Int32Array;
  /** D, N, B, H, and P or H. */
  directions: number;
  rows: number;
  batch: number;
  hidden: number;
  size: number;
}

function operands(states: 1 | 2, inputs: RecurrentInputs, args: LayerArgs): Operands {
  const [x, h0, ...others] = inputs.map((v) => v?.contiguous() ?? null);
  const c0 = states === 2 ? (others.shift() ?? null) : null;
  const { directions, batchSizes } = args;
  const [rows, batch] = [(x as View).shape[0] as number, batchSizes[0] ?? 0];
  const size = others[1]?.shape[1] as number;
  const hidden = others.length === 5 * directions ? (others[4]?.shape[1] as number) : size;
  const sizes = { directions, rows, batch, hidden, size };
  const first = 1 + states;
  return { x: x as View, h0: h0 ?? null, c0, weights: others, first, batchSizes, ...sizes };
}

/** What forward and backward of direction `d` have in common. */
function callOf(o: Operands, d: number, y: View): Recurrent {
  const [wIh, wHh, bIh = null, bHh = null] = weightsOf(o, d, o.weights) as [
    View,
    View,
    View?,
    View?,
  ];
  const inputSize = o.x.shape[1] as number;
  return {
    batchSizes: o.batchSizes,
    reverse: d === 1,
    inputSize,
    hiddenSize: o.hidden,
    x: o.x.real(),
    ldx: inputSize,
    wIh: wIh.real(),
    wHh: wHh.real(),
    bIh: bIh?.real() ?? null,
    bHh: bHh?.real() ?? null,
    h0: stateOf(o.h0, d),
    y: columnsOf(y, d, o) as Real,
    ldy: o.directions * o.size,
  };
}

function ownOf(o: Operands, d: number): { c0: Real | null; wHr: Real | null } {
  return { c0: stateOf(o.c0, d), wHr: weightsOf(o, d, o.weights)[4]?.real() ?? null };
}

function gradientsOf(o: Operands, d: number, grads: (View | null)[]) {
  const [dWIh, dWHh, dBIh, dBHh] = weightsOf(o, d, grads.slice(o.first)).map(gradient);
  const dx = grads[0] ?? null;
  return {
    // Both directions add to it.
    dx: dx && { data: dx.real(), ld: dx.shape[1] as number, accumulate: d > 0 },
    dh0: stateGradient(grads[1], d),
    dWIh: dWIh ?? null,
    dWHh: dWHh ?? null,
    dBIh: dBIh ?? null,
    dBHh: dBHh ?? null,
  };
}

function ownGradientsOf(o: Operands, d: number, grads: (View | null)[]) {
  const dWHr = gradient(weightsOf(o, d, grads.slice(o.first))[4]);
  return { dc0: o.first === 3 ? stateGradient(grads[2], d) : null, dWHr };
}

// ---- saved buffers -----------------------------------------------------------------------------

/** Those that go back when backward has run: all of one direction, then the other. */
function lendBuffers(ctx: Context, o: Operands, perRow: number[]): Saved[] {
  const type = o.x.dtype.name === "float64" ? "float64" : "float32";
  const lent = Array.from({ length: o.directions }, () =>
    perRow.map((n) => lendSaved(kernels(), type, o.rows * n)),
  ).flat();
  ctx.buffers = lent;
  if (lent.length > 0) ctx.onRelease(() => lent.forEach(giveBackSaved));
  return lent;
}

/**
 * What forward left, as the kernels in use take it: copies of what another backend keeps, and of all
 * that a later backward will need, since backward overwrites it.
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

function savedOf(saved: Saved[], d: number, o: Operands): Saved[] {
  const n = saved.length / o.directions;
  return saved.slice(d * n, (d + 1) * n);
}

function weightsOf(o: Operands, d: number, all: (View | null)[]): (View | null)[] {
  const n = o.weights.length / o.directions;
  return all.slice(d * n, (d + 1) * n);
}

/** Direction `d` of a state (D, B, ·). */
function stateOf(states: View | null | undefined, d: number): Real | null {
  if (!states) return null;
  const [directions, batch, size] = states.shape as [number, number, number];
  const n = batch * size;
  return directions === 1 ? states.real() : (states.real().subarray(d * n, (d + 1) * n) as Real);
}

/** Rows of direction `d` in (N, D·H), `D·H` apart. */
function columnsOf(rows: View | null | undefined, d: number, { size }: Operands): Real | null {
  return rows ? (rows.real().subarray(d * size) as Real) : null;
}

function gradient(view: View | null | undefined): Gradient | null {
  return view ? { data: view.real(), accumulate: false } : null;
}

function stateGradient(view: View | null | undefined, d: number): Gradient | null {
  const data = stateOf(view, d);
  return data && { data, accumulate: false };
}
