/** The operations: one file a family, each a forward beside its derivative. */

export type { Nonlinearity } from "../kernels/backend.ts";
export * as arithmetic from "./arithmetic.ts";
export * as clip from "./clip.ts";
export * as dropout from "./dropout.ts";
export * as elementwise from "./elementwise.ts";
export * as indexing from "./indexing.ts";
export { layerNorm } from "./layer-norm.ts";
export { linearCrossEntropy } from "./linear-cross-entropy.ts";
export type { Reduction } from "./loss.ts";
export * as loss from "./loss.ts";
export * as matmul from "./matmul.ts";
export type { RecurrentOp } from "./recurrent.ts";
export * as recurrent from "./recurrent.ts";
export * as reduce from "./reduce.ts";
export * as shape from "./shape.ts";
export * as softmax from "./softmax.ts";
export { View } from "./view.ts";
