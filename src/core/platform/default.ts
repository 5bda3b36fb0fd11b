/** Browsers and everything else without `node:` modules. */
import type { Platform } from "./types.ts";

export const platform: Platform = {
  name: "browser",
  env: () => undefined,
  enableRelaxedSimd: () => {},
  files: null,
};
