import { describe, expect, test } from "vitest";
import { setWarningHandler } from "../core/index.ts";
import { MemoryStore } from "../io/index.ts";
import { manualSeed } from "../random/index.ts";
import { noGrad, rand } from "../tensor/index.ts";
import { loadModel, saveModel } from "./checkpoint.ts";
import { checkOptions, type LmOptions } from "./config.ts";
import { evaluate } from "./evaluate.ts";
import { type TrainEvent, train } from "./train.ts";
import { evaluateText, type TrainedModel } from "./trained-model.ts";

setWarningHandler(() => {});

/** Sentences in which every word decides the next. */
const text = "the cat sat on the mat. a dog ran to the sea. ".repeat(40);
const small: LmOptions = {
  ...{ embedding: 8, hidden: 16, batch: 4, length: 10, epochs: 2, lr: 1e-2, dropout: 0.2 },
};

async function filesOf(options: LmOptions, hooks = {}): Promise<MemoryStore> {
  const store = new MemoryStore();
  await train(text, options, { store, ...hooks });
  return store;
}

const modelParts = ["config.json", "model.safetensors", "tokenizer.json"];

/** All files of two stores are the same, those that are called by their content too. */
function expectSameStores(a: MemoryStore, b: MemoryStore): void {
  expect([...a.files.keys()].sort()).toEqual([...b.files.keys()].sort());
  expectSameFiles(a, b, [...a.files.keys()]);
}

function expectSameFiles(a: MemoryStore, b: MemoryStore, names: readonly string[]): void {
  for (const name of names) expect(a.files.get(name), name).toEqual(b.files.get(name));
}

describe("train()", () => {
  test("learns: the loss falls below that of the bigram model, which has a floor", async () => {
    const rnn = await train(text, { ...small, epochs: 6, dropout: 0 });
    const bigram = await train(text, { ...small, epochs: 6, cell: "bigram", dropout: 0 });
    expect(rnn.valLoss).toBeLessThan(0.8 * (bigram.valLoss as number));
    expect(bigram.valLoss).toBeLessThan(Math.log(17));
  });

  test("gives equal files for equal options, whatever else draws random numbers", async () => {
    const first = await filesOf(small);
    manualSeed(99);
    const second = await filesOf(small, { onEvent: () => void rand(3) });
    expect((await first.list()).filter((file) => !/[0-9a-f]{16}/.test(file))).toEqual([
      ...["checkpoint-80.json", "checkpoint-84.json"],
      ...modelParts,
    ]);
    expectSameStores(first, second);
    const other = await filesOf({ ...small, seed: 2 });
    expect(other.files.get("model.safetensors")).not.toEqual(first.files.get("model.safetensors"));
  });

  test.each([1, 7, 41, 60])(
    "continues after a stop at step %i to the same bits",
    async (stopAt) => {
      const whole = await filesOf(small);
      const store = new MemoryStore();
      const stop = new AbortController();
      const onEvent = (event: TrainEvent) => {
        if (event.event === "step" && event.step === stopAt) stop.abort();
      };
      const stopped = await train(text, small, { store, signal: stop.signal, onEvent });
      expect(stopped).toMatchObject({ finished: false, step: stopAt });
      const result = await train(text, {}, { store, resume: true });
      expect(result.finished).toBe(true);
      expectSameFiles(store, whole, modelParts);
      expectSameFiles(store, whole, ["checkpoint-84.json"]);
    },
  );

  test.each(["rnn-relu", "lstm", "gru"] as const)("learns with %s, and resumes", async (cell) => {
    const options = { ...small, cell, epochs: 4, layers: 2 };
    const whole = await filesOf(options);
    expect((await loadModel(whole)).valLoss).toBeLessThan(1.8);
    const store = new MemoryStore();
    const stop = new AbortController();
    const onEvent = (event: TrainEvent) => {
      if (event.event === "step" && event.step === 50) stop.abort();
    };
    await train(text, options, { store, signal: stop.signal, onEvent });
    await train(text, {}, { store, resume: true });
    expectSameFiles(store, whole, modelParts);
  });

  test("tells what happens, in order", async () => {
    const events: TrainEvent[] = [];
    const result = await train(
      text,
      { ...small, steps: 6, evalEvery: 3 },
      {
        onEvent: (event) => void events.push(event),
      },
    );
    expect(events.map((e) => e.event)).toEqual([
      ...["start", "step", "step", "step", "valid", "step", "step", "step", "valid", "done"],
    ]);
    expect(events[0]).toMatchObject({ steps: 6, step: 0, vocabulary: result.tokenizer.size });
    expect(events.at(-1)).toMatchObject({ step: 6, valLoss: result.valLoss });
  });

  test("keeps the best model, not the last", async () => {
    const store = new MemoryStore();
    const events: TrainEvent[] = [];
    // The last tenth contradicts the first nine.
    const changing = "ab".repeat(900) + "aabb".repeat(50);
    const options = { ...small, steps: 40, evalEvery: 2 };
    await train(changing, options, { store, onEvent: (e) => void events.push(e) });
    const losses = events.flatMap((e) => (e.event === "valid" ? [e.valLoss] : []));
    const best = Math.min(...losses);
    expect(best).toBeLessThan(losses.at(-1) as number);
    const kept = await loadModel(store);
    expect(kept.valLoss).toBe(best);
    expect((await evaluateText(kept, changing, { split: "valid" })).loss).toBe(best);
  });

  test("starts from another model's parameters and vocabulary", async () => {
    const initial = await train(text, small);
    const initFrom = { ...initial };
    let first = Number.NaN;
    await train(
      text,
      { steps: 1, batch: 4, length: 10 },
      {
        initFrom,
        onEvent: (e) => {
          if (e.event === "step") first = e.loss;
        },
      },
    );
    expect(first).toBeLessThan(2.5);
    await expect(train(text, { hidden: 17 }, { initFrom })).rejects.toThrow(
      "train: the given model has hidden 16, not 17. Leave out hidden, or start a new run.",
    );
  });

  test("carries the state only where more than one token is behind: words", async () => {
    const options: LmOptions = { ...small, tokens: "word", epochs: 8, dropout: 0 };
    const { valLoss, tokenizer } = await train(text, options);
    expect(tokenizer.tokens.slice(0, 2)).toEqual(["<unk>", "<eos>"]);
    expect(valLoss).toBeLessThan(0.7);
  });
});

describe("train() refuses", () => {
  test.each([
    [{ hiden: 3 }, "train: there is no option hiden. Did you mean hidden?"],
    [{ hidden: 0 }, "train: hidden is 0. Use a whole number from 1."],
    [{ cell: "lstn" }, /^train: cell is "lstn"\. Use one of bigram, rnn/],
    [{ lr: Number.NaN }, "train: lr is NaN. Use a number above 0."],
    [{ validFraction: 0.9 }, "train: validFraction is 0.9. Use a number above 0, at most 0.5."],
  ])("%j", async (options, message) => {
    const refused = train(text, options as LmOptions);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ option: Object.keys(options)[0] });
  });

  test("no option twice: what checkOptions() returned is taken as it is", () => {
    const checked = checkOptions({ hidden: 8, steps: undefined });
    expect(checked).toEqual({ hidden: 8 });
    expect(checkOptions(checked)).toBe(checked);
    expect(() => Object.assign(checked, { hidden: 0 })).toThrow(TypeError);
    expect(() => checkOptions({ ...checked, hidden: 0 })).toThrow("train: hidden is 0.");
  });

  test("a text that is too short", async () => {
    await expect(train("abc", {}, { textName: "a.txt" })).rejects.toThrow(
      "a.txt: a text of 3 characters is too short for 32 streams of chars.",
    );
  });

  test("a store that is not empty, unless told to replace it", async () => {
    const store = new MemoryStore();
    await store.write({ "notes.txt": new Uint8Array(1) });
    await expect(train(text, small, { store })).rejects.toThrow(/^memory: there are files already/);
    await train(text, { ...small, steps: 1 }, { store, overwrite: true });
    expect(await store.list()).toContain("notes.txt");
  });

  test("to resume with other options or another text", async () => {
    const store = await filesOf({ ...small, steps: 2 });
    const resume = { store, resume: true };
    await expect(train(text, { hidden: 99 }, resume)).rejects.toThrow(
      "train: the run began with hidden 16, not 99.",
    );
    await expect(train(`${text}!`, {}, resume)).rejects.toThrow("began with another text");
    await expect(train(text, {}, { ...resume, store: new MemoryStore() })).rejects.toThrow(
      "memory: there is no config.json.",
    );
  });

  test("to go on when the loss becomes NaN, and keeps the last good model", async () => {
    const store = new MemoryStore();
    const poison = (event: TrainEvent, { model }: TrainedModel) => {
      if (event.event !== "valid" || event.step !== 4) return;
      noGrad(() => model.projection.bias?.fill_(Number.NaN));
    };
    const broken = train(text, { ...small, evalEvery: 2 }, { store, onEvent: poison });
    await expect(broken).rejects.toThrow(
      "train: the loss became NaN at step 5; the model of step 4 is kept in memory. " +
        "Use a smaller learning rate than 0.01, or a smaller clip than 1.",
    );
    await expect(broken).rejects.toMatchObject({ code: "SAIKI_TRAINING" });
    const kept = await loadModel(store);
    expect(kept.step).toBe(4);
    expect((await evaluateText(kept, text, { split: "valid" })).loss).toBe(kept.valLoss);
  });

  test("to go on with a learning rate that explodes", async () => {
    const store = new MemoryStore();
    const options = { ...small, lr: 1e38, clip: 0, evalEvery: 3 };
    await expect(train(text, options, { store })).rejects.toThrow(
      /^train: the \w+( loss)? (became (NaN|infinite)|is not a number) at step \d+; no model was/,
    );
    expect(await store.list()).toEqual([]);
  });
});

describe("loadModel() refuses", () => {
  const damage: [string, (store: MemoryStore) => void, RegExp][] = [
    [
      "a missing file",
      (s) => s.files.delete("model.safetensors"),
      /there is no model\.safetensors/,
    ],
    [
      "changed parameters",
      (s) => {
        const bytes = s.files.get("model.safetensors") as Uint8Array;
        bytes[bytes.length - 1]! ^= 1;
      },
      /model\.safetensors is damaged: its check sum is wrong/,
    ],
    ["no JSON", (s) => s.files.set("config.json", new Uint8Array([1])), /config\.json is not JSON/],
    [
      "a foreign config.json",
      (s) => s.files.set("config.json", new TextEncoder().encode('{"model_type":"gpt2"}')),
      /config\.json is not that of a saiki language model/,
    ],
    [
      "a later version",
      (s) => rewrite(s, (config) => ({ ...config, version: 3 })),
      /config\.json has version 3, this saiki reads 2\. Update saiki\./,
    ],
    [
      "a wrong member",
      (s) => rewrite(s, (config) => ({ ...config, from: -1 })),
      /config\.json is damaged at from/,
    ],
    [
      "an unknown member",
      (s) => rewrite(s, (config) => ({ ...config, cells: "rnn" })),
      /config\.json has an unknown member, cells/,
    ],
    [
      "another value without its check sum",
      (s) => rewrite(s, (config) => ({ ...config, from: "0".repeat(64) })),
      /config\.json is damaged: its check sum is wrong/,
    ],
    [
      "JSON of 100,000 levels",
      (s) => s.files.set("config.json", new Uint8Array(100_000).fill(0x5b)),
      /config\.json is not JSON/,
    ],
  ];

  function rewrite(store: MemoryStore, change: (config: object) => object): void {
    const config = JSON.parse(new TextDecoder().decode(store.files.get("config.json")));
    store.files.set("config.json", new TextEncoder().encode(JSON.stringify(change(config))));
  }

  test.each(damage)("%s", async (_, apply, message) => {
    const store = new MemoryStore();
    await saveModel(await train(text, { ...small, steps: 1 }), store);
    apply(store);
    await expect(loadModel(store)).rejects.toThrow(message);
    await expect(loadModel(store)).rejects.toMatchObject({ code: "SAIKI_CHECKPOINT" });
  });

  test("nothing that saveModel() wrote: parameters and vocabulary come back", async () => {
    const trained = await train(text, { ...small, steps: 3 });
    const store = new MemoryStore();
    await saveModel(trained, store);
    const loaded = await loadModel(store);
    expect(loaded.tokenizer.tokens).toEqual(trained.tokenizer.tokens);
    const tokens = trained.tokenizer.encode(text);
    const [a, b] = [await evaluate(trained.model, tokens), await evaluate(loaded.model, tokens)];
    expect(a).toEqual(b);
  });
});
