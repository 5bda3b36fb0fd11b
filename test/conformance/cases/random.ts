/** Random filling: the values and the state afterwards, bit for bit. */

import { test } from "vitest";
import type { Backend } from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import { seedState } from "../../../src/kernels/reference/mt19937.ts";
import { expectBits, garbage } from "../support.ts";

const seeds = [0, 5489, 2 ** 32 - 1];
/** Lengths across the ends of the twister's 624 words and of blocks of 16, 256 and 512. */
const counts = [16, 17, 31, 33, 100, 256, 257, 511, 512, 513, 623, 624, 625, 1249, 5003];
const few = [0, 1, 2, 3, 5, 15];

type Fill = (backend: Backend, state: Uint32Array, n: number) => ArrayLike<number>;

export function randomCases(backend: Backend): void {
  /** Fills one after the other from one state, so that they begin at various words. */
  const check = (fill: Fill, lengths: number[]) => {
    for (const seed of seeds) {
      const [got, want] = [seedState(seed), seedState(seed)];
      for (const n of lengths) {
        expectBits(fill(backend, got, n), fill(reference, want, n), `${n} from seed ${seed}`);
        expectBits(got, want, "state");
      }
    }
  };
  const filled =
    (run: (kernels: Backend, state: Uint32Array, out: Float32Array) => void): Fill =>
    (kernels, state, n) => {
      const out = garbage(n);
      run(kernels, state, out);
      return out;
    };

  test("mtFill() has the reference's bits", () => {
    const fill: Fill = (kernels, state, n) => {
      const out = new Uint32Array(n);
      kernels.mtFill(state, out);
      return out;
    };
    check(fill, [...few, ...counts]);
  });

  const ranges = [
    [0, 1],
    [-1, 1],
    [0, 1e-38],
    [-0.3, 0.7],
    [5, 5],
    [-3e38, 3e38],
    [1e-3, 1e3],
  ];
  test.each(ranges)("uniformFill() has the reference's bits, from %f to %f", (from, to) => {
    const fill = filled((kernels, state, out) => kernels.uniformFill(state, out, from!, to!));
    check(fill, [...few, ...counts]);
  });

  const normals = [
    [0, 1],
    [3, 0.01],
    [-0.1, 1e20],
    [1, 0],
  ];
  test.each(normals)("normalFill() has the reference's bits, mean %f, std %f", (mean, std) => {
    const fill = filled((kernels, state, out) => kernels.normalFill(state, out, mean!, std!));
    check(fill, [...counts, 100_003]);
  });

  const masks = [
    [0, 1],
    [1, 1],
    [0.5, 2],
    [0.9, 1 / 0.9],
    [1e-17, 3],
    [1 - 2 ** -53, 1],
    [0.1, -1],
  ];
  test.each(masks)("bernoulliMask() has the reference's bits, p %f, scale %f", (p, scale) => {
    const fill = filled((kernels, state, out) => kernels.bernoulliMask(state, out, p!, scale!));
    check(fill, [...few, ...counts]);
  });

  test("bernoulliMask() compares all 53 bits: a draw of 0 lies below any p but 0", () => {
    const below = [2 ** -1074, 1e-17, 2 ** -53, 0.5].map((p) => {
      const out = garbage(40);
      backend.bernoulliMask(new Uint32Array(625), out, p, 3); // a state whose draws are 0
      return out;
    });
    for (const out of below) expectBits(out, new Float32Array(40).fill(3), "mask");
    const none = garbage(40);
    backend.bernoulliMask(new Uint32Array(625), none, 0, 3);
    expectBits(none, new Float32Array(40), "mask of p = 0");
  });
}
