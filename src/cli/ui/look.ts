/** The abilities of a stream: colour, characters, columns. */

import { WriteStream } from "node:tty";
import { styleText } from "node:util";
import type { Io, Output } from "../io.ts";

type Format = Parameters<typeof styleText>[0];

export interface Look {
  /** The text in a colour, or unchanged. */
  readonly paint: (format: Format, text: string) => string;
  readonly isColoured: boolean;
  /** Whether the stream shows characters besides ASCII. */
  readonly isUnicode: boolean;
  /** Whether lines can be redrawn: the stream is a terminal that moves its cursor. */
  readonly isLive: boolean;
}

/** Looks at `--color`, else at NO_COLOR, FORCE_COLOR and TERM by Node's rules. */
export function look({ color, env, ...io }: Io, stream: "stdout" | "stderr"): Look {
  const isTTY = io[stream].isTTY === true;
  const isWanted = isTTY || env["FORCE_COLOR"] !== undefined;
  const isColoured = color ?? (isWanted && WriteStream.prototype.getColorDepth(env) > 2);
  const whole = { validateStream: false }; // or styleText decides again
  return {
    paint: (format, text) => (isColoured ? styleText(format, text, whole) : text),
    isColoured,
    isUnicode: isUnicode(env),
    isLive: isTTY && env["TERM"] !== "dumb",
  };
}

export function columnsOf(out: Output): number {
  return out.columns || 80; // some terminals report 0
}

/** A missing locale counts as UTF-8: containers set none, and their terminals show UTF-8. */
function isUnicode(env: Io["env"]): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "UTF-8";
  return env["TERM"] !== "linux" && /utf-?8/i.test(locale);
}
