/** Recurrent layers of all kinds: entries, operands, outputs and gradients. */

import type {
  Backend,
  GruBackward,
  GruForward,
  LstmBackward,
  LstmForward,
  Nonlinearity,
  RnnBackward,
  RnnForward,
  Saved,
} from "../../src/kernels/backend.ts";
import { garbage, type Output, output, source, sumError } from "./support.ts";

export type KindName = "RNN tanh" | "RNN relu" | "LSTM" | "LSTM with projection" | "GRU";
export type Forward = RnnForward & LstmForward<Saved> & GruForward<Saved>;
export type Backward = RnnBackward & LstmBackward<Saved> & GruBackward<Saved>;

interface Kind {
  /** G. */
  readonly gates: number;
  /** Columns of `gates`, in H; 0 where backward needs none. */
  readonly saved: number;
  /** Whether there is a state c beside h. */
  readonly hasC: boolean;
  readonly projects: boolean;
  forward(on: Backend, a: Forward): void;
  backward(on: Backend, a: Backward): void;
}

const rnn = (nonlinearity: Nonlinearity): Kind => ({
  ...{ gates: 1, saved: 0, hasC: false, projects: false },
  forward: (on, a) => on.rnnForward({ ...a, nonlinearity }),
  backward: (on, a) => on.rnnBackward({ ...a, nonlinearity }),
});

const lstm: Kind = {
  ...{ gates: 4, saved: 4, hasC: true, projects: false },
  forward: (on, a) => on.lstmForward(a),
  backward: (on, a) => on.lstmBackward(a),
};

export const kinds: Readonly<Record<KindName, Kind>> = {
  "RNN tanh": rnn("tanh"),
  "RNN relu": rnn("relu"),
  LSTM: lstm,
  "LSTM with projection": { ...lstm, projects: true },
  GRU: {
    ...{ gates: 3, saved: 4, hasC: false, projects: false },
    forward: (on, a) => on.gruForward(a),
    backward: (on, a) => on.gruBackward(a),
  },
};

export interface Layer {
  readonly kind: KindName;
  readonly reverse: boolean;
  readonly batchSizes: readonly number[];
  readonly I: number;
  readonly H: number;
  /** Used only by a kind with a projection. */
  readonly P: number;
  /** The gap between rows of x, y, dy and dx, in elements. */
  readonly gap: number;
  /** Operands, saved values and gradients that are null; names that the kind lacks are ignored. */
  readonly without: readonly string[];
  /** Gradients that are added to the old contents. */
  readonly accumulate: readonly string[];
}

export const saved = ["gates", "c"];
export const gradients = ["dx", "dh0", "dc0", "dWIh", "dWHh", "dBIh", "dBHh", "dWHr"];
export const nullable = [
  ...["bIh", "bHh", "h0", "c0", "dy", "dhN", "dcN"],
  ...[...gradients, ...saved],
];

export function sizesOf(c: Layer) {
  const { gates, projects } = kinds[c.kind];
  const rows = c.batchSizes.reduce((a, b) => a + b, 0);
  return { rows, batch: c.batchSizes[0] ?? 0, P: projects ? c.P : c.H, GH: gates * c.H };
}

/** The values, with null for those in `without`. */
export function present<T>(c: Layer, values: Readonly<Record<string, T>>) {
  return mapped(values, (x, name) => (c.without.includes(name) ? null : x));
}

export function mapped<T, U>(
  values: Readonly<Record<string, T>>,
  f: (x: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, x]) => [name, f(x, name)]));
}

/**
 * Weights with which a step's sums stay below {@link LARGEST} and errors do not grow from step to
 * step: the rows of W_ih and W_hh have absolute sums of at most 1 and ½.
 */
export function operands(c: Layer) {
  const { I, H, gap } = c;
  const { hasC, projects } = kinds[c.kind];
  const { rows, batch, P, GH } = sizesOf(c);
  const from = source(rows + 31 * I + 997 * H + P);
  const weights = {
    wIh: from.reals(GH * I, 1 / I),
    wHh: from.reals(GH * P, 0.5 / Math.max(GH, P)),
    ...(hasC && { projSize: projects ? P : 0, wHr: projects ? from.reals(P * H, 1 / H) : null }),
  };
  const optional = {
    ...{ bIh: from.reals(GH), bHh: from.reals(GH, 0.5), h0: from.reals(batch * P) },
    ...(hasC && { c0: from.reals(batch * H) }),
  };
  const sizes = { batchSizes: Int32Array.from(c.batchSizes), inputSize: I, hiddenSize: H };
  const input = { x: from.matrix(rows, I, I + gap), ldx: I + gap, ldy: P + gap };
  return { ...sizes, reverse: c.reverse, ...input, ...weights, ...present(c, optional) };
}

/** Rows and columns of forward's outputs. */
export function outputShapes(c: Layer): Record<string, [rows: number, cols: number]> {
  const { saved, hasC } = kinds[c.kind];
  const { rows, batch, P } = sizesOf(c);
  return {
    ...{ y: [rows, P], hN: [batch, P] },
    ...(hasC && { cN: [batch, c.H], c: [rows, c.H] }),
    ...(saved > 0 && { gates: [rows, saved * c.H] }),
  };
}

/** The gradients that reach backward. */
export function upstream(c: Layer) {
  const { rows, batch, P } = sizesOf(c);
  const [from, lddy] = [source(rows + c.H), P + 2 * c.gap];
  const all = { dy: from.matrix(rows, P, lddy), dhN: from.reals(batch * P) };
  const dcN = kinds[c.kind].hasC && { dcN: from.reals(batch * c.H) };
  return { lddy, ...present(c, { ...all, ...dcN }) };
}

/** Bound of the terms of a step's sums: `1 + 1 + ½ + ½ · LARGEST`; of their gradients, too. */
export const LARGEST = 5;

export interface GradientOutput {
  readonly name: string;
  readonly old: Float32Array;
  readonly out: Output;
  /** The largest allowed difference from the reference. */
  readonly error: number;
}

/** Buffers for the wanted gradients, with old contents if backward adds to them. */
export function gradientOutputs(c: Layer): GradientOutput[] {
  const { I, H, gap } = c;
  const { gates, hasC, projects } = kinds[c.kind];
  const { rows, batch, P, GH } = sizesOf(c);
  const from = source(7);
  // Rows, columns, terms of the sums, bound of the sum of their sizes. States of a relu reach
  // LARGEST.
  const layout: Record<string, [number, number, number, number]> = {
    dx: [rows, I, GH, (GH * LARGEST) / I],
    dh0: [batch, P, 1, LARGEST],
    dWIh: [GH, I, rows, rows * LARGEST],
    dWHh: [GH, P, rows, rows * LARGEST * (gates === 1 ? LARGEST : 1)],
    dBIh: [1, GH, rows, rows * LARGEST],
    dBHh: [1, GH, rows, rows * LARGEST],
    ...(hasC && { dc0: [batch, H, 1, LARGEST] }),
    ...(projects && { dWHr: [P, H, rows, rows * LARGEST] }),
  };
  // The terms have the errors of later steps, which halve in an RNN and add up in a c.
  const steps = gates === 1 ? 1 : c.batchSizes.length;
  return Object.entries(layout)
    .filter(([name]) => !c.without.includes(name))
    .map(([name, [m, n, terms, size]]) => {
      const old = c.accumulate.includes(name) ? from.reals(m * n) : garbage(m * n);
      const error = steps * sumError(terms + GH + P, size + 1);
      return { name, old, out: output(m, n, name === "dx" ? n + gap : n, old), error };
    });
}

/** The gradients as backward takes them; null for each that is not in `outs`. */
export function asGradients(
  c: Layer,
  outs: readonly GradientOutput[],
  data: (o: GradientOutput) => Float32Array | Float64Array,
  ld = c.I + c.gap,
) {
  const all = gradients.map((name) => {
    const o = outs.find((other) => other.name === name);
    return [name, o ? { data: data(o), accumulate: c.accumulate.includes(name), ld } : null];
  });
  return Object.fromEntries(all) as Pick<Backward, "dx" | "dh0" | "dWIh">;
}

/**
 * Runs forward.
 *
 * @param keep makes room for the values that forward saves for backward
 * @returns all outputs in arrays, and a function that runs backward and returns the gradients
 */
export function forwardOf(
  backend: Backend,
  c: Layer,
  keep: (n: number) => Saved = (n) => new Float32Array(n),
) {
  const { forward, backward } = kinds[c.kind];
  const outs = mapped(outputShapes(c), ([m, n], name) =>
    saved.includes(name) ? keep(m * n) : garbage(m * (name === "y" ? n + c.gap : n)),
  );
  const ahead = { ...operands(c), ...outs } as unknown as Forward;
  forward(backend, ahead);
  const arrays = Object.entries(outs).filter(([, x]) => x instanceof Float32Array);
  const results = Object.fromEntries(arrays as [string, Float32Array][]);
  return {
    results: mapped(results, (x) => x.slice()), // backward overwrites the gates
    backward() {
      const grads = gradientOutputs(c);
      const call = { ...ahead, ...upstream(c), ...asGradients(c, grads, (o) => o.out.data) };
      backward(backend, call as unknown as Backward);
      for (const x of Object.values(outs)) if ("release" in x) x.release();
      return Object.fromEntries(grads.map(({ name, out }) => [name, out.data]));
    },
  };
}
