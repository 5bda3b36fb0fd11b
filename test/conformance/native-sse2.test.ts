import { nativeConformance } from "./kernels.ts";

nativeConformance("sse2");
