/** Recurrent layers of every kind, forward and backward. */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Backend } from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import {
  asGradients,
  type Backward,
  type Forward,
  forwardOf,
  gradientOutputs,
  gradients,
  type KindName,
  kinds,
  LARGEST,
  type Layer,
  mapped,
  nullable,
  operands,
  outputShapes,
  present,
  saved,
  sizesOf,
  upstream,
} from "../recurrent-layer.ts";
import {
  dense,
  doubled,
  expectBits,
  expectUnchanged,
  expectWithin,
  garbage,
  output,
  packed,
  sumError,
} from "../support.ts";

const plain: Layer = {
  ...{ kind: "LSTM", reverse: false, batchSizes: [5, 5, 5], I: 7, H: 13, P: 3 },
  ...{ gap: 0, without: [], accumulate: [] },
};
const names = Object.keys(kinds) as KindName[];
const walks = names.flatMap((kind) => [false, true].map((reverse) => ({ kind, reverse })));
const gated = walks.filter(({ kind }) => kinds[kind].saved > 0);

export function recurrentCases(backend: Backend): void {
  const check = (c: Partial<Layer>) => checkLayer(backend, { ...plain, ...c });

  test.each(walks)("holds for dense and packed sequences of any size, %o", (walk) => {
    for (const H of [1, 2, 3, 4, 5, 8, 11, 12, 13, 16, 17, 31, 64]) {
      const size = { ...walk, H, P: Math.max(1, H - 3) };
      check({ ...size, I: 1, batchSizes: dense(1, 1) });
      check({ ...size, I: 5, batchSizes: dense(4, 1), gap: 1 });
      check({ ...size, I: H, batchSizes: dense(3, 6) });
      check({ ...size, I: 9, batchSizes: [7, 7, 4, 4, 2, 1], gap: 3 });
    }
  });

  test.each(walks)("holds for large sequences, %o", (walk) => {
    if (kinds[walk.kind].gates === 1) {
      check({ ...walk, I: 67, H: 131, batchSizes: dense(23, 17) });
      check({ ...walk, I: 300, H: 260, batchSizes: [37, 37, 30, 9, 9, 1], gap: 4 });
    } else {
      check({ ...walk, I: 19, H: 61, P: 50, batchSizes: dense(23, 17) });
      check({ ...walk, I: 70, H: 260, P: 37, batchSizes: [17, 9, 9, 1], gap: 4 });
    }
  });

  test.each(walks)("holds for sequences longer than a chunk of time steps, %o", (walk) => {
    // 324 rows; a chunk of time steps has 192 (`LEAST_ROWS` in kernels/sequence.c).
    const size = { ...walk, I: 70, H: 67, P: 50, batchSizes: packed(25) };
    for (const accumulate of [[], ["dBHh"], gradients]) check({ ...size, accumulate, gap: 3 });
    check({ ...size, without: ["h0", "dhN", "dcN", "dh0"] });
    if (kinds[walk.kind].saved > 0) check({ ...size, without: saved });
  });

  test.each(walks)("holds with no rows at all, %o", (walk) => {
    check({ ...walk, batchSizes: [] });
    check({ ...walk, batchSizes: [], accumulate: gradients });
  });

  test.each(nullable)("holds without %s, and with nothing but it", (name) => {
    const others = nullable.filter((other) => other !== name);
    for (const walk of walks) {
      for (const batchSizes of [[5, 5, 5], [6, 4, 1], [1]]) {
        check({ ...walk, batchSizes, without: [name] });
        check({ ...walk, batchSizes, without: others, gap: 2 });
      }
    }
  });

  test.each(gradients)("adds to %s where asked to, and overwrites where not", (name) => {
    for (const walk of walks) {
      for (const gap of [0, 3]) {
        check({ ...walk, accumulate: [name], gap });
        check({ ...walk, accumulate: gradients.filter((g) => g !== name), gap });
      }
    }
  });

  test("holds for any combination", () => {
    const small = (max: number) => fc.integer({ min: 1, max });
    const anyLayer = fc.record({
      walk: fc.constantFrom(...walks),
      batchSizes: fc
        .array(small(9), { minLength: 1, maxLength: 9 })
        .map((sizes) => sizes.sort((a, b) => b - a)),
      I: small(40),
      H: small(40),
      P: small(40),
      gap: fc.constantFrom(0, 1, 4, 7),
      without: fc.subarray(nullable),
      accumulate: fc.subarray(gradients),
    });
    fc.assert(
      fc.property(anyLayer, ({ walk, ...c }) => check({ ...c, ...walk, P: Math.min(c.P, c.H) })),
      { numRuns: 600 },
    );
  });

  test.each(names)("both directions of %s write into one y", (kind) => {
    const c: Layer = { ...plain, kind, batchSizes: [6, 4, 1] };
    const { rows, P } = sizesOf(c);
    const both = output(rows, 2 * P, 2 * P + 1);
    const apart = [false, true].map((reverse) => {
      const shapes = outputShapes(c);
      const others = mapped(shapes, ([m, n]) => garbage(m * n));
      const given = { ...operands({ ...c, reverse }), ...others } as unknown as Forward;
      const half = both.data.subarray(reverse ? P : 0);
      kinds[kind].forward(backend, { ...given, y: half, ldy: 2 * P + 1 });
      const alone = garbage(rows * P);
      kinds[kind].forward(backend, { ...given, y: alone, ldy: P });
      return alone;
    });
    both.expectIntact("y of both directions");
    const want = Float32Array.from({ length: 2 * rows * P }, (_, at) => {
      const [row, column] = [Math.floor(at / (2 * P)), at % (2 * P)];
      return apart[column < P ? 0 : 1]![row * P + (column % P)]!;
    });
    expectBits(both.values(), want, "y of both directions");
  });

  test.skipIf(!backend.keep).each(gated)("values may be kept in between, %o", (walk) => {
    for (const size of [{}, { I: 70, H: 260, batchSizes: [17, 9, 9, 1], gap: 4 }]) {
      checkKept(backend, { ...plain, ...walk, ...size });
    }
  });

  test.each(walks)("a NaN stays in its sequence, %o", (walk) => {
    const c = { ...plain, ...walk };
    const { rows, P } = sizesOf(c);
    const given = operands(c);
    given.x[c.I + 2] = Number.NaN; // sequence 1, step 0
    const outs = mapped(outputShapes(c), ([m, n]) => new Float32Array(m * n));
    kinds[c.kind].forward(backend, { ...given, ...outs } as unknown as Forward);
    const reached = (row: number) => row % 5 === 1 && (!walk.reverse || row < 5);
    const want = Array.from({ length: rows * P }, (_, at) => reached(Math.floor(at / P)));
    expect(Array.from(outs["y"]!, Number.isNaN)).toEqual(want);
  });
}

function checkLayer(backend: Backend, c: Layer): void {
  checkBackward(backend, c, checkForward(backend, c));
}

/** @returns the reference's outputs, dense */
function checkForward(backend: Backend, c: Layer): Record<string, Float64Array> {
  const { forward, gates, projects } = kinds[c.kind];
  const { P } = sizesOf(c);
  const given = operands(c);
  const shapes = outputShapes(c);
  const outs = present(
    c,
    mapped(shapes, ([m, n], name) => output(m, n, name === "y" ? n + c.gap : n)),
  );
  const call = { ...given, ...mapped(outs, (o) => o?.data ?? null) } as unknown as Forward;
  expectUnchanged(floats(given), () => forward(backend, call));
  const want = mapped(shapes, ([m, n]) => new Float64Array(m * n));
  forward(reference, { ...given, ...want, ldy: P } as unknown as Forward);
  // The next step gets half of a step's error in an RNN, all of it in a c; a projection sums H
  // states.
  const steps = gates === 1 ? 2 : c.batchSizes.length + 2;
  const error = steps * sumError(c.I + P + (projects ? c.H : 0), LARGEST);
  for (const [name, out] of Object.entries(outs)) {
    if (out === null) continue;
    const what = `forward ${JSON.stringify(c)} ${name}`;
    out.expectIntact(what);
    expectWithin(out.values(), want[name]!, error, what);
  }
  return want;
}

/** @param want the reference's forward, dense; backward gets it rounded to float32 */
function checkBackward(backend: Backend, c: Layer, want: Record<string, Float64Array>): void {
  const { rows, P } = sizesOf(c);
  const { y, gates, ...states } = mapped(want, (x) => Float32Array.from(x));
  const given = {
    ...{ ...operands(c), ...upstream(c), ...states },
    y: output(rows, P, P + c.gap, y).data,
  };
  const run = (on: Backend, grads: Partial<Backward>) => {
    // Backward overwrites the gates.
    const call = { ...given, ...(gates && { gates: gates.slice() }), ...grads };
    kinds[c.kind].backward(on, call as unknown as Backward);
  };
  const outs = gradientOutputs(c);
  const ours = asGradients(c, outs, (o) => o.out.data);
  expectUnchanged(floats(given), () => run(backend, ours));
  const wanted = new Map(outs.map((o) => [o, doubled(o.old)]));
  const theirs = asGradients(c, outs, (o) => wanted.get(o)!, c.I);
  run(reference, theirs);
  for (const o of outs) {
    const what = `backward ${JSON.stringify(c)} ${o.name}`;
    o.out.expectIntact(what);
    expectWithin(o.out.values(), wanted.get(o)!, o.error, what);
  }
}

const floats = (call: object): Float32Array[] =>
  Object.values(call).filter((x) => x instanceof Float32Array);

/** Kept values and arrays give the same bits, forward and backward. */
function checkKept(backend: Backend, c: Layer): void {
  const run = (keep?: (n: number) => ReturnType<Required<Backend>["keep"]>) => {
    const { results, backward } = forwardOf(backend, c, keep);
    backend.axpy(1, new Float32Array(1e6), new Float32Array(1e6)); // other calls must not change them
    return { ...results, ...backward() };
  };
  const want: Record<string, Float32Array> = run();
  for (const [name, data] of Object.entries(run((n) => backend.keep!(n)))) {
    expectBits(data, want[name]!, `${name} of ${JSON.stringify(c)}`);
  }
}
