export * from "./distributions.ts";
export * from "./fills.ts";
export * from "./generator.ts";
export * from "./integers.ts";
export * from "./mt19937.ts";
export * from "./multinomial.ts";
