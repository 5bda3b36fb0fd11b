import { expect, test } from "vitest";
import { describeEach } from "../../../test/backends.ts";
import { expectClose, expectSame, tolerance } from "../../../test/pytorch/close.ts";
import { readRecording } from "../../../test/pytorch/read.ts";
import { type Recorded, restored } from "../../../test/pytorch/tensors.ts";
import { camelCased } from "../../core/index.ts";
import { manualSeed } from "../../random/index.ts";
import * as torch from "../../tensor/index.ts";
import { GRUCell, LSTMCell, RNNCell } from "../index.ts";

interface CellCase {
  type: "RNNCell" | "LSTMCell" | "GRUCell";
  input_size: number;
  hidden_size: number;
  options: Record<string, unknown>;
  seed: number;
  repr: string;
  params: Record<string, Recorded>;
  input: Recorded;
  hidden?: Recorded[];
  output: Recorded[];
  grad_output: Recorded[];
  grads: Record<string, Recorded>;
  grad_input: Recorded;
  grad_hidden?: Recorded[];
}

const cases = readRecording<CellCase[]>("cells.json");

const kinds = { RNNCell, LSTMCell, GRUCell };

describeEach("cells match PyTorch, %s kernels", () => {
  test("in all recorded configurations", () => {
    expect(cases).toHaveLength(32);
  });

  test.each(cases.map((c, i) => [`${i} ${c.repr}`, c] as const))("%s", (_name, c) => {
    manualSeed(c.seed);
    const cell = new kinds[c.type](c.input_size, c.hidden_size, camelCased(c.options));
    expect(String(cell)).toBe(c.repr);
    for (const [name, p] of cell.namedParameters()) {
      expectSame(p, c.params[name] as Recorded, name);
    }
    const x = restored(c.input).requiresGrad_();
    const hidden = (c.hidden ?? []).map((r) => restored(r).requiresGrad_());
    const given = c.hidden === undefined ? null : c.type === "LSTMCell" ? hidden : hidden[0];
    const outputs = [cell.forward(x, given as never)].flat();
    expect(outputs).toHaveLength(c.output.length);
    let loss = torch.zeros([]);
    for (const [i, y] of outputs.entries()) {
      expectClose(y, c.output[i] as Recorded, tolerance.forward, `output ${i}`);
      loss = loss.add(y.mul(restored(c.grad_output[i] as Recorded)).sum());
    }
    loss.backward();
    for (const [name, p] of cell.namedParameters()) {
      expectClose(p.grad, c.grads[name] as Recorded, tolerance.gradient, `gradient of ${name}`);
    }
    expectClose(x.grad, c.grad_input, tolerance.gradient, "gradient of the input");
    for (const [i, h] of hidden.entries()) {
      const expected = c.grad_hidden?.[i] as Recorded;
      expectClose(h.grad, expected, tolerance.gradient, `gradient of state ${i}`);
    }
  });
});
