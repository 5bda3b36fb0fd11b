/** What a stream can show: colour, which characters, how many columns. */

import { WriteStream } from "node:tty";
import { styleText } from "node:util";
import type { Io, Output } from "../io.ts";

type Format = Parameters<typeof styleText>[0];

export interface Look {
  /** The text in a colour, or as it is. */
  readonly paint: (format: Format, text: string) => string;
  readonly isColoured: boolean;
  /** Whether there are characters besides ASCII. */
  readonly isUnicode: boolean;
  /** Whether lines can be drawn again: a terminal that moves its cursor. */
  readonly isLive: boolean;
}

/** How a stream looks: what `--color` says, else Node's rules for NO_COLOR, FORCE_COLOR and TERM. */
export function look({ color, env, ...io }: Io, stream: "stdout" | "stderr"): Look {
  const isTTY = io[stream].isTTY === true;
  const isWanted = isTTY || env["FORCE_COLOR"] !== undefined;
  const isColoured = color ?? (isWanted && WriteStream.prototype.getColorDepth(env) > 2);
  const whole = { validateStream: false }; // the decision is made
  return {
    paint: (format, text) => (isColoured ? styleText(format, text, whole) : text),
    isColoured,
    isUnicode: isUnicode(env),
    isLive: isTTY && env["TERM"] !== "dumb",
  };
}

export function columnsOf(out: Output): number {
  return out.columns || 80; // 0 where a terminal does not know
}

/** A locale that is not set says nothing: containers have none, and their terminals show UTF-8. */
function isUnicode(env: Io["env"]): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "UTF-8";
  return env["TERM"] !== "linux" && /utf-?8/i.test(locale);
}
