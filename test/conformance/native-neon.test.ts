import { nativeConformance } from "./kernels.ts";

nativeConformance("neon");
