/** The real command under a real pseudo-terminal, which `script` of util-linux opens. */

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Terminal } from "./terminal.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "saiki-pty-"));
const version = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "";
const hasScript = process.platform === "linux" && version.includes("util-linux");

beforeAll(() =>
  writeFileSync(join(folder, "it's a book.txt"), "the cat sat on the mat.\n".repeat(80)),
);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a shell command at a terminal's size, pressing Ctrl-C when the output matches. */
async function typed(line: string, columns: number, interruptAt?: RegExp): Promise<Terminal> {
  const terminal = new Terminal({ columns });
  const setting = `stty cols ${columns} rows 24; export TERM=xterm-256color LANG=C.UTF-8;`;
  const child = spawn("script", ["-qec", `${setting} ${line}`, "/dev/null"], { cwd: folder });
  let isPressed = false;
  child.stdout.setEncoding("utf8").on("data", (bytes: string) => {
    terminal.io.stdout.write(bytes);
    if (isPressed || !interruptAt?.test(terminal.bytes)) return;
    isPressed = true;
    child.stdin.write("\x03");
  });
  await new Promise((done) => child.on("close", done));
  return terminal;
}

const title = hasScript
  ? "at a pseudo-terminal"
  : "at a pseudo-terminal (no `script` of util-linux)";

describe.skipIf(!hasScript)(title, () => {
  const options = "--hidden 16 --batch 4 --length 10 --eval-every 10";
  const train = `"${process.execPath}" "${main}" train "it's a book.txt" ${options}`;

  test("a run leaves its log and the prompt in a row of its own", async () => {
    const terminal = await typed(`${train} --steps 20; printf '$ '`, 60);
    const lines = (await terminal.screen()).split("\n");
    expect(lines[0]).toMatch(/^rnn 1×16, [\d,]+ parameters, 20 steps$/);
    expect(lines.filter((line) => /^step [12]0 {2}train/.test(line))).toHaveLength(2);
    expect(lines.join("")).toContain(String.raw`generate 'it'\''s a book.txt.saiki' --temper`);
    expect(lines.at(-1)).toBe("$");
    expect(terminal.bytes).toContain("\x1b[?7h");
  });

  test("Ctrl-C saves, says how to go on, and leaves no live line", async () => {
    const terminal = await typed(`${train} --force --steps 100000`, 80, /step +10 /);
    const screen = await terminal.screen();
    expect(screen).toMatch(/\nstopped at step \d+, saved in it's a book\.txt\.saiki\n/);
    expect(screen).toContain(
      String.raw`continue with: npx saiki train 'it'\''s a book.txt' --resume`,
    );
    expect(screen).not.toMatch(/tokens\/s|\^C/);
    expect(await terminal.isSane()).toBe(true);
  });
});
