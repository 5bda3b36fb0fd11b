/** A command's view of the process, which tests replace. */

import type { Writable } from "node:stream";

export interface Output extends Writable {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The choice by `--color` or `--no-color`. */
  readonly color?: boolean | undefined;
  /**
   * Calls `stop` with the exit status when the user or the system asks the command to end; a second
   * signal ends it at once. Returns a function that removes the listener.
   */
  onStop(stop: (status: number) => void): () => void;
}

/** The process itself. A reader that closed the pipe ends a command quietly. */
export function processIo(): Io {
  let listener: ((status: number) => void) | null = null;
  const onSignal = (status: number) => {
    const stop = listener;
    if (stop === null) process.exit(status);
    listener = null;
    stop(status);
  };
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      if (!isClosed) onSignal(0);
      isClosed = true;
    });
  }
  let isClosed = false;
  const onInterrupt = () => onSignal(130);
  const onTerminate = () => onSignal(143);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    onStop(stop) {
      listener = stop;
      process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
      return () => {
        listener = null;
        process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);
      };
    },
  };
}
