/** What the library asks of the place where it runs; `#platform` selects the implementation. */
export interface Platform {
  readonly name: "node" | "browser";
  /** An environment variable, or undefined where there are none. */
  env(name: string): string | undefined;
  /** Turns on relaxed SIMD in engines that ship it behind a flag (Node 20). */
  enableRelaxedSimd(): void;
  /** Files on disk, or null where there are none. */
  readonly files: PlatformFiles | null;
}

export interface PlatformFiles {
  /** The file's bytes, or null if there is no such file. */
  read(path: string): Promise<Uint8Array | null>;
  /** Writes a temporary file beside `path`, flushes it to disk, renames it; creates the folder. */
  writeAtomic(path: string, bytes: Uint8Array): Promise<void>;
  /** Names in a folder, sorted; empty if there is no such folder. */
  list(folder: string): Promise<string[]>;
  join(...parts: string[]): string;
}
