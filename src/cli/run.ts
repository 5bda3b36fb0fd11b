/** Arguments in, exit status out. */

import { Command, CommanderError } from "commander";
import { SaikiError, setWarningHandler } from "../core/index.ts";
import { buildCommand } from "./build.ts";
import { evalCommand } from "./eval.ts";
import { generateCommand } from "./generate.ts";
import { infoCommand } from "./info.ts";
import type { Io } from "./io.ts";
import { Interrupted, UsageError } from "./outcome.ts";
import { trainCommand } from "./train.ts";
import { version } from "./version.ts";

/**
 * Runs a command.
 *
 * @returns 0; 1 when the work failed; 2 on wrong usage; 130 after Ctrl-C
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  setWarningHandler((message) => io.stderr.write(`warning: ${message}\n`));
  const program = new Command("saiki")
    .description("Recurrent neural networks: language models of your own text.")
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print what a command does and its options")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(oneLine(text)),
    });
  for (const add of [trainCommand, evalCommand, generateCommand, infoCommand, buildCommand])
    add(program, io);
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    return statusOf(error, io);
  }
}

function statusOf(error: unknown, io: Io): number {
  if (error instanceof Interrupted) return error.status;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const text = error instanceof Error ? error.message : String(error);
  io.stderr.write(`error: ${oneLine(text)}`);
  if (io.env["SAIKI_DEBUG"] && error instanceof Error) io.stderr.write(`${error.stack}\n`);
  else if (!(error instanceof SaikiError)) {
    io.stderr.write("This is a bug in saiki; SAIKI_DEBUG=1 shows where.\n");
  }
  return error instanceof UsageError ? 2 : 1;
}

function oneLine(text: string): string {
  return `${text.trim().replace(/\s*\n\s*/g, " ")}\n`;
}
