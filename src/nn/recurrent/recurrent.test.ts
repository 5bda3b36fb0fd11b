import { expect, test } from "vitest";
import { describeEach } from "../../../test/backends.ts";
import { expectClose, expectSame, tolerance } from "../../../test/pytorch/close.ts";
import { type LayerCase, present, runLayer } from "../../../test/pytorch/layers.ts";
import { readRecording } from "../../../test/pytorch/read.ts";
import type { Recorded } from "../../../test/pytorch/tensors.ts";
import type { Tensor } from "../../tensor/index.ts";

const cases = readRecording<LayerCase[]>("layers.json");

describeEach("recurrent layers match PyTorch, %s kernels", () => {
  test("in all recorded configurations", () => {
    expect(cases).toHaveLength(82);
  });

  test.each(cases)("$name: parameters, text, outputs, gradients", (c) => {
    const { layer, input, states, y, last, loss } = runLayer(c);
    expect(String(layer)).toBe(c.repr);
    expect([...layer.namedParameters()].map(([name]) => name)).toEqual(Object.keys(c.params));
    for (const [name, p] of layer.namedParameters()) {
      expectSame(p, c.params[name] as Recorded, name);
      expectClose(p.grad, c.grads[name] as Recorded, tolerance.gradient, `gradient of ${name}`);
    }
    expectClose(y, c.output, tolerance.forward, "output");
    expect(last).toHaveLength(c.type === "LSTM" ? 2 : 1);
    for (const [i, want] of present(c.hn, c.cn).entries()) {
      expectClose(last[i] as Tensor, want, tolerance.forward, `final state ${i}`);
    }
    expect(Math.abs(loss - c.loss)).toBeLessThan(1e-4);
    expectClose(input.grad, c.grad_input, tolerance.gradient, "gradient of the input");
    for (const [i, want] of present(c.grad_h0, c.grad_c0).entries()) {
      const grad = states[i]?.grad ?? null;
      expectClose(grad, want, tolerance.gradient, `gradient of initial state ${i}`);
    }
  });
});
