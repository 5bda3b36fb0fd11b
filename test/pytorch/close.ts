/** Comparison of a computed tensor with a recorded one. */

import { expect } from "vitest";
import type { Tensor } from "../../src/tensor/index.ts";
import type { Recorded } from "./tensors.ts";

/** Largest deviations from PyTorch's float32, as measured against float64. */
export const tolerance = {
  forward: { atol: 1e-6, rtol: 1e-5 },
  gradient: { atol: 1e-5, rtol: 1e-4 },
} as const;

/** Fails unless shapes are equal and all elements within the tolerance, NaN beside NaN. */
export function expectClose(
  got: Tensor | null,
  want: Recorded,
  within: { atol: number; rtol: number },
  what: string,
): void {
  expect(got, `${what} is missing`).not.toBeNull();
  expect([...(got as Tensor).shape], `shape of ${what}`).toEqual(want.shape);
  const data = (got as Tensor).toTypedArray();
  want.data.forEach((w, i) => {
    const [a, b] = [data[i] as number, Number(w)];
    const close = Number.isFinite(b) && Math.abs(a - b) <= within.atol + within.rtol * Math.abs(b);
    if (close || Object.is(a, b) || a === b) return;
    expect.fail(`${what}[${i}] is ${a}, PyTorch has ${b}`);
  });
}

/** Bit for bit; for values whose arithmetic is fixed. */
export function expectSame(got: Tensor, want: Recorded, what: string): void {
  expect([...got.shape], `shape of ${what}`).toEqual(want.shape);
  expect(Array.from(got.toTypedArray()), what).toEqual(want.data.map(Math.fround));
}
