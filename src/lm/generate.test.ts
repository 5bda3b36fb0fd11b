import { beforeAll, describe, expect, test } from "vitest";
import { Generator } from "../random/index.ts";
import { generateText } from "./generate.ts";
import { sampleToken } from "./sample.ts";
import { train } from "./train.ts";
import type { TrainedModel } from "./trained-model.ts";

const text = "the cat sat on the mat.\na dog ran to the sea.\n".repeat(40);
let chars: TrainedModel;
let words: TrainedModel;

beforeAll(async () => {
  const small = { embedding: 16, hidden: 32, batch: 4, length: 20, epochs: 30, lr: 1e-2 };
  chars = await train(text, small);
  words = await train(text, { ...small, tokens: "word" });
});

describe("generateText()", () => {
  test("continues the prompt as the text did", async () => {
    const greedy = { temperature: 0, length: 30 };
    expect(await generateText(chars, { ...greedy, prompt: "the cat" })).toBe(
      " sat on the mat.\na dog ran to ",
    );
    expect(await generateText(words, { ...greedy, length: 5, prompt: "a dog" })).toBe(
      " ran to the sea.\n",
    );
  });

  test("writes no second space after a prompt that ends in white space", async () => {
    for (const space of [" ", "\t", "\u00a0", "\u3000"]) {
      const options = { temperature: 0, length: 1, prompt: `the cat${space}` };
      expect(await generateText(words, options)).toBe("sat");
      expect(await generateText(words, { ...options, prompt: "the cat" })).toBe(" sat");
    }
  });

  test("starts a line where there is no prompt", async () => {
    const [a, b] = [chars, words].map((m) => generateText(m, { temperature: 0, length: 5 }));
    expect(await a).toMatch(/^(the c|a dog)/);
    expect(await b).toMatch(/^(the cat|a dog)/);
  });

  test("gives equal texts for equal seeds, and others for others", async () => {
    const write = (seed: number) => generateText(chars, { seed, temperature: 2, length: 60 });
    expect(await write(3)).toBe(await write(3));
    expect(await write(3)).not.toBe(await write(4));
  });

  test("writes as many tokens as asked for, never <unk>", async () => {
    expect(await generateText(chars, { length: 200, temperature: 50 })).toHaveLength(200);
    expect(await generateText(chars, { length: 0 })).toBe("");
    expect(await generateText(chars, { prompt: "é", length: 50, temperature: 50 })).not.toMatch(
      "<",
    );
  });

  test("refuses unknown characters if strict, and options that make no sense", async () => {
    await expect(generateText(chars, { prompt: "été", strict: true })).rejects.toThrow(
      'generate: the model does not know "é". Leave them out of the prompt, or allow <unk>',
    );
    await expect(generateText(chars, { temperature: -1 })).rejects.toThrow(
      "generate: temperature is -1. Use a number from 0.",
    );
  });
});

describe("sampleToken()", () => {
  const logits = Float32Array.of(0, 1, 2, Number.NEGATIVE_INFINITY);
  const counts = (rule: Partial<Parameters<typeof sampleToken>[1]>) => {
    const generator = new Generator().manualSeed(1);
    const n = [0, 0, 0, 0];
    const full = { temperature: 1, topK: null, banned: [], ...rule };
    for (let i = 0; i < 20_000; i++) n[sampleToken(logits, full, generator)]!++;
    return n.map((k) => k / 20_000);
  };

  test("draws with the probabilities of a softmax", () => {
    const [total, got] = [1 + Math.E + Math.E ** 2, counts({})];
    [1, Math.E, Math.E ** 2, 0].forEach((w, i) => {
      expect(Math.abs((got[i] as number) - w / total)).toBeLessThan(0.015);
    });
  });

  test("sharpens at low temperatures, and takes the likeliest at 0", () => {
    expect(counts({ temperature: 0.25 })[2]).toBeGreaterThan(0.97);
    expect(counts({ temperature: 0 })).toEqual([0, 0, 1, 0]);
  });

  test("leaves out what is banned and what is not among the top k", () => {
    expect(counts({ banned: [2] })[2]).toBe(0);
    expect(counts({ topK: 2 })[0]).toBe(0);
    expect(counts({ topK: 1 })).toEqual([0, 0, 1, 0]);
    expect(counts({ topK: 99 })[0]).toBeGreaterThan(0);
  });
});
