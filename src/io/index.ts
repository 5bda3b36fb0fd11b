export type { ElementType } from "./element-types.ts";
export * from "./folder-store.ts";
export * from "./model-store.ts";
export * from "./safetensors.ts";
export { sha256 } from "./sha256.ts";
export * from "./tensors.ts";
