/** Recurrent layers: one node, and one kernel call a direction, for the whole sequence. */

import type { Real } from "../../core/index.ts";
import type { Gradient, Nonlinearity, Recurrent } from "../../kernels/backend.ts";
import { kernels } from "../../kernels/index.ts";
import type { MultiOp } from "../op.ts";
import { View } from "../view.ts";

export interface RnnArgs {
  readonly nonlinearity: Nonlinearity;
  /** D: 1, or 2 for forward and reverse. */
  readonly directions: number;
  /** T batch sizes, non-increasing, which sum to N. */
  readonly batchSizes: Int32Array;
  /** What the two results' `grad_fn` is called. */
  readonly names: readonly [string, string];
}

/** x (N, I), h0 (D, B, H) or null, then for each direction W_ih (H, I), W_hh (H, H), b_ih, b_hh (H) or null. */
export type RnnInputs = [x: View, h0: View | null, ...weights: (View | null)[]];

/**
 * One layer in all its directions: `h_t = act(x_t W_ihᵀ + b_ih + h_{t−1} W_hhᵀ + b_hh)`.
 * Gives y (N, D·H), direction d in columns [d·H, (d+1)·H), and h_N (D, B, H).
 * Backward: `da_t = (dy_t + da_{t+1} W_hh) act'(h_t)`, `dx = da W_ih`, `dW_ih = daᵀ x`,
 * `dW_hh = daᵀ h_{t−1}`, `db = Σ da`.
 */
export const rnn: MultiOp<RnnInputs, RnnArgs> = {
  name: ({ names }) => names,
  forward(ctx, inputs, args) {
    const x = inputs[0].contiguous();
    const [rows, hidden] = [x.shape[0] as number, (inputs[3] as View).shape[1] as number];
    const batch = args.batchSizes[0] ?? 0;
    const y = View.zeros([rows, args.directions * hidden], x.dtype);
    const hN = View.zeros([args.directions, batch, hidden], x.dtype);
    for (let d = 0; d < args.directions; d++) {
      const call = recurrentCall(d, x, y, inputs, args);
      const { nonlinearity } = args;
      kernels().rnnForward({ ...call, nonlinearity, hN: part(hN, d * batch * hidden) });
    }
    if (ctx.recording) ctx.save(x, ...inputs.slice(1), y);
    return [y, hN];
  },
  backward(ctx, [dy, dhN], args) {
    const saved = ctx.saved<View[]>();
    const y = saved.pop() as View;
    const [x, h0] = saved as unknown as RnnInputs;
    const grads = saved.map((v, i) =>
      ctx.needs[i] ? View.zeros((v as View).shape, y.dtype) : null,
    );
    const hidden = (saved[3] as View).shape[1] as number;
    const [out, last] = [dy?.contiguous() ?? null, dhN?.contiguous() ?? null];
    const state = (args.batchSizes[0] ?? 0) * hidden;
    for (let d = 0; d < args.directions; d++) {
      const [dx, dh0, w] = [grads[0], grads[1], 2 + 4 * d];
      kernels().rnnBackward({
        ...recurrentCall(d, x, y, [x, h0, ...saved.slice(2)], args),
        nonlinearity: args.nonlinearity,
        dy: out === null ? null : part(out, d * hidden),
        lddy: args.directions * hidden,
        dhN: last === null ? null : part(last, d * state),
        dx: dx ? { data: dx.real(), ld: x.shape[1] as number, accumulate: d > 0 } : null,
        dh0: dh0 ? { data: part(dh0, d * state), accumulate: false } : null,
        dWIh: gradient(grads[w]),
        dWHh: gradient(grads[w + 1]),
        dBIh: gradient(grads[w + 2]),
        dBHh: gradient(grads[w + 3]),
      });
    }
    return grads as [View | null, View | null, ...(View | null)[]];
  },
};

/** What forward and backward of direction `d` have in common. */
function recurrentCall(d: number, x: View, y: View, inputs: RnnInputs, args: RnnArgs): Recurrent {
  const [, h0, ...weights] = inputs;
  const [wIh, wHh, bIh = null, bHh = null] = weights.slice(4 * d) as [View, View, View?, View?];
  const [inputSize, hiddenSize] = [x.shape[1] as number, wHh.shape[1] as number];
  return {
    batchSizes: args.batchSizes,
    reverse: d === 1,
    inputSize,
    hiddenSize,
    x: x.real(),
    ldx: inputSize,
    wIh: wIh.real(),
    wHh: wHh.real(),
    bIh: bIh?.real() ?? null,
    bHh: bHh?.real() ?? null,
    h0: h0 === null ? null : part(h0.contiguous(), d * (args.batchSizes[0] ?? 0) * hiddenSize),
    y: part(y, d * hiddenSize),
    ldy: args.directions * hiddenSize,
  };
}

function part(view: View, start: number): Real {
  return view.real().subarray(start) as Real;
}

function gradient(view: View | null | undefined): Gradient | null {
  return view ? { data: view.real(), accumulate: false } : null;
}
