/** `model.safetensors`: parameters, and in its header the model that they belong to. */

import * as v from "valibot";
import { decodeSafetensors, type ModelStore, saveTensors, sha256, tensorsOf } from "../io/index.ts";
import { utils } from "../nn/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { ModelConfig } from "./config.ts";
import { damaged, digest, wrongSum } from "./files.ts";
import { LanguageModel } from "./model.ts";

const ZEROS = "0".repeat(64);

/** Texts in the header: the check sums of `config.json` and of this file, with zeros there. */
const metadataSchema = v.looseObject({
  config: digest,
  step: v.pipe(v.string(), v.regex(/^\d{1,15}$/)),
  valLoss: v.optional(v.string()),
  sha256: digest,
});

/** The score of parameters. */
export interface Scored {
  readonly step: number;
  readonly valLoss: number | null;
}

/** The bytes of a model's parameters, with their score. */
export function modelBytes(model: LanguageModel, { step, valLoss }: Scored, config: string) {
  const score = { step: String(step), ...(valLoss === null ? {} : { valLoss: String(valLoss) }) };
  const bytes = saveTensors(model.stateDict(), { format: "pt", config, ...score, sha256: ZEROS });
  replaceSum(bytes, ZEROS, sha256(bytes));
  return bytes;
}

/**
 * The model of such bytes.
 *
 * @param config the check sum of `config.json`
 * @throws CheckpointError when they are damaged, or belong to another model
 */
export function modelOf(
  { file, bytes }: { file: string; bytes: Uint8Array },
  store: ModelStore,
  sizes: ModelConfig,
  config: string,
): Scored & { model: LanguageModel } {
  const content = decodeSafetensors(bytes, `${store.name}: ${file}`);
  const metadata = v.safeParse(metadataSchema, content.metadata);
  if (!metadata.success) throw damaged(store, file, "does not say which model it belongs to");
  const { sha256: sum, step, valLoss } = metadata.output;
  const blank = bytes.slice();
  if (!replaceSum(blank, sum, ZEROS) || sha256(blank) !== sum) throw wrongSum(store, file);
  if (metadata.output.config !== config) {
    throw damaged(store, file, "belongs to another config.json");
  }
  const model = modelWith(tensorsOf(content), sizes, store, file);
  return { model, step: Number(step), valLoss: valLoss === undefined ? null : Number(valLoss) };
}

/** A model that takes over tensors, once their sizes are known to be right. */
export function modelWith(
  tensors: Record<string, Tensor>,
  sizes: ModelConfig,
  store: ModelStore,
  file: string,
): LanguageModel {
  checkSizes(tensors, sizes, store, file);
  const model = utils.skipInit(() => new LanguageModel(sizes));
  model.loadStateDict(tensors, { assign: true });
  model.float().eval();
  return model;
}

/** Refuses sizes that a file does not have, before there is memory for them. */
export function checkSizes(
  tensors: Record<string, Tensor>,
  sizes: ModelConfig,
  store: ModelStore,
  file: string,
): void {
  const { cell, vocabulary, embedding, hidden, layers } = sizes;
  const depth = cell === "bigram" ? 0 : layers;
  const gates = { bigram: 0, rnn: 1, "rnn-relu": 1, gru: 3, lstm: 4 }[cell] * hidden;
  const expect = (name: string, ...shape: number[]) => {
    const found = tensors[name]?.shape;
    if (found?.length === shape.length && shape.every((n, i) => n === found[i])) return;
    throw damaged(store, file, `has not the sizes that config.json says: ${name} [${shape}]`);
  };
  expect("embedding.weight", vocabulary, embedding);
  for (let k = 0; k < depth; k++) {
    expect(`rnn.weight_ih_l${k}`, gates, k === 0 ? embedding : hidden);
    expect(`rnn.weight_hh_l${k}`, gates, hidden);
    expect(`rnn.bias_ih_l${k}`, gates);
    expect(`rnn.bias_hh_l${k}`, gates);
  }
  expect("projection.weight", vocabulary, depth === 0 ? embedding : hidden);
  expect("projection.bias", vocabulary);
}

/** Replaces the check sum in the header, in place. @returns whether it was there */
function replaceSum(bytes: Uint8Array, sum: string, other: string): boolean {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 4096));
  const at = start.indexOf(`"sha256":"${sum}"`);
  if (at < 0) return false;
  bytes.set(new TextEncoder().encode(other), at + 10);
  return true;
}
