/** Random recurrent layers with matching inputs, for the property tests. */

import * as fc from "fast-check";
import { type DType, float64 } from "../../src/core/index.ts";
import { GRU, LSTM, RNN } from "../../src/nn/index.ts";
import { type PackedSequence, packPaddedSequence } from "../../src/nn/recurrent/packed.ts";
import { Generator } from "../../src/random/index.ts";
import { randn, type Tensor } from "../../src/tensor/index.ts";

export const kinds = { RNN, LSTM, GRU };
export type Kind = keyof typeof kinds;
export type Layer = RNN | LSTM | GRU;

/** A random layer and its input: T steps, B sequences, I inputs, H hidden, L layers. */
export interface Configuration {
  readonly kind: Kind;
  readonly T: number;
  readonly B: number;
  readonly I: number;
  readonly H: number;
  readonly L: number;
  /** P below H, or 0. */
  readonly projSize: number;
  readonly nonlinearity: "tanh" | "relu";
  readonly bidirectional: boolean;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly form: "batched" | "unbatched" | "packed";
  /** The lengths of the B sequences; if descending, a packed input needs no sorting. */
  readonly lengths: readonly number[];
  /** Whether initial states are given. */
  readonly states: boolean;
  /** The seed of parameters and data. */
  readonly seed: number;
}

const size = (max: number) => fc.integer({ min: 1, max });

/** At, below and beyond a vector's 4 elements and a panel's 8. */
const largestSizes = { T: 6, B: 5, I: 9, H: 11, L: 3 };

export function configurations(kind: Kind, most = largestSizes): fc.Arbitrary<Configuration> {
  return fc
    .record({
      kind: fc.constant(kind),
      T: size(most.T),
      B: size(most.B),
      I: size(most.I),
      H: size(most.H),
      L: size(most.L),
      nonlinearity: fc.constantFrom("tanh" as const, "relu" as const),
      bidirectional: fc.boolean(),
      bias: fc.boolean(),
      batchFirst: fc.boolean(),
      form: fc.constantFrom("batched" as const, "unbatched" as const, "packed" as const),
      states: fc.boolean(),
      seed: fc.nat(100_000),
    })
    .chain((c) =>
      fc
        .record({
          lengths: fc.array(size(c.T), { minLength: c.B, maxLength: c.B }),
          projSize: kind === "LSTM" ? fc.integer({ min: 0, max: c.H - 1 }) : fc.constant(0),
        })
        .map((drawn) => ({ ...c, ...drawn })),
    );
}

/** The layer and tensors of a configuration. */
export interface Made {
  readonly c: Configuration;
  readonly layer: Layer;
  /** (T, B, I), with `batchFirst` (B, T, I), unbatched (T, I); padded where the form is packed. */
  readonly x: Tensor;
  /** h0 (L·D, B, P) and for an LSTM c0 (L·D, B, H); unbatched (L·D, ·). */
  readonly states: readonly Tensor[];
  random(...shape: readonly number[]): Tensor;
}

/** All leaves require a gradient. Equal seeds give equal numbers, rounded to `dtype`. */
export function make(c: Configuration, dtype: DType = float64): Made {
  const generator = new Generator().manualSeed(c.seed);
  const random = (...shape: readonly number[]) =>
    randn(shape, { dtype: float64, generator }).to(dtype);
  const layer = layerOf(c);
  // Products have the size of their operands at any depth.
  for (const p of layer.parameters()) {
    p.setData(random(...p.shape).mul(p.ndim === 2 ? p.size(1) ** -0.5 : 0.5));
  }
  const time = c.batchFirst ? [c.B, c.T] : [c.T, c.B];
  const x = random(...(c.form === "unbatched" ? [c.T] : time), c.I).requiresGrad_();
  const sizes = c.kind === "LSTM" ? [c.projSize || c.H, c.H] : [c.H];
  const lead = [c.L * layer.directions, ...(c.form === "unbatched" ? [] : [c.B])];
  const states = sizes.map((n) => random(...lead, n).requiresGrad_());
  return { c, layer, x, states, random };
}

export function layerOf(c: Configuration): Layer {
  const { bidirectional, bias, batchFirst } = c;
  const options = { numLayers: c.L, bidirectional, bias, batchFirst };
  if (c.kind === "RNN") return new RNN(c.I, c.H, { ...options, nonlinearity: c.nonlinearity });
  if (c.kind === "GRU") return new GRU(c.I, c.H, options);
  return new LSTM(c.I, c.H, { ...options, projSize: c.projSize });
}

/** A layer's results: y in the input's form (for packed input its rows), h_N, for an LSTM c_N. */
export type Results = readonly [y: Tensor, ...finals: Tensor[]];

/** Any layer on padded or unbatched input; no states for zeros. */
export function forward(layer: Layer, x: Tensor, states: readonly Tensor[] = []): Results {
  if (layer instanceof LSTM) {
    const [h, c] = states;
    const [y, finals] = layer.forward(x, h === undefined || c === undefined ? null : [h, c]);
    return [y, ...finals];
  }
  return layer.forward(x, states[0] ?? null);
}

/** Any layer on packed input. */
export function forwardPacked(
  { c, layer, x }: Made,
  states: readonly Tensor[],
): readonly [y: PackedSequence, ...finals: Tensor[]] {
  const sorted = c.lengths.every((n, b) => b === 0 || n <= (c.lengths[b - 1] as number));
  const options = { batchFirst: c.batchFirst, enforceSorted: sorted };
  const packed = packPaddedSequence(x, c.lengths, options);
  if (layer instanceof LSTM) {
    const [h, cell] = states;
    const given = h === undefined || cell === undefined ? null : ([h, cell] as const);
    const [y, finals] = layer.forward(packed, given);
    return [y, ...finals];
  }
  return layer.forward(packed, states[0] ?? null);
}

/** Runs a layer on the configuration's form of input. */
export function run(made: Made, layer = made.layer): Results {
  const n = layer.numLayers * layer.directions;
  const states = made.c.states ? made.states.map((s) => s.narrow(0, 0, n)) : [];
  if (made.c.form !== "packed") return forward(layer, made.x, states);
  const [y, ...finals] = forwardPacked({ ...made, layer }, states);
  return [y.data, ...finals];
}

/** Input, states where they are given, parameters; each with its name. */
export function leavesOf({ c, layer, x, states }: Made): [name: string, leaf: Tensor][] {
  const given = c.states ? states.map((s, i): [string, Tensor] => [`state ${i}`, s]) : [];
  return [["x", x], ...given, ...layer.namedParameters()];
}

/** `Σ (r² + r)`: one number whose gradient differs from entry to entry. */
export function weighted(results: readonly Tensor[]): Tensor {
  return results.map((r) => r.mul(r).add(r).sum()).reduce((a, b) => a.add(b));
}

/**
 * Which units of a relu network are active, in all layers. If two points differ in it, a kink lies
 * between them. Empty for smooth networks.
 */
export function activity(made: Made): boolean[] {
  const { c, layer } = made;
  if (c.kind !== "RNN" || c.nonlinearity !== "relu") return [];
  const all = new Map(layer.namedParameters());
  return Array.from({ length: c.L }, (_, l) => {
    const lower = layerOf({ ...c, L: l + 1 });
    for (const [name, p] of lower.namedParameters()) p.setData((all.get(name) as Tensor).detach());
    return Array.from(run(made, lower)[0].toTypedArray(), (v) => v > 0);
  }).flat();
}
