import { describe, expect, test } from "vitest";
import { int64, noGrad, tensor } from "../index.ts";
import { functional as F } from "../nn/index.ts";
import { manualSeed } from "../random/index.ts";
import { modelConfig, resolveConfig } from "./config.ts";
import { bitsPerCharacter, evaluate } from "./evaluate.ts";
import { LanguageModel } from "./model.ts";

function modelOf(cell: "bigram" | "rnn", vocabulary = 11): LanguageModel {
  manualSeed(5);
  const sizes = { cell, embedding: 6, hidden: 12, dropout: 0.3 };
  return new LanguageModel(modelConfig(resolveConfig(sizes), vocabulary));
}

function tokensOf(n: number, vocabulary = 11): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => (i * i + 3 * i) % vocabulary);
}

/** The mean over all tokens, read as one stream in one piece. */
function direct(model: LanguageModel, tokens: Int32Array): number {
  model.eval();
  return noGrad(() => {
    const ids = tensor(tokens, { dtype: int64 });
    const { logits } = model.forward(ids.narrow(0, 0, tokens.length - 1).unsqueeze(1));
    return F.crossEntropy(logits, ids.narrow(0, 1, tokens.length - 1)).item();
  });
}

describe("evaluate()", () => {
  test.each([2, 3, 129, 1000])("is the mean over all %i tokens but the first", async (n) => {
    const model = modelOf("rnn");
    const score = await evaluate(model, tokensOf(n));
    expect(score.loss).toBeCloseTo(direct(model, tokensOf(n)), 5);
    expect(score.perplexity).toBe(Math.exp(score.loss));
    expect(score.tokens).toBe(n - 1);
  });

  test.each(["bigram", "rnn"] as const)("reads a long text in streams: %s", async (cell) => {
    const model = modelOf(cell);
    for (const n of [5000, 70_001]) {
      const { loss, tokens } = await evaluate(model, tokensOf(n));
      expect(tokens).toBe(n - 1);
      expect(loss).toBeCloseTo(direct(model, tokensOf(n)), 4);
    }
  });

  test("switches dropout off, and on again", async () => {
    const model = modelOf("rnn").train();
    const tokens = tokensOf(300);
    expect(await evaluate(model, tokens)).toEqual(await evaluate(model, tokens));
    expect(model.training).toBe(true);
  });

  test("stops at a signal, with its reason", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(evaluate(modelOf("rnn"), tokensOf(50), { signal })).rejects.toThrow("enough");
  });

  test("refuses a sequence with nothing to predict", async () => {
    await expect(evaluate(modelOf("rnn"), tokensOf(1))).rejects.toThrow(
      "evaluate: 1 tokens leave nothing to predict. Give at least two.",
    );
  });
});

test("bitsPerCharacter() counts a word's bits on its characters", () => {
  const score = (loss: number) => ({ loss, perplexity: Math.exp(loss), tokens: 10 });
  expect(bitsPerCharacter(score(Math.LN2), "char", 11)).toBeCloseTo(1, 12);
  expect(bitsPerCharacter(score(6 * Math.LN2), "word", 60)).toBeCloseTo(1, 12);
});
