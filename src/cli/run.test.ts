import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Io, Output } from "./io.ts";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "saiki-cli-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const text = "the cat sat on the mat.\na dog ran to the sea.\n".repeat(40);
const small = ["--embedding", "8", "--hidden", "16", "--batch", "4", "--length", "10"];

beforeAll(async () => {
  writeFileSync(at("book.txt"), text);
  await saiki("train", at("book.txt"), ...small, "--steps", "20", "--out", at("model"));
});

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

interface Setting {
  readonly stdin?: string;
  /** Presses Ctrl-C when the output on stderr matches. */
  readonly interruptAt?: RegExp;
}

async function saikiIn(setting: Setting, ...args: string[]): Promise<Outcome> {
  let stop: ((status: number) => void) | null = null;
  const streams = { out: "", err: "" };
  const writable = (name: "out" | "err"): Output =>
    Object.assign(
      new Writable({
        write(chunk, _, done) {
          streams[name] += String(chunk);
          if (setting.interruptAt?.test(streams[name])) stop?.(130);
          done();
        },
      }),
      { isTTY: false, columns: 120 },
    );
  const io: Io = {
    stdin: (async function* () {
      yield new TextEncoder().encode(setting.stdin ?? "");
    })(),
    stdout: writable("out"),
    stderr: writable("err"),
    env: {},
    onStop(listener) {
      stop = listener;
      return () => {
        stop = null;
      };
    },
  };
  const status = await run(args, io);
  return { status, ...streams };
}

const saiki = (...args: string[]) => saikiIn({}, ...args);

describe("saiki train", () => {
  test("prints lines on stderr and the result on stdout", async () => {
    const args = [...small, "--steps", "4", "--eval-every", "2", "--out", at("lines")];
    const { status, out, err } = await saiki("train", at("book.txt"), ...args);
    expect(status).toBe(0);
    expect(out).toMatch(
      /^best validation loss \d\.\d{4} nats per character \(.*\)\nmodel in .*lines\ntry it: npx saiki generate .*\n$/,
    );
    expect(err).toMatch(
      /^rnn 1×16, [\d,]+ parameters, 4 steps\n1,656 \+ 184 characters of 16 kinds, .*\nlosses in nats/,
    );
    expect(err.match(/^step \d {2}train .* valid .* perplexity .* tokens\/s$/gm)).toHaveLength(2);
  });

  test("prints one object a line with --json, the last one the result", async () => {
    const args = [...small, "--steps", "3", "--json", "--out", at("json")];
    const { status, out, err } = await saiki("train", at("book.txt"), ...args);
    const events = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([status, err]).toEqual([0, ""]);
    expect(events[0]).toMatchObject({ event: "start", steps: 3, config: { hidden: 16, seed: 1 } });
    expect(Object.keys(events.at(-1))).toEqual(["event", "valLoss", "bestValLoss", "step"]);
    expect(events.at(-1)).toMatchObject({ event: "done", step: 3 });
  });

  test("reads a text in another encoding, and says so in how to go on", async () => {
    writeFileSync(at("sjis.txt"), Buffer.from("8ce194c30a82cd82a20a".repeat(60), "hex"));
    const args = [...small, "--encoding", "Shift_JIS", "--steps", "6", "--eval-every", "2"];
    const stopped = await saikiIn({ interruptAt: /step 2 / }, "train", at("sjis.txt"), ...args);
    expect(stopped.err).toMatch(/sjis\.txt --encoding shift_jis --resume\n$/);
    const rest = ["--encoding", "shift_jis", "--resume"];
    expect((await saiki("train", at("sjis.txt"), ...rest)).status).toBe(0);
    const score = ["eval", at("sjis.txt.saiki"), at("sjis.txt"), "--encoding", "sjis"];
    expect((await saiki(...score)).err).toBe("");
  });

  test("says at the start what an interrupted run of the folder would do", async () => {
    const args = [...small, "--steps", "1", "--out", at("said")];
    const { err } = await saiki("train", at("book.txt"), ...args);
    expect(err).toMatch(/\nCtrl-C saves in .*said; --resume goes on\nstep 1/);
  });

  test("reads standard input, and writes beside the file by default", async () => {
    const one = [...small, "--steps", "1"];
    const piped = await saikiIn({ stdin: text }, "train", "-", ...one, "--out", at("piped"));
    expect([piped.status, existsSync(at("piped/model.safetensors"))]).toEqual([0, true]);
    expect((await saiki("train", at("book.txt"), ...one)).status).toBe(0);
    expect(existsSync(at("book.txt.saiki/config.json"))).toBe(true);
  });

  test("saves on Ctrl-C, exits 130, and goes on with --resume", async () => {
    const args = [...small, "--steps", "30", "--eval-every", "5", "--out", at("stopped")];
    const interruptAt = /step 10 /;
    const first = await saikiIn({ interruptAt }, "train", at("book.txt"), ...args);
    expect(first.status).toBe(130);
    expect(first.err).toMatch(
      /stopped at step 1\d, saved in .*stopped\ncontinue with: npx saiki train .* --resume\n/,
    );
    const rest = ["--out", at("stopped"), "--resume"];
    const second = await saiki("train", at("book.txt"), ...rest);
    expect(second.status).toBe(0);
    expect(second.err).toMatch(/from step 1\d of 30 steps/);
  });
});

describe("saiki eval", () => {
  test("scores all of a file, or the held-out part", async () => {
    const { out, status } = await saiki("eval", at("model"), at("book.txt"));
    expect(status).toBe(0);
    expect(out).toMatch(
      /^loss +\d\.\d{4} nats per character\nperplexity .*\nbits .*\ntokens +1,839\n$/,
    );
    const json = await saiki("eval", at("model"), at("book.txt"), "--split", "valid", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ event: "eval", split: "valid", tokens: 183 });
    const info = await saiki("info", at("model"), "--json");
    const loss = JSON.parse(json.out).loss as number;
    expect(JSON.parse(info.out)["validation loss"]).toBe(loss.toFixed(4));
  });

  test("names what the vocabulary lacks", async () => {
    writeFileSync(at("other.txt"), "the dög sat on é.");
    const { err, status } = await saiki("eval", at("model"), at("other.txt"));
    expect([status, err]).toEqual([0, '2 unknown, read as <unk>: "ö", "é"\n']);
    const args = [...small, "--tokens", "word", "--steps", "1", "--out", at("words")];
    await saiki("train", at("book.txt"), ...args);
    writeFileSync(at("other.txt"), `the ${"x".repeat(1e5)} sat`);
    const long = await saiki("eval", at("words"), at("other.txt"));
    expect(long.err).toBe(`1 unknown, read as <unk>: "${"x".repeat(40)}…"\n`);
  });
});

describe("saiki generate", () => {
  test("writes the prompt and what follows, the same for one seed", async () => {
    const args = ["generate", at("model"), "--prompt", "the ", "--length", "20", "--seed", "3"];
    const { out, status } = await saiki(...args);
    expect([status, out.length, out.startsWith("the "), out.endsWith("\n")]).toEqual([
      0,
      25,
      true,
      true,
    ]);
    expect((await saiki(...args)).out).toBe(out);
    const json = JSON.parse((await saiki(...args, "--json")).out);
    expect(`${json.text}\n`).toBe(out);
  });

  test("says which characters of the prompt it does not know, and goes on unless --strict", async () => {
    const args = ["generate", at("model"), "--prompt", "été", "--length", "3"];
    const lenient = await saiki(...args);
    expect(lenient.err).toBe('warning: the model does not know "é": read as <unk>\n');
    expect([lenient.status, lenient.out.length]).toEqual([0, 7]);
    const strict = await saiki(...args, "--strict");
    expect([strict.status, strict.out]).toEqual([1, ""]);
    expect(strict.err).toBe(
      'error: saiki generate: the model does not know "é". ' +
        "Leave them out of the prompt, or allow <unk> in their place.\n",
    );
  });
});

describe("saiki info", () => {
  test("tells which kernels run", async () => {
    const { out, status } = await saiki("info");
    expect(status).toBe(0);
    expect(out).toMatch(
      /^saiki +\d+\.\d+\.\d+\nbackend +(native \(\w+\)|wasm-relaxed|wasm|reference)\n(kernels +\S+\n)?threads +\d+\n/,
    );
  });
});

describe("wrong usage and bad input: one line, exit status 1 or 2, nothing written", () => {
  const book = () => at("book.txt");
  const out = () => ["--out", at("none")];
  const cases: [title: string, args: () => string[], status: number, line: RegExp][] = [
    ["no command", () => [], 2, /^Usage: saiki/],
    ["a misspelt command", () => ["trian"], 2, /unknown command 'trian' \(Did you mean train\?\)/],
    ["a misspelt option", () => ["train", book(), "--hiden", "3"], 2, /Did you mean --hidden\?/],
    ["no file", () => ["train"], 2, /missing required argument 'file'/],
    [
      "a word for a number",
      () => ["train", book(), "--lr", "x"],
      2,
      /'--lr <x>'.*It is not a number/,
    ],
    [
      "a value out of range",
      () => ["train", book(), "--layers", "0"],
      2,
      /--layers is 0\. Use a whole/,
    ],
    [
      "an unknown cell",
      () => ["train", book(), "--cell", "cnn"],
      2,
      /--cell is "cnn"\. Use one of bigram, rnn/,
    ],
    ["two wishes", () => ["train", book(), "--resume", "--force"], 2, /Use one of them/],
    ["an unknown part", () => ["eval", at("model"), book(), "--split", "x"], 2, /all, valid/],
    ["a missing text", () => ["train", at("nope"), ...out()], 1, /nope: there is no such file/],
    ["no name of a folder", () => ["train", book(), "--out", ""], 2, /--out is empty\. Name a/],
    [
      "a number in words",
      () => ["generate", at("model"), "--temperature", "inf"],
      2,
      /It is not a number\. Write it in digits, such as 0\.5\./,
    ],
    [
      "an unknown encoding",
      () => ["train", book(), "--encoding", "utf-9"],
      2,
      /--encoding <name>.*'utf-9'.*Use one of utf-8, .*shift_jis, euc-jp, windows-1252\./,
    ],
    [
      "a text for a model",
      () => ["generate", book()],
      1,
      /book\.txt: this is a file, not the folder of a model\. Give .*book\.txt\.saiki\./,
    ],
    [
      "a model's file for the model",
      () => ["eval", join(at("model"), "model.safetensors"), book()],
      1,
      /this is a file, not the folder of a model\. Give the folder that saiki train wrote\./,
    ],
    [
      "line breaks alone",
      () => ["train", made("breaks", "\n".repeat(5000)), ...out()],
      1,
      /breaks: the text is white space alone\. Give a text with words in it\./,
    ],
    ["one character", () => ["train", made("one", "x"), ...out()], 1, /a text of 1 character is/],
    ["a folder as text", () => ["train", folder, ...out()], 1, /this is a folder\. Give a text/],
    ["an empty text", () => ["train", made("empty", ""), ...out()], 1, /empty: the file is empty/],
    [
      "a binary text",
      () => ["train", made("binary", "a\0b"), ...out()],
      1,
      /a binary file, not text/,
    ],
    ["no UTF-8", () => ["train", made("latin", Uint8Array.of(233, 116)), ...out()], 1, /not UTF-8/],
    ["a short text", () => ["train", made("short", "hi"), ...out()], 1, /short: a text of 2 char/],
    ["an existing folder", () => ["train", book(), "--out", at("model")], 1, /--force/],
    [
      "a file as folder",
      () => ["train", book(), "--out", book()],
      1,
      /book\.txt: the folder cannot/,
    ],
    ["an impossible folder", () => ["train", book(), "--out", join(book(), "x")], 1, /cannot be/],
    ["no model", () => ["eval", at("none"), book()], 1, /none: there is no config\.json/],
    ["no model to resume", () => ["train", book(), ...out(), "--resume"], 1, /no config\.json/],
    [
      "another text to resume with",
      () => ["train", made("b2", `${text}!`), "--out", at("model"), "--resume"],
      1,
      /b2: the run in .*model began with another text/,
    ],
    [
      "another text's held-out part",
      () => ["eval", at("model"), made("b3", `${text}?`), "--split", "valid"],
      1,
      /b3: this is not the text that the model was trained on/,
    ],
  ];

  function made(name: string, content: string | Uint8Array): string {
    writeFileSync(at(name), content);
    return at(name);
  }

  test.each(cases)("%s", async (_, args, status, line) => {
    const result = await saiki(...args());
    expect(result.status).toBe(status);
    expect(result.err).toMatch(line);
    expect(result.out).toBe("");
    if (args().length > 0) expect(result.err).toMatch(/^error: [^\n]+\n$/);
    expect(existsSync(at("none"))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
