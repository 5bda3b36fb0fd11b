import { expect, test } from "vitest";
import { expectClose, tolerance } from "../../test/pytorch/close.ts";
import { int64, type Tensor, tensor } from "../index.ts";
import { functional as F } from "../nn/index.ts";
import { manualSeed } from "../random/index.ts";
import { modelConfig, resolveConfig } from "./config.ts";
import { detachState, LanguageModel, type LmState } from "./model.ts";

test.each(["bigram", "rnn", "lstm", "gru"] as const)(
  "LanguageModel.loss() is the cross entropy of the logits, with its gradients: %s",
  (cell) => {
    manualSeed(2);
    const config = resolveConfig({
      cell,
      embedding: 5,
      hidden: 7,
      dropout: 0.4,
      inputDropout: 0.2,
    });
    const model = new LanguageModel(modelConfig(config, 13));
    const tokens = Int32Array.from({ length: 25 }, (_, i) => (5 * i) % 13);
    const [ids, targets] = [tokens.subarray(0, 24), tokens.subarray(1)].map((t) =>
      tensor(t, { dtype: int64 }),
    ) as [Tensor, Tensor];
    const { state } = model.forward(ids.view(6, 4));
    const options = { reduction: "sum", ignoreIndex: 4 } as const;
    /** The loss and all gradients, with the same elements dropped each time. */
    const results = (loss: (before: LmState) => Tensor): Tensor[] => {
      manualSeed(3);
      for (const p of model.parameters()) p.grad = null;
      const value = loss(detachState(state));
      value.backward();
      return [value.detach(), ...[...model.parameters()].map((p) => p.grad as Tensor)];
    };
    const got = results((before) => model.loss(ids.view(6, 4), targets, before, options).loss);
    const want = results((before) => {
      const { logits } = model.forward(ids.view(6, 4), before);
      return F.crossEntropy(logits, targets, options);
    });
    got.forEach((g, i) => {
      const w = want[i] as Tensor;
      const whole = { shape: [...w.shape], data: Array.from(w.toTypedArray(), Number) };
      expectClose(g, whole, i === 0 ? tolerance.forward : tolerance.gradient, `result ${i}`);
    });
  },
);

test.each([
  { what: "dropout leaves the embedding whole", options: { dropout: 0.9 }, isWhole: true },
  { what: "inputDropout drops of it", options: { inputDropout: 0.9 }, isWhole: false },
])("LanguageModel.forward(): $what", ({ options, isWhole }) => {
  manualSeed(4);
  const config = resolveConfig({ cell: "rnn", embedding: 5, hidden: 7, ...options });
  const model = new LanguageModel(modelConfig(config, 13));
  const ids = tensor([[1, 2, 3]], { dtype: int64 });
  const states = [true, false].map((training) => {
    model.train(training);
    return model.forward(ids).state[0]?.tolist();
  });
  if (isWhole) expect(states[0]).toEqual(states[1]);
  else expect(states[0]).not.toEqual(states[1]);
});
