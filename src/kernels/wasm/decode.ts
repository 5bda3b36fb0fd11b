/** Reads the generated modules, without anything that an AudioWorklet lacks. */

import { inflateSync } from "fflate/browser";

/** Two flavours of the kernels, their pieces in turn: see `scripts/build-wasm.mjs`. */
interface Packed {
  /** Bytes of each piece. */
  readonly lengths: readonly number[];
  readonly deflated: string;
}

/** The WebAssembly of a flavour: 0 is SIMD, 1 is relaxed SIMD. */
export function unpack({ lengths, deflated }: Packed, flavour: 0 | 1): Uint8Array<ArrayBuffer> {
  const isOwn = (i: number) => i % 2 === flavour;
  const total = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
  const pieces = inflateSync(decode(deflated), { out: new Uint8Array(total(lengths)) });
  const wasm = new Uint8Array(total(lengths.filter((_, i) => isOwn(i))));
  let from = 0;
  let to = 0;
  lengths.forEach((length, i) => {
    if (isOwn(i)) {
      wasm.set(pieces.subarray(from, from + length), to);
      to += length;
    }
    from += length;
  });
  return wasm;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The bytes of a base64 text. */
export function decode(base64: string): Uint8Array {
  const values = new Uint8Array(128);
  for (let i = 0; i < DIGITS.length; i++) values[DIGITS.charCodeAt(i)] = i;
  const digits = base64.replace(/=+$/, "");
  const bytes = new Uint8Array((digits.length * 3) >> 2);
  let bits = 0;
  let at = 0;
  for (let i = 0; i < digits.length; i++) {
    bits = (bits << 6) | (values[digits.charCodeAt(i)] as number);
    if (i % 4 > 0) bytes[at++] = bits >> (6 - 2 * (i % 4));
  }
  return bytes;
}
