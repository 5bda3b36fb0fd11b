/**
 * Recorded recurrent layers, made from their seeds and run forward and backward. Runs in pages too.
 */

import { camelCased } from "../../src/core/index.ts";
import { GRU, LSTM, RNN } from "../../src/nn/index.ts";
import {
  type PackedSequence,
  packPaddedSequence,
  padPackedSequence,
} from "../../src/nn/recurrent/packed.ts";
import { manualSeed } from "../../src/random/index.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import { type Recorded, restored } from "./tensors.ts";

const kinds = { RNN, LSTM, GRU };
type Layer = RNN | LSTM | GRU;

export interface LayerCase {
  readonly name: string;
  readonly type: keyof typeof kinds;
  readonly input_size: number;
  readonly hidden_size: number;
  readonly num_layers: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly train_seed?: number;
  readonly kind: "batched" | "unbatched" | "packed";
  readonly repr: string;
  readonly params: Readonly<Record<string, Recorded>>;
  readonly input: Recorded;
  readonly h0?: Recorded;
  readonly c0?: Recorded;
  readonly lengths?: number[];
  readonly enforce_sorted?: boolean;
  readonly output: Recorded;
  readonly hn: Recorded;
  readonly cn?: Recorded;
  readonly grad_output: Recorded;
  readonly grad_hn: Recorded;
  readonly grad_cn?: Recorded;
  readonly loss: number;
  readonly grads: Readonly<Record<string, Recorded>>;
  readonly grad_input: Recorded;
  readonly grad_h0?: Recorded;
  readonly grad_c0?: Recorded;
}

/** Those of h and c that exist, in this order. */
export const present = (...all: (Recorded | undefined)[]) => all.filter((r) => r !== undefined);

/** The layer with its gradients; `last` is h_n and for an LSTM c_n, `states` the initial ones. */
export function runLayer(c: LayerCase) {
  manualSeed(c.seed);
  const options = { numLayers: c.num_layers, ...camelCased(c.options) };
  const layer: Layer = new kinds[c.type](c.input_size, c.hidden_size, options);
  const input = restored(c.input).requiresGrad_();
  const states = present(c.h0, c.c0).map((r) => restored(r).requiresGrad_());
  if (c.train_seed === undefined) layer.eval();
  else manualSeed(c.train_seed);
  const { y, last } = padded(layer, c, input, states);
  const upstream = present(c.grad_hn, c.grad_cn);
  const loss = last
    .map((h, i) => h.mul(restored(upstream[i] as Recorded)).sum())
    .reduce((sum, share) => sum.add(share), y.mul(restored(c.grad_output)).sum());
  loss.backward();
  return { layer, input, states, y, last, loss: loss.item() };
}

/** Runs any of the three, with the output padded. */
function padded(layer: Layer, c: LayerCase, x: Tensor, states: Tensor[]) {
  if (c.kind !== "packed") return forward(layer, x, states);
  const batchFirst = layer.batchFirst;
  const enforceSorted = c.enforce_sorted ?? false;
  const packed = packPaddedSequence(x, c.lengths as number[], { batchFirst, enforceSorted });
  const { y, last } = forward(layer, packed, states);
  return { y: padPackedSequence(y, { batchFirst })[0], last };
}

function forward<X extends Tensor | PackedSequence>(layer: Layer, x: X, states: Tensor[]) {
  const initial = states.length === 0 ? null : layer instanceof LSTM ? states : states[0];
  const [y, last] = (layer as LSTM).forward(x as never, initial as never) as unknown as [
    X,
    Tensor | Tensor[],
  ];
  return { y, last: [last].flat() };
}
