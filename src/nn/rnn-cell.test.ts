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
import * as nn from "./index.ts";

interface CellCase {
  type: string;
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

const cases = golden<CellCase[]>("cells.json").filter((c) => c.type === "RNNCell");

describe("RNNCell matches PyTorch", () => {
  test("in all recorded configurations", () => {
    expect(cases).toHaveLength(16);
  });

  test.each(cases.map((c, i) => [`${i} ${c.repr}`, c] as const))("%s", (_name, c) => {
    manualSeed(c.seed);
    const cell = new nn.RNNCell(c.input_size, c.hidden_size, camelCased(c.options));
    expect(String(cell)).toBe(c.repr);
    for (const [name, p] of cell.namedParameters()) {
      expectSame(p, c.params[name] as Recorded, name);
    }
    const x = restored(c.input).requiresGrad_();
    const h = c.hidden ? restored(c.hidden[0] as Recorded).requiresGrad_() : null;
    const y = cell.forward(x, h);
    expectClose(y, c.output[0] as Recorded, tolerance.forward, "output");
    y.backward(restored(c.grad_output[0] as Recorded));
    for (const [name, p] of cell.namedParameters()) {
      expectClose(p.grad, c.grads[name] as Recorded, tolerance.gradient, `gradient of ${name}`);
    }
    expectClose(x.grad, c.grad_input, tolerance.gradient, "gradient of the input");
    if (h !== null) {
      expectClose(h.grad, c.grad_hidden?.[0] as Recorded, tolerance.gradient, "gradient of h");
    }
  });
});
