/** Arguments in, exit status out. */

import { Command } from "commander";
import { buildCommand } from "./build.ts";
import { evalCommand } from "./eval.ts";
import { generateCommand } from "./generate.ts";
import { infoCommand } from "./info.ts";
import type { Io } from "./io.ts";
import { colorFromArgs, colorOptions, examples, helpStyle } from "./options.ts";
import { errorLine, statusOf } from "./outcome.ts";
import { trainCommand } from "./train.ts";
import { columnsOf, look } from "./ui/look.ts";
import { version } from "./version.ts";

const commands = [trainCommand, evalCommand, generateCommand, infoCommand, buildCommand];

/**
 * Runs a command.
 *
 * @returns 0; 1 when the work failed; 2 on wrong usage; 128 + n after signal n (Ctrl-C: 130)
 */
export async function run(args: readonly string[], given: Io): Promise<number> {
  const io = { ...given, color: colorFromArgs(args) };
  const program = new Command("saiki")
    .description("Recurrent neural networks: language models of your own text.")
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print what a command does and its options")
    .helpCommand("help [command]", "print what a command does and its options")
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp(helpStyle)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => columnsOf(io.stdout),
      getErrHelpWidth: () => columnsOf(io.stderr),
      getOutHasColors: () => look(io, "stdout").isColoured,
      getErrHasColors: () => look(io, "stderr").isColoured,
      outputError: (text, write) => write(errorLine(text, io)),
    });
  for (const add of commands) add(program, io);
  for (const command of program.commands) command.copyInheritedSettings(program);
  for (const command of [program, ...program.commands]) colorOptions(command);
  examples(
    program,
    ["npx saiki train book.txt", "writes book.txt.saiki"],
    ["npx saiki generate book.txt.saiki", "continues the text"],
    ["npx saiki help train", "all options of a command"],
  ).addHelpText("after", "\nMore is in README.md and docs/ of this package.");
  return statusOf(() => program.parseAsync([...args], { from: "user" }), io);
}
