/** LSTM, with and without projection, and GRU, forward and backward. */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Real } from "../../../src/core/index.ts";
import type {
  Backend,
  Gradient,
  LstmBackward,
  LstmForward,
  Saved,
} from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import {
  dense,
  doubled,
  expectBits,
  expectUnchanged,
  expectWithin,
  garbage,
  output,
  packed,
  source,
  sumError,
} from "../support.ts";

interface Case {
  kind: "LSTM" | "GRU";
  /** P, or 0; LSTM only. */
  P: number;
  batchSizes: number[];
  reverse: boolean;
  I: number;
  H: number;
  /** By how much rows of x, y, dy and dx lie further apart than they are long. */
  gap: number;
  /** Operands, saved values and gradients that are null. */
  without: readonly string[];
  accumulate: readonly string[];
}

const inputs = ["bIh", "bHh", "h0", "c0", "dy", "dhN", "dcN"];
const gradients = ["dx", "dh0", "dc0", "dWIh", "dWHh", "dBIh", "dBHh", "dWHr"];
const saved = ["gates", "c"];
const nullable = [...inputs, ...gradients, ...saved];
const plain: Case = {
  ...{ kind: "LSTM", P: 0, batchSizes: [5, 5, 5], reverse: false, I: 7, H: 13 },
  ...{ gap: 0, without: [], accumulate: [] },
};
const kinds = [
  ...[false, true].map((reverse) => ({ kind: "LSTM" as const, P: 0, reverse })),
  ...[false, true].map((reverse) => ({ kind: "LSTM" as const, P: 3, reverse })),
  ...[false, true].map((reverse) => ({ kind: "GRU" as const, P: 0, reverse })),
];

export function lstmGruCases(backend: Backend): void {
  const check = (c: Partial<Case>) => checkCase(backend, { ...plain, ...c });

  test.each(kinds)("holds for dense and packed sequences of any size, %o", (kind) => {
    for (const H of [1, 2, 4, 5, 8, 12, 13, 16, 17, 31, 64]) {
      // A projection is smaller than H.
      const P = kind.P && Math.max(1, H - kind.P);
      check({ ...kind, P, H, I: 1, batchSizes: dense(1, 1) });
      check({ ...kind, P, H, I: 5, batchSizes: dense(4, 1), gap: 1 });
      check({ ...kind, P, H, I: H, batchSizes: dense(3, 6) });
      check({ ...kind, P, H, I: 9, batchSizes: [7, 7, 4, 4, 2, 1], gap: 3 });
    }
  });

  test.each(kinds)("holds for large sequences, %o", (kind) => {
    const P = (n: number) => kind.P && n;
    check({ ...kind, I: 19, H: 61, P: P(50), batchSizes: dense(23, 17) });
    check({ ...kind, I: 70, H: 260, P: P(37), batchSizes: [17, 9, 9, 1], gap: 4 });
  });

  test.each(kinds)("holds for sequences of more rows than are computed at once, %o", (kind) => {
    // 324 rows, of which 192 are (`LEAST_ROWS` in kernels/sequence.c).
    const size = { ...kind, I: 70, H: 67, P: kind.P && 50, batchSizes: packed(25) };
    for (const accumulate of [[], ["dBHh"], gradients]) check({ ...size, accumulate, gap: 3 });
    check({ ...size, without: ["h0", "dhN", "dcN", "dh0"] });
    check({ ...size, without: saved });
  });

  test.each(kinds)("holds with no rows at all, %o", (kind) => {
    check({ ...kind, batchSizes: [] });
    check({ ...kind, batchSizes: [], accumulate: gradients });
  });

  test.each(nullable)("holds without %s, and with nothing but it", (name) => {
    const others = nullable.filter((other) => other !== name);
    for (const kind of kinds) {
      for (const batchSizes of [[5, 5, 5], [6, 4, 1], [1]]) {
        check({ ...kind, batchSizes, without: [name] });
        check({ ...kind, batchSizes, without: others, gap: 2 });
      }
    }
  });

  test.each(gradients)("adds to %s where asked to, and overwrites where not", (name) => {
    for (const kind of kinds) {
      for (const gap of [0, 3]) {
        check({ ...kind, accumulate: [name], gap });
        check({ ...kind, accumulate: gradients.filter((g) => g !== name), gap });
      }
    }
  });

  test("holds for any combination", () => {
    const small = (max: number) => fc.integer({ min: 1, max });
    const anyCase = fc.record({
      kind: fc.constantFrom(...kinds),
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
      fc.property(anyCase, ({ kind, P, ...c }) => {
        checkCase(backend, { ...c, ...kind, P: kind.P && Math.min(P, c.H) });
      }),
      { numRuns: 300 },
    );
  });

  test.skipIf(!backend.keep).each(kinds)("values may be kept in between, %o", (kind) => {
    for (const size of [{}, { I: 70, H: 260, batchSizes: [17, 9, 9, 1], gap: 4 }]) {
      checkKept(backend, { ...plain, ...kind, ...size });
    }
  });

  test.each(kinds)("a NaN stays in its sequence, %o", (kind) => {
    const { given, forward } = operands(backend, { ...plain, ...kind });
    given.x[plain.I + 2] = Number.NaN; // sequence 1, step 0
    forward(given);
    const rows = Array.from({ length: 15 }, (_, row) =>
      given.y.subarray(row * given.ldy, (row + 1) * given.ldy).every(Number.isNaN),
    );
    const reached = (row: number) => row % 5 === 1 && (!kind.reverse || row < 5);
    expect(rows).toEqual(rows.map((_, row) => reached(row)));
    const count = (kind.reverse ? 1 : 3) * given.ldy;
    expect(given.y.filter(Number.isNaN).length).toBe(count);
  });
}

type Given = LstmForward<Saved>;
type Outputs = Record<string, Gradient | null>;

/**
 * Weights such that a step's sums stay below `LARGEST` and errors halve from step to step: all that
 * reaches a gate has absolute sums of at most 1 and ½.
 */
function operands(backend: Backend, c: Case) {
  const { I, H, gap, reverse, kind } = c;
  const [P, G] = [c.P || H, kind === "LSTM" ? 4 : 3];
  const batchSizes = Int32Array.from(c.batchSizes);
  const [batch, rows] = [batchSizes[0] ?? 0, c.batchSizes.reduce((a, b) => a + b, 0)];
  const from = source(rows + 31 * I + 997 * H + P);
  const has = <T>(name: string, value: T) => (c.without.includes(name) ? null : value);
  const weights = {
    wIh: from.reals(G * H * I, 1 / I),
    wHh: from.reals(G * H * P, 0.5 / Math.max(G * H, P)),
    wHr: c.P ? from.reals(P * H, 1 / H) : null,
    bIh: has("bIh", from.reals(G * H)),
    bHh: has("bHh", from.reals(G * H, 0.5)),
  };
  const given = {
    ...{ batchSizes, reverse, inputSize: I, hiddenSize: H, projSize: c.P, ...weights },
    ...{ x: from.matrix(rows, I, I + gap), ldx: I + gap },
    h0: has("h0", from.reals(batch * P)),
    c0: kind === "LSTM" ? has("c0", from.reals(batch * H)) : null,
    ...{ y: garbage(rows * (P + gap)) as Real, ldy: P + gap },
    ...{ hN: garbage(batch * P) as Real, cN: garbage(batch * H) as Real },
    gates: garbage(rows * 4 * H) as Real | null,
    c: (kind === "LSTM" ? garbage(rows * H) : null) as Real | null,
  };
  const forward = (call: Given, on = backend) =>
    kind === "LSTM" ? on.lstmForward(call) : on.gruForward(call);
  return { given, forward, rows, batch, P, G };
}

/** Of states and pre-activations, and of their gradients. */
const LARGEST = 5;

function checkCase(backend: Backend, c: Case): void {
  const { given, forward, rows, batch, P } = operands(backend, c);
  const { H, gap } = c;
  const isLstm = c.kind === "LSTM";
  const has = <T>(name: string, value: T) => (c.without.includes(name) ? null : value);
  const outs = {
    y: output(rows, P, P + gap),
    hN: output(batch, P),
    ...(isLstm && { cN: output(batch, H), c: has("c", output(rows, H)) }),
    gates: has("gates", output(rows, 4 * H)),
  };
  const { x, wIh, wHh, wHr, bIh, bHh, h0, c0 } = given;
  const data = Object.entries(outs).map(([k, o]) => [k, o === null ? null : o.data]);
  expectUnchanged([x, wIh, wHh, wHr, bIh, bHh, h0, c0], () =>
    forward({ ...given, ...Object.fromEntries(data) }),
  );
  const want = {
    ...{ y: new Float64Array(rows * P), hN: new Float64Array(batch * P) },
    ...{ cN: new Float64Array(batch * H), c: new Float64Array(rows * H) },
    gates: new Float64Array(rows * 4 * H),
  };
  forward({ ...given, ...want, ldy: P }, reference);
  // c is a sum over the steps; a projection sums H states.
  const error = (c.batchSizes.length + 2) * sumError(c.I + P + (c.P && H), LARGEST);
  for (const [name, out] of Object.entries(outs)) {
    if (out === null) continue;
    const what = `forward ${JSON.stringify(c)} ${name}`;
    out.expectIntact(what);
    expectWithin(out.values(), want[name as keyof typeof want], error, what);
  }
  checkBackward(backend, c, want);
}

/** Forward and backward with kept values have the bits of those with arrays. */
function checkKept(backend: Backend, c: Case): void {
  const run = (keep: (n: number) => Saved) => {
    const { given, forward, rows, batch } = operands(backend, c);
    const ahead = { ...given, gates: keep(rows * 4 * c.H), c: given.c && keep(rows * c.H) };
    forward(ahead);
    backend.axpy(1, new Float32Array(1e6), new Float32Array(1e6)); // other calls do not touch them
    const call = { ...ahead, dy: given.y, lddy: given.ldy, dhN: given.hN, dcN: given.cN };
    const outs = gradientOutputs(c, rows, batch);
    const grads = toGradients(c, outs, (o) => o.out.data, c.I + c.gap);
    const own = { ...call, ...grads } as unknown as LstmBackward<Saved>;
    if (c.kind === "LSTM") backend.lstmBackward(own);
    else backend.gruBackward(own);
    for (const saved of [ahead.gates, ahead.c]) if (saved && "release" in saved) saved.release();
    const states = given.c === null ? [given.hN] : [given.hN, given.cN];
    return [given.y, ...states, ...outs.map((o) => o.out.data)];
  };
  const want = run((n) => new Float32Array(n));
  run((n) => backend.keep!(n)).forEach((data, i) => {
    expectBits(data, want[i] as Real, `output ${i} of ${JSON.stringify(c)}`);
  });
}

/** @param want the reference's forward, dense; backward gets it rounded to float32 */
function checkBackward(
  backend: Backend,
  c: Case,
  want: { y: Float64Array; gates: Float64Array; c: Float64Array },
): void {
  const { given, rows, batch, P } = operands(backend, c);
  const { I, H, gap } = c;
  const from = source(rows + H);
  const has = <T>(name: string, value: T) => (c.without.includes(name) ? null : value);
  const dy = has("dy", from.matrix(rows, P, P + 2 * gap));
  const dhN = has("dhN", from.reals(batch * P));
  const dcN = has("dcN", from.reals(batch * H));
  const y = output(rows, P, P + gap, Float32Array.from(want.y)).data;
  const states = Float32Array.from(want.c);
  const call = { ...given, c: states, y, dy, lddy: P + 2 * gap, dhN, dcN };
  const run = (on: Backend, all: Outputs) => {
    // Backward overwrites them.
    const own = { ...call, ...all, gates: Float32Array.from(want.gates) };
    if (c.kind === "LSTM") on.lstmBackward(own as unknown as Parameters<typeof on.lstmBackward>[0]);
    else on.gruBackward(own as unknown as Parameters<typeof on.gruBackward>[0]);
  };
  const outs = gradientOutputs(c, rows, batch);
  const held = [y, states, dy, dhN, dcN, given.x, given.wIh, given.wHh, given.wHr, given.h0];
  expectUnchanged([...held, given.c0], () =>
    run(
      backend,
      toGradients(c, outs, (o) => o.out.data, I + gap),
    ),
  );
  const wanted = new Map(outs.map((o) => [o, doubled(o.old)]));
  run(
    reference,
    toGradients(c, outs, (o) => wanted.get(o) as Real, I),
  );
  for (const o of outs) {
    const what = `backward ${JSON.stringify(c)} ${o.name}`;
    o.out.expectIntact(what);
    expectWithin(o.out.values(), wanted.get(o) as Real, o.error, what);
  }
}

/** Buffers for the gradients that are wanted, with old contents where they are added to. */
function gradientOutputs(c: Case, rows: number, batch: number) {
  const { I, H, gap } = c;
  const [P, G, from] = [c.P || H, c.kind === "LSTM" ? 4 : 3, source(7)];
  // Rows, columns, distance of rows, terms of the sums.
  const layout: Record<string, [number, number, number, number]> = {
    ...{ dx: [rows, I, I + gap, G * H], dh0: [batch, P, P, 1], dWIh: [G * H, I, I, rows] },
    ...{ dWHh: [G * H, P, P, rows], dBIh: [1, G * H, G * H, rows], dBHh: [1, G * H, G * H, rows] },
    ...(c.kind === "LSTM" && { dc0: [batch, H, H, 1] }),
    ...(c.P && { dWHr: [P, H, H, rows] }),
  };
  return Object.entries(layout)
    .filter(([name]) => !c.without.includes(name))
    .map(([name, [m, n, ld, terms]]) => {
      const old = c.accumulate.includes(name) ? from.reals(m * n) : garbage(m * n);
      // Errors of the terms themselves stem from the walk over the steps.
      const size = name === "dx" ? (G * LARGEST * H) / I : terms * LARGEST;
      const error = c.batchSizes.length * sumError(terms + G * H + P, size + 1);
      return { name, old, out: output(m, n, ld, old), error };
    });
}

type GradientOutput = ReturnType<typeof gradientOutputs>[number];

function toGradients(
  c: Case,
  outs: GradientOutput[],
  data: (o: GradientOutput) => Real,
  ld: number,
): Outputs {
  const all = gradients.map((name) => {
    const o = outs.find((other) => other.name === name);
    const accumulate = c.accumulate.includes(name);
    return [name, o === undefined ? null : { data: data(o), accumulate, ld }];
  });
  return Object.fromEntries(all);
}
