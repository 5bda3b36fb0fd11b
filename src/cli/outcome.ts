/** Ways in which a command ends early. */

import { CommanderError } from "commander";
import { SaikiError, setWarningHandler } from "../core/index.ts";
import type { Io } from "./io.ts";
import { look } from "./ui/look.ts";

/** The command line makes no sense: exit status 2. */
export class UsageError extends SaikiError {
  override readonly code = "SAIKI_USAGE";
}

/** The user or the system ended the command after it saved its work. */
class Interrupted extends Error {
  readonly status: number;

  constructor(status: number) {
    super("interrupted");
    this.status = status;
  }
}

/**
 * Does work that the user or the system may end early; at the signal it saves its state.
 *
 * @throws Interrupted after that
 */
export async function interruptible<T>(
  io: Io,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const forget = io.onStop((status) => stop.abort(new Interrupted(status)));
  const result = await work(stop.signal).finally(forget);
  stop.signal.throwIfAborted();
  return result;
}

/**
 * Does the work of a command; each warning and an error is printed on one line.
 *
 * @returns the exit status
 */
export async function statusOf(work: () => Promise<unknown>, io: Io): Promise<number> {
  const { paint } = look(io, "stderr");
  const before = setWarningHandler((text) =>
    io.stderr.write(`${paint("yellow", "warning:")} ${text}\n`),
  );
  try {
    await work();
    return 0;
  } catch (error) {
    return report(error, io);
  } finally {
    setWarningHandler(before);
  }
}

/** Writes an error's line. @returns the exit status */
function report(error: unknown, io: Io): number {
  if (error instanceof Interrupted) return error.status;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const text = error instanceof Error ? error.message : String(error);
  io.stderr.write(errorLine(`error: ${text}`, io));
  if (io.env["SAIKI_DEBUG"] && error instanceof Error) io.stderr.write(`${error.stack}\n`);
  else if (!(error instanceof SaikiError)) {
    io.stderr.write("This is a bug in saiki; SAIKI_DEBUG=1 shows where.\n");
  }
  return error instanceof UsageError ? 2 : 1;
}

/** A text that begins with `error:`, on one line. */
export function errorLine(text: string, io: Io): string {
  const line = text.trim().replace(/\s*\n\s*/g, " ");
  return `${line.replace(/^error:/, (e) => look(io, "stderr").paint(["bold", "red"], e))}\n`;
}
