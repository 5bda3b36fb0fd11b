export * from "../kernels/reference/mt19937.ts";
export * from "../kernels/reference/random.ts";
export * from "./distributions.ts";
export * from "./generator.ts";
export * from "./integers.ts";
export * from "./multinomial.ts";
