/**
 * The files of a run. A generation is one moment of it:
 *
 * | file                             | content                                             |
 * |----------------------------------|-----------------------------------------------------|
 * | `checkpoint-STEP.json`           | the step, the validations, check sums of all files  |
 * | `model.DIGITS.safetensors`       | the best model until then, also `model.safetensors` |
 * | `training.DIGITS.safetensors`    | the state of training                               |
 *
 * `DIGITS` begin the file's check sum, so no file is replaced but `model.safetensors`. The last
 * two generations are kept.
 */

import * as v from "valibot";
import { SaikiError, warn } from "../core/index.ts";
import { type ModelStore, sha256 } from "../io/index.ts";
import {
  checked,
  checkSeal,
  contentName,
  count,
  damaged,
  digest,
  parsed,
  required,
  sealed,
  VERSION,
  validationsSchema,
  verified,
  versionOf,
} from "./files.ts";
import { stateBytes } from "./run-state.ts";
import type { TrainedModel } from "./trained-model.ts";
import type { TrainingRun } from "./training-run.ts";
import { modelBytes } from "./weights.ts";

const CHECKPOINT = "saiki checkpoint";
const CONFIG = "config.json";
const MODEL = "model.safetensors";
const STATE = "training.safetensors";
const TOKENIZER = "tokenizer.json";
const MANIFEST = /^checkpoint-(\d{1,15})\.json$/;
const CONTENT = /^(model|training|tokenizer)\.[0-9a-f]{16}\.\w+$/;

const schema = v.strictObject({
  format: v.literal(CHECKPOINT),
  version: v.literal(VERSION),
  step: count,
  validations: validationsSchema,
  recent: v.strictObject({ sum: v.number(), tokens: count }),
  files: v.strictObject({
    [CONFIG]: digest,
    [TOKENIZER]: digest,
    [MODEL]: digest,
    [STATE]: digest,
  }),
  sha256: digest,
});

/** One generation, as its manifest says. */
export type Generation = v.InferOutput<typeof schema>;
type Files = Generation["files"];

/** Whether a file belongs to a run alone, of this version or of version 1. */
export function isOfRun(file: string): boolean {
  return MANIFEST.test(file) || CONTENT.test(file) || file === STATE || file === "training.json";
}

// ---- reading ----

/** A file of a generation, verified. @throws CheckpointError when it is missing or damaged */
export function verifiedFile(store: ModelStore, file: keyof Files, files: Files) {
  return verified(store, file, files[file]);
}

/**
 * The newest generation that can be used; a warning tells of newer ones that cannot.
 *
 * @param config the check sum of `config.json`: generations of other runs are passed over
 * @returns null when there is none
 * @throws the error of the newest, when none can be used
 */
export async function newest<T>(
  store: ModelStore,
  config: string,
  use: (generation: Generation) => Promise<T>,
): Promise<{ value: T; generation: Generation; before: Generation | null } | null> {
  let first: SaikiError | null = null;
  const steps = await stepsOf(store);
  for (const [i, step] of steps.entries()) {
    try {
      const generation = await readManifest(store, step);
      if (generation.files[CONFIG] !== config) continue;
      const value = await use(generation);
      if (first) warn(`${first.message} The checkpoint of step ${step} is used instead.`);
      return { value, generation, before: await intact(store, steps.slice(i + 1), config) };
    } catch (error) {
      if (!(error instanceof SaikiError)) throw error;
      first ??= error;
    }
  }
  if (first) throw first;
  return null;
}

async function stepsOf(store: ModelStore): Promise<number[]> {
  // A URL has no list, and its server only needs the three files of a model.
  const names = await store.list().catch(() => []);
  const steps = names.flatMap((name) => MANIFEST.exec(name)?.[1] ?? []);
  return steps.map(Number).sort((a, b) => b - a);
}

async function readManifest(store: ModelStore, step: number): Promise<Generation> {
  const file = manifestName(step);
  const bytes = await required(store, file);
  const value = parsed(store, file, bytes);
  versionOf(store, file, value, CHECKPOINT);
  const generation = checked(store, file, schema, value);
  checkSeal(store, file, bytes, value as object);
  const last = generation.validations.at(-1)?.step ?? 0;
  if (generation.step !== step || last > step) throw damaged(store, file, "has another step");
  return generation;
}

/** The first of these manifests that is whole. */
async function intact(store: ModelStore, steps: readonly number[], config: string) {
  for (const step of steps) {
    const generation = await readManifest(store, step).catch(() => null);
    if (generation?.files[CONFIG] === config) return generation;
  }
  return null;
}

function manifestName(step: number): string {
  return `checkpoint-${step}.json`;
}

// ---- writing ----

/** The files that do not change in a run. */
export interface FixedFiles {
  readonly "config.json": Uint8Array;
  readonly "tokenizer.json": Uint8Array;
}

/** Writes the generations of one run. After a failure anywhere one of them can be read. */
export class Checkpoints {
  /** The check sum of `config.json`, which tells runs apart. */
  readonly config: string;
  private readonly store: ModelStore;
  private readonly fixed: FixedFiles;
  private readonly tokenizer: string;
  private kept: readonly Generation[];
  private isFirst = false;
  private isConfigWritten: boolean;
  /** The check sums of `tokenizer.json` and `model.safetensors` where they are known. */
  private readonly current = new Map<string, string>();

  /** @param kept the generations of the run that the store has, the newest first */
  constructor(store: ModelStore, fixed: FixedFiles, kept: readonly Generation[] | null) {
    this.store = store;
    this.fixed = fixed;
    this.config = sha256(fixed[CONFIG]);
    this.tokenizer = sha256(fixed[TOKENIZER]);
    this.kept = kept ?? [];
    this.isConfigWritten = kept !== null;
  }

  /** Begins a run where there is none: it can be resumed at step 0. */
  async begin(): Promise<void> {
    this.isFirst = true;
    await this.store.write({ [contentName(TOKENIZER, this.tokenizer)]: this.fixed[TOKENIZER] });
    await this.store.write({ [CONFIG]: this.fixed[CONFIG] });
    this.isConfigWritten = true;
    await this.settle();
  }

  /**
   * Writes a generation: data, then its manifest, then `config.json` if it is not there. The last
   * rename decides, all else follows in {@link settle}.
   *
   * @param best the model, when it is the best so far; else the last best one is kept
   */
  async save(run: TrainingRun, best: Pick<TrainedModel, "model" | "step" | "valLoss"> | null) {
    const weights = best && modelBytes(best.model, best, this.config);
    const state = stateBytes(run);
    const model = weights ? sha256(weights) : (this.kept[0] as Generation).files[MODEL];
    const sums = { [MODEL]: model, [STATE]: sha256(state) };
    const files = { [CONFIG]: this.config, [TOKENIZER]: this.tokenizer, ...sums };
    const { step, validations, recent } = run;
    const head = {
      format: CHECKPOINT,
      version: VERSION,
      step,
      validations,
      recent,
      files,
    } as const;
    const manifest = sealed(head);
    const data = { [contentName(STATE, files[STATE])]: state };
    if (weights) data[contentName(MODEL, model)] = weights;
    if (!this.isConfigWritten) {
      data[contentName(TOKENIZER, this.tokenizer)] = this.fixed[TOKENIZER];
    }
    await this.store.write(data);
    await this.store.write({ [manifestName(step)]: manifest });
    if (!this.isConfigWritten) await this.store.write({ [CONFIG]: this.fixed[CONFIG] });
    this.isConfigWritten = true;
    const before = this.kept.filter((old) => old.step !== step);
    this.kept = [{ ...head, validations: [...validations], sha256: "" }, ...before].slice(0, 2);
    if (weights) await this.put(MODEL, model, weights);
    await this.settle();
  }

  /** Brings `tokenizer.json` and `model.safetensors` up to date, removes what no generation has. */
  async settle(): Promise<void> {
    await this.renew(TOKENIZER, this.tokenizer);
    if (this.kept[0]) await this.renew(MODEL, this.kept[0].files[MODEL]);
    const used = new Set(
      this.kept.flatMap(({ step, files }) => [
        manifestName(step),
        contentName(MODEL, files[MODEL]),
        contentName(STATE, files[STATE]),
      ]),
    );
    const old = (await this.store.list()).filter((file) => isOfRun(file) && !used.has(file));
    if (old.length > 0) await this.store.remove?.(old);
  }

  /** Removes a run that ends before its first generation. */
  async abandon(): Promise<void> {
    if (!this.isFirst || this.kept.length > 0) return;
    const files = (await this.store.list()).filter(isOfRun);
    await this.store.remove?.([CONFIG, ...files, TOKENIZER]);
  }

  private async renew(file: string, sum: string): Promise<void> {
    if (this.current.get(file) === sum) return;
    const { file: where, bytes } = await verified(this.store, file, sum);
    if (where !== file) await this.put(file, sum, bytes);
    this.current.set(file, sum);
  }

  private async put(file: string, sum: string, bytes: Uint8Array): Promise<void> {
    await this.store.write({ [file]: bytes });
    this.current.set(file, sum);
  }
}
