import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { saiki } from "./shell.ts";

test("saiki() leaves plain words alone and quotes the others", () => {
  expect(saiki("train", "book.txt", "--out", "本/a-1.saiki")).toBe(
    "npx saiki train book.txt --out 本/a-1.saiki",
  );
  expect(saiki("train", "it's $HOME~")).toBe(String.raw`npx saiki train 'it'\''s $HOME~'`);
  expect(saiki("")).toBe("npx saiki ''");
});

test.skipIf(process.platform === "win32")("a shell reads back every word", () => {
  const words = fc.sample(fc.string({ unit: "binary" }), 300).map((w) => w.replaceAll("\0", ""));
  const line = saiki(...words).replace("npx saiki", "printf '%s\\0'");
  const read = execFileSync("sh", ["-c", line], { encoding: "utf8" }).split("\0").slice(0, -1);
  const sent = words.map((word) => Buffer.from(word).toString()); // lone surrogates are no UTF-8
  expect(read).toEqual(sent);
});
