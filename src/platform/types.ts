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
  /** Writes a file; its bytes are on the disk when it returns. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Gives a file another name in one step; a file that had that name is gone. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name; false if another file has it. */
  link(from: string, to: string): Promise<boolean>;
  /** Removes a file, or nothing if there is none. */
  remove(path: string): Promise<void>;
  /** The names in a folder are on the disk when it returns. */
  flush(folder: string): Promise<void>;
  /** Creates a folder and its parents; returns those that were missing, the innermost first. */
  makeFolder(folder: string): Promise<string[]>;
  /** Removes a folder if it is empty. */
  removeFolder(folder: string): Promise<void>;
  /** Names in a folder, sorted; empty if there is no such folder. */
  list(folder: string): Promise<string[]>;
  join(...parts: string[]): string;
  /** This process. */
  self(): Promise<ProcessName>;
  /** Whether a process may live: true also for one of another machine. */
  mayLive(process: ProcessName): Promise<boolean>;
}

/** A process; its start tells it from a later one of the same number. */
export interface ProcessName {
  readonly pid: number;
  readonly host: string;
  /** In units of the system; null where it is unknown. */
  readonly started: string | null;
}
