/**
 * Node, and the runtimes that have its modules: Bun, Deno, workerd. Modules that some of them lack,
 * or that load slowly, are loaded when they are needed.
 */

import {
  constants,
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
} from "node:fs/promises";
import { availableParallelism, hostname } from "node:os";
import { dirname, join } from "node:path";
import type { Platform, PlatformFiles } from "./types.ts";

const files: PlatformFiles = {
  async read(path) {
    return unless(["ENOENT"], null, () => readFile(path));
  },
  async write(path, bytes) {
    const file = await open(path, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename,
  async link(from, to) {
    const copied = () => copyFile(from, to, constants.COPYFILE_EXCL).then(() => true);
    const linked = () => link(from, to).then(() => true);
    // Some file systems have no links.
    return unless(["EEXIST"], false, () => linked().catch((e) => orElse(e, copied)));
  },
  remove: (path) => rm(path, { force: true }),
  async flush(folder) {
    // Windows opens no folders, and needs no flush.
    const refusals = ["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP"];
    await unless(refusals, undefined, async () => {
      const handle = await open(folder, "r");
      await handle.sync().finally(() => handle.close());
    });
  },
  makeFolder,
  removeFolder: (folder) =>
    unless(["ENOTEMPTY", "EEXIST", "ENOENT"], undefined, () => rmdir(folder)),
  async list(folder) {
    return unless(["ENOENT"], [], async () => (await readdir(folder)).sort());
  },
  join,
  async self() {
    return { pid: process.pid, host: hostname(), started: (await statOf(process.pid)).started };
  },
  async mayLive({ pid, host, started }) {
    if (host !== hostname()) return true;
    const now = await statOf(pid);
    if (now.isDead || (now.started !== null && started !== null && now.started !== started)) {
      return false;
    }
    return unless(["ESRCH"], false, async () => unless(["EPERM"], true, async () => signals(pid)));
  },
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
 * Makes a folder and its parents. Node's own recursive `mkdir` loops forever where a file system
 * answers ENOENT.
 */
async function makeFolder(folder: string): Promise<string[]> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return [];
    if (!hasCode(error, "ENOENT") || dirname(folder) === folder) throw error;
    const parents = await makeFolder(dirname(folder));
    await mkdir(folder);
    await files.flush(dirname(folder));
    return [folder, ...parents];
  }
  await files.flush(dirname(folder));
  return [folder];
}

/**
 * The state of a process, which only Linux tells: its start, in ticks since the machine's, and whether
 * it is dead and its parent has not asked for its status yet, which in a container may never happen.
 */
async function statOf(pid: number): Promise<{ isDead: boolean; started: string | null }> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { isDead: /^[ZX]/.test(fields[0] ?? ""), started: fields[19] ?? null };
}

function signals(pid: number): boolean {
  return process.kill(pid, 0);
}

/** The result of work, or another value when it fails with one of these codes. */
async function unless<T, U>(codes: string[], other: U, work: () => Promise<T>): Promise<T | U> {
  try {
    return await work();
  } catch (error) {
    if (codes.some((code) => hasCode(error, code))) return other;
    throw error;
  }
}

function orElse<T>(error: unknown, work: () => Promise<T>): Promise<T> {
  const codes = ["EPERM", "ENOTSUP", "ENOSYS", "EOPNOTSUPP"];
  if (codes.some((code) => hasCode(error, code))) return work();
  throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
