import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { unpack } from "./decode.ts";
import * as kernels from "./generated/kernels.ts";
import * as threads from "./generated/threads.ts";

describe.each([
  ["simd", kernels, 0],
  ["relaxed", kernels, 1],
  ["simd-threads", threads, 0],
  ["relaxed-threads", threads, 1],
] as const)("unpack() of %s", (name, packed, flavour) => {
  test("gives the bytes that the compiler wrote", () => {
    const file = readFileSync(new URL(`generated/${name}.wasm`, import.meta.url));
    expect(Buffer.from(unpack(packed, flavour)).equals(file)).toBe(true);
  });
});
