/**
 * Node, and the runtimes that have its modules: Bun, Deno, workerd. Modules that some of them lack,
 * or that load slowly, are loaded when they are needed.
 */

import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import type { Platform, PlatformFiles } from "./types.ts";

const files: PlatformFiles = {
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return null;
      throw error;
    }
  },
  async writeAtomic(folder, contents) {
    const created = await makeFolder(folder);
    const pending = Object.entries(contents).map(([name, bytes]) => {
      const path = join(folder, name);
      return { path, bytes, temporary: `${path}.${process.pid}.tmp` };
    });
    if (pending.length === 0) return tryOut(folder, created);
    try {
      for (const { temporary, bytes } of pending) await writeFlushed(temporary, bytes);
      for (const { temporary, path } of pending) await rename(temporary, path);
    } catch (error) {
      for (const { temporary } of pending) await rm(temporary, { force: true });
      throw error;
    }
  },
  async list(folder) {
    try {
      return (await readdir(folder)).sort();
    } catch (error) {
      if (hasCode(error, "ENOENT")) return [];
      throw error;
    }
  },
  join,
};

export const platform: Platform = {
  name: "node",
  env(name) {
    try {
      return process.env[name];
    } catch {
      return undefined; // Deno without the permission
    }
  },
  cores: availableParallelism,
  enableRelaxedSimd() {
    process.getBuiltinModule("node:v8").setFlagsFromString("--experimental-wasm-relaxed-simd");
  },
  async startThread(code, data) {
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const start = `
      const { parentPort, workerData: data } = require("node:worker_threads");
      const started = () => parentPort.postMessage(null);`;
    const worker = new Worker(start + code, { eval: true, workerData: data, execArgv: [] });
    return new Promise((resolve, reject) => {
      worker.once("error", reject);
      worker.once("message", () => {
        worker.unref();
        resolve();
      });
    });
  },
  files,
};

/** @see the function of the same name in `src/io` */
export function sha256(bytes: Uint8Array): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex");
}

/**
 * Makes a folder and its parents; returns the first that was missing. Node's own recursive `mkdir`
 * loops forever where a file system answers ENOENT.
 */
async function makeFolder(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder);
    return folder;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return undefined;
    if (!hasCode(error, "ENOENT") || dirname(folder) === folder) throw error;
    const first = await makeFolder(dirname(folder));
    await mkdir(folder);
    return first ?? folder;
  }
}

async function tryOut(folder: string, created: string | undefined): Promise<void> {
  const temporary = join(folder, `${process.pid}.tmp`);
  await writeFlushed(temporary, new Uint8Array(0));
  await rm(created ?? temporary, { recursive: true });
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
