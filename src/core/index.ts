export * from "./dtype.ts";
export * from "./errors.ts";
export * from "./python-format.ts";
export * from "./shape.ts";
export * from "./warnings.ts";
