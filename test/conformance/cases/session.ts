/** Language models that read one token at a time. */

import { expect, test } from "vitest";
import type { Real } from "../../../src/core/index.ts";
import type { Backend, CellKind, SessionWeights } from "../../../src/kernels/backend.ts";
import { reference } from "../../../src/kernels/reference/index.ts";
import {
  doubled,
  expectBits,
  expectUnchanged,
  expectWithin,
  output,
  source,
  sumError,
} from "../support.ts";

const kinds: CellKind[] = ["rnn-tanh", "rnn-relu", "lstm", "gru"];

/** V, E, H: below, at and beyond vectors and panels; small and large vocabularies. */
const sizes: [V: number, E: number, H: number][] = [
  ...([
    [1, 1, 1],
    [3, 7, 2],
    [40, 2, 5],
    [2, 17, 8],
    [100, 3, 11],
  ] as [number, number, number][]),
  ...([
    [32, 32, 32],
    [33, 16, 31],
    [7, 31, 33],
    [65, 64, 48],
    [131, 9, 70],
  ] as [number, number, number][]),
];

/** The bound of a sum's terms together, biases included, for `weights()`. */
const LARGEST = 8;

export function sessionCases(backend: Backend): void {
  test.each(kinds)("%s: scores and state of each step, 0 to 3 layers", (kind) => {
    for (const L of [0, 1, 2, 3]) for (const size of sizes) checkSteps(backend, kind, L, ...size);
  });

  test("holds for large models", () => {
    checkSteps(backend, "lstm", 1, 65, 300, 260);
    checkSteps(backend, "gru", 2, 1009, 67, 259);
  });

  test.each(kinds)("%s: a session goes on from a state that is written into it", (kind) => {
    const a = weights(kind, 2, 20, 9, 13);
    const [one, other] = [backend.openSession(a), backend.openSession(a)];
    for (const token of [3, 0, 19, 7]) {
      // In turn, so that one session would show the other's changes.
      other.state.set(one.state);
      const [got, want] = [new Float32Array(20), new Float32Array(20)];
      one.step(token, want);
      other.step(token, got);
      expectBits(got, want, "scores");
      expectBits(other.state, one.state, "state");
    }
  });

  test.each(kinds)("%s: scores need not be asked for", (kind) => {
    const a = weights(kind, 2, 20, 9, 13);
    const [one, other] = [backend.openSession(a), backend.openSession(a)];
    one.step(4, null);
    other.step(4, new Float32Array(20));
    expect(one.state.some((x) => x !== 0)).toBe(true);
    expectBits(one.state, other.state, "state");
  });

  test("a session keeps its weights when the model's change", () => {
    const a = weights("gru", 1, 20, 9, 13);
    const [changed, unchanged] = [backend.openSession(a), backend.openSession(a)];
    for (const x of buffers(a)) x.fill(Number.NaN);
    const fresh = backend.openSession(weights("gru", 1, 20, 9, 13));
    const scores = [changed, unchanged, fresh].map((session) => {
      const out = new Float32Array(20);
      session.step(5, out);
      return out;
    });
    expectBits(scores[0]!, scores[2]!, "scores");
    expectBits(scores[1]!, scores[2]!, "scores");
  });

  test("a NaN in a row of the embedding shows when its token is read", () => {
    const a = weights("lstm", 1, 20, 9, 13);
    a.embedding[4 * 9 + 2] = Number.NaN; // token 4
    const session = backend.openSession(a);
    const scores = new Float32Array(20);
    session.step(3, scores);
    expect(scores.some(Number.isNaN)).toBe(false);
    session.step(4, scores);
    expect(scores.every(Number.isNaN)).toBe(true);
  });
}

function checkSteps(backend: Backend, kind: CellKind, L: number, V: number, E: number, H: number) {
  const a = weights(kind, L, V, E, L === 0 ? E : H);
  const tokens = source(V + E + H + L).integers(6, V);
  const exact = reference.openSession(weights(kind, L, V, E, L === 0 ? E : H, true));
  const want = new Float64Array(V);
  expectUnchanged(buffers(a), () => {
    const session = backend.openSession(a);
    tokens.forEach((token, t) => {
      const scores = output(1, V);
      session.step(token, scores.data);
      exact.step(token, want);
      const what = `${kind}, L ${L}, V ${V}, E ${E}, H ${H}, step ${t}`;
      scores.expectIntact(what);
      const error = (t + L + 2) * sumError(E + H, LARGEST);
      expectWithin(scores.values(), want, error, `scores of ${what}`);
      expectWithin(session.state, exact.state, error, `state of ${what}`);
    });
  });
}

/** Weights that do not enlarge an error: a row's magnitudes add up to about 1. */
function weights(
  kind: CellKind,
  L: number,
  V: number,
  E: number,
  H: number,
  isDouble = false,
): SessionWeights {
  const from = source(V + 2 * E + 3 * H + L);
  const GH = { "rnn-tanh": 1, "rnn-relu": 1, lstm: 4, gru: 3 }[kind] * H;
  const reals = (n: number, scale = 1): Real => {
    const x = from.reals(n, scale);
    return isDouble ? doubled(x) : x;
  };
  const matrix = (rows: number, cols: number) => reals(rows * cols, 2 / cols);
  return {
    ...{ kind, vocabulary: V, embeddingSize: E, hiddenSize: H },
    embedding: reals(V * E, 2),
    layers: Array.from({ length: L }, (_, l) => ({
      ...{ wIh: matrix(GH, l === 0 ? E : H), wHh: matrix(GH, H) },
      ...{ bIh: reals(GH), bHh: reals(GH) },
    })),
    ...{ projection: matrix(V, H), bias: reals(V) },
  };
}

function buffers(a: SessionWeights): Real[] {
  const layers = a.layers.flatMap((w) => [w.wIh, w.wHh, w.bIh, w.bHh]);
  return [a.embedding, ...layers, a.projection, a.bias];
}
