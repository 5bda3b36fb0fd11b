import { beforeAll, describe, expect, test } from "vitest";
import { SaikiError, setWarningHandler } from "../../src/core/index.ts";
import { loadTensors, MemoryStore, type ModelStore, saveTensors } from "../../src/io/index.ts";
import { contentName } from "../../src/lm/files.ts";
import { loadModel, saveModel, type TrainEvent, train } from "../../src/lm/index.ts";
import { type Tensor, zeros } from "../../src/tensor/index.ts";
import { type Content, changed, copied, corrected, mutated, random } from "./mutations.ts";

/** `npm run test:soak` tries all; otherwise a share. */
const isSoak = process.env["SAIKI_SOAK"] === "1";
const text = "the cat sat on the mat. a dog ran to the sea. ".repeat(6);
const small = { embedding: 2, hidden: 3, batch: 2, length: 10, steps: 4, evalEvery: 2 };

let run: MemoryStore;
let model: MemoryStore;
const warnings: string[] = [];

beforeAll(async () => {
  setWarningHandler((warning) => warnings.push(warning));
  run = new MemoryStore();
  model = new MemoryStore();
  await saveModel(await train(text, small, { store: run }), model);
});

/** Resumes for one step at most. */
async function resume(store: ModelStore): Promise<void> {
  const stop = new AbortController();
  const onEvent = ({ event }: TrainEvent) => void (event === "step" && stop.abort());
  await train(text, {}, { store, resume: true, signal: stop.signal, onEvent });
}

/** @returns whether it was refused; fails when that was not by a typed error */
async function isRefused(work: () => Promise<unknown>, label: string): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (error instanceof SaikiError && /^[^\n]+\.$/.test(error.message)) return true;
    throw new Error(`${label}: an untyped error`, { cause: error });
  }
}

async function weightsOf(store: ModelStore): Promise<string> {
  const { model, step, valLoss } = await loadModel(store);
  return `${step} ${valLoss} ${Buffer.from(saveTensors(model.stateDict())).toString("base64")}`;
}

describe("a bit that flips", () => {
  /** Tries `use` with each bit of a file turned, or with every 23rd. */
  async function flip(
    store: MemoryStore,
    file: string,
    use: (s: MemoryStore, label: string) => Promise<void>,
  ) {
    const bits = 8 * (store.files.get(file) as Uint8Array).length;
    for (let bit = 0; bit < bits; bit += isSoak ? 1 : 23) {
      const turned = copied(store);
      (turned.files.get(file) as Uint8Array)[bit >> 3]! ^= 1 << (bit & 7);
      await use(turned, `bit ${bit} of ${file}`);
    }
  }

  test.each(["config.json", "tokenizer.json", "model.safetensors"])(
    "in %s of a model is refused",
    async (file) => {
      await flip(model, file, async (store, label) => {
        expect(await isRefused(() => loadModel(store), label), label).toBe(true);
      });
    },
  );

  test("in config.json of a run is refused", async () => {
    await flip(run, "config.json", async (store, label) => {
      expect(await isRefused(() => loadModel(store), label), label).toBe(true);
      expect(await isRefused(() => resume(store), label), label).toBe(true);
    });
  });

  test("in the newest checkpoint: the one before is used, and a warning says so", async () => {
    const before = copied(run);
    before.files.delete("checkpoint-4.json");
    const expected = await weightsOf(before);
    await flip(run, "checkpoint-4.json", async (store, label) => {
      warnings.length = 0;
      expect(await weightsOf(store), label).toBe(expected);
      expect(warnings, label).toHaveLength(1);
      expect(await isRefused(() => resume(store), label), label).toBe(false);
      expect([...store.files.keys()], label).toEqual(expect.arrayContaining(["checkpoint-3.json"]));
    });
  });
});

describe("a config.json with other sizes and right check sums is refused before there is memory", () => {
  test.each([
    ["hidden", 20_000, "rnn.weight_ih_l0 [20000,2]"],
    ["hidden", 1e9, "rnn.weight_ih_l0 [1000000000,2]"],
    ["layers", 1e9, "rnn.weight_ih_l1 [3,3]"],
    ["embedding", 1e9, "embedding.weight [15,1000000000]"],
    ["cell", "lstm", "rnn.weight_ih_l0 [12,2]"],
  ])("%s %s", async (name, value, what) => {
    for (const store of [run, model]) {
      const forged = corrected(
        changed(store, "config.json", (config) => {
          config["model"][name] = value;
        }),
      );
      const said = `has not the sizes that config.json says: ${what}`;
      await expect(loadModel(forged)).rejects.toThrow(said);
      if (store === run) await expect(resume(forged)).rejects.toThrow(said);
    }
  });
});

describe("parts of another run are refused", () => {
  test("another run's checkpoints are passed over", async () => {
    const other = new MemoryStore();
    await train(text, { ...small, seed: 2 }, { store: other });
    const mixed = copied(other);
    mixed.files.set("config.json", run.files.get("config.json") as Uint8Array);
    await expect(loadModel(mixed)).rejects.toThrow(
      "model.safetensors belongs to another config.json",
    );
    await expect(resume(mixed)).rejects.toThrow("no checkpoint to continue from");
  });

  test.each<[string, (manifest: Content) => void, string]>([
    ["a step beyond the run", (m) => (m["step"] = 40), "has another step"],
    ["validations that do not rise", (m) => m["validations"].reverse(), "damaged at validations"],
    ["a validation after the step", (m) => (m["validations"][1].step = 5), "has another step"],
    ["an unknown member", (m) => (m["note"] = 1), "has an unknown member, note"],
  ])("%s", async (_, change, said) => {
    const forged = changed(run, "checkpoint-4.json", change);
    forged.files.delete("checkpoint-2.json");
    await expect(loadModel(corrected(forged))).rejects.toThrow(said);
  });
});

describe("a state of training with right check sums is refused", () => {
  type State = Record<string, Tensor>;
  test.each<[string, (state: State) => void, RegExp]>([
    ["without random numbers", (s) => delete s["random"], /lacks a part of random/],
    ["without a moment", (s) => delete s["optimizer.1.exp_avg"], /lacks a part of optimizer/],
    [
      "with another shape",
      (s) => (s["state.0"] = zeros(1, 2, 9)),
      /strange state\.0: float32 \[1,2,9\]/,
    ],
    ["with an unknown tensor", (s) => (s["x"] = zeros(1)), /strange x: float32 \[1\]/],
    ["with broken random numbers", (s) => s["random"]?.zero_(), /Invalid mt19937 state/],
  ])("%s", async (_, change, said) => {
    const forged = copied(run);
    forged.files.delete("checkpoint-2.json");
    const manifest = JSON.parse(new TextDecoder().decode(run.files.get("checkpoint-4.json")));
    const file = contentName("training.safetensors", manifest.files["training.safetensors"]);
    const state = loadTensors(forged.files.get(file) as Uint8Array);
    change(state);
    forged.files.set(file, saveTensors(state));
    await expect(resume(corrected(forged))).rejects.toThrow(said);
    expect(await isRefused(() => resume(corrected(forged)), "state")).toBe(true);
  });
});

test("no mutation of any file, half with right check sums, ends in an untyped error", async () => {
  const draw = random(1);
  const outcome = { loaded: 0, refused: 0 };
  for (let i = 0; i < (isSoak ? 100_000 : 1000); i++) {
    const store = mutated(draw(2) === 0 ? run : model, draw);
    const tried = i % 2 === 0 ? store : corrected(store);
    const refused = await isRefused(() => loadModel(tried), `loading mutation ${i}`);
    outcome[refused ? "refused" : "loaded"]++;
    if (i % 4 < 2) await isRefused(() => resume(tried), `resuming mutation ${i}`);
  }
  expect(outcome.refused).toBeGreaterThan(200);
  expect(outcome.loaded).toBeGreaterThan(50);
});
