import { beforeAll, expect, test } from "vitest";
import { setWarningHandler } from "../../src/core/index.ts";
import { loadTensors, saveTensors, sha256 } from "../../src/io/index.ts";
import { contentName, json } from "../../src/lm/files.ts";
import { loadModel, train } from "../../src/lm/index.ts";
import { FaultyDisk, storeOf } from "./disk.ts";

const text = "the cat sat on the mat. a dog ran to the sea. ".repeat(6);
const small = { cell: "gru", embedding: 2, hidden: 3, batch: 2, length: 10, steps: 6 } as const;

let whole: FaultyDisk;

beforeAll(async () => {
  setWarningHandler(() => {});
  whole = new FaultyDisk();
  await train(text, { ...small, evalEvery: 2 }, { store: storeOf(whole) });
});

/** The folder that version 1 had at step 4 of the run. */
async function version1(): Promise<FaultyDisk> {
  const from = storeOf(whole);
  const read = async (file: string) => (await from.read(file)) as Uint8Array;
  const parsed = async (file: string) => JSON.parse(new TextDecoder().decode(await read(file)));
  const { validations, files } = await parsed("checkpoint-4.json");
  const model = loadTensors(
    await read(contentName("model.safetensors", files["model.safetensors"])),
  );
  const state = await read(contentName("training.safetensors", files["training.safetensors"]));
  const tokenizer = await read("tokenizer.json");
  const { model: sizes, training, text: record } = await parsed("config.json");
  const weights = saveTensors(model);
  const sums = { "model.safetensors": sha256(weights), "tokenizer.json": sha256(tokenizer) };
  const head = { format: "saiki language model", version: 1, model: sizes, training, text: record };
  const { step, valLoss } = validations.at(-1);
  const run = { format: "saiki training", version: 1, step: 4, validations };
  const disk = new FaultyDisk();
  await storeOf(disk).write({
    "model.safetensors": weights,
    "tokenizer.json": tokenizer,
    "config.json": json({ ...head, step, valLoss, files: sums }),
    "training.safetensors": state,
    "training.json": json({ ...run, files: { "training.safetensors": sha256(state) } }),
  });
  return disk;
}

const resume = (disk: FaultyDisk) => train(text, {}, { store: storeOf(disk), resume: true });

test("a folder of version 1 is read", async () => {
  const { step, valLoss } = await loadModel(storeOf(await version1()));
  const { validations } = JSON.parse(
    new TextDecoder().decode((await storeOf(whole).read("checkpoint-4.json")) ?? undefined),
  );
  expect({ step, valLoss }).toMatchObject({ step: 4, valLoss: validations[1].valLoss });
});

test("a run of version 1 resumes to the files of a new one, after a kill at any point too", async () => {
  const left = await version1();
  const before = left.operations;
  await resume(left);
  expect(left.contents()).toEqual(whole.contents());
  for (let at = before + 1; at <= left.operations; at++) {
    const disk = await version1();
    disk.failAt(at, "kill");
    await expect(resume(disk)).rejects.toThrow("cannot be written");
    disk.revive();
    await resume(disk);
    expect(disk.contents(), `killed at ${at}`).toEqual(whole.contents());
  }
});
