/** What `#native` gives: native kernels where there is a loader for them. */

import type { Backend } from "../backend.ts";

export interface Native {
  readonly backend: Backend;
  /** For the whole process. */
  setThreads(threads: number): void;
  /** What they were compiled for, such as `avx512`. */
  readonly instructionSet: string;
  /** Where they were loaded from. */
  readonly file: string;
}

/** Why there are none; `broken` where they are installed all the same. */
export interface NoNative {
  readonly reason: string;
  readonly broken: boolean;
}
