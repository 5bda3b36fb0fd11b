/** PyTorch's random stream, call by call, against what PyTorch recorded. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readRecording } from "../../test/pytorch/read.ts";
import type { Real, TypedArray } from "../core/index.ts";
import {
  bernoulli,
  bernoulliTensor,
  defaultGenerator,
  dropoutMask,
  exponential,
  Generator,
  manualSeed,
  multinomial,
  normal,
  randint,
  randomFull,
  randomInt64,
  randomSampler,
  randperm,
  uniform,
} from "./index.ts";

interface Recorded {
  readonly shape: readonly number[];
  readonly dtype?: string;
  readonly data: readonly number[];
}

const vectors = readRecording<{
  streams: { seed: number; calls: { call: string; result: Recorded }[] }[];
  hashes: { seed: number; call: string; dtype: string; sha256: string }[];
  data: {
    seed: number;
    dataloader_shuffle_n10_bs3: number[][];
    random_sampler_n10: number[];
    random_split_7_3: number[][];
  };
}>("rng.json");

// ---- the recorded calls ------------------------------------------------------------------

const g = defaultGenerator;

/** A Python number or `2**31`. */
function num(text: string): number {
  const [base, power] = text.split("**");
  const value = power === undefined ? Number(base) : Number(base) ** Number(power);
  expect(value, `the number ${text}`).not.toBeNaN();
  return value;
}

/** The number of elements of `2, 3`. */
function numelOf(shape: string): number {
  return shape
    .split(",")
    .filter(Boolean)
    .map(num)
    .reduce((a, b) => a * b, 1);
}

function real(shape: string, double?: string): Real {
  return double === undefined ? new Float32Array(numelOf(shape)) : new Float64Array(numelOf(shape));
}

function made<T extends TypedArray>(out: T, fill: (out: T) => void): T {
  fill(out);
  return out;
}

function normals(out: Real, mean: number, std: number): Real {
  return made(out, (x) => normal(g, x, mean, std));
}

function uniforms(out: Real, from: number, to: number): Real {
  return made(out, (x) => uniform(g, x, from, to));
}

function dropout(x: Float32Array, p: number): Real {
  const mask = made(new Float32Array(x.length), (m) => dropoutMask(g, m, p));
  return x.map((v, i) => v * mask[i]!);
}

const WEIGHTS: Record<string, { data: Float32Array; rows: number; cols: number }> = {
  w: { data: Float32Array.of(0.1, 0.2, 3, 0.7), rows: 1, cols: 4 },
  W: { data: Float32Array.of(1, 2, 3, 0, 0, 0.5, 0.25, 0.25), rows: 2, cols: 4 },
};

const N = "(-?[\\d.]+(?:\\*\\*\\d+)?)";
const SHAPE = "(\\d+(?:, \\d+)*)";
const DOUBLE = "(, dtype=torch\\.float64)?";

/** Python calls as patterns, `‹N›` a number and `‹S›` sizes, and the same in TypeScript. */
const CALLS: [string, (...groups: string[]) => TypedArray][] = [
  ["torch.rand(‹S›‹D›)", (s, d) => uniforms(real(s!, d), 0, 1)],
  ["torch.randn(‹S›‹D›)", (s, d) => normals(real(s!, d), 0, 1)],
  ["torch.empty(‹S›).uniform_(‹N›, ‹N›)", (s, a, b) => uniforms(real(s!), num(a!), num(b!))],
  ["torch.empty(‹S›).normal_(‹N›, ‹N›)", (s, m, d) => normals(real(s!), num(m!), num(d!))],
  ["torch.empty(‹S›).exponential_()", (s) => made(real(s!), (x) => exponential(g, x))],
  ["torch.empty(‹S›).bernoulli_(‹N›)", (s, p) => made(real(s!), (x) => bernoulli(g, x, num(p!)))],
  [
    "torch.bernoulli(torch.linspace(0, 1, ‹N›))",
    (n) => {
      const p = Float32Array.from({ length: num(n!) }, (_, i) => i / (num(n!) - 1));
      return made(new Float32Array(p.length), (x) => bernoulliTensor(g, p, x));
    },
  ],
  ["torch.empty(‹S›).random_()", (s) => made(real(s!), (x) => randomFull(g, x))],
  [
    "torch.empty(‹S›, dtype=torch.int64).random_(‹N›, ‹N›)",
    (s, a, b) => made(new Int32Array(numelOf(s!)), (x) => randint(g, x, num(a!), num(b!))),
  ],
  [
    "torch.randint(‹N›, ‹N›, (‹S›,))",
    (a, b, s) => made(new Int32Array(numelOf(s!)), (x) => randint(g, x, num(a!), num(b!))),
  ],
  ["torch.randperm(‹N›)", (n) => randperm(g, num(n!))],
  [
    "torch.multinomial(‹W›, ‹N›‹R›)",
    (name, n, replacement) => {
      const { data, rows, cols } = WEIGHTS[name!]!;
      return multinomial(g, data, rows, cols, num(n!), replacement !== undefined);
    },
  ],
  [
    "F.dropout(arange(1.,25.), ‹N›, training=True)",
    (p) =>
      dropout(
        Float32Array.from({ length: 24 }, (_, i) => i + 1),
        num(p!),
      ),
  ],
  [
    "F.dropout(torch.ones(‹S›), ‹N›)",
    (s, p) => dropout(new Float32Array(numelOf(s!)).fill(1), num(p!)),
  ],
  [
    "torch.cat([torch.randn(‹S›) for _ in range(‹N›)])",
    (s, n) => {
      const size = numelOf(s!);
      const all = new Float32Array(size * num(n!));
      for (let i = 0; i < all.length; i += size) normals(all.subarray(i, i + size), 0, 1);
      return all;
    },
  ],
  ["nn.Embedding(‹S›).weight", (s) => normals(real(s!), 0, 1)],
  [
    "nn.Linear(100, 200).weight",
    () => {
      const bound = (Math.sqrt(3) * Math.sqrt(2 / 6)) / Math.sqrt(100);
      return uniforms(new Float32Array(200 * 100), -bound, bound);
    },
  ],
  [
    "torch.cat([p.reshape(-1) for p in nn.LSTM(30, 50, 2, bidirectional=True).parameters()])",
    () => {
      const [input, hidden, gates, directions] = [30, 50, 4, 2];
      const layer = (width: number) => gates * hidden * (width + hidden + 2) * directions;
      const bound = 1 / Math.sqrt(hidden);
      return uniforms(new Float32Array(layer(input) + layer(2 * hidden)), -bound, bound);
    },
  ],
];

/** Runs a recorded Python call on the default generator; a call that the table lacks throws. */
function run(call: string): TypedArray {
  for (const [pattern, handler] of CALLS) {
    const source = pattern
      .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
      .replaceAll("‹N›", N)
      .replaceAll("‹S›", SHAPE)
      .replaceAll("‹D›", DOUBLE)
      .replaceAll("‹W›", "(w|W)")
      .replaceAll("‹R›", "(, replacement=True)?");
    const match = new RegExp(`^${source}$`).exec(call);
    if (match !== null) return handler(...match.slice(1));
  }
  throw new Error(`the table of calls lacks ${call}`);
}

// ---- comparison --------------------------------------------------------------------------

const ARRAYS: Record<string, { new (data: readonly number[]): TypedArray }> = {
  float32: Float32Array,
  float64: Float64Array,
  int64: Int32Array,
};

/**
 * Bit for bit. Float64 normals are a product of two functions that each may be a unit in the last
 * place off the C library's.
 */
function expectRecorded(
  call: string,
  got: TypedArray,
  { shape, dtype = "float32", data }: Recorded,
) {
  const expected = new ARRAYS[dtype]!(data);
  expect(got.constructor).toBe(expected.constructor);
  expect(got.length).toBe(shape.reduce((a, b) => a * b, 1));
  if (dtype === "float64" && call.startsWith("torch.randn")) {
    const bits = (x: TypedArray) => [...new BigInt64Array(x.slice().buffer)];
    const far = bits(got)
      .map((b, i) => b - bits(expected)[i]!)
      .filter((d) => d < -2n || d > 2n);
    expect(far).toEqual([]);
  } else {
    expect(got).toEqual(expected);
  }
}

/** SHA-256 of the little-endian bytes, integers as 64 bits. */
function sha256(x: TypedArray): string {
  const data = x instanceof Int32Array ? BigInt64Array.from(x, BigInt) : x;
  return createHash("sha256").update(new Uint8Array(data.buffer)).digest("hex");
}

describe("PyTorch's random stream", () => {
  test.each(vectors.streams.map((s, i) => ({ ...s, i })))(
    "stream $i, seed $seed",
    ({ seed, calls }) => {
      manualSeed(seed);
      for (const { call, result } of calls) expectRecorded(call, run(call), result);
    },
  );

  test.each(vectors.hashes)("$call, seed $seed, by its SHA-256", ({ seed, call, sha256: hash }) => {
    manualSeed(seed);
    expect(sha256(run(call))).toBe(hash);
  });

  test("refuses a call that it does not know", () => {
    expect(() => run("torch.randn(3, dtype=torch.float16)")).toThrow("lacks");
    expect(vectors.streams.length).toBeGreaterThan(20);
    expect(vectors.hashes.length).toBeGreaterThan(10);
  });
});

describe("PyTorch's data order", () => {
  const { seed, ...orders } = vectors.data;

  test("randomSampler() is RandomSampler", () => {
    expect([...randomSampler(new Generator().manualSeed(seed), 10)]).toEqual(
      orders.random_sampler_n10,
    );
  });

  test("a base seed, then randomSampler(), is a shuffling DataLoader", () => {
    const generator = new Generator().manualSeed(seed);
    randomInt64(generator);
    expect([...randomSampler(generator, 10)]).toEqual(orders.dataloader_shuffle_n10_bs3.flat());
  });

  test("randperm() is random_split", () => {
    expect([...randperm(new Generator().manualSeed(seed), 10)]).toEqual(
      orders.random_split_7_3.flat(),
    );
  });
});
