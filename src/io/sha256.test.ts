import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 as elsewhere } from "../platform/default.ts";
import { sha256 } from "./sha256.ts";

const nodes = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("sha256() of nothing and of abc", () => {
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  expect(sha256(new Uint8Array())).toBe(empty);
  expect(sha256(new TextEncoder().encode("abc"))).toBe(abc);
});

test("sha256() equals Node's, at every length around the block size", () => {
  for (let n = 0; n <= 200; n++) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 37 + n) & 255);
    expect(sha256(bytes)).toBe(nodes(bytes));
  }
});

test("sha256() equals Node's, for all bytes, and so does that of other platforms", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => {
      expect(sha256(bytes)).toBe(nodes(bytes));
      expect(elsewhere(bytes)).toBe(nodes(bytes));
    }),
  );
});
