/** The common parts of the commands' options. */

import { styleText } from "node:util";
import { type Command, type Help, InvalidArgumentError, Option } from "commander";
import { wrapAnsi } from "fast-wrap-ansi";
import { ConfigError } from "../core/index.ts";
import { UsageError } from "./outcome.ts";

/** Reads a number. */
export function toNumber(text: string): number {
  const x = Number(text);
  if (text.trim() === "" || Number.isNaN(x))
    throw new InvalidArgumentError("It is not a number. Write it in digits, such as 0.5.");
  return x;
}

/** Runs work that only checks options: its errors are wrong usage. */
export function checkingUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inFlags(error, UsageError);
  }
}

/** Replaces the names of options and functions in the library's errors by flags and commands. */
export function inFlags(
  error: unknown,
  As: typeof ConfigError | typeof UsageError = ConfigError,
): unknown {
  if (!(error instanceof ConfigError) || !["train", "generate"].includes(error.op)) return error;
  const { op, sentence, fix, option = "" } = error;
  const flag = option && `--${option.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
  const flagged = (text: string) => text.replace(option, flag);
  return new As(`saiki ${op}`, flagged(sentence), fix && flagged(fix), { cause: error });
}

/** `--color` and `--no-color`; {@link colorFromArgs} reads them before anything is written. */
export function colorOptions(command: Command): void {
  const group = "Options:";
  const description = "colour always; --no-color: never";
  command.addOption(new Option("--color", description).helpGroup(group));
  command.addOption(new Option("--no-color").hideHelp());
}

/** The colour that the arguments ask for; the last one counts. */
export function colorFromArgs(args: readonly string[]): boolean | undefined {
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
