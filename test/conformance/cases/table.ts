/** Rows of a table. */

import { test } from "vitest";
import type { Backend } from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import { expectBits, output, source } from "../support.ts";

/** Rows of the table, lookups, width: tables smaller and larger than the result. */
const shapes: [V: number, lookups: number, width: number][] = [
  ...([
    [1, 1, 1],
    [5, 0, 3],
    [3, 7, 0],
    [3, 50, 1],
    [7, 100, 13],
  ] as [number, number, number][]),
  ...([
    [50, 7, 13],
    [61, 300, 64],
    [1000, 37, 33],
    [11, 1009, 67],
  ] as [number, number, number][]),
];

export function tableCases(backend: Backend): void {
  test.each(shapes)(
    "embeddingForward() copies rows: %i rows, %i lookups, width %i",
    (V, n, width) => {
      const from = source(V + n);
      const weight = from.reals(V * width);
      if (width > 0) weight[0] = Number.NaN;
      const index = from.integers(n, V);
      const [got, want] = [output(n, width), output(n, width)];
      backend.embeddingForward(weight, index, got.data, width);
      reference.embeddingForward(weight, index, want.data, width);
      got.expectIntact("y");
      expectBits(got.values(), want.values(), "y");
    },
  );

  // Sums over equal indices are in the order of rows, so the bits are determined.
  test.each(shapes)(
    "embeddingBackward() adds rows: %i rows, %i lookups, width %i",
    (V, n, width) => {
      for (const paddingIdx of [-1, 0, V - 1]) {
        const from = source(V + n);
        const dy = from.reals(n * width);
        const index = from.integers(n, V);
        const dWeight = from.reals(V * width);
        const [got, want] = [dWeight.slice(), dWeight.slice()];
        backend.embeddingBackward(dy, index, got, width, paddingIdx);
        reference.embeddingBackward(dy, index, want, width, paddingIdx);
        expectBits(got, want, `dWeight, padding ${paddingIdx}`);
      }
    },
  );
}
