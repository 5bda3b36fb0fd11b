/** Recurrent layers, forward and backward. */

import fc from "fast-check";
import { expect, test } from "vitest";
import type {
  Backend,
  Gradient,
  Nonlinearity,
  RnnBackward,
  RnnForward,
} from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import {
  dense,
  doubled,
  expectBits,
  expectUnchanged,
  expectWithin,
  garbage,
  type Output,
  output,
  packed,
  source,
  sumError,
} from "../support.ts";

interface Case {
  nonlinearity: Nonlinearity;
  batchSizes: number[];
  reverse: boolean;
  I: number;
  H: number;
  /** By how much rows of x, y, dy and dx lie further apart than they are long. */
  gap: number;
  /** Operands and gradients that are null. */
  without: readonly string[];
  accumulate: readonly string[];
}

const inputs = ["bIh", "bHh", "h0", "dy", "dhN"] as const;
const gradients = ["dx", "dh0", "dWIh", "dWHh", "dBIh", "dBHh"] as const;
const nullable = [...inputs, ...gradients];
const plain: Case = {
  ...{ nonlinearity: "tanh", batchSizes: [5, 5, 5], reverse: false, I: 7, H: 13 },
  ...{ gap: 0, without: [], accumulate: [] },
};
const kinds = (["tanh", "relu"] as const).flatMap((nonlinearity) =>
  [false, true].map((reverse) => ({ nonlinearity, reverse })),
);

export function recurrentCases(backend: Backend): void {
  const check = (c: Partial<Case>) => checkCase(backend, { ...plain, ...c });

  test.each(kinds)("RNN holds for dense and packed sequences of any size, %o", (kind) => {
    for (const H of [1, 2, 3, 4, 5, 8, 11, 12, 13, 16, 17, 31, 64]) {
      check({ ...kind, H, I: 1, batchSizes: dense(1, 1) });
      check({ ...kind, H, I: 5, batchSizes: dense(4, 1), gap: 1 });
      check({ ...kind, H, I: H, batchSizes: dense(3, 6) });
      check({ ...kind, H, I: 9, batchSizes: [7, 7, 4, 4, 2, 1], gap: 3 });
    }
  });

  test.each(kinds)("RNN holds for large sequences, %o", (kind) => {
    check({ ...kind, I: 67, H: 131, batchSizes: dense(23, 17) });
    check({ ...kind, I: 300, H: 260, batchSizes: [37, 37, 30, 9, 9, 1], gap: 4 });
  });

  test.each(kinds)("RNN holds for sequences of more rows than are computed at once, %o", (kind) => {
    // 324 rows, of which 192 are (`LEAST_ROWS` in kernels/sequence.c).
    const size = { ...kind, I: 70, H: 67, batchSizes: packed(25) };
    for (const accumulate of [[], ["dBHh"], gradients]) check({ ...size, accumulate, gap: 3 });
    check({ ...size, without: ["h0", "dhN", "dh0"] });
  });

  test.each(kinds)("RNN holds with no rows at all, %o", (kind) => {
    check({ ...kind, batchSizes: [] });
    check({ ...kind, batchSizes: [], accumulate: gradients });
  });

  test.each(nullable)("RNN holds without %s, and with nothing but it", (name) => {
    const others = nullable.filter((other) => other !== name);
    for (const kind of kinds) {
      for (const batchSizes of [[5, 5, 5], [6, 4, 1], [1]]) {
        check({ ...kind, batchSizes, without: [name] });
        check({ ...kind, batchSizes, without: others, gap: 2 });
      }
    }
  });

  test.each(gradients)("RNN adds to %s where asked to, and overwrites where not", (name) => {
    for (const kind of kinds) {
      for (const gap of [0, 3]) {
        check({ ...kind, accumulate: [name], gap });
        check({ ...kind, accumulate: gradients.filter((g) => g !== name), gap });
      }
    }
  });

  test("RNN holds for any combination", () => {
    const small = (max: number) => fc.integer({ min: 1, max });
    const anyCase = fc.record({
      nonlinearity: fc.constantFrom("tanh", "relu"),
      batchSizes: fc
        .array(small(9), { minLength: 1, maxLength: 9 })
        .map((sizes) => sizes.sort((a, b) => b - a)),
      reverse: fc.boolean(),
      I: small(40),
      H: small(40),
      gap: fc.constantFrom(0, 1, 4, 7),
      without: fc.subarray(nullable),
      accumulate: fc.subarray([...gradients]),
    });
    fc.assert(
      fc.property(anyCase, (c) => checkCase(backend, c as Case)),
      { numRuns: 300 },
    );
  });

  test.each(kinds)("both directions of RNN write into one y, %o", (kind) => {
    const c = { ...plain, ...kind, batchSizes: [6, 4, 1] };
    const [rows, H] = [11, c.H];
    const both = output(rows, 2 * H, 2 * H + 1);
    const apart = [false, true].map((reverse) => {
      const given = operands({ ...c, reverse });
      const half = both.data.subarray(reverse ? H : 0);
      backend.rnnForward({ ...given, y: half, ldy: 2 * H + 1 });
      const alone = garbage(rows * H);
      backend.rnnForward({ ...given, y: alone, ldy: H });
      return alone;
    });
    both.expectIntact("y of both directions");
    const want = Float32Array.from({ length: 2 * rows * H }, (_, at) => {
      const [row, column] = [Math.floor(at / (2 * H)), at % (2 * H)];
      return apart[column < H ? 0 : 1]![row * H + (column % H)]!;
    });
    expectBits(both.values(), want, "y of both directions");
  });

  test.each(["tanh", "relu"] as const)(
    "a NaN in RNN (%s) stays in its sequence",
    (nonlinearity) => {
      const given = operands({ ...plain, nonlinearity });
      given.x[plain.I + 2] = Number.NaN; // sequence 1, step 0
      backend.rnnForward(given);
      const isNaNRow = (row: number) =>
        given.y.subarray(row * 13, row * 13 + 13).every(Number.isNaN);
      const rows = Array.from({ length: 15 }, (_, row) => isNaNRow(row));
      expect(rows).toEqual(rows.map((_, row) => row % 5 === 1));
      expect(given.y.filter(Number.isNaN).length).toBe(3 * 13);
    },
  );
}

type Operands = RnnForward & { y: Float32Array; hN: Float32Array };

/**
 * Weights such that a step's sums stay below `LARGEST` and errors halve from step to step: rows of
 * W_ih and columns and rows of W_hh have absolute sums of at most 1 and ½, all else lies in [−1, 1).
 */
function operands(c: Case): Operands {
  const { I, H, gap, nonlinearity, reverse } = c;
  const batchSizes = Int32Array.from(c.batchSizes);
  const rows = c.batchSizes.reduce((a, b) => a + b, 0);
  const from = source(rows + 31 * I + 997 * H);
  const wIh = from.reals(H * I, 1 / I);
  const wHh = from.reals(H * H, 0.5 / H);
  const x = from.matrix(rows, I, I + gap);
  const bIh = from.reals(H);
  const bHh = from.reals(H, 0.5);
  const h0 = from.reals((batchSizes[0] ?? 0) * H);
  const has = <T>(name: string, value: T) => (c.without.includes(name) ? null : value);
  return {
    ...{ batchSizes, reverse, nonlinearity, inputSize: I, hiddenSize: H, x, ldx: I + gap },
    ...{ wIh, wHh, bIh: has("bIh", bIh), bHh: has("bHh", bHh), h0: has("h0", h0) },
    ...{ y: garbage(rows * (H + gap)), ldy: H + gap, hN: garbage(h0.length) },
  };
}

/** `1 + 1 + ½ + ½ · LARGEST`; of states, and of their gradients. */
const LARGEST = 5;

/** Error of a state: of one step's sums, doubled because half of each step's reaches the next. */
const stateError = (terms: number) => 2 * sumError(terms, LARGEST);

function checkCase(backend: Backend, c: Case): void {
  const y = checkForward(backend, c);
  checkBackward(backend, c, y);
}

/** @returns the reference's y, dense, rounded to float32 */
function checkForward(backend: Backend, c: Case): Float32Array {
  const given = operands(c);
  const { H, gap } = c;
  const [rows, batch] = [given.y.length / (H + gap), c.batchSizes[0] ?? 0];
  const [y, hN] = [output(rows, H, H + gap), output(batch, H)];
  expectUnchanged([given.x, given.wIh, given.wHh, given.bIh, given.bHh, given.h0], () =>
    backend.rnnForward({ ...given, y: y.data, hN: hN.data }),
  );
  const want = { y: new Float64Array(rows * H), hN: new Float64Array(batch * H) };
  reference.rnnForward({ ...given, ...want, ldy: H });
  const what = `rnnForward ${JSON.stringify(c)}`;
  y.expectIntact(`${what} y`);
  hN.expectIntact(`${what} hN`);
  expectWithin(y.values(), want.y, stateError(c.I + H), `${what} y`);
  expectWithin(hN.values(), want.hN, stateError(c.I + H), `${what} hN`);
  return Float32Array.from(want.y);
}

function checkBackward(backend: Backend, c: Case, states: Float32Array): void {
  const { I, H, gap } = c;
  const given = operands(c);
  const [rows, batch] = [states.length / H, c.batchSizes[0] ?? 0];
  const from = source(rows + H);
  const has = <T>(name: string, value: T) => (c.without.includes(name) ? null : value);
  const y = output(rows, H, H + gap, states).data;
  const dy = has("dy", from.matrix(rows, H, H + 2 * gap));
  const dhN = has("dhN", from.reals(batch * H));
  const call = { ...given, y, dy, lddy: H + 2 * gap, dhN };
  const outputs = gradientOutputs(c, rows, batch);
  expectUnchanged([y, dy, dhN, given.x, given.wIh, given.wHh, given.h0], () =>
    backend.rnnBackward({ ...call, ...asGradients(c, outputs, (o) => o.out.data, I + gap) }),
  );
  const wanted = new Map(outputs.map((o) => [o, doubled(o.old)]));
  reference.rnnBackward({ ...call, ...asGradients(c, outputs, (o) => wanted.get(o)!, I) });
  for (const o of outputs) {
    const what = `rnnBackward ${JSON.stringify(c)} ${o.name}`;
    o.out.expectIntact(what);
    expectWithin(o.out.values(), wanted.get(o)!, o.error, what);
  }
}

interface GradientOutput {
  name: string;
  old: Float32Array;
  out: Output;
  error: number;
}

/** Buffers for the gradients that are wanted, with old contents where they are added to. */
function gradientOutputs(c: Case, rows: number, batch: number): GradientOutput[] {
  const { I, H, gap } = c;
  const from = source(7);
  // Rows, columns, distance of rows, terms of the sums, magnitude of a term.
  const layout: Record<string, [number, number, number, number, number]> = {
    dx: [rows, I, I + gap, H, LARGEST / I],
    dh0: [batch, H, H, 1, LARGEST],
    dWIh: [H, I, I, rows, LARGEST],
    dWHh: [H, H, H, rows, LARGEST * LARGEST],
    dBIh: [1, H, H, rows, LARGEST],
    dBHh: [1, H, H, rows, LARGEST],
  };
  return gradients
    .filter((name) => !c.without.includes(name))
    .map((name) => {
      const [m, n, ld, terms, size] = layout[name]!;
      const old = c.accumulate.includes(name) ? from.reals(m * n) : garbage(m * n);
      // Errors of the terms themselves stem from the walk over the steps.
      const error = sumError(terms + 2 * H, terms * size + 1);
      return { name, old, out: output(m, n, ld, old), error };
    });
}

type Gradients = Pick<RnnBackward, (typeof gradients)[number]>;

function asGradients(
  c: Case,
  outputs: GradientOutput[],
  data: (o: GradientOutput) => Gradient["data"],
  ld: number,
): Gradients {
  const all = gradients.map((name) => {
    const o = outputs.find((other) => other.name === name);
    const accumulate = c.accumulate.includes(name);
    return [name, o === undefined ? null : { data: data(o), accumulate, ld }];
  });
  return Object.fromEntries(all) as Gradients;
}
