import { expect, test } from "vitest";
import { float32 } from "./dtype.ts";

test("float32.allocate() gives zeros that no other array shares, of any length", () => {
  const lengths = Array.from({ length: 400 }, (_, n) => n % 200);
  const arrays = lengths.map((n) => float32.allocate(n));
  for (const [i, array] of arrays.entries()) {
    expect(array).toEqual(new Float32Array(lengths[i] as number));
    array.fill(i + 1);
  }
  for (const [i, array] of arrays.entries()) expect(array.every((v) => v === i + 1)).toBe(true);
});

test("float32.allocate() gives a scalar no more memory than its own", () => {
  expect(float32.allocate(1).buffer.byteLength).toBe(4);
});
