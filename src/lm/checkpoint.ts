/**
 * Models as files of a store.
 *
 * | file                | content                                                             |
 * |---------------------|---------------------------------------------------------------------|
 * | `config.json`       | sizes, options, the text's identity, its own check sum              |
 * | `tokenizer.json`    | the vocabulary, in Hugging Face's format; `config.json` has its sum |
 * | `model.safetensors` | the parameters with the lowest validation loss, PyTorch's names     |
 *
 * `generations.ts` has the files of runs. There are no time stamps in them: equal runs give equal
 * files.
 */

import * as v from "valibot";
import { type ModelStore, sha256 } from "../io/index.ts";
import { tokenizerFromJSON } from "../text/index.ts";
import { modelConfigSchema, trainingConfigSchema } from "./config.ts";
import {
  checked,
  checkSeal,
  damaged,
  digest,
  json,
  parsed,
  required,
  sealed,
  textSchema,
  VERSION,
  verified,
  versionOf,
} from "./files.ts";
import { isOfRun, newest, verifiedFile } from "./generations.ts";
import type { TrainedModel } from "./trained-model.ts";
import { configSchema1, loadModel1 } from "./version-1.ts";
import { modelBytes, modelOf } from "./weights.ts";

const MODEL = "saiki language model";
const CONFIG = "config.json";
const TOKENIZER = "tokenizer.json";

const configSchema = v.strictObject({
  format: v.literal(MODEL),
  version: v.literal(VERSION),
  model: modelConfigSchema,
  training: trainingConfigSchema,
  text: textSchema,
  from: v.nullable(digest),
  files: v.strictObject({ [TOKENIZER]: digest }),
  sha256: digest,
});

/** What a `config.json` says of a run. */
export interface RunIdentity extends Pick<TrainedModel, "tokenizer" | "training" | "text"> {
  readonly model: Pick<TrainedModel["model"], "config">;
  /** The check sum of the parameters that it starts from; null if they are drawn. */
  readonly from: string | null;
}

/** The two files that never change in a run: the same options and text give the same bytes. */
export function fixedFiles({ model, tokenizer, training, text, from }: RunIdentity) {
  const vocabulary = json(tokenizer.toJSON());
  const head = { format: MODEL, version: VERSION, model: model.config, training, text, from };
  const config = sealed({ ...head, files: { [TOKENIZER]: sha256(vocabulary) } });
  return { [TOKENIZER]: vocabulary, [CONFIG]: config };
}

/**
 * Writes a model: `model.safetensors`, `tokenizer.json` and `config.json`. Checkpoints of a run
 * that the store had are removed.
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
  const files = fixedFiles({ ...trained, from: null });
  const weights = modelBytes(trained.model, trained, sha256(files[CONFIG]));
  await store.write({ ...files, "model.safetensors": weights });
  await store.remove?.((await store.list()).filter(isOfRun));
}

/**
 * Reads a model that {@link saveModel} or {@link train} wrote, ready for evaluation. Where the
 * newest checkpoint of a run is damaged, the one before is read, with a warning.
 *
 * @throws CheckpointError when files are missing, damaged, foreign or of a later version
 */
export async function loadModel(store: ModelStore): Promise<TrainedModel> {
  const { config, tokenizer, sum } = await readConfig(store);
  const { training, text } = config;
  if (config.version === 1) return { ...(await loadModel1(store, config)), tokenizer };
  const best = await newest(store, sum, async ({ files }) =>
    modelOf(await verifiedFile(store, "model.safetensors", files), store, config.model, sum),
  );
  if (best !== null) return { ...best.value, tokenizer, training, text };
  const file = "model.safetensors";
  const bytes = await required(store, file);
  return { ...modelOf({ file, bytes }, store, config.model, sum), tokenizer, training, text };
}

/**
 * A model's configuration and vocabulary, without its parameters, and the bytes of both files.
 *
 * @throws CheckpointError as {@link loadModel}
 */
export async function readConfig(store: ModelStore) {
  const bytes = await required(store, CONFIG);
  const value = parsed(store, CONFIG, bytes);
  const config =
    versionOf(store, CONFIG, value, MODEL) === 1
      ? checked(store, CONFIG, configSchema1, value)
      : checked(store, CONFIG, configSchema, value);
  if (config.version !== 1) checkSeal(store, CONFIG, bytes, value as object);
  const vocabulary = await verified(store, TOKENIZER, config.files[TOKENIZER]);
  const content = parsed(store, TOKENIZER, vocabulary.bytes);
  const tokenizer = tokenizerFromJSON(content, `${store.name}: ${TOKENIZER}`);
  if (tokenizer.size !== config.model.vocabulary) {
    throw damaged(store, TOKENIZER, "has another size than config.json says");
  }
  const files = { [CONFIG]: bytes, [TOKENIZER]: vocabulary.bytes };
  return { config, tokenizer, files, sum: sha256(bytes) };
}
