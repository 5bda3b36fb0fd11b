/**
 * Models and interrupted runs as files of a store.
 *
 * | file                   | content                                                         |
 * |------------------------|-----------------------------------------------------------------|
 * | `model.safetensors`    | the parameters with the lowest validation loss, PyTorch's names |
 * | `tokenizer.json`       | the vocabulary, in Hugging Face's format                        |
 * | `config.json`          | sizes, options, the text's identity, check sums of the two above |
 * | `training.safetensors` | the state of training: parameters, optimizer, state, random     |
 * | `training.json`        | its step and validations, the check sum of the one above        |
 *
 * There are no time stamps in them: equal runs give equal files.
 */

import * as v from "valibot";
import { CheckpointError, uint8 } from "../core/index.ts";
import { loadTensors, type ModelStore, saveTensors, sha256 } from "../io/index.ts";
import { utils } from "../nn/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import { tokenizerFromJSON } from "../text/index.ts";
import { modelConfigSchema, trainingConfigSchema } from "./config.ts";
import { LanguageModel } from "./model.ts";
import type { TrainedModel } from "./trained-model.ts";
import type { TrainingRun } from "./training-run.ts";

const VERSION = 1;
const MODEL = "saiki language model";
const TRAINING = "saiki training";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const configSchema = v.object({
  format: v.literal(MODEL),
  version: v.literal(VERSION),
  model: modelConfigSchema,
  training: trainingConfigSchema,
  text: v.object({ characters: count, trainCharacters: count, sha256: digest }),
  step: count,
  valLoss: v.nullable(v.number()),
  files: v.object({ "model.safetensors": digest, "tokenizer.json": digest }),
});

const trainingSchema = v.object({
  format: v.literal(TRAINING),
  version: v.literal(VERSION),
  step: count,
  validations: v.array(v.object({ step: count, trainLoss: v.number(), valLoss: v.number() })),
  files: v.object({ "training.safetensors": digest }),
});

// ---- models ----

/** The files of a model. */
export function modelFiles(trained: TrainedModel): Record<string, Uint8Array> {
  const { model, tokenizer, training, text, step, valLoss } = trained;
  const weights = saveTensors(model.stateDict());
  const vocabulary = json(tokenizer.toJSON());
  const files = { "model.safetensors": sha256(weights), "tokenizer.json": sha256(vocabulary) };
  const config = { format: MODEL, version: VERSION, model: model.config, training, text };
  return {
    "model.safetensors": weights,
    "tokenizer.json": vocabulary,
    "config.json": json({ ...config, step, valLoss, files }),
  };
}

/**
 * Writes a model: `model.safetensors`, `tokenizer.json` and `config.json`.
 *
 * @throws CheckpointError when the store cannot be written
 * @example
 * import { MemoryStore } from "saiki/io";
 * import { loadModel, saveModel, train } from "saiki/lm";
 * const sizes = { hidden: 8, embedding: 4, batch: 2, length: 8, epochs: 1 };
 * const store = new MemoryStore();
 * await saveModel(await train("to be or not to be. ".repeat(10), sizes), store);
 * console.log((await loadModel(store)).step); // 12
 */
export async function saveModel(trained: TrainedModel, store: ModelStore): Promise<void> {
  await store.write(modelFiles(trained));
}

/**
 * Reads a model that {@link saveModel} or {@link train} wrote, ready for evaluation.
 *
 * @throws CheckpointError when files are missing, damaged, foreign or of a later version
 */
export async function loadModel(store: ModelStore): Promise<TrainedModel> {
  const { config, tokenizer } = await readConfig(store);
  const file = "model.safetensors";
  const weights = loadTensors(await verified(store, file, config.files), `${store.name}: ${file}`);
  const model = utils.skipInit(() => new LanguageModel(config.model));
  model.loadStateDict(weights, { assign: true });
  model.float().eval();
  const { training, text, step, valLoss } = config;
  return { model, tokenizer, training, text, step, valLoss };
}

/**
 * A model's configuration and vocabulary, without its parameters.
 *
 * @throws CheckpointError as {@link loadModel}
 */
export async function readConfig(store: ModelStore) {
  const config = await readJson(store, "config.json", configSchema, MODEL);
  const file = "tokenizer.json";
  const vocabulary = parsed(store, file, await verified(store, file, config.files));
  const tokenizer = tokenizerFromJSON(vocabulary, `${store.name}: ${file}`);
  if (tokenizer.size !== config.model.vocabulary) {
    throw damaged(store, file, "has another size than config.json says");
  }
  return { config, tokenizer };
}

// ---- interrupted runs ----

/** The files of a run's state. */
export function trainingFiles(run: TrainingRun): Record<string, Uint8Array> {
  const random = tensor(run.random.getState(), { dtype: uint8 });
  const tensors: Record<string, Tensor> = { random };
  for (const [name, x] of Object.entries(run.model.stateDict())) tensors[`model.${name}`] = x;
  for (const [i, state] of Object.entries(run.optimizer.stateDict().state)) {
    for (const [name, x] of Object.entries(state)) if (x) tensors[`optimizer.${i}.${name}`] = x;
  }
  for (const [i, x] of (run.state ?? []).entries()) tensors[`state.${i}`] = x;
  const bytes = saveTensors(tensors);
  const { step, validations } = run;
  const files = { "training.safetensors": sha256(bytes) };
  const record = { format: TRAINING, version: VERSION, step, validations, files };
  return { "training.safetensors": bytes, "training.json": json(record) };
}

/** Restores the state of a saved run. @throws CheckpointError as {@link loadModel} */
export async function restoreRun(run: TrainingRun, store: ModelStore): Promise<void> {
  const record = await readJson(store, "training.json", trainingSchema, TRAINING);
  const bytes = await verified(store, "training.safetensors", record.files);
  const tensors = loadTensors(bytes, `${store.name}: training.safetensors`);
  run.model.loadStateDict(below(tensors, "model."), { assign: true });
  const saved = run.optimizer.stateDict();
  for (const [name, x] of Object.entries(below(tensors, "optimizer."))) {
    const [i, field] = name.split(".", 2) as [string, string];
    (saved.state[Number(i)] ??= {})[field] = x;
  }
  run.optimizer.loadStateDict(saved);
  run.random.setState(tensors["random"]?.impl.data() as Uint8Array);
  const state = Object.values(below(tensors, "state."));
  run.state = run.modelConfig.cell === "bigram" ? [] : state.length > 0 ? state : null;
  run.step = record.step;
  run.validations.push(...record.validations);
}

function below(tensors: Record<string, Tensor>, prefix: string): Record<string, Tensor> {
  const inside = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(inside.map(([name, x]) => [name.slice(prefix.length), x]));
}

// ---- reading and checking ----

async function readJson<S extends v.GenericSchema>(
  store: ModelStore,
  file: string,
  schema: S,
  format: string,
): Promise<v.InferOutput<S>> {
  const bytes = await store.read(file);
  if (bytes === null) throw missing(store, file);
  const value = parsed(store, file, bytes);
  const head = v.safeParse(
    v.looseObject({ format: v.literal(format), version: v.number() }),
    value,
  );
  if (!head.success) throw damaged(store, file, `is not that of a ${format}`);
  if (head.output.version > VERSION) {
    const said = `${file} has version ${head.output.version}, this saiki reads ${VERSION}`;
    throw new CheckpointError(store.name, said, "Update saiki");
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw damaged(store, file, `is damaged at ${v.getDotPath(issue) ?? "its top"}`);
}

function parsed(store: ModelStore, file: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(store, file, "is not JSON", cause);
  }
}

async function verified(
  store: ModelStore,
  file: string,
  sums: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const bytes = await store.read(file);
  if (bytes === null) throw missing(store, file);
  if (sha256(bytes) !== sums[file])
    throw damaged(store, file, "is damaged: its check sum is wrong");
  return bytes;
}

function missing(store: ModelStore, file: string): CheckpointError {
  const said = `there is no ${file}`;
  return new CheckpointError(store.name, said, "Give the folder that saiki train wrote");
}

function damaged(store: ModelStore, file: string, what: string, cause?: unknown): CheckpointError {
  const fix = "Restore it from a copy, or train again";
  return new CheckpointError(store.name, `${file} ${what}`, fix, { cause });
}

function json(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
