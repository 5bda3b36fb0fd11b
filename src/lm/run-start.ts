/** The beginning of a training: a new run, or one of a store. */

import { CheckpointError, ConfigError } from "../core/index.ts";
import { type ModelStore, saveTensors, sha256 } from "../io/index.ts";
import { utils } from "../nn/index.ts";
import { fixedFiles, loadModel, readConfig } from "./checkpoint.ts";
import { type LmConfig, type LmOptions, type ModelConfig, resolveConfig } from "./config.ts";
import { prepareCorpus } from "./corpus.ts";
import { damaged } from "./files.ts";
import { Checkpoints, type Generation, isOfRun, newest, verifiedFile } from "./generations.ts";
import { parametersOf, type RunState, restoreState, stateOf } from "./run-state.ts";
import type { TrainedModel } from "./trained-model.ts";
import { type RecentLoss, TrainingRun, type Validation } from "./training-run.ts";
import { loadState1 } from "./version-1.ts";
import { checkSizes } from "./weights.ts";

/** The surroundings of a run at its beginning. */
export interface StartHooks {
  /** Stores the best model and the state of training; without it nothing is stored. */
  readonly store?: ModelStore | undefined;
  /** Replaces the files in the store. */
  readonly overwrite?: boolean | undefined;
  /** Continues the run in the store, whose options must not change. */
  readonly resume?: boolean | undefined;
  /** Starts from these parameters and this vocabulary; their sizes replace the options'. */
  readonly initFrom?: TrainedModel | undefined;
  /** The text's name in errors, such as its file. */
  readonly textName?: string | undefined;
}

/** A run and the writer of its files; none without a store. */
export interface Start {
  readonly run: TrainingRun;
  readonly checkpoints: Checkpoints | null;
}

/** Begins or resumes a run. @param asked options that are checked */
export function begin(text: string, asked: LmOptions, hooks: StartHooks): Promise<Start> {
  return hooks.resume ? resumed(text, asked, hooks) : fresh(text, asked, hooks);
}

/** The model of a run at this moment. */
export function current(run: TrainingRun): TrainedModel {
  return {
    model: run.model,
    tokenizer: run.corpus.tokenizer,
    training: run.training,
    text: run.corpus.record,
    step: run.step,
    valLoss: run.validations.at(-1)?.valLoss ?? null,
  };
}

// ---- a new run ----

async function fresh(text: string, asked: LmOptions, hooks: StartHooks): Promise<Start> {
  const { store, initFrom, textName } = hooks;
  const hasRun = store ? await prepareStore(store, hooks.overwrite === true) : false;
  const fixed = initFrom
    ? { ...sizes(initFrom.model.config), tokens: initFrom.tokenizer.kind }
    : {};
  refuseOther(asked, fixed, "the given model has");
  const config = { ...resolveConfig(asked), ...fixed };
  const corpus = prepareCorpus(text, config, { tokenizer: initFrom?.tokenizer, textName });
  const run = new TrainingRun(config, corpus);
  if (initFrom) run.model.loadStateDict(initFrom.model.stateDict());
  if (!store) return { run, checkpoints: null };
  const from = initFrom ? sha256(saveTensors(initFrom.model.stateDict())) : null;
  const checkpoints = new Checkpoints(store, fixedFiles({ ...current(run), from }), null);
  // A run that is replaced stays until the first generation of the new one; parameters of another
  // model cannot be drawn again.
  if (initFrom && !hasRun) await checkpoints.save(run, current(run));
  else if (!hasRun) await checkpoints.begin();
  return { run, checkpoints };
}

/**
 * Fails before hours of work if the store cannot be written or has a model already.
 *
 * @returns whether there is a run to replace
 */
async function prepareStore(store: ModelStore, overwrite: boolean): Promise<boolean> {
  const names = await store.list();
  const hasRun = names.includes("config.json");
  // Without config.json they are parts of a checkpoint that was never finished.
  if (!overwrite && names.some((name) => hasRun || !isOfRun(name))) {
    const said = "there are files already";
    const fix =
      "Continue that run (--resume), replace it (--force), or choose another place (--out)";
    throw new CheckpointError(store.name, said, fix);
  }
  await store.write({});
  return hasRun;
}

// ---- a run of a store ----

interface Saved {
  readonly step: number;
  readonly validations: readonly Validation[];
  readonly recent: RecentLoss;
  readonly state: RunState;
}

async function resumed(text: string, asked: LmOptions, hooks: StartHooks): Promise<Start> {
  const { store, textName } = hooks;
  if (!store) throw new ConfigError("train", "there is no store to resume from");
  const { config: saved, tokenizer, sum, files } = await readConfig(store);
  const recorded: LmConfig = { ...sizes(saved.model), ...saved.training };
  refuseOther(asked, recorded, "the run began with");
  const corpus = prepareCorpus(text, recorded, { tokenizer, textName });
  if (corpus.record.sha256 !== saved.text.sha256) {
    const said = `the run in ${store.name} began with another text`;
    throw new ConfigError(textName ?? "train", said, "Give that text, or start a new run");
  }
  const isOld = saved.version === 1;
  const found = isOld
    ? { value: await loadState1(store), kept: null }
    : await newestState(store, sum);
  if (found)
    checkSizes(parametersOf(found.value.state), saved.model, store, found.value.state.file);
  else await refuseWithoutState(store, saved.version === 1 ? null : saved.from);
  const make = () => new TrainingRun(recorded, corpus);
  const run = found ? utils.skipInit(make) : make();
  if (found) restore(run, found.value, store);
  const fixed = isOld ? fixedFiles({ ...current(run), from: null }) : files;
  const checkpoints = new Checkpoints(store, fixed, found ? found.kept : []);
  if (isOld) await checkpoints.save(run, await loadModel(store));
  else await checkpoints.settle();
  return { run, checkpoints };
}

async function newestState(store: ModelStore, config: string) {
  const found = await newest(store, config, async ({ files, ...rest }) => {
    await verifiedFile(store, "model.safetensors", files);
    const state = stateOf(await verifiedFile(store, "training.safetensors", files), store);
    return { ...rest, state };
  });
  if (found === null) return null;
  const { value, generation, before } = found;
  const kept: readonly Generation[] = before ? [generation, before] : [generation];
  return { value, kept };
}

/** A run that ended before its first generation begins again, unless this is no run at all. */
async function refuseWithoutState(store: ModelStore, from: string | null): Promise<void> {
  const isModel = (await store.list()).includes("model.safetensors");
  if (!isModel && from === null) return;
  const said = "there is a model, but no checkpoint to continue from";
  throw new CheckpointError(store.name, said, "Start from that model (--init-from)");
}

function restore(run: TrainingRun, saved: Saved, store: ModelStore): void {
  const { step, validations, recent, state } = saved;
  if (step > run.total || (validations.at(-1)?.step ?? 0) > step) {
    throw damaged(store, state.file, `is of step ${step} of a run of ${run.total}`);
  }
  restoreState(run, state, store);
  run.step = step;
  Object.assign(run.recent, recent);
  run.validations.push(...validations);
}

function sizes({ vocabulary: _, ...rest }: ModelConfig) {
  return rest;
}

/** Refuses options that differ from fixed ones. */
function refuseOther(asked: LmOptions, fixed: LmOptions, who: string): void {
  for (const [option, value] of Object.entries(fixed)) {
    const other = asked[option as keyof LmOptions];
    if (other === undefined || other === value) continue;
    const said = `${who} ${option} ${value}, not ${other}`;
    const fix = `Leave out ${option}, or start a new run`;
    throw new ConfigError("train", said, fix, { option });
  }
}
