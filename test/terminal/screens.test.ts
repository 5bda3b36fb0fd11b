/** Whole screens: a terminal draws the output of the commands. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { run } from "../../src/cli/run.ts";
import { start } from "../../src/cli/start.ts";
import { setBackend } from "../../src/kernels/index.ts";
import { Terminal } from "./terminal.ts";

const WIDTHS = [60, 80, 120];
const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "saiki-screen-"));
const text = "the cat sat on the mat.\n  a dog ran to the sea.\n".repeat(40);
const small = ["--cell", "lstm", "--embedding", "16", "--hidden", "32", "--batch", "8"];
const training = [
  ...small,
  "--length",
  "20",
  "--steps",
  "40",
  "--eval-every",
  "20",
  "--lr",
  "0.02",
];

beforeAll(async () => {
  setBackend("wasm"); // the same digits on every machine
  process.chdir(folder); // the same paths on every machine
  writeFileSync("book.txt", text);
  expect(await run(["train", "book.txt", ...training], new Terminal({ columns: 80 }).io)).toBe(0);
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

type Command = (terminal: Terminal) => Promise<number>;
const saiki =
  (...args: string[]): Command =>
  ({ io }) =>
    run(args, io);

/** A command's screen after a cleared one; checks that a full screen ends the same. */
async function screenOf(command: Command, columns: number): Promise<string> {
  const cleared = new Terminal({ columns });
  await command(cleared);
  const full = new Terminal({ columns, isFull: true });
  full.io.stdout.write(cleared.bytes);
  const screen = await cleared.screen();
  expect(await full.screen()).toBe(screen);
  expect([await cleared.isSane(), await full.isSane()]).toEqual([true, true]);
  return `${`── ${columns} columns `.padEnd(columns, "─")}\n${screen}\n\n`;
}

describe.each<[name: string, command: Command]>([
  ["train", saiki("train", "book.txt", ...training, "--force")],
  ["eval", saiki("eval", "book.txt.saiki", "book.txt", "--split", "valid")],
  ["generate", saiki("generate", "book.txt.saiki", "--prompt", "the ", "--length", "120")],
  ["info", saiki("info", "book.txt.saiki")],
  ["help", saiki("--help")],
  ["help-train", saiki("train", "--help")],
  ["help-generate", saiki("generate", "--help")],
  ["error", saiki("train", "no such book.txt")],
  ["start", ({ io }) => start(text, io, { hidden: 32, batch: 8, steps: 64 })],
])("the screen of %s", (name, command) => {
  test("has every line whole at 60, 80 and 120 columns, cleared or full", async () => {
    let screens = "";
    for (const columns of WIDTHS) screens += await screenOf(command, columns);
    await expect(screens).toMatchFileSnapshot(`screens/${name}.txt`);
  });
});

test("saiki info aligns what a value goes on with", async () => {
  const terminal = new Terminal({ columns: 40 });
  expect(await run(["info"], terminal.io)).toBe(0);
  const lines = (await terminal.screen()).split("\n");
  expect(lines[0]).toMatch(/^saiki +\d+\.\d+\.\d+$/);
  const column = lines[0]!.search(/\d/);
  expect(lines.find((line) => line.startsWith("runtime"))).toMatch(/^runtime +\w+ \d+\.\d+/);
  for (const line of lines) expect(line.slice(column - 2, column + 1)).toMatch(/^ {2}\S$/);
});

test("npm start says where its model goes when the folder cannot be written", async () => {
  mkdirSync("blocked");
  process.chdir("blocked");
  writeFileSync("moby-dick.saiki", "a file in the way");
  vi.stubEnv("TMPDIR", folder);
  const terminal = new Terminal({ columns: 200 });
  const status = await start(text, terminal.io, { hidden: 4, batch: 8, steps: 2 });
  vi.unstubAllEnvs();
  process.chdir("..");
  const screen = await terminal.screen();
  const place = join(folder, "moby-dick.saiki");
  expect(status).toBe(0);
  expect(screen).toContain(`moby-dick.saiki cannot be written here. The model goes to ${place}.`);
  expect(screen).toContain(`npx saiki generate ${place} --prompt 'Call me'`);
});
