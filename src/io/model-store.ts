/** Stores of models: sets of named files, on disk, in memory or behind a URL. */

import { platform } from "#platform";
import { CheckpointError } from "../core/index.ts";
import type { PlatformFiles } from "../platform/types.ts";

/** A set of named files: in a folder, in memory or behind a URL. */
export interface ModelStore {
  /** The store's name in errors: the folder, the URL. */
  readonly name: string;
  /** The bytes of a file, or null if there is no such file. */
  read(file: string): Promise<Uint8Array | null>;
  /** Writes all files or none; without any it only tests whether it could. */
  write(files: Readonly<Record<string, Uint8Array>>): Promise<void>;
  /** The names of all files, sorted. */
  list(): Promise<string[]>;
}

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
    const files = this.files();
    return this.guarded("read", () => files.read(files.join(this.name, file)));
  }

  /**
   * Writes all files, each whole or not at all.
   *
   * @throws CheckpointError when they cannot be written
   */
  async write(contents: Readonly<Record<string, Uint8Array>>): Promise<void> {
    await this.guarded("written", () => this.files().writeAtomic(this.name, contents));
  }

  /**
   * The names of all files, sorted; none where the folder does not exist.
   *
   * @throws CheckpointError when the folder cannot be read
   */
  async list(): Promise<string[]> {
    return this.guarded("read", () => this.files().list(this.name));
  }

  private files(): PlatformFiles {
    if (platform.files !== null) return platform.files;
    const said = "there are no folders here";
    throw new CheckpointError(this.name, said, "Use a MemoryStore or an HttpStore");
  }

  private async guarded<T>(done: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof CheckpointError) throw cause;
      const why = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
      const said = `the folder cannot be ${done}${why}`;
      throw new CheckpointError(this.name, said, "Check the path and its permissions", { cause });
    }
  }
}

/**
 * Files in memory.
 *
 * @example
 * import { MemoryStore } from "saiki/io";
 * const store = new MemoryStore();
 * await store.write({ a: Uint8Array.of(1, 2) });
 * console.log(await store.read("a"), await store.read("b")); // Uint8Array(2) [ 1, 2 ] null
 */
export class MemoryStore implements ModelStore {
  /** The name in errors: `memory`. */
  readonly name: string = "memory";
  /** The bytes of each file. */
  readonly files: Map<string, Uint8Array> = new Map();

  /** A copy of a file's bytes, or null if there is no such file. */
  async read(file: string): Promise<Uint8Array | null> {
    return this.files.get(file)?.slice() ?? null;
  }

  /** Keeps copies of all files. */
  async write(contents: Readonly<Record<string, Uint8Array>>): Promise<void> {
    for (const [file, bytes] of Object.entries(contents)) this.files.set(file, bytes.slice());
  }

  /** The names of all files, sorted. */
  async list(): Promise<string[]> {
    return [...this.files.keys()].sort();
  }
}

/**
 * Files below a URL, read-only.
 *
 * @throws CheckpointError when the server refuses, and on writing and listing
 * @example
 * import { HttpStore } from "saiki/io";
 * const store = new HttpStore("https://example.org/models/poet/");
 * console.log(store.name); // https://example.org/models/poet
 */
export class HttpStore implements ModelStore {
  /** The URL, without slashes at its end. */
  readonly name: string;

  /** Names a URL; files are below it. */
  constructor(url: string | URL) {
    this.name = String(url).replace(/\/+$/, "");
  }

  /**
   * The bytes of a file, or null if the server does not have it (404).
   *
   * @throws CheckpointError when the server answers with another error
   */
  async read(file: string): Promise<Uint8Array | null> {
    const response = await fetch(`${this.name}/${file}`);
    if (response.status === 404) return null;
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    const said = `the server answered ${response.status} for ${file}`;
    throw new CheckpointError(this.name, said, "Check the address");
  }

  /** Always fails: nothing can be written to a URL. @throws CheckpointError always */
  write(): Promise<void> {
    return this.refuse("files cannot be written to a URL", "Write to a FolderStore");
  }

  /** Always fails: a URL has no list of its files. @throws CheckpointError always */
  list(): Promise<string[]> {
    return this.refuse("files cannot be listed behind a URL", "Ask for a file by its name");
  }

  private async refuse(sentence: string, fix: string): Promise<never> {
    throw new CheckpointError(this.name, sentence, fix);
  }
}
