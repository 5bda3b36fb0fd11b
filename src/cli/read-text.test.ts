import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import type { Io } from "./io.ts";
import { readText } from "./read-text.ts";

const folder = mkdtempSync(join(tmpdir(), "saiki-text-"));
afterAll(() => rmSync(folder, { recursive: true }));

function made(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function ioOf(stdin: Iterable<Uint8Array> = []): Io {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const input = (async function* () {
    yield* stdin;
  })();
  return { stdin: input, stdout: nowhere, stderr: nowhere, env: {}, onStop: () => () => {} };
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const japanese = "吾輩は猫である。名前はまだ無い。\n";
const sjis = hex(
  "8ce1 9479 82cd 944c 82c5 82a0 82e9 8142 96bc 914f 82cd 82dc 82be 96b3 82a2 8142 0a",
);
const euc = hex(
  "b8e3 c7da a4cf c7ad a4c7 a4a2 a4eb a1a3 ccbe c1b0 a4cf a4de a4c0 ccb5 a4a4 a1a3 0a",
);
const utf16le = Buffer.from(japanese, "utf16le");
const utf16be = Buffer.from(utf16le).swap16();

describe("readText() of encodings", () => {
  test.each([
    ["UTF-8", Buffer.from(japanese), undefined],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${japanese}`), undefined],
    ["UTF-16LE by its mark", Buffer.concat([hex("fffe"), utf16le]), undefined],
    ["UTF-16BE by its mark", Buffer.concat([hex("feff"), utf16be]), undefined],
    ["UTF-16LE by its name", utf16le, "utf-16le"],
    ["Shift_JIS by its name", sjis, "shift_jis"],
    ["EUC-JP by its name", euc, "euc-jp"],
  ])("reads %s", async (name, bytes, encoding) => {
    expect(await readText(made(name, bytes), ioOf(), { encoding })).toBe(japanese);
  });

  test("reads Windows-1252 by its name, its quotes and dashes too", async () => {
    const path = made("western", hex("93 63 61 66 e9 94 20 96 20 80 35 81"));
    expect(await readText(path, ioOf(), { encoding: "windows-1252" })).toBe("“café” – €5\x81");
  });

  const ascii = Buffer.from("a line of ASCII\n".repeat(3000));
  const western = hex("63 61 66 e9 0a");
  test.each<[name: string, bytes: Uint8Array, encoding: string | undefined, error: RegExp]>([
    [
      "Shift_JIS",
      sjis,
      undefined,
      /not UTF-8 text: the first fault is byte 0\. It .* Shift_JIS: use --encoding shift_jis/,
    ],
    [
      "Shift_JIS late",
      Buffer.concat([ascii, sjis]),
      undefined,
      /byte 48000\. .*--encoding shift_jis/,
    ],
    ["EUC-JP late", Buffer.concat([ascii, euc]), undefined, /byte 48000\. .*--encoding euc-jp/],
    [
      "Windows-1252",
      Buffer.concat([ascii, western]),
      undefined,
      /byte 48003\. .*--encoding windows-1252/,
    ],
    [
      "UTF-16LE without a mark",
      Buffer.from("ASCII\n", "utf16le"),
      undefined,
      /bytes of 0\. .*--encoding utf-16le/,
    ],
    ["UTF-16BE without a mark", utf16be, undefined, /--encoding utf-16be/],
    ["UTF-8 cut short", Buffer.from("naïve é").subarray(0, -1), undefined, /byte 7\. /],
    [
      "UTF-8 as Shift_JIS",
      hex("6e 82 20"),
      "shift_jis",
      /not Shift_JIS text: the first fault is byte 1\./,
    ],
    [
      "half a pair of UTF-16",
      hex("fffe 4100 00d8"),
      undefined,
      /not UTF-16LE text: the first fault is byte 4\./,
    ],
    [
      "noise",
      hex("01 02 ff fd 03 01"),
      undefined,
      /byte 2\. Convert it to UTF-8, or give another file/,
    ],
    ["zeros", new Uint8Array(99), undefined, /binary file/],
  ])("names what %s is, and where", async (name, bytes, encoding, error) => {
    await expect(readText(made(name, bytes), ioOf(), { encoding })).rejects.toThrow(error);
  });
});

describe("readText() of sizes", () => {
  test("refuses before it reads what is larger than a string", async () => {
    const path = made("sparse", "");
    truncateSync(path, 2 ** 40);
    await expect(readText(path, ioOf())).rejects.toThrow(
      /sparse: it has 1,099,511,627,776 bytes; a text may have [\d,]+\. Give a part of it, .* head -c \d+\.$/,
    );
  });

  test("ends with an input that never ends", async () => {
    const chunk = new Uint8Array(2 ** 24).fill(97);
    const endless = (function* () {
      for (;;) yield chunk;
    })();
    const error = /^standard input: it has more than [\d,]+ bytes; a text may have/;
    await expect(readText("-", ioOf(endless))).rejects.toThrow(error);
  });

  test.skipIf(!existsSync("/dev/zero"))("ends with a device that never ends", async () => {
    const reading = readText("/dev/zero", ioOf(), { limit: 2 ** 22 });
    await expect(reading).rejects.toThrow("it has more than 4,194,304 bytes");
  });

  test.skipIf(process.platform === "win32")("ends with a pipe that never ends", async () => {
    const path = join(folder, "fifo");
    execFileSync("sh", ["-c", `mkfifo "${path}"`]);
    const writer = spawn("sh", ["-c", `exec yes > "${path}"`], { stdio: "ignore" });
    const ended = new Promise((done) => writer.on("close", done));
    await expect(readText(path, ioOf(), { limit: 2 ** 22 })).rejects.toThrow("it has more than");
    await ended;
  });

  test("reads what a growing file had when it was opened", async () => {
    const path = made("growing", "x".repeat(2 ** 22));
    const reading = readText(path, ioOf(), { limit: 2 ** 26 });
    const more = setInterval(() => appendFileSync(path, "y".repeat(2 ** 21)), 0);
    const text = await reading.finally(() => clearInterval(more));
    expect(text).toMatch(/^x+y*$/);
    expect(text.length % 2 ** 21).toBe(0);
  });

  test("reads one line of 100 MB", async () => {
    const path = made("line", Buffer.alloc(100e6, "one  line "));
    const text = await readText(path, ioOf());
    expect([text.length, text.slice(-10)]).toEqual([100e6, "one  line "]);
  });
});
