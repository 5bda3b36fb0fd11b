/** Optimizer steps, bit for bit, and norms. */

import { expect, test } from "vitest";
import type { Adam, Backend, Sgd } from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import { expectBits, lengths, repeatedSpecials, source, specials } from "../support.ts";

const flags = [false, true];

/** Values around 1 at each length, then special values against a permutation of them. */
function inputs(): Float32Array[][] {
  const usual = lengths.map((n) => {
    const from = source(n);
    return Array.from({ length: 5 }, () => from.reals(n, 2));
  });
  const n = specials.length * (specials.length - 1);
  const special = repeatedSpecials(n);
  const shifted = (by: number) => special.map((_, i) => special[((i * by + i / 7) % n) | 0]!);
  return [...usual, [special, ...[1, 3, 5, 11].map(shifted)]];
}

export function updateCases(backend: Backend): void {
  sgdCases(backend);
  adamCases(backend);
  normCases(backend);
}

function sgdCases(backend: Backend): void {
  const plain = { lr: 0.05, momentum: 0.9, dampening: 0, weightDecay: 0 };
  const scalars = [plain, { ...plain, dampening: 0.3, weightDecay: 0.01 }];

  test.each(scalars)("sgd() has the reference's bits, %o", (given) => {
    for (const [p, g, buf] of inputs()) {
      for (const nesterov of flags) {
        for (const maximize of flags) {
          const options = { ...given, nesterov, maximize };
          checkSgd(backend, { ...options, p: p!, g: g!, buf: null, first: true });
          for (const first of flags)
            checkSgd(backend, { ...options, p: p!, g: g!, buf: buf!, first });
        }
      }
    }
  });
}

function checkSgd(backend: Backend, given: Sgd): void {
  const copy = (): Sgd => ({ ...given, p: given.p.slice(), buf: given.buf?.slice() ?? null });
  const [got, want] = [copy(), copy()];
  // A second step, from the results of the first.
  for (const step of [got, want]) {
    const { sgd } = step === got ? backend : reference;
    sgd(step);
    sgd({ ...step, first: false });
  }
  expectBits(got.p, want.p, "p");
  if (got.buf !== null) expectBits(got.buf, want.buf!, "momentum buffer");
}

function adamCases(backend: Backend): void {
  const plain = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 };
  const scalars = [plain, { ...plain, lr: 0.1, beta1: 0.8, eps: 1e-3, weightDecay: 0.01 }];

  test.each(scalars)("adam() has the reference's bits, %o", (given) => {
    for (const [p, g, m, v, vMax] of inputs()) {
      for (const decoupled of flags) {
        for (const maximize of flags) {
          for (const amsgrad of flags) {
            for (const step of [1, 2, 1000]) {
              const state = { p: p!, g: g!, m: m!, v: v!.map(Math.abs) };
              const most = amsgrad ? vMax!.map(Math.abs) : null;
              const options = { ...given, decoupled, maximize, step };
              checkAdam(backend, { ...options, ...state, vMax: most });
            }
          }
        }
      }
    }
  });
}

function checkAdam(backend: Backend, given: Adam): void {
  const { p, m, v, vMax } = given;
  const copy = () => ({ p: p.slice(), m: m.slice(), v: v.slice(), vMax: vMax?.slice() ?? null });
  const [got, want] = [copy(), copy()];
  backend.adam({ ...given, ...got });
  reference.adam({ ...given, ...want });
  for (const name of ["p", "m", "v"] as const) expectBits(got[name], want[name], name);
  if (got.vMax !== null) expectBits(got.vMax, want.vMax!, "vMax");
}

function normCases(backend: Backend): void {
  const powers = [1, 2, 3, 0.5, Infinity];

  test.each(powers)("norm() holds in double, p = %f", (p) => {
    for (const n of [...lengths, 100_003]) {
      for (const scale of [1, 1e-30, 1e30]) {
        const x = source(n).reals(n, scale);
        const [got, want] = [backend.norm(x, p), reference.norm(Float64Array.from(x), p)];
        expect(Math.abs(got - want)).toBeLessThanOrEqual((n + 2) * 2 ** -52 * want);
      }
    }
  });

  test.each(powers)("norm() shows NaN and infinities wherever they are, p = %f", (p) => {
    for (const n of [1, 5, 40, 67]) {
      for (let at = 0; at < n; at++) {
        for (const value of [Number.NaN, Infinity, -Infinity]) {
          const x = source(n).reals(n);
          x[at] = value;
          expect(backend.norm(x, p)).toBe(Math.abs(value));
        }
      }
    }
  });

  test("norm() of an infinity and a NaN is NaN", () => {
    const x = new Float32Array(50);
    x.set([Infinity, 1, Number.NaN], 20);
    for (const p of powers) expect(backend.norm(x, p)).toBeNaN();
  });
}
