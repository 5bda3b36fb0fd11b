/** A folder on disk as a store of models. */

import * as v from "valibot";
import { platform } from "#platform";
import { CheckpointError } from "../core/index.ts";
import type { PlatformFiles } from "../platform/types.ts";
import type { ModelStore } from "./model-store.ts";

const LOCK = "saiki.lock";
const TEMPORARY = /\.(\d+)(-\d+)?\.tmp$/;

const lockSchema = v.strictObject({
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  host: v.string(),
  started: v.nullable(v.string()),
});

/** Tells apart the temporary files of one process. */
let temporaries = 0;

/**
 * A folder on disk. Each file is written under another name, flushed and renamed, so none is torn.
 *
 * @throws CheckpointError when the folder cannot be read or written, and where there are no disks
 * @example
 * import { FolderStore } from "saiki/io";
 * const store = new FolderStore("models/of-tomorrow");
 * console.log(await store.read("config.json"), await store.list()); // null []
 */
export class FolderStore implements ModelStore {
  /** The folder's path. */
  readonly name: string;
  /** Tests replace it by a disk that fails. */
  private readonly disk: PlatformFiles | null = platform.files;

  /** Names a folder, which {@link write} makes where it is missing. */
  constructor(folder: string) {
    this.name = folder;
  }

  /**
   * The bytes of a file, or null if there is no such file.
   *
   * @throws CheckpointError when it cannot be read
   */
  async read(file: string): Promise<Uint8Array | null> {
    return this.guarded("read", (disk) => disk.read(disk.join(this.name, file)));
  }

  /**
   * Writes files in their order, each whole or not at all; they are on the disk when it returns.
   *
   * @throws CheckpointError when they cannot be written
   */
  async write(contents: Readonly<Record<string, Uint8Array>>): Promise<void> {
    await this.guarded("written", async (disk) => {
      const made = await disk.makeFolder(this.name);
      const pending = Object.entries(contents).map(([file, bytes]) => ({ file, bytes }));
      if (pending.length === 0) return this.tryOut(disk, made);
      const { pid } = await disk.self();
      const named = pending.map(({ file, bytes }) => {
        const path = disk.join(this.name, file);
        return { path, bytes, temporary: temporaryOf(path, pid) };
      });
      try {
        for (const { temporary, bytes } of named) await disk.write(temporary, bytes);
        for (const { temporary, path } of named) await disk.rename(temporary, path);
      } catch (error) {
        for (const { temporary } of named) await disk.remove(temporary).catch(() => {});
        throw error;
      }
      await disk.flush(this.name);
    });
  }

  /**
   * The names of all files, sorted; none where the folder does not exist. The lock and what dead
   * writers left are not among them.
   *
   * @throws CheckpointError when the folder cannot be read
   */
  async list(): Promise<string[]> {
    const names = await this.guarded("read", (disk) => disk.list(this.name));
    return names.filter((name) => name !== LOCK && !TEMPORARY.test(name));
  }

  /** Removes files. @throws CheckpointError when the folder cannot be written */
  async remove(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.guarded("written", async (disk) => {
      for (const name of names) await disk.remove(disk.join(this.name, name));
      await disk.flush(this.name);
    });
  }

  /**
   * Takes the lock of the folder, also from a dead process of this machine, and removes what dead
   * writers left. The function that it returns gives the lock back.
   *
   * @throws CheckpointError when a process that may live has it
   */
  async lock(): Promise<() => Promise<void>> {
    return this.guarded("written", async (disk) => {
      const made = await disk.makeFolder(this.name);
      try {
        await this.take(disk);
        await this.sweep(disk);
      } catch (error) {
        for (const folder of made) await disk.removeFolder(folder).catch(() => {});
        throw error;
      }
      return async () => {
        await this.guarded("written", () => disk.remove(disk.join(this.name, LOCK)));
        for (const folder of made) await disk.removeFolder(folder);
      };
    });
  }

  private async take(disk: PlatformFiles): Promise<void> {
    const lock = disk.join(this.name, LOCK);
    const self = await disk.self();
    const temporary = temporaryOf(lock, self.pid);
    for (;;) {
      await disk.write(temporary, new TextEncoder().encode(`${JSON.stringify(self)}\n`));
      const taken = await disk.link(temporary, lock);
      await disk.remove(temporary);
      if (taken) return;
      const found = await disk.read(lock);
      if (found === null) continue; // given back meanwhile
      await this.refuseTheLiving(disk, lock, found);
      // Another process may have taken it over since: nobody loses a lock that is not the dead one.
      await disk.rename(lock, temporary);
      const moved = await disk.read(temporary);
      if (String(moved) !== String(found)) await disk.link(temporary, lock);
      await disk.remove(temporary);
    }
  }

  private async refuseTheLiving(disk: PlatformFiles, lock: string, found: Uint8Array) {
    const owner = lockOwner(found);
    if (owner !== null && !(await disk.mayLive(owner))) return;
    const { host } = await disk.self();
    if (owner !== null && owner.host === host) {
      const said = `process ${owner.pid} is training here`;
      throw new CheckpointError(this.name, said, "Wait for it, or choose another place (--out)");
    }
    const who = owner === null ? "a process" : `process ${owner.pid} of the machine ${owner.host}`;
    const fix = `If it is gone, remove ${lock}`;
    throw new CheckpointError(this.name, `${who} may be training here`, fix);
  }

  /** Removes temporary files of the dead; a container's next process has the number of the last. */
  private async sweep(disk: PlatformFiles): Promise<void> {
    const { pid: own, host } = await disk.self();
    for (const name of await disk.list(this.name)) {
      const pid = Number(TEMPORARY.exec(name)?.[1]);
      const isOwn = pid === own && !name.startsWith(LOCK);
      const isDead = async () => !(await disk.mayLive({ pid, host, started: null }));
      if (pid > 0 && (isOwn || (await isDead()))) await disk.remove(disk.join(this.name, name));
    }
  }

  private async tryOut(disk: PlatformFiles, made: readonly string[]): Promise<void> {
    const temporary = temporaryOf(disk.join(this.name, "saiki"), (await disk.self()).pid);
    await disk.write(temporary, new Uint8Array(0));
    await disk.remove(temporary);
    for (const folder of made) await disk.removeFolder(folder);
  }

  private async guarded<T>(done: string, work: (disk: PlatformFiles) => Promise<T>): Promise<T> {
    if (this.disk === null) {
      const fix = "Use a MemoryStore or an HttpStore";
      throw new CheckpointError(this.name, "there are no folders here", fix);
    }
    try {
      return await work(this.disk);
    } catch (cause) {
      if (cause instanceof CheckpointError) throw cause;
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : null;
      const said = `the folder cannot be ${done}${code === null ? "" : ` (${code})`}`;
      throw new CheckpointError(this.name, said, fixes[code ?? ""] ?? fixes[""], { cause });
    }
  }
}

const fixes: Readonly<Record<string, string>> = {
  "": "Check the path and its permissions",
  ENOSPC: "The disk is full: make room on it",
  EDQUOT: "The quota of the disk is used up: make room on it",
  EROFS: "The file system is read-only: choose another place",
  EIO: "The disk fails: choose another place",
};

function temporaryOf(path: string, pid: number): string {
  return `${path}.${pid}-${temporaries++}.tmp`;
}

function lockOwner(bytes: Uint8Array | null) {
  try {
    return v.parse(lockSchema, JSON.parse(new TextDecoder().decode(bytes ?? undefined)));
  } catch {
    return null;
  }
}
