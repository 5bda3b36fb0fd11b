import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { random } from "./mutations.ts";

const isSoak = process.env["SAIKI_SOAK"] === "1";
const kills = isSoak ? 300 : 6;
const steps = 8 * kills;
const folder = mkdtempSync(join(tmpdir(), "saiki-kill-"));
const text = join(folder, "text.txt");
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * `saiki train` in a process of its own, killed at once after some steps and milliseconds.
 *
 * @returns the exit status, null after a kill
 */
function saiki(args: string[], kill?: { after: number; wait: number }): Promise<number | null> {
  const command = join(import.meta.dirname, "../../dist/cli/main.js");
  const child = spawn(process.execPath, [command, "train", text, "--json", ...args]);
  let lines = "";
  child.stdout.on("data", (chunk) => {
    if (kill === undefined) return;
    lines += chunk;
    if (lines.split('"event":"step"').length <= kill.after) return;
    setTimeout(() => child.kill("SIGKILL"), kill.wait);
    kill = undefined;
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("close", (status) => (status ? reject(new Error(errors)) : resolve(status)));
  });
}

function contents(run: string): Record<string, string> {
  const files = readdirSync(run).sort();
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(run, file), "base64")]));
}

test(`kill -9, ${kills} times: the run ends with the files of one that was left alone`, async () => {
  writeFileSync(text, "the cat sat on the mat. a dog ran to the sea. ".repeat(8));
  const sizes = ["--embedding", "4", "--hidden", "8", "--batch", "2", "--length", "10"];
  const run = [...sizes, "--steps", String(steps), "--eval-every", "1"];
  const [whole, killed] = [join(folder, "whole"), join(folder, "killed")];
  expect(await saiki([...run, "--out", whole])).toBe(0);
  const draw = random(3);
  let args = run;
  for (let i = 0; i < kills; i++) {
    await saiki([...args, "--out", killed], { after: 1 + draw(4), wait: draw(12) });
    const hasRun = readdirSync(killed).includes("config.json");
    args = hasRun ? ["--resume"] : run;
  }
  expect(await saiki([...args, "--out", killed])).toBe(0);
  expect(contents(killed)).toEqual(contents(whole));
}, 1_800_000);
