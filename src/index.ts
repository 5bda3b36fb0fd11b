/**
 * saiki: recurrent neural networks with PyTorch's semantics.
 *
 * @example
 * import * as torch from "saiki";
 * import { nn, optim } from "saiki";
 */

export {
  AutogradError,
  BackendError,
  bool,
  CheckpointError,
  ConfigError,
  DType,
  DTypeError,
  type DTypeName,
  dtypes,
  type ErrorDetails,
  FormatError,
  float32,
  float32 as float,
  float64,
  float64 as double,
  IndexError,
  int64,
  int64 as long,
  type Real,
  SaikiError,
  ShapeError,
  Size,
  setWarningHandler,
  TrainingError,
  type TypedArray,
  uint8,
} from "./core/index.ts";
export {
  type BackendName,
  backendInfo,
  getBackend,
  getNumThreads,
  type KernelProfile,
  type KernelTime,
  profileKernels,
  type Readiness,
  type ReadyOptions,
  ready,
  setBackend,
  setNumThreads,
  type ThreadWorker,
} from "./kernels/index.ts";
/** Layers, losses and packed sequences. @see torch.nn */
export * as nn from "./nn/index.ts";
/** Optimizers and learning-rate schedules. @see torch.optim */
export * as optim from "./optim/index.ts";
export {
  Generator,
  getRngState,
  initialSeed,
  manualSeed,
  seed,
  setRngState,
} from "./random/index.ts";
export { type PrintOptionChanges, type PrintOptions, setPrintOptions } from "./tensor/format.ts";
export * from "./tensor/index.ts";
