/** Browsers and everything else without `node:` modules. */
import type { Platform } from "./types.ts";

export const platform: Platform = {
  name: "browser",
  env: () => undefined,
  cores: () => globalThis.navigator?.hardwareConcurrency ?? 1,
  enableRelaxedSimd: () => {},
  files: null,
};
