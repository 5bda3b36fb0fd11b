export * from "./distributions.ts";
export * from "./generator.ts";
export * from "./integers.ts";
export * from "./multinomial.ts";
