/** Where models are kept: a set of named files, on disk, in memory or behind a URL. */

import { platform } from "#platform";
import { CheckpointError } from "../core/index.ts";
import type { PlatformFiles } from "../platform/types.ts";

/** A set of named files. */
export interface ModelStore {
  /** What errors call it: the folder, the URL. */
  readonly name: string;
  /** A file's bytes, or null if there is no such file. */
  read(file: string): Promise<Uint8Array | null>;
  /** Writes all files or none; without any it only finds out whether it could. */
  write(files: Readonly<Record<string, Uint8Array>>): Promise<void>;
  /** The names of all files, sorted. */
  list(): Promise<string[]>;
}

/**
 * A folder on disk. Files appear whole: each is written beside its place, flushed and renamed.
 *
 * @throws CheckpointError when the folder cannot be read or written, and where there are no disks
 */
export class FolderStore implements ModelStore {
  readonly name: string;

  constructor(folder: string) {
    this.name = folder;
  }

  async read(file: string): Promise<Uint8Array | null> {
    const files = this.files();
    return this.guarded("read", () => files.read(files.join(this.name, file)));
  }

  async write(contents: Readonly<Record<string, Uint8Array>>): Promise<void> {
    await this.guarded("written", () => this.files().writeAtomic(this.name, contents));
  }

  async list(): Promise<string[]> {
    return this.guarded("read", () => this.files().list(this.name));
  }

  private files(): PlatformFiles {
    if (platform.files !== null) return platform.files;
    throw new CheckpointError({
      op: this.name,
      sentence: "there are no folders here",
      fix: "Use a MemoryStore or an HttpStore",
    });
  }

  private async guarded<T>(done: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof CheckpointError) throw cause;
      const why = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
      throw new CheckpointError({
        op: this.name,
        sentence: `the folder cannot be ${done}${why}`,
        fix: "Check the path and its permissions",
        cause,
      });
    }
  }
}

/** Files in memory. */
export class MemoryStore implements ModelStore {
  readonly name: string = "memory";
  readonly files = new Map<string, Uint8Array>();

  async read(file: string): Promise<Uint8Array | null> {
    return this.files.get(file)?.slice() ?? null;
  }

  async write(contents: Readonly<Record<string, Uint8Array>>): Promise<void> {
    for (const [file, bytes] of Object.entries(contents)) this.files.set(file, bytes.slice());
  }

  async list(): Promise<string[]> {
    return [...this.files.keys()].sort();
  }
}

/** Files below a URL, read-only. */
export class HttpStore implements ModelStore {
  readonly name: string;

  constructor(url: string | URL) {
    this.name = String(url).replace(/\/+$/, "");
  }

  async read(file: string): Promise<Uint8Array | null> {
    const response = await fetch(`${this.name}/${file}`);
    if (response.status === 404) return null;
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new CheckpointError({
      op: this.name,
      sentence: `the server answered ${response.status} for ${file}`,
      fix: "Check the address",
      got: response.status,
    });
  }

  write(): Promise<void> {
    return this.refuse("files cannot be written to a URL", "Write to a FolderStore");
  }

  list(): Promise<string[]> {
    return this.refuse("files cannot be listed behind a URL", "Ask for a file by its name");
  }

  private async refuse(sentence: string, fix: string): Promise<never> {
    throw new CheckpointError({ op: this.name, sentence, fix });
  }
}
