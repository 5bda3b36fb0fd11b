export * from "./bptt-windows.ts";
export * from "./split.ts";
