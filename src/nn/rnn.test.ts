import { describe, expect, test } from "vitest";
import { golden } from "../../test/golden/read.ts";
import {
  camelCased,
  expectClose,
  expectSame,
  type Recorded,
  restored,
  tolerance,
} from "../../test/golden/tensors.ts";
import { manualSeed } from "../random/index.ts";
import type { Tensor } from "../tensor/index.ts";
import * as nn from "./index.ts";
import { packPaddedSequence, padPackedSequence } from "./utils/rnn.ts";

interface LayerCase {
  name: string;
  type: string;
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
  lengths?: number[];
  enforce_sorted?: boolean;
  output: Recorded;
  hn: Recorded;
  grad_output: Recorded;
  grad_hn: Recorded;
  loss: number;
  grads: Record<string, Recorded>;
  grad_input: Recorded;
  grad_h0?: Recorded;
}

const cases = golden<LayerCase[]>("layers.json").filter((c) => c.type === "RNN");

function layerOf(c: LayerCase): nn.RNN {
  manualSeed(c.seed);
  const options = { numLayers: c.num_layers, ...camelCased(c.options) };
  return new nn.RNN(c.input_size, c.hidden_size, options);
}

/** Output in the padded form, final state. */
function run(layer: nn.RNN, c: LayerCase, x: Tensor, h0: Tensor | null): [Tensor, Tensor] {
  if (c.kind !== "packed") return layer.forward(x, h0);
  const batchFirst = layer.batchFirst;
  const enforceSorted = c.enforce_sorted ?? false;
  const packed = packPaddedSequence(x, c.lengths as number[], { batchFirst, enforceSorted });
  const [y, hN] = layer.forward(packed, h0);
  return [padPackedSequence(y, { batchFirst })[0], hN];
}

describe("RNN matches PyTorch", () => {
  test("in all recorded configurations", () => {
    expect(cases).toHaveLength(28);
  });

  test.each(cases)("$name: parameters, text, outputs, gradients", (c) => {
    const layer = layerOf(c);
    expect(String(layer)).toBe(c.repr);
    expect([...layer.namedParameters()].map(([name]) => name)).toEqual(Object.keys(c.params));
    for (const [name, p] of layer.namedParameters()) {
      expectSame(p, c.params[name] as Recorded, name);
    }
    const x = restored(c.input).requiresGrad_();
    const h0 = c.h0 ? restored(c.h0).requiresGrad_() : null;
    if (c.train_seed === undefined) layer.eval();
    else manualSeed(c.train_seed);
    const [y, hN] = run(layer, c, x, h0);
    expectClose(y, c.output, tolerance.forward, "output");
    expectClose(hN, c.hn, tolerance.forward, "h_n");
    const loss = y
      .mul(restored(c.grad_output))
      .sum()
      .add(hN.mul(restored(c.grad_hn)).sum());
    expect(Math.abs(loss.item() - c.loss)).toBeLessThan(1e-4);
    loss.backward();
    for (const [name, p] of layer.namedParameters()) {
      expectClose(p.grad, c.grads[name] as Recorded, tolerance.gradient, `gradient of ${name}`);
    }
    expectClose(x.grad, c.grad_input, tolerance.gradient, "gradient of the input");
    if (h0 !== null)
      expectClose(h0.grad, c.grad_h0 as Recorded, tolerance.gradient, "gradient of h0");
  });
});
