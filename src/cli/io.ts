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
   * Calls `stop` with the exit status when the user or the system asks the command to end, or an
   * output fails; a second signal, SIGHUP aside, ends it at once. Returns a function that removes
   * the listener.
   */
  onStop(stop: (status: number) => void): () => void;
}

/**
 * The process itself. A reader that closed the pipe ends a command quietly; any other error of an
 * output (a full disk, a terminal that is gone) ends it with one line on the other output.
 */
export function processIo(): Io {
  let listener: ((status: number) => void) | null = null;
  let isStopping = false;
  let isAsked = false;
  // A terminal that is gone sends several signals, and fails writes: one wish to end.
  const stopOnce = (status: number) => {
    if (isStopping) return;
    if (listener === null) process.exit(status);
    isStopping = true;
    listener(status);
  };
  const stop = (status: number) => {
    if (isAsked) process.exit(status);
    isAsked = true;
    stopOnce(status);
  };
  const handlers = Object.entries(signals).map(([name, number]) => {
    const end = name === "SIGHUP" ? stopOnce : stop;
    return [name, () => end(128 + number)] as const;
  });
  const { stdin, stdout, stderr, env } = process;
  const watch = (stream: Output, name: string, other: Output | null) =>
    stream.on("error", (error) => {
      if (!isStopping && !hasCode(error, "EPIPE")) other?.write(broken(name, error));
      stopOnce(hasCode(error, "EPIPE") ? 0 : 1);
    });
  watch(stdout, "standard output", stderr);
  watch(stderr, "standard error", stdout.isTTY ? stdout : null);
  return {
    stdin,
    stdout,
    stderr,
    env,
    onStop(stopped) {
      listener = stopped;
      for (const [name, onSignal] of handlers) process.on(name, onSignal);
      return () => {
        listener = null;
        for (const [name, onSignal] of handlers) process.off(name, onSignal);
      };
    },
  };
}

/** The signals that end a command, and their numbers. */
const signals = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

function broken(name: string, error: Error): string {
  const code = "code" in error ? String(error.code) : error.message;
  const [what, fix] = problems[code] ?? ["it cannot be written", "Write it somewhere else"];
  return `error: ${name}: ${what} (${code}). ${fix}.\n`;
}

const problems: Readonly<Record<string, [what: string, fix: string]>> = {
  ENOSPC: ["its disk is full", "Free some space, or write it to another disk"],
  EDQUOT: ["your share of its disk is used up", "Free some space, or write it to another disk"],
  EFBIG: ["its file may not grow any more", "Write it to another file"],
  EIO: ["its device does not answer", "Write it to a file, or use another terminal"],
};

function hasCode(error: Error, code: string): boolean {
  return "code" in error && error.code === code;
}
