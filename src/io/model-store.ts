/** Stores of models: sets of named files, on disk, in memory or behind a URL. */

import { CheckpointError } from "../core/index.ts";

/** A set of named files: in a folder, in memory or behind a URL. */
export interface ModelStore {
  /** The store's name in errors: the folder, the URL. */
  readonly name: string;
  /** The bytes of a file, or null if there is no such file. */
  read(file: string): Promise<Uint8Array | null>;
  /**
   * Writes files in their order, each whole or not at all; they are durable when it returns.
   * Without any it only tests whether it could.
   */
  write(files: Readonly<Record<string, Uint8Array>>): Promise<void>;
  /** The names of all files, sorted. */
  list(): Promise<string[]>;
  /** Removes files; in a store that cannot, old checkpoints stay. */
  remove?(files: readonly string[]): Promise<void>;
  /**
   * Refuses other writers until the function that it returns is called.
   *
   * @throws CheckpointError when there is another writer
   */
  lock?(): Promise<() => Promise<void>>;
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
  private isLocked = false;

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

  /** Removes files. */
  async remove(files: readonly string[]): Promise<void> {
    for (const file of files) this.files.delete(file);
  }

  /** Refuses other writers until the returned function is called. @throws CheckpointError */
  async lock(): Promise<() => Promise<void>> {
    if (this.isLocked) {
      const fix = "Wait for it, or choose another store";
      throw new CheckpointError(this.name, "another training is writing here", fix);
    }
    this.isLocked = true;
    return async () => {
      this.isLocked = false;
    };
  }
}

/**
 * Files below a URL, read-only. A query (`?token=…`) goes along with each file.
 *
 * @throws CheckpointError when there is no answer, an error or a web page, and on writing and
 *   listing
 * @example
 * import { HttpStore } from "saiki/io";
 * const store = new HttpStore("https://example.org/models/poet/");
 * console.log(store.name); // https://example.org/models/poet
 */
export class HttpStore implements ModelStore {
  /** The URL, without query and slashes at its end. */
  readonly name: string;
  private readonly query: string;

  /** Names a URL; files are below it. */
  constructor(url: string | URL) {
    const [, path, query] = /^([^?#]*)(\?[^#]*)?/.exec(String(url)) as RegExpExecArray;
    this.name = (path as string).replace(/\/+$/, "");
    this.query = query ?? "";
  }

  /**
   * The bytes of a file, or null if the server does not have it (404 or 410).
   *
   * @throws CheckpointError when there is no answer, another error or a web page
   */
  async read(file: string): Promise<Uint8Array | null> {
    const response = await this.asked(file, () => fetch(`${this.name}/${file}${this.query}`));
    if (response.status === 404 || response.status === 410) return null;
    if (!response.ok) {
      return this.refuse(`the server answered ${response.status} for ${file}`, "Check the address");
    }
    const bytes = new Uint8Array(await this.asked(file, () => response.arrayBuffer()));
    if (!isPage(response, bytes)) return bytes;
    const fix = "Check the address: servers send their own page where there is no file";
    return this.refuse(`the server sent a web page (HTML) for ${file}`, fix);
  }

  /** Always fails: nothing can be written to a URL. @throws CheckpointError always */
  write(): Promise<void> {
    return this.refuse("files cannot be written to a URL", "Write to a FolderStore");
  }

  /** Always fails: a URL has no list of its files. @throws CheckpointError always */
  list(): Promise<string[]> {
    return this.refuse("files cannot be listed behind a URL", "Ask for a file by its name");
  }

  private async asked<T>(file: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (cause) {
      const isRelative = !/^[a-z][a-z\d+.-]*:/i.test(this.name);
      const fix =
        isRelative && !("location" in globalThis)
          ? "Outside a page, give an absolute address (https://…)"
          : "Check the address, the connection and, in a page, the server's CORS";
      const { code } = ((cause as Error).cause ?? {}) as { code?: unknown };
      const why = typeof code === "string" ? ` (${code})` : "";
      return this.refuse(`${file} cannot be fetched${why}`, fix, cause);
    }
  }

  private async refuse(sentence: string, fix: string, cause?: unknown): Promise<never> {
    throw new CheckpointError(this.name, sentence, fix, { cause });
  }
}

function isPage({ headers }: Response, bytes: Uint8Array): boolean {
  if (/^\s*(text\/html|application\/xhtml)/i.test(headers.get("content-type") ?? "")) return true;
  const start = new TextDecoder().decode(bytes.subarray(0, 100));
  return /^\s*<(!doctype|html|head|body|\?xml)/i.test(start);
}
