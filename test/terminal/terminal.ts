/** A terminal in which commands run; its screen can be read. */

import { Writable } from "node:stream";
import xterm from "@xterm/headless";
import type { Io, Output } from "../../src/cli/io.ts";

export interface TerminalOptions {
  readonly columns: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether old lines fill the screen before the command begins. */
  readonly isFull?: boolean;
  /** Presses Ctrl-C when the output matches. */
  readonly interruptAt?: RegExp;
}

const OLD = "an old line";

export class Terminal {
  readonly io: Io;
  /** The whole output. */
  bytes = "";
  private readonly xterm: xterm.Terminal;
  private readonly interruptAt: RegExp | undefined;
  private stop: ((status: number) => void) | null = null;

  constructor({ columns, rows = 24, env, isFull = false, interruptAt }: TerminalOptions) {
    const size = { cols: columns, rows, scrollback: 1000 };
    this.xterm = new xterm.Terminal({ ...size, convertEol: true, allowProposedApi: true });
    this.interruptAt = interruptAt;
    if (isFull) this.xterm.write(`${OLD}\n`.repeat(rows + 5));
    const out = this.output();
    this.io = {
      stdin: (async function* () {})(),
      stdout: out,
      stderr: out,
      env: { TERM: "xterm-256color", LANG: "C.UTF-8", ...env },
      onStop: (stop) => {
        this.stop = stop;
        return () => {
          this.stop = null;
        };
      },
    };
  }

  resize(columns: number): void {
    this.xterm.resize(columns, this.xterm.rows);
    this.io.stderr.emit("resize");
  }

  /** All new lines, with those that scrolled away, without empty ones. */
  async screen(): Promise<string> {
    await new Promise<void>((done) => this.xterm.write("", done));
    const { active } = this.xterm.buffer;
    const lines = Array.from({ length: active.length }, (_, i) =>
      (active.getLine(i)?.translateToString(true) ?? "").trimEnd(),
    );
    return lines
      .filter((line) => line !== OLD)
      .join("\n")
      .trimEnd();
  }

  /** Whether lines wrap and the next output begins on a new row. */
  async isSane(): Promise<boolean> {
    await new Promise<void>((done) => this.xterm.write("", done));
    const { cursorX, cursorY, baseY } = this.xterm.buffer.active;
    const line = this.xterm.buffer.active.getLine(cursorY + baseY)?.translateToString(true);
    return cursorX === 0 && line === "" && this.xterm.modes.wraparoundMode;
  }

  private output(): Output {
    const terminal = this.xterm;
    const stream = new Writable({
      write: (chunk, _, done) => {
        this.bytes += String(chunk);
        if (this.interruptAt?.test(this.bytes)) this.stop?.(130);
        terminal.write(String(chunk)); // keeps the order
        done();
      },
    });
    Object.defineProperty(stream, "columns", { get: () => terminal.cols });
    Object.defineProperty(stream, "rows", { get: () => terminal.rows });
    return Object.assign(stream, { isTTY: true });
  }
}
