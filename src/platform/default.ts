/** Browsers and everything else without `node:` modules. */
import type { Platform } from "./types.ts";

/** Workers that nothing refers to might be ended. */
const workers: Worker[] = [];

export const platform: Platform = {
  name: "browser",
  env: () => undefined,
  cores: () => globalThis.navigator?.hardwareConcurrency ?? 1,
  enableRelaxedSimd: () => {},
  async startThread(code, data) {
    const text = `onmessage = ({ data }) => { const started = () => postMessage(null); ${code} };`;
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const worker = new Worker(url);
    workers.push(worker);
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = ({ message }) => reject(new Error(message || "no worker from a Blob URL"));
      worker.postMessage(data);
    }).finally(() => URL.revokeObjectURL(url));
  },
  files: null,
};
