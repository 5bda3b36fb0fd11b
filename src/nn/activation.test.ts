import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sentence } from "../../test/pytorch/sentence.ts";
import { setWarningHandler } from "../core/index.ts";
import { manualSeed } from "../random/index.ts";
import { ones, randn, tensor } from "../tensor/index.ts";
import * as nn from "./activation.ts";
import * as F from "./functional.ts";

describe("activations", () => {
  const x = randn(3, 4);

  test("give what the functions and the methods give", () => {
    for (const [Layer, f, method] of [
      [nn.Tanh, F.tanh, x.tanh()],
      [nn.Sigmoid, F.sigmoid, x.sigmoid()],
      [nn.ReLU, F.relu, x.relu()],
    ] as const) {
      expect(new Layer().forward(x).tolist()).toEqual(method.tolist());
      expect(f(x).tolist()).toEqual(method.tolist());
    }
    for (const dim of [0, 1, -1]) {
      const [soft, log] = [new nn.Softmax({ dim }), new nn.LogSoftmax({ dim })];
      expect(soft.forward(x).tolist()).toEqual(F.softmax(x, dim).tolist());
      expect(log.forward(x).tolist()).toEqual(F.logSoftmax(x, dim).tolist());
    }
    expect(new nn.Identity().forward(x)).toBe(x);
  });

  test("print as in PyTorch", () => {
    const layers = [new nn.Tanh(), new nn.ReLU(), new nn.Sigmoid(), new nn.Identity()];
    expect(layers.map(String)).toEqual(["Tanh()", "ReLU()", "Sigmoid()", "Identity()"]);
    expect(String(new nn.Softmax())).toBe("Softmax(dim=None)");
    expect(String(new nn.LogSoftmax({ dim: 1 }))).toBe("LogSoftmax(dim=1)");
    expect(String(new nn.Dropout(0.2))).toBe("Dropout(p=0.2, inplace=False)");
  });

  describe("without a dimension", () => {
    const said: string[] = [];
    let before: (text: string) => void;
    beforeAll(() => {
      before = setWarningHandler((text) => said.push(text));
    });
    afterAll(() => {
      setWarningHandler(before);
    });

    test("Softmax chooses PyTorch's dimension and warns", () => {
      for (const [shape, dim] of [
        [[4], 0],
        [[2, 3], 1],
        [[2, 3, 2], 0],
        [[2, 3, 2, 2], 1],
      ] as const) {
        const y = randn(...shape);
        expect(new nn.Softmax().forward(y).tolist()).toEqual(y.softmax(dim).tolist());
      }
      expect(said[0]).toBe(
        "Implicit dimension choice for softmax has been deprecated. Change the call to include dim=X as an argument.",
      );
    });
  });
});

describe("Dropout", () => {
  test("draws PyTorch's mask in training, and does nothing in use", () => {
    manualSeed(0);
    const layer = new nn.Dropout(0.5);
    // torch.manual_seed(0); torch.nn.functional.dropout(torch.ones(10), 0.5)
    expect(layer.forward(ones(10)).tolist()).toEqual([0, 0, 2, 0, 0, 0, 2, 2, 0, 2]);
    layer.eval();
    const x = tensor([1, 2]);
    expect(layer.forward(x)).toBe(x);
  });

  test("refuses what is no probability", () => {
    expect(sentence(() => new nn.Dropout(1.5))).toBe(
      "dropout probability has to be between 0 and 1, but got 1.5",
    );
  });
});
