/** Recurrent layers: one node, and one kernel call a direction, for the whole sequence. */

import { assert } from "../../core/index.ts";
import type { Nonlinearity, Saved } from "../../kernels/backend.ts";
import { kernels } from "../../kernels/index.ts";
import type { MultiOp } from "../op.ts";
import { type LayerArgs, layer, type RecurrentInputs } from "./recurrent-layer.ts";

export type { LayerArgs, RecurrentInputs } from "./recurrent-layer.ts";

export interface RnnArgs extends LayerArgs {
  readonly nonlinearity: Nonlinearity;
}

export interface LstmArgs extends LayerArgs {
  /** P, or 0 without a projection. */
  readonly projSize: number;
}

/**
 * `h_t = act(x_t W_ihᵀ + b_ih + h_{t−1} W_hhᵀ + b_hh)`.
 * Gives y (N, D·H), direction d in columns [d·H, (d+1)·H), and h_N (D, B, H).
 * Backward: `da_t = (dy_t + da_{t+1} W_hh) act'(h_t)`, `dx = da W_ih`, `dW_ih = daᵀ x`,
 * `dW_hh = daᵀ h_{t−1}`, `db = Σ da`.
 */
export const rnn: MultiOp<RecurrentInputs, RnnArgs> = layer({
  states: 1,
  saved: () => [],
  forward(call, { hN }, { nonlinearity }) {
    kernels().rnnForward({ ...call, nonlinearity, hN });
  },
  backward(call, _own, { nonlinearity }) {
    kernels().rnnBackward({ ...call, nonlinearity });
  },
});

/**
 * `c_t = f c_{t−1} + i g`, `h_t = o tanh(c_t)`, or `(o tanh(c_t)) W_hrᵀ`.
 * Inputs x, h_0, c_0; gives y (N, D·P), h_N (D, B, P), c_N (D, B, H).
 * Backward: `dc_{t−1} = dc_t f`, and the gates' gradients as the kernel documents them.
 */
export const lstm: MultiOp<RecurrentInputs, LstmArgs> = layer({
  states: 2,
  saved: (hidden) => [4 * hidden, hidden],
  forward(call, { hN, cN, c0, wHr, saved: [gates = null, c = null] }, { projSize }) {
    assert(cN !== null, "an LSTM has two states");
    kernels().lstmForward({ ...call, projSize, wHr, c0, hN, cN, gates, c });
  },
  backward(call, { c0, wHr, saved, dcN, dc0, dWHr }, { projSize }) {
    const [gates, c] = saved as [Saved, Saved];
    kernels().lstmBackward({ ...call, projSize, wHr, c0, gates, c, dcN, dc0, dWHr });
  },
});

/**
 * `h_t = (h_{t−1} − n) z + n` with `n = tanh(x_t W_inᵀ + b_in + r (h_{t−1} W_hnᵀ + b_hn))`.
 * Gives y (N, D·H) and h_N (D, B, H).
 * Backward: `dh_{t−1} = dh_t z` and what comes through the gates.
 */
export const gru: MultiOp<RecurrentInputs, LayerArgs> = layer({
  states: 1,
  saved: (hidden) => [4 * hidden],
  forward(call, { hN, saved: [gates = null] }) {
    kernels().gruForward({ ...call, hN, gates });
  },
  backward(call, { saved }) {
    kernels().gruBackward({ ...call, gates: saved[0] as Saved });
  },
});
