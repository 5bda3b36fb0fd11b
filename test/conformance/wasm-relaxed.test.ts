import { kernelConformance } from "./kernels.ts";

kernelConformance("wasm-relaxed");
