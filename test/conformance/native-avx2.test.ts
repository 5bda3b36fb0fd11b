import { nativeConformance } from "./kernels.ts";

nativeConformance("avx2");
