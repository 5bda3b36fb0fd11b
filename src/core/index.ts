export * from "./code-points.ts";
export * from "./dtype.ts";
export * from "./errors.ts";
export * from "./json.ts";
export * from "./python-format.ts";
export * from "./shape.ts";
export * as torchSays from "./torch-sentences.ts";
export * from "./warnings.ts";
