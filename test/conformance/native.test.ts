import { kernelConformance } from "./kernels.ts";

kernelConformance("native");
