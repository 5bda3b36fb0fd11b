/** The services that the library needs of its runtime; `#platform` selects the implementation. */
export interface Platform {
  readonly name: "node" | "browser";
  /** An environment variable; undefined also where there are none or they may not be read. */
  env(name: string): string | undefined;
  /** Cores that the process may use. */
  cores(): number;
  /** Turns on relaxed SIMD in an engine that might have it behind a flag (Node 20). */
  enableRelaxedSimd(): void;
  /**
   * Runs JavaScript in a thread of its own, which does not keep the process alive.
   *
   * @param code statements that have `data`, and call `started()`; then they may block
   * @param data a value that can be cloned or shared
   * @returns once `started` was called; rejects where there are no threads, or the code throws
   *   before
   */
  startThread(code: string, data: unknown): Promise<void>;
  /** Files on disk, or null where there are none. */
  readonly files: PlatformFiles | null;
}

export interface PlatformFiles {
  /** The file's bytes, or null if there is no such file. */
  read(path: string): Promise<Uint8Array | null>;
  /**
   * Writes each file under another name, flushes all to disk, then renames all: after a failure
   * the old files are intact. Creates the folder. With no files it only tests whether it could.
   */
  writeAtomic(folder: string, contents: Readonly<Record<string, Uint8Array>>): Promise<void>;
  /** Names in a folder, sorted; empty if there is no such folder. */
  list(folder: string): Promise<string[]>;
  join(...parts: string[]): string;
}
