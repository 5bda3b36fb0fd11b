/** Recurrent layers: one node, and one kernel call a direction, for the whole sequence. */

import type {
  GruBackward,
  LstmBackward,
  LstmForward,
  Nonlinearity,
  Saved,
} from "../kernels/backend.ts";
import { kernels } from "../kernels/index.ts";
import type { MultiOp } from "./op.ts";
import { type LayerArgs, layer, type RecurrentInputs } from "./recurrent-layer.ts";

export type { LayerArgs, RecurrentInputs } from "./recurrent-layer.ts";

/**
 * `h_t = act(x_t W_ihᵀ + b_ih + h_{t−1} W_hhᵀ + b_hh)`.
 * Gives y (…, D·H), direction d in columns [d·H, (d+1)·H), and h_N (D, B, H).
 * Backward: `da_t = (dy_t + da_{t+1} W_hh) act'(h_t)`, `dx = da W_ih`, `dW_ih = daᵀ x`,
 * `dW_hh = daᵀ h_{t−1}`, `db = Σ da`.
 */
export const rnn: Record<Nonlinearity, MultiOp<RecurrentInputs, LayerArgs>> = {
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
export const lstm: MultiOp<RecurrentInputs, LayerArgs> = layer({
  states: 2,
  saved: (hidden) => [4 * hidden, hidden],
  forward: (call) => kernels().lstmForward(call as LstmForward<Saved>),
  backward: (call) => kernels().lstmBackward(call as LstmBackward<Saved>),
});

/**
 * `h_t = (h_{t−1} − n) z + n` with `n = tanh(x_t W_inᵀ + b_in + r (h_{t−1} W_hnᵀ + b_hn))`.
 * Gives y (…, D·H) and h_N (D, B, H).
 * Backward: `dh_{t−1} = dh_t z` and what comes through the gates.
 */
export const gru: MultiOp<RecurrentInputs, LayerArgs> = layer({
  states: 1,
  saved: (hidden) => [4 * hidden],
  forward: (call) => kernels().gruForward(call),
  backward: (call) => kernels().gruBackward(call as GruBackward<Saved>),
});
