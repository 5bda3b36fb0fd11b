/** Texts from files. */

import { readFile } from "node:fs/promises";
import { FormatError } from "../core/index.ts";
import type { Io } from "./io.ts";

/**
 * The text of a file, or of standard input where the path is `-`.
 *
 * @throws FormatError when there is no such file, or it is empty, or no UTF-8 text
 */
export async function readText(path: string, io: Io): Promise<string> {
  const op = path === "-" ? "standard input" : path;
  const fail = (sentence: string, fix: string, cause?: unknown): never => {
    throw new FormatError(op, sentence, fix, { cause });
  };
  const bytes = await readBytes(path, io, fail);
  if (bytes.length === 0) return fail("the file is empty", "Give a file with text in it");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    return fail("this is not UTF-8 text", "Convert it to UTF-8, or give another file", cause);
  }
  if (text.includes("\0")) {
    return fail("this is a binary file, not text", "Give a file with text in it");
  }
  return text;
}

const reasons: Readonly<Record<string, [sentence: string, fix: string]>> = {
  ENOENT: ["there is no such file", "Check the path"],
  ENOTDIR: ["there is no such file", "Check the path"],
  EISDIR: ["this is a folder", "Give a text file"],
  EACCES: ["the file may not be read", "Check its permissions"],
};

async function readBytes(
  path: string,
  io: Io,
  fail: (sentence: string, fix: string, cause: unknown) => never,
): Promise<Uint8Array> {
  try {
    if (path !== "-") return await readFile(path);
    const chunks: Uint8Array[] = [];
    for await (const chunk of io.stdin) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    const [sentence, fix] = reasons[code] ?? [
      `the file cannot be read (${code})`,
      "Check the path",
    ];
    return fail(sentence, fix, cause);
  }
}
