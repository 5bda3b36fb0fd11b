/** The real command under signals, and with outputs that fail. */

import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "saiki-signals-"));
const options = ["--hidden", "16", "--batch", "4", "--length", "10", "--eval-every", "5"];

beforeAll(async () => {
  writeFileSync(join(folder, "book.txt"), "the cat sat on the mat.\n".repeat(80));
  expect((await saiki(["train", "book.txt", ...options, "--steps", "5"])).status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

interface Setting {
  /** Sent when the error output tells of step 10. */
  readonly signals?: readonly NodeJS.Signals[];
  /** The output that goes to a full disk. */
  readonly full?: "out" | "err";
}

/** Runs the command to its end. */
async function saiki(args: string[], { signals = [], full }: Setting = {}): Promise<Ended> {
  const disk = full === undefined ? null : openSync("/dev/full", "w");
  const into = (name: "out" | "err") => (full === name && disk !== null ? disk : ("pipe" as const));
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    stdio: ["ignore", into("out"), into("err")],
  });
  const text = { out: "", err: "" };
  let isSent = false;
  const listen = (name: "out" | "err", stream: NodeJS.ReadableStream | null) =>
    stream?.setEncoding("utf8").on("data", (piece: string) => {
      text[name] += piece;
      if (isSent || !/step +10 /.test(text.err)) return;
      isSent = true;
      for (const signal of signals) child.kill(signal);
    });
  listen("out", child.stdout);
  listen("err", child.stderr);
  const status = await new Promise<number | null>((done) => child.on("close", done));
  if (disk !== null) closeSync(disk);
  return { status, ...text };
}

const endless = (out: string) => [
  "train",
  "book.txt",
  ...options,
  "--steps",
  "100000",
  "--out",
  out,
];
/** Whether there is a state of training to go on from. */
const isSaved = (out: string) =>
  readdirSync(join(folder, out)).some((file) => /^training\.\w+\.safetensors$/.test(file));

describe.skipIf(process.platform === "win32")("signals", () => {
  test.each<[status: number, signals: NodeJS.Signals[]]>([
    [129, ["SIGHUP"]],
    [130, ["SIGINT"]],
    [131, ["SIGQUIT"]],
    [143, ["SIGTERM"]],
    [129, ["SIGHUP", "SIGHUP"]],
    [143, ["SIGTERM", "SIGHUP"]],
  ])("training saves and exits with %i after %j", async (status, signals) => {
    const out = signals.join("-");
    const ended = await saiki(endless(out), { signals });
    // Signals that wait together are delivered in any order.
    expect(signals.includes("SIGHUP") ? [status, 129] : [status]).toContain(ended.status);
    expect(ended.err).toMatch(/\nstopped at step \d+, saved in .*\ncontinue with: .* --resume\n$/);
    expect([ended.out, isSaved(out)]).toEqual(["", true]);
  });
});

describe.skipIf(!existsSync("/dev/full"))("an output on a full disk", () => {
  const line =
    "error: standard output: its disk is full (ENOSPC). " +
    "Free some space, or write it to another disk.\n";

  test.each([
    ["--help"],
    ["info"],
    ["generate", "book.txt.saiki"],
    ["eval", "book.txt.saiki", "book.txt"],
  ])("ends saiki %s with one line", async (...args) => {
    expect(await saiki(args, { full: "out" })).toEqual({ status: 1, out: "", err: line });
  });

  test("stops training, which saves", async () => {
    const ended = await saiki([...endless("log"), "--json"], { full: "out" });
    expect(ended).toEqual({ status: 1, out: "", err: expect.stringContaining(line) });
    expect(ended.err).not.toMatch(/\n +at |bug/);
    expect(isSaved("log")).toBe(true);
  });

  test("stops training silently where it is the error output", async () => {
    const ended = await saiki(endless("err"), { full: "err" });
    expect(ended).toEqual({ status: 1, out: "", err: "" });
    expect(isSaved("err")).toBe(true);
  });
});
