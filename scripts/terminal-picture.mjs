// @ts-check
/**
 * Draws the last screen of `npm start`: `node scripts/terminal-picture.mjs` runs it in
 * a pseudo-terminal (`script` of util-linux) and writes docs/images/terminal.svg.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import xterm from "@xterm/headless";

const COLUMNS = 80;
const ROWS = 40;
const CELL = { width: 8.4, height: 18 }; // pixels at a font size of 14
const PAD = 16;
const PAPER = "#1b1f27";
const INK = "#d6dae0";
/** The terminal's colours that the command uses, by their numbers. */
const INKS = new Map([
  [1, "#f27078"],
  [2, "#8fd46a"],
  [3, "#e8c15d"],
  [6, "#5cc8d6"],
]);

const root = fileURLToPath(new URL("..", import.meta.url));
const command = `stty cols ${COLUMNS} rows ${ROWS}; npm start --silent`;
const bytes = execFileSync("script", ["-qec", command, "/dev/null"], {
  cwd: root,
  env: { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8" },
  stdio: ["pipe", "pipe", "inherit"],
});
const size = { cols: COLUMNS, rows: ROWS, allowProposedApi: true };
const terminal = new xterm.Terminal(size);
await new Promise((done) => terminal.write(bytes, () => done(null)));
mkdirSync(`${root}docs/images`, { recursive: true });
writeFileSync(`${root}docs/images/terminal.svg`, picture(terminal.buffer.active));

/** @param {xterm.IBuffer} buffer */
function picture(buffer) {
  const rows = Array.from({ length: ROWS }, (_, y) => row(buffer, y)).join("");
  const [width, height] = [COLUMNS * CELL.width + 2 * PAD, ROWS * CELL.height + 2 * PAD];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<title>The end of npm start: losses of a bigram model, an RNN and an LSTM, and what they write</title>
<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>
${rows}</svg>
`;
}

/** A row as runs of cells that look alike. @param {xterm.IBuffer} buffer @param {number} y */
function row(buffer, y) {
  const line = buffer.getLine(buffer.baseY + y);
  /** @type {{ x: number, text: string, style: string }[]} */
  const runs = [];
  for (let x = 0; x < COLUMNS; x++) {
    const cell = line?.getCell(x);
    if (!cell || cell.getWidth() === 0) continue;
    const [text, style] = [cell.getChars() || " ", styleOf(cell)];
    const last = runs.at(-1);
    if (last?.style === style) last.text += text;
    else runs.push({ x, text, style });
  }
  return runs.map((run) => drawn(run, y)).join("");
}

/** @param {xterm.IBufferCell} cell */
function styleOf(cell) {
  const ink = cell.isFgPalette() ? (INKS.get(cell.getFgColor()) ?? INK) : INK;
  const weight = cell.isBold() ? ' font-weight="bold"' : "";
  return `fill="${ink}"${weight}${cell.isDim() ? ' opacity="0.5"' : ""}`;
}

/** @param {{ x: number, text: string, style: string }} run @param {number} y */
function drawn({ x, text, style }, y) {
  const start = text.length - text.trimStart().length;
  const shown = text.trim();
  if (shown === "") return "";
  const left = (PAD + (x + start) * CELL.width).toFixed(1);
  const length = (shown.length * CELL.width).toFixed(1);
  const words = shown.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const place = `x="${left}" y="${PAD + y * CELL.height + 14}" textLength="${length}"`;
  return `<text ${place} ${style} xml:space="preserve">${words}</text>\n`;
}
