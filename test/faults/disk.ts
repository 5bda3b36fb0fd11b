/** A disk in memory that dies, fails or loses power at a chosen operation. */

import { FolderStore } from "../../src/io/index.ts";
import type { PlatformFiles, ProcessName } from "../../src/platform/types.ts";

/** The folder `m` on a disk. */
export function storeOf(disk: FaultyDisk): FolderStore {
  const store = new FolderStore("m");
  Reflect.set(store, "disk", disk);
  return store;
}

/** The end of the process: nothing runs after it. */
class Killed extends Error {}

/** How the operation of a number ends, and all after it. */
export type Fault = "kill" | "full";

interface Inode {
  bytes: Uint8Array;
  /** What is on the platter; null: nothing yet. */
  flushed: Uint8Array | null;
}

/**
 * Files by path. `write` is three operations, each of which may be the last: half the bytes, all
 * of them, their flush. Names are on the platter only after the folder's flush.
 */
export class FaultyDisk implements PlatformFiles {
  /** Operations that change something, so far. */
  operations = 0;
  /** The living process; others are dead. */
  pid = 100;
  private names = new Map<string, Inode>();
  private durable = new Map<string, Inode>();
  private at = Number.POSITIVE_INFINITY;
  private fault: Fault = "kill";

  /** Lets the operation `at` fail, counted from the start, and all after it. */
  failAt(at: number, fault: Fault): void {
    this.at = at;
    this.fault = fault;
  }

  /** The next process, after the fault. */
  revive(): void {
    this.at = Number.POSITIVE_INFINITY;
    this.pid++;
  }

  /**
   * Drops what was not flushed: bytes, and names of which `survives` says so, as a file system
   * may have written some of them.
   */
  cutPower(survives: () => boolean): void {
    const names = new Map(this.durable);
    for (const path of new Set([...this.names.keys(), ...this.durable.keys()])) {
      const inode = this.names.get(path);
      if (inode === this.durable.get(path) || !survives()) continue;
      if (inode) names.set(path, inode);
      else names.delete(path);
    }
    for (const inode of names.values()) inode.bytes = inode.flushed ?? new Uint8Array(0);
    this.names = names;
    this.durable = new Map(names);
  }

  /** All files, by path. */
  contents(): Record<string, string> {
    const files = [...this.names].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      files.map(([path, { bytes }]) => [path, Buffer.from(bytes).toString("base64")]),
    );
  }

  // ---- PlatformFiles ----

  async read(path: string): Promise<Uint8Array | null> {
    return this.names.get(path)?.bytes.slice() ?? null;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.step();
    const inode: Inode = { bytes: bytes.slice(0, bytes.length / 2), flushed: null };
    this.names.set(path, inode);
    this.step();
    inode.bytes = bytes.slice();
    this.step();
    inode.flushed = inode.bytes;
  }

  async rename(from: string, to: string): Promise<void> {
    this.step();
    this.names.set(to, this.inode(from));
    this.names.delete(from);
  }

  async link(from: string, to: string): Promise<boolean> {
    this.step();
    if (this.names.has(to)) return false;
    this.names.set(to, this.inode(from));
    return true;
  }

  async remove(path: string): Promise<void> {
    if (this.fault === "kill") this.step(); // a full disk removes files
    this.names.delete(path);
  }

  async flush(): Promise<void> {
    this.step();
    this.durable = new Map(this.names);
  }

  async makeFolder(): Promise<string[]> {
    return [];
  }

  async removeFolder(): Promise<void> {}

  async list(folder: string): Promise<string[]> {
    const inside = [...this.names.keys()].filter((path) => path.startsWith(`${folder}/`));
    return inside.map((path) => path.slice(folder.length + 1)).sort();
  }

  join(...parts: string[]): string {
    return parts.join("/");
  }

  async self(): Promise<ProcessName> {
    return { pid: this.pid, host: "here", started: null };
  }

  async mayLive({ pid, host }: ProcessName): Promise<boolean> {
    return host !== "here" || pid === this.pid;
  }

  private inode(path: string): Inode {
    const inode = this.names.get(path);
    if (inode) return inode;
    throw Object.assign(new Error(path), { code: "ENOENT" });
  }

  private step(): void {
    if (++this.operations < this.at) return;
    if (this.fault === "kill") throw new Killed("killed");
    throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
  }
}
