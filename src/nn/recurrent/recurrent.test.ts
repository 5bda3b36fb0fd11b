import { expect, test } from "vitest";
import { describeEach } from "../../../test/backends.ts";
import { readRecording } from "../../../test/pytorch/read.ts";
import {
  expectClose,
  expectSame,
  type Recorded,
  restored,
  tolerance,
} from "../../../test/pytorch/tensors.ts";
import { camelCased } from "../../core/index.ts";
import { manualSeed } from "../../random/index.ts";
import type { Tensor } from "../../tensor/index.ts";
import { GRU, LSTM, RNN } from "../index.ts";
import { type PackedSequence, packPaddedSequence, padPackedSequence } from "./packed.ts";

type Kind = "RNN" | "LSTM" | "GRU";

interface LayerCase {
  name: string;
  type: Kind;
  input_size: number;
  hidden_size: number;
  num_layers: number;
  options: Record<string, unknown>;
  seed: number;
  train_seed?: number;
  kind: "batched" | "unbatched" | "packed";
  repr: string;
  params: Record<string, Recorded>;
  input: Recorded;
  h0?: Recorded;
  c0?: Recorded;
  lengths?: number[];
  enforce_sorted?: boolean;
  output: Recorded;
  hn: Recorded;
  cn?: Recorded;
  grad_output: Recorded;
  grad_hn: Recorded;
  grad_cn?: Recorded;
  loss: number;
  grads: Record<string, Recorded>;
  grad_input: Recorded;
  grad_h0?: Recorded;
  grad_c0?: Recorded;
}

const cases = readRecording<LayerCase[]>("layers.json");
const kinds = { RNN, LSTM, GRU };
type Layer = RNN | LSTM | GRU;

function layerOf(c: LayerCase): Layer {
  manualSeed(c.seed);
  const options = { numLayers: c.num_layers, ...camelCased(c.options) };
  return new kinds[c.type](c.input_size, c.hidden_size, options);
}

/** Output, h_n and for an LSTM c_n, of any of the three. */
function forward<X extends Tensor | PackedSequence>(layer: Layer, x: X, states: Tensor[]) {
  const initial = states.length === 0 ? null : layer instanceof LSTM ? states : states[0];
  const [y, last] = (layer as LSTM).forward(x as never, initial as never) as unknown as [
    X,
    Tensor | Tensor[],
  ];
  return { y, last: [last].flat() };
}

/** The same with the output in the padded form. */
function run(layer: Layer, c: LayerCase, x: Tensor, states: Tensor[]) {
  if (c.kind !== "packed") return forward(layer, x, states);
  const batchFirst = layer.batchFirst;
  const enforceSorted = c.enforce_sorted ?? false;
  const packed = packPaddedSequence(x, c.lengths as number[], { batchFirst, enforceSorted });
  const { y, last } = forward(layer, packed, states);
  return { y: padPackedSequence(y, { batchFirst })[0], last };
}

const present = (...all: (Recorded | undefined)[]) => all.filter((r) => r !== undefined);

describeEach("recurrent layers match PyTorch, %s kernels", () => {
  test("in all recorded configurations", () => {
    expect(cases).toHaveLength(82);
  });

  test.each(cases)("$name: parameters, text, outputs, gradients", (c) => {
    const layer = layerOf(c);
    expect(String(layer)).toBe(c.repr);
    expect([...layer.namedParameters()].map(([name]) => name)).toEqual(Object.keys(c.params));
    for (const [name, p] of layer.namedParameters()) {
      expectSame(p, c.params[name] as Recorded, name);
    }
    const x = restored(c.input).requiresGrad_();
    const states = present(c.h0, c.c0).map((r) => restored(r).requiresGrad_());
    if (c.train_seed === undefined) layer.eval();
    else manualSeed(c.train_seed);
    const { y, last } = run(layer, c, x, states);
    expectClose(y, c.output, tolerance.forward, "output");
    let loss = y.mul(restored(c.grad_output)).sum();
    const upstream = present(c.grad_hn, c.grad_cn);
    for (const [i, expected] of present(c.hn, c.cn).entries()) {
      expectClose(last[i] as Tensor, expected, tolerance.forward, `final state ${i}`);
      loss = loss.add((last[i] as Tensor).mul(restored(upstream[i] as Recorded)).sum());
    }
    expect(last).toHaveLength(c.type === "LSTM" ? 2 : 1);
    expect(Math.abs(loss.item() - c.loss)).toBeLessThan(1e-4);
    loss.backward();
    for (const [name, p] of layer.namedParameters()) {
      expectClose(p.grad, c.grads[name] as Recorded, tolerance.gradient, `gradient of ${name}`);
    }
    expectClose(x.grad, c.grad_input, tolerance.gradient, "gradient of the input");
    for (const [i, expected] of present(c.grad_h0, c.grad_c0).entries()) {
      const grad = states[i]?.grad ?? null;
      expectClose(grad, expected, tolerance.gradient, `gradient of initial state ${i}`);
    }
  });
});
