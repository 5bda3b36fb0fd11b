/** Folders of version 1: five files of fixed names. They are read; what is written is newer. */

import * as v from "valibot";
import type { ModelStore } from "../io/index.ts";
import { loadTensors } from "../io/index.ts";
import { modelConfigSchema, trainingConfigSchema } from "./config.ts";
import {
  checked,
  count,
  digest,
  parsed,
  required,
  textSchema,
  validationsSchema,
  verified,
} from "./files.ts";
import { stateOf } from "./run-state.ts";
import { modelWith } from "./weights.ts";

const RECORD = "training.json";

export const configSchema1 = v.strictObject({
  format: v.literal("saiki language model"),
  version: v.literal(1),
  model: modelConfigSchema,
  training: trainingConfigSchema,
  text: textSchema,
  step: count,
  valLoss: v.nullable(v.number()),
  files: v.strictObject({ "model.safetensors": digest, "tokenizer.json": digest }),
});

const recordSchema = v.strictObject({
  format: v.literal("saiki training"),
  version: v.literal(1),
  step: count,
  validations: validationsSchema,
  files: v.strictObject({ "training.safetensors": digest }),
});

/** The model of a configuration. @throws CheckpointError when it is damaged */
export async function loadModel1(store: ModelStore, config: v.InferOutput<typeof configSchema1>) {
  const { training, text, step, valLoss, files } = config;
  const name = "model.safetensors";
  const { bytes } = await verified(store, name, files[name]);
  const tensors = loadTensors(bytes, `${store.name}: ${name}`);
  return { model: modelWith(tensors, config.model, store, name), training, text, step, valLoss };
}

/** The state of a run. @throws CheckpointError when it is damaged */
export async function loadState1(store: ModelStore) {
  const value = parsed(store, RECORD, await required(store, RECORD));
  const { step, validations, files } = checked(store, RECORD, recordSchema, value);
  const bytes = await verified(store, "training.safetensors", files["training.safetensors"]);
  return { step, validations, recent: { sum: 0, tokens: 0 }, state: stateOf(bytes, store) };
}
