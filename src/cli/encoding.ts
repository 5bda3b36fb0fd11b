/** Bytes to text: UTF-8, UTF-16 by its mark, and what `--encoding` names. */

import { InvalidArgumentError } from "commander";

const names: Readonly<Record<string, string>> = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16LE",
  "utf-16be": "UTF-16BE",
  shift_jis: "Shift_JIS",
  "euc-jp": "EUC-JP",
  "windows-1252": "Windows-1252",
};

export const encodingHelp = "the text's, such as shift_jis (default: utf-8)";

/** Reads the argument of `--encoding`: any name of the Encoding Standard. */
export function toEncoding(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new InvalidArgumentError(`Use one of ${Object.keys(names).join(", ")}.`);
  }
}

/**
 * The text of some bytes, without a byte order mark.
 *
 * @param encoding by default that of the mark, else UTF-8
 * @param fail throws an error of a sentence and a fix
 */
export function decodeText(
  bytes: Uint8Array,
  encoding: string | undefined,
  fail: (sentence: string, fix: string, cause?: unknown) => never,
): string {
  const used = encoding ?? markOf(bytes) ?? "utf-8";
  let text: string;
  try {
    text = decode(bytes, used);
  } catch (cause) {
    const at = firstFault(bytes, used);
    const sentence = `this is not ${nameOf(used)} text: the first fault is byte ${at}`;
    return fail(
      sentence,
      adviceFor(bytes, at) ?? "Convert it to UTF-8, or give another file",
      cause,
    );
  }
  if (!text.includes("\0")) return text;
  const advice = adviceFor(bytes, 0, utf16Of);
  if (advice !== null) return fail(`this is not ${nameOf(used)} text: it has bytes of 0`, advice);
  return fail("this is a binary file, not text", "Give a file with text in it");
}

function nameOf(encoding: string): string {
  return names[encoding] ?? encoding;
}

function decode(bytes: Uint8Array, encoding: string, options?: { stream: boolean }): string {
  const text = new TextDecoder(encoding, { fatal: true }).decode(bytes, options);
  if (encoding !== "windows-1252") return text;
  // Node 20 reads ISO-8859-1 in its place: https://github.com/nodejs/node/issues/56542
  return text.replace(/[\x80-\x9f]/g, (c) => windows1252[c.charCodeAt(0) - 0x80] as string);
}

/** The characters of the bytes 0x80 to 0x9F; five of them are controls. */
const windows1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f" + "\x90‘’“”•–—˜™š›œ\x9džŸ";

function markOf([a, b]: Uint8Array): string | null {
  if (a === 0xff && b === 0xfe) return "utf-16le";
  return a === 0xfe && b === 0xff ? "utf-16be" : null;
}

/** The offset of the first character that is no character of the encoding. */
function firstFault(bytes: Uint8Array, encoding: string): number {
  const isGood = (size: number, stream: boolean) => {
    try {
      decode(bytes.subarray(0, size), encoding, { stream });
      return true;
    } catch {
      return false;
    }
  };
  // The beginning of `good` bytes may end within a character; that of `bad` bytes has a fault.
  let [good, bad] = [0, 1024];
  while (bad < bytes.length && isGood(bad, true)) [good, bad] = [bad, 2 * bad];
  bad = Math.min(bad, bytes.length);
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isGood(middle, true)) good = middle;
    else bad = middle;
  }
  let start = good;
  while (start > 0 && start > good - 4 && !isGood(start, false)) start--;
  return start;
}

function adviceFor(bytes: Uint8Array, at: number, guess = likely): string | null {
  const start = at - (at % 2);
  const encoding = guess(bytes.subarray(start, start + 65536));
  if (encoding === null) return null;
  return `It looks like ${nameOf(encoding)}: use --encoding ${encoding}, or convert it to UTF-8`;
}

/** The encoding in which bytes look most like text, null for none. */
function likely(bytes: Uint8Array): string | null {
  const utf16 = markOf(bytes) ?? utf16Of(bytes);
  if (utf16 !== null) return utf16;
  const [sjis, euc] = [kana(bytes, "shift_jis"), kana(bytes, "euc-jp")];
  if (Math.max(sjis, euc) > 0) return sjis > euc ? "shift_jis" : "euc-jp";
  const isText = bytes.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
  return isText ? "windows-1252" : null;
}

/** Letters of the West and line breaks have one byte of 0 in UTF-16, always on the same side. */
function utf16Of(bytes: Uint8Array): string | null {
  const zeros: [even: number, odd: number] = [0, 0];
  bytes.forEach((byte, i) => {
    if (byte === 0) zeros[(i % 2) as 0 | 1]++;
  });
  const [even, odd] = zeros;
  if (bytes.length % 2 > 0 || Math.min(even, odd) > 0) return null;
  if (Math.max(even, odd) < bytes.length / 128) return null;
  return odd > 0 ? "utf-16le" : "utf-16be";
}

/** How much bytes look like Japanese in an encoding. */
function kana(bytes: Uint8Array, encoding: string): number {
  const text = new TextDecoder(encoding).decode(bytes);
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  return count(/[ぁ-んァ-ヶ]/g) - 4 * count(/\ufffd/g);
}
