/** Texts from files. */

import { constants } from "node:buffer";
import { open } from "node:fs/promises";
import { FormatError } from "../core/index.ts";
import { decodeText } from "./encoding.ts";
import type { Io } from "./io.ts";
import { grouped } from "./ui/format.ts";

interface TextOptions {
  /** By default UTF-16 where there is its mark, else UTF-8. */
  readonly encoding?: string | undefined;
  /** The most bytes; by default what one string can hold. */
  readonly limit?: number | undefined;
}

type Fail = (sentence: string, fix: string, cause?: unknown) => never;

/**
 * The text of a file, or of standard input where the path is `-`.
 *
 * @throws FormatError when there is no such file, or it is empty, too large, or no text
 */
export async function readText(
  path: string,
  io: Io,
  { encoding, limit = constants.MAX_STRING_LENGTH }: TextOptions = {},
): Promise<string> {
  const op = path === "-" ? "standard input" : path;
  const fail: Fail = (sentence, fix, cause) => {
    throw new FormatError(op, sentence, fix, { cause });
  };
  const refuse = (size: string) => {
    const fix = `Give a part of it, for example by head -c ${limit}`;
    return fail(`it has ${size} bytes; a text may have ${grouped(limit)}`, fix);
  };
  const bytes = await readBytes(path === "-" ? io.stdin : chunksOf(path, limit, refuse), (size) => {
    if (size > limit) refuse(`more than ${grouped(limit)}`);
  }).catch((cause) => {
    if (cause instanceof FormatError) throw cause;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    const unknown = [`the file cannot be read (${code})`, "Check the path"] as const;
    const [sentence, fix] = reasons[code] ?? unknown;
    return fail(sentence, fix, cause);
  });
  if (bytes.length === 0) return fail("the file is empty", "Give a file with text in it");
  return decodeText(bytes, encoding, fail);
}

const reasons: Readonly<Record<string, [sentence: string, fix: string]>> = {
  ENOENT: ["there is no such file", "Check the path"],
  ENOTDIR: ["there is no such file", "Check the path"],
  EISDIR: ["this is a folder", "Give a text file"],
  EACCES: ["the file may not be read", "Check its permissions"],
};

async function readBytes(
  chunks: AsyncIterable<Uint8Array>,
  check: (size: number) => void,
): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    check(size);
    kept.push(chunk);
  }
  return Buffer.concat(kept);
}

/** The bytes that a file has now, or all of what is no file on a disk. */
async function* chunksOf(
  path: string,
  limit: number,
  refuse: (size: string) => never,
): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat(); // 0 for devices and pipes
    if (size > limit) refuse(grouped(size));
    const end = size > 0 ? { end: size - 1 } : {};
    yield* file.createReadStream({ highWaterMark: 2 ** 20, ...end });
  } finally {
    await file.close();
  }
}
