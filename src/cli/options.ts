/** What the commands' options have in common. */

import { InvalidArgumentError } from "commander";
import { ConfigError } from "../core/index.ts";
import type { OptionWording } from "../lm/index.ts";
import { UsageError } from "./outcome.ts";

/** Reads a number. */
export function toNumber(text: string): number {
  const x = Number(text);
  if (text.trim() === "" || Number.isNaN(x)) throw new InvalidArgumentError("It is not a number.");
  return x;
}

/** How a command's errors call the library's options: as flags. */
export function wording(command: string): OptionWording {
  return { op: `saiki ${command}`, nameOf: flag };
}

function flag(option: string): string {
  return `--${option.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
}

/** Work that only looks at options: what it throws is wrong usage. */
export function checkingUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { op, sentence, fix } = error;
    throw new UsageError({ op, sentence, fix });
  }
}
