/** `training.safetensors`: parameters, optimizer, state and random numbers of a run. */

import { uint8 } from "../core/index.ts";
import { loadTensors, type ModelStore, saveTensors } from "../io/index.ts";
import { type Tensor, tensor } from "../tensor/index.ts";
import { damaged } from "./files.ts";
import type { TrainingRun } from "./training-run.ts";

/** The bytes of a run's state. */
export function stateBytes(run: TrainingRun): Uint8Array {
  const random = tensor(run.random.getState(), { dtype: uint8 });
  const tensors: Record<string, Tensor> = { random };
  for (const [name, x] of Object.entries(run.model.stateDict())) tensors[`model.${name}`] = x;
  for (const [i, state] of Object.entries(run.optimizer.stateDict().state)) {
    for (const [name, x] of Object.entries(state)) if (x) tensors[`optimizer.${i}.${name}`] = x;
  }
  for (const [i, x] of (run.state ?? []).entries()) tensors[`state.${i}`] = x;
  return saveTensors(tensors);
}

/** A run's state as it was read. */
export interface RunState {
  readonly file: string;
  readonly tensors: Record<string, Tensor>;
}

/** @throws FormatError when the bytes are no safetensors file */
export function stateOf(
  { file, bytes }: { file: string; bytes: Uint8Array },
  store: ModelStore,
): RunState {
  return { file, tensors: loadTensors(bytes, `${store.name}: ${file}`) };
}

/** The parameters in a state. */
export function parametersOf({ tensors }: RunState): Record<string, Tensor> {
  return below(tensors, "model.");
}

/** Gives a run its saved state. @throws CheckpointError when it is not one of such a run */
export function restoreState(run: TrainingRun, state: RunState, store: ModelStore): void {
  const { tensors } = state;
  checkShapes(run, state, store);
  run.model.loadStateDict(parametersOf(state), { assign: true });
  const saved = run.optimizer.stateDict();
  for (const [name, x] of Object.entries(below(tensors, "optimizer."))) {
    const [i, field] = name.split(".", 2) as [string, string];
    (saved.state[Number(i)] ??= {})[field] = x;
  }
  run.optimizer.loadStateDict(saved);
  run.random.setState(tensors["random"]?.impl.data() as Uint8Array);
  const kept = Object.values(below(tensors, "state."));
  run.state = run.modelConfig.cell === "bigram" ? [] : kept.length > 0 ? kept : null;
}

/** Every tensor is known and has its shape and type, and no part is there only in part. */
function checkShapes(run: TrainingRun, { file, tensors }: RunState, store: ModelStore): void {
  const { hidden, layers, cell } = run.modelConfig;
  const float = (shape: readonly number[]) => `float32 [${[...shape]}]`;
  const parts = { random: 1, model: 0, optimizer: 0, state: cell === "lstm" ? 2 : 1 };
  const expected = new Map([["random", `uint8 [${run.random.getState().length}]`]]);
  for (const [name, p] of Object.entries(run.model.stateDict())) {
    expected.set(`model.${name}`, float(p.shape));
    parts.model++;
  }
  for (const [i, p] of [...run.model.parameters()].entries()) {
    expected.set(`optimizer.${i}.step`, float([]));
    for (const name of ["exp_avg", "exp_avg_sq"]) {
      expected.set(`optimizer.${i}.${name}`, float(p.shape));
    }
    parts.optimizer += 3;
  }
  for (let i = 0; i < parts.state; i++) {
    expected.set(`state.${i}`, float([layers, run.config.batch, hidden]));
  }
  const found = { random: 0, model: 0, optimizer: 0, state: 0 };
  for (const [name, x] of Object.entries(tensors)) {
    const is = `${x.dtype.name} [${[...x.shape]}]`;
    if (expected.get(name) !== is) throw damaged(store, file, `has a strange ${name}: ${is}`);
    found[name.split(".", 1)[0] as keyof typeof found]++;
  }
  for (const part of ["random", "model", "optimizer", "state"] as const) {
    const mayLack = part === "optimizer" || part === "state";
    if (found[part] === parts[part] || (mayLack && found[part] === 0)) continue;
    throw damaged(store, file, `lacks a part of ${part}`);
  }
}

function below(tensors: Record<string, Tensor>, prefix: string): Record<string, Tensor> {
  const inside = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(inside.map(([name, x]) => [name.slice(prefix.length), x]));
}
