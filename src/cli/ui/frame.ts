/** The frame of generated text. */

import { wrapAnsi } from "fast-wrap-ansi";
import type { Look } from "./look.ts";

/** A wrapped text with a title, beside a line that sets it apart from the log. */
export function frame(title: string, text: string, columns: number, look: Look): string {
  const [top, side, bottom] = look.isUnicode ? ["╭", "│", "╰"] : ["+", "|", "+"];
  const edge = (corner: string) => look.paint("dim", corner);
  const width = Math.max(Math.min(columns, WIDEST) - 2, 1);
  const lines = printable(text, look)
    .split("\n")
    .flatMap((line) => wrapped(line, width))
    .map((row) => `${edge(side)} ${row}`.trimEnd());
  return [`${edge(top)} ${title}`, ...lines, edge(bottom)].join("\n");
}

const WIDEST = 80;

/** The first row of a line keeps its indentation; the rows after it have none. */
function wrapped(line: string, width: number): string[] {
  const rows = wrapAnsi(line, width, { hard: true, trim: false }).split("\n");
  return rows.map((row, i) => (i === 0 ? row : row.trimStart()));
}

/** Removes characters that move the cursor, which a model may have learnt from its text. */
function printable(text: string, { isUnicode }: Look): string {
  return text
    .replace(/^\s*\n|\s+$/g, "")
    .replace(/\r\n?/g, "\n")
    .replaceAll("\t", "    ")
    .replace(/(?!\n)\p{Cc}/gu, isUnicode ? "�" : "?");
}
