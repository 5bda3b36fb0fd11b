/** Lines that are redrawn, below a log that is written once. */

import { wrapAnsi } from "fast-wrap-ansi";
import type { Output } from "../io.ts";
import { columnsOf } from "./look.ts";

const PAUSE = 100; // milliseconds between two drawings

/**
 * A block of live lines at the end of a terminal's output. The cursor rests at the start of the
 * line below it, so that other output (a shell's prompt, `^C`) overwrites nothing.
 */
export class Screen {
  private readonly out: Output;
  private readonly block: (columns: number) => readonly string[];
  private readonly redraw = () => this.refresh(0);
  private drawn: readonly string[] = [];
  private drawnAt = Number.NEGATIVE_INFINITY;
  private isOpen = true;

  /** @param block returns the live lines for a number of columns; longer lines are cut */
  constructor(out: Output, block: (columns: number) => readonly string[]) {
    this.out = out;
    this.block = block;
    out.on("resize", this.redraw);
  }

  /** Calls `write`, whose output goes above the block. */
  above(write: () => void): void {
    this.erase();
    write();
    this.draw();
  }

  /** Redraws the block, unless the last drawing is less than `pause` milliseconds ago. */
  refresh(pause = PAUSE): void {
    if (performance.now() - this.drawnAt < pause) return;
    this.erase();
    this.draw();
  }

  /** Removes the block for good; may be called twice. */
  end(): void {
    this.erase();
    this.isOpen = false;
    this.out.off("resize", this.redraw);
  }

  /** Each line takes one row, even if the terminal shows its characters wider than expected. */
  private draw(): void {
    if (!this.isOpen) return;
    const columns = columnsOf(this.out);
    const rows = Math.max((this.out.rows || 24) - 1, 1);
    this.drawn = this.block(columns)
      .slice(0, rows)
      .map((line) => inRows(line, columns)[0] ?? "");
    this.drawnAt = performance.now();
    const text = this.drawn.map((line) => `${line}\n`).join("");
    this.out.write(`${WRAP_OFF}${text}${WRAP_ON}`);
  }

  /** A terminal that became narrower has wrapped the lines. */
  private erase(): void {
    const columns = columnsOf(this.out);
    const rows = this.drawn.reduce((sum, line) => sum + inRows(line, columns).length, 0);
    if (rows > 0) this.out.write(`\r\x1b[${rows}A\x1b[J`);
    this.drawn = [];
  }
}

const WRAP_OFF = "\x1b[?7l";
const WRAP_ON = "\x1b[?7h";

/** The rows into which a terminal wraps a line. */
function inRows(line: string, columns: number): string[] {
  return wrapAnsi(line, columns, { hard: true, wordWrap: false, trim: false }).split("\n");
}
