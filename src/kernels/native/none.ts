/** Browsers and everything else that loads no native code. */

import type { Native, NoNative } from "./types.ts";

export function loadNative(): Native | NoNative {
  return { reason: "native code runs in Node only", broken: false };
}
