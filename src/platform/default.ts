/** Browsers and everything else without `node:` modules. */

import { sha256 as hash } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Platform } from "./types.ts";

/** Keeps workers alive: an engine may end one that is unreachable. */
const workers: Worker[] = [];

export const platform: Platform = {
  name: "browser",
  env: () => undefined,
  cores: () => globalThis.navigator?.hardwareConcurrency ?? 1,
  enableRelaxedSimd: () => {},
  async startThread(code, data) {
    if (typeof Worker !== "function") throw new Error("there are no workers here");
    const text = `onmessage = ({ data }) => { const started = () => postMessage(null); ${code} };`;
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    try {
      const worker = workerAt(url);
      workers.push(worker);
      await new Promise<void>((resolve, reject) => {
        worker.onmessage = () => resolve();
        worker.onerror = ({ message }) => reject(new Error(message || REFUSED));
        worker.postMessage(data);
      });
    } finally {
      URL.revokeObjectURL(url);
    }
  },
  files: null,
};

/** @see the function of the same name in `src/io` */
export function sha256(bytes: Uint8Array): string {
  return bytesToHex(hash(bytes));
}

const REFUSED =
  "the page's Content-Security-Policy needs worker-src blob:, or pass ready({ worker })";

/**
 * Under a page's security policy some engines throw here, others fire an error without a message.
 */
function workerAt(url: string): Worker {
  try {
    return new Worker(url);
  } catch (cause) {
    throw new Error(REFUSED, { cause });
  }
}
