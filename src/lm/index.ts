export type { Tokenizer } from "../text/index.ts";
export { loadModel, saveModel } from "./checkpoint.ts";
export {
  type Cell,
  cells,
  checkOptions,
  evaluationInterval,
  type LmConfig,
  type LmOptions,
  learningRate,
  type ModelConfig,
  modelConfig,
  optionNames,
  resolveConfig,
  type TokenKind,
  type TrainingConfig,
  tokenKinds,
  totalSteps,
  trainingConfig,
} from "./config.ts";
export * from "./corpus.ts";
export * from "./evaluate.ts";
export * from "./generate.ts";
export * from "./model.ts";
export type { StartHooks } from "./run-start.ts";
export * from "./session.ts";
export * from "./train.ts";
export * from "./trained-model.ts";
export { type RecentLoss, TrainingRun, type Validation } from "./training-run.ts";
