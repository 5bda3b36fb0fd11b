/** The common parts of the commands' options. */

import { styleText } from "node:util";
import { type Command, type Help, InvalidArgumentError, Option } from "commander";
import { wrapAnsi } from "fast-wrap-ansi";
import { ConfigError } from "../core/index.ts";
import type { OptionWording } from "../lm/index.ts";
import { UsageError } from "./outcome.ts";

/** Reads a number. */
export function toNumber(text: string): number {
  const x = Number(text);
  if (text.trim() === "" || Number.isNaN(x)) throw new InvalidArgumentError("It is not a number.");
  return x;
}

/** The names of the library's options in a command's errors: flags. */
export function wording(command: string): OptionWording {
  return { op: `saiki ${command}`, nameOf: flag };
}

function flag(option: string): string {
  return `--${option.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
}

/** Runs work that only checks options: its errors are wrong usage. */
export function checkingUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { op, sentence, fix } = error;
    throw new UsageError(op, sentence, fix);
  }
}

/** `--color` and `--no-color`; {@link wishedColor} reads them before anything is written. */
export function colorOptions(command: Command): void {
  const group = "Options:";
  const description = "colour always; --no-color: never";
  command.addOption(new Option("--color", description).helpGroup(group));
  command.addOption(new Option("--no-color").hideHelp());
}

/** The colour that the arguments ask for; the last one counts. */
export function wishedColor(args: readonly string[]): boolean | undefined {
  const end = args.indexOf("--");
  const last = args
    .slice(0, end < 0 ? undefined : end)
    .findLast((arg) => arg === "--color" || arg === "--no-color");
  return last === undefined ? undefined : last === "--color";
}

/** Adds examples, each with its purpose, to the end of a command's help. */
export function examples(command: Command, ...rows: [command: string, what: string][]): Command {
  const width = Math.max(...rows.map(([line]) => line.length));
  return command.addHelpText("after", () => {
    const columns = command.configureOutput().getOutHelpWidth?.() ?? 80;
    const fits = rows.every(([, what]) => width + what.length + 4 <= columns);
    const lines = rows.map(([line, what]) =>
      fits ? `  ${line.padEnd(width)}  ${what}` : `  ${line}\n    ${what}`,
    );
    return ["", title("Examples:"), ...lines].join("\n");
  });
}

/** The style of help; commander removes the colour where the stream has none. */
export const helpStyle: Partial<Help> = {
  styleTitle: title,
  minWidthToWrap: 20,
  /** Defaults stay in one piece. */
  boxWrap: (text, width) =>
    wrapAnsi(text.replaceAll("(default: ", `(default:${NO_BREAK}`), width).replaceAll(
      NO_BREAK,
      " ",
    ),
};

const NO_BREAK = "\u00a0";

function title(text: string): string {
  return styleText("bold", text, { validateStream: false });
}
