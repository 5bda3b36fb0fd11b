export { isGradEnabled, noGrad } from "./autograd.ts";
export * from "./creation.ts";
export * from "./functions.ts";
export * from "./gradcheck.ts";
export type { IndexItem } from "./indexing.ts";
export * from "./random.ts";
export * from "./tensor.ts";
