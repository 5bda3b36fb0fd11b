import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { refusal } from "../../test/pytorch/sentence.ts";
import { ConfigError, type Real } from "../core/index.ts";
import { kernels } from "../kernels/index.ts";
import { nextU32 } from "../kernels/reference/mt19937.ts";
import { vlog, vsincos } from "../kernels/reference/vector-math.ts";
import {
  bernoulli,
  bernoulliTensor,
  dropoutMask,
  exponential,
  Generator,
  multinomial,
  normal,
  normalSmall,
  randint,
  randomFull,
  randomInt64,
  randperm,
  uniform,
} from "./index.ts";

const seeded = (s: number) => new Generator().manualSeed(s);
const mean = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0) / x.length;

/** How many 32-bit draws `run` takes. */
function drawsOf(run: (g: Generator) => unknown): number {
  const [g, counter] = [seeded(77), seeded(77)];
  run(g);
  const next = g.random();
  for (let n = 0; n < 100000; n++) if (counter.random() === next) return n;
  throw new Error("lost the stream");
}

describe("the vector kernel's functions", () => {
  test("vlog() gives PyTorch's values", () => {
    const values = [0.5, 0.3, 2 ** -24, 1].map((x) => vlog(Math.fround(x)));
    expect(values).toEqual([-0.69314718, -1.2039728, -16.635532, 0].map(Math.fround));
  });

  test("vsincos() gives PyTorch's values", () => {
    const out = new Float32Array(2);
    for (const [t, sin, cos] of [
      [1, 0.84147096, 0.5403023],
      [3.1415927, -8.742278e-8, -1],
      [4, -0.7568025, -0.6536436],
    ] as const) {
      vsincos(Math.fround(t), out);
      expect(out).toEqual(Float32Array.of(sin, cos));
    }
  });

  test("both stay within 2 units of the true value", () => {
    const out = new Float32Array(2);
    const g = seeded(1);
    for (let i = 0; i < 20000; i++) {
      const x = (1 + (g.random() & 0xffffff)) * 2 ** -24;
      expect(Math.abs(vlog(x) - Math.log(x))).toBeLessThanOrEqual(-(2 ** -22) * Math.log(x));
      const t = Math.fround(2 * Math.PI * (1 - x));
      vsincos(t, out);
      expect(Math.abs(out[0]! - Math.sin(t))).toBeLessThan(2 ** -23);
      expect(Math.abs(out[1]! - Math.cos(t))).toBeLessThan(2 ** -23);
    }
  });
});

describe("the number of draws", () => {
  const f32 = (n: number) => new Float32Array(n);
  const f64 = (n: number) => new Float64Array(n);
  test.each<[string, (g: Generator) => unknown, number]>([
    ["uniform float32", (g) => uniform(g, f32(7), 0, 1), 7],
    ["uniform float64", (g) => uniform(g, f64(7), 0, 1), 14],
    ["normal of 15", (g) => normal(g, f32(15), 0, 1), 32],
    ["normal of 15 in float64", (g) => normal(g, f64(15), 0, 1), 32],
    ["normal of 32", (g) => normal(g, f32(32), 0, 1), 32],
    ["normal of 33", (g) => normal(g, f32(33), 0, 1), 49],
    ["normal of 33 in float64", (g) => normal(g, f64(33), 0, 1), 98],
    ["randint", (g) => randint(g, new Int32Array(5), 0, 9), 5],
    ["randint of 2^32 values", (g) => randint(g, f64(5), 0, 2 ** 32), 10],
    ["randomFull float32", (g) => randomFull(g, f32(5)), 5],
    ["randomInt64", randomInt64, 2],
    ["randperm", (g) => randperm(g, 10), 9],
    ["randperm of none", (g) => randperm(g, 0), 0],
    ["bernoulli", (g) => bernoulli(g, f32(5), 0.5), 10],
    ["bernoulliTensor float32", (g) => bernoulliTensor(g, f32(5), f32(5)), 5],
    ["bernoulliTensor float64", (g) => bernoulliTensor(g, f64(5), f64(5)), 10],
    ["dropout", (g) => dropoutMask(g, f32(5), 0.5), 10],
    ["dropout of 0", (g) => dropoutMask(g, f32(5), 0), 0],
    ["dropout of 1", (g) => dropoutMask(g, f32(5), 1), 0],
    ["exponential", (g) => exponential(g, f32(5)), 10],
    ["multinomial with replacement", (g) => multinomial(g, f32(6).fill(1), 2, 3, 4, true), 16],
    ["multinomial without", (g) => multinomial(g, f32(6).fill(1), 2, 3, 2), 12],
  ])("%s", (_, run, count) => expect(drawsOf(run)).toBe(count));
});

describe("uniform()", () => {
  test("rounds product and sum together", () => {
    const [g, raw] = [seeded(5), seeded(5)];
    const [low, high] = [Math.fround(-0.1), Math.fround(0.1)];
    const out = new Float32Array(2000);
    uniform(g, out, -0.1, 0.1);
    const apart = out.map(() => {
      const u = (raw.random() & 0xffffff) * 2 ** -24;
      return Math.fround(u * Math.fround(high - low)) + low;
    });
    const differing = out.filter((x, i) => x !== apart[i]).length;
    expect(differing).toBeGreaterThan(500);
    expect(out.every((x, i) => Math.abs(x - apart[i]!) < 2e-8)).toBe(true);
  });

  test("stays in [from, to]", () => {
    const bound = fc.float({ min: -1000, max: 1000, noNaN: true });
    fc.assert(
      fc.property(bound, bound, fc.nat(), fc.boolean(), (a, b, s, wide) => {
        const out = wide ? new Float64Array(50) : new Float32Array(50);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        uniform(seeded(s), out, low, high);
        expect([...out].every((x) => x >= low && x <= high)).toBe(true);
      }),
    );
  });
});

describe("normal()", () => {
  test.each<[string, Real]>([
    ["float32", new Float32Array(100003)],
    ["float64", new Float64Array(100003)],
  ])("has the mean and the deviation asked for, %s", (_, out) => {
    normal(seeded(3), out, 5, 2);
    expect(mean(out)).toBeCloseTo(5, 1);
    expect(Math.sqrt(mean(out.map((x) => (x - 5) ** 2)))).toBeCloseTo(2, 1);
  });

  test("gives the kernel only 16 elements and more", () => {
    const fill = vi.spyOn(kernels(), "normalFill");
    for (const n of [0, 1, 15, 16, 17]) normal(seeded(1), new Float32Array(n), 0, 1);
    expect(fill.mock.calls.map(([, out]) => out.length)).toEqual([16, 17]);
    fill.mockRestore();
  });

  test("one by one, float32 is float64 rounded", () => {
    const [a, b] = [new Float32Array(40), new Float64Array(40)];
    normalSmall(seeded(2), a, 0.1, 3);
    normalSmall(seeded(2), b, 0.1, 3);
    expect(a).toEqual(Float32Array.from(b));
  });
});

describe("integers", () => {
  test("randint() takes u32 modulo the range, then u64", () => {
    const [g, raw] = [seeded(8), seeded(8)];
    const out = new Float64Array(3);
    randint(g, out, -7, 2 ** 31);
    expect([...out]).toEqual([0, 1, 2].map(() => (nextU32(raw.state) % (2 ** 31 + 7)) - 7));
    randint(g, out, 1, 1 + 2 ** 40);
    expect([...out]).toEqual([0, 1, 2].map(() => Number(raw.random64() % 2n ** 40n) + 1));
  });

  test("randint() reaches both ends of 32 bits", () => {
    const out = new Int32Array(1000);
    randint(seeded(8), out, -(2 ** 31), 2 ** 31);
    expect(Math.min(...out)).toBeLessThan(-(2 ** 30));
    expect(Math.max(...out)).toBeGreaterThan(2 ** 30);
    expect(Math.abs(mean(out))).toBeLessThan(2 ** 28);
  });

  test("randomInt64() and randomFull() of float64 give PyTorch's integers", () => {
    // torch.manual_seed(0); torch.empty(2, dtype=torch.int64).random_()
    const g = seeded(0);
    expect([randomInt64(g), randomInt64(g)]).toEqual([900450186894289455n, 3969543146641149120n]);
    const [raw, out] = [seeded(1), new Float64Array(2)];
    randomFull(seeded(1), out);
    expect([...out]).toEqual([0, 1].map(() => Number(raw.random64() % (2n ** 53n + 1n))));
  });

  test("randperm() is a permutation", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), (n, s) => {
        const order = randperm(seeded(s), n);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
    );
  });
});

describe("multinomial()", () => {
  test("with replacement never draws a weight of zero and follows the others", () => {
    const picks = multinomial(seeded(6), Float32Array.of(0, 1, 0, 3, 0), 1, 5, 20000, true);
    const count = (k: number) => picks.filter((p) => p === k).length;
    expect([0, 2, 4].map(count)).toEqual([0, 0, 0]);
    expect(count(3) / picks.length).toBeCloseTo(0.75, 1);
  });

  test("without replacement draws each category once, weights of zero last and in order", () => {
    const picks = multinomial(seeded(6), Float64Array.of(0, 1, 0, 3, 0), 1, 5, 5);
    expect([...picks.subarray(0, 2)].sort()).toEqual([1, 3]);
    expect([...picks.subarray(2)]).toEqual([0, 2, 4]);
  });

  test("accepts no rows", () => {
    expect(multinomial(seeded(6), new Float32Array(0), 0, 3, 2)).toHaveLength(0);
    expect(multinomial(seeded(6), new Float32Array(0), 0, 3, 2, true)).toHaveLength(0);
  });
});

describe("errors", () => {
  const g = seeded(0);
  const x = new Float32Array(3);
  const draw = (weights: number[], n: number, replacement: boolean) => () =>
    multinomial(g, Float32Array.from(weights), 1, weights.length, n, replacement);
  const invalid = (what: string) => `invalid multinomial distribution (${what})`;
  const zeroSum = invalid("sum of probabilities <= 0");
  const notFinite = "probability tensor contains either `inf`, `nan` or element < 0";
  const improve =
    "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be " +
    "improved?  If so, please report an enhancement request to PyTorch.)";

  test.each<[string, () => unknown]>([
    [
      "uniform_ expects to return a [from, to) range, but found from=2 > to=1",
      () => uniform(g, x, 2, 1),
    ],
    [
      "uniform_ expects to return a [from, to) range, but found from=1.23457 > to=0.1",
      () => uniform(g, x, 1.23456789, 0.1),
    ],
    ["from is out of bounds for float", () => uniform(g, x, NaN, 1)],
    ["to is out of bounds for float", () => uniform(g, x, 0, 1e39)],
    ["to is out of bounds for double", () => uniform(g, new Float64Array(1), 0, Infinity)],
    [
      "uniform_ expects to-from <= std::numeric_limits<Float>::max(), but found to=3e+38 and " +
        "from=-3e+38 which result in to-from to exceed the limit",
      () => uniform(g, x, -3e38, 3e38),
    ],
    ["normal expects std >= 0.0, but found std -1", () => normal(g, x, 0, -1)],
    ["normal expects std >= 0.0, but found std -1e+07", () => normal(g, x, 0, -1e7)],
    ["normal expects std >= 0.0, but found std nan", () => normal(g, x, 0, NaN)],
    ["bernoulli_ expects p to be in [0, 1], but got p=2", () => bernoulli(g, x, 2)],
    ["bernoulli_ expects p to be in [0, 1], but got p=-0.25", () => bernoulli(g, x, -0.25)],
    [improve, () => bernoulliTensor(g, Float32Array.of(0.5, 2), x)],
    [improve, () => bernoulliTensor(g, Float32Array.of(NaN), x)],
    ["exponential_ expects lambda >= 0.0, but found lambda=-1", () => exponential(g, x, -1)],
    [
      "random_ expects 'from' to be less than 'to', but got from=5 >= to=5",
      () => randint(g, new Int32Array(2), 5, 5),
    ],
    ["to - 1 is out of bounds for unsigned char", () => randint(g, new Uint8Array(2), 0, 257)],
    ["from is out of bounds for unsigned char", () => randint(g, new Uint8Array(2), -1, 2)],
    ["Trying to create tensor with negative dimension -1: [-1]", () => randperm(g, -1)],
    ["cannot sample n_sample <= 0 samples", draw([1, 1, 1], 0, false)],
    [
      "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
      draw([1, 1, 1], 4, false),
    ],
    [zeroSum, draw([0, 0, 0], 1, false)],
    [zeroSum, draw([0, 0, 0], 1, true)],
    [notFinite, draw([1, NaN], 1, false)],
    [notFinite, draw([1, Infinity], 1, false)],
    [notFinite, draw([1, -1], 1, false)],
    [invalid("encountering probability entry < 0"), draw([2, -1], 1, true)],
    [invalid("encountering probability entry < 0"), draw([NaN, 1], 1, true)],
    [invalid("encountering probability entry = infinity or NaN"), draw([Infinity, 1], 1, true)],
  ])("%s", (torch, run) => {
    const before = g.getState();
    const error = refusal(run);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ torch });
    if (torch !== improve) expect(g.getState()).toEqual(before);
  });

  test("PyTorch has no sentence for ranges that the storage cannot hold", () => {
    const ranges = [
      [0, 2 ** 31 + 1],
      [-(2 ** 31) - 1, 0],
      [0.5, 3],
      [0, NaN],
    ] as const;
    for (const [low, high] of ranges) {
      expect(refusal(() => randint(g, new Int32Array(2), low, high))).toBeInstanceOf(ConfigError);
    }
    expect(refusal(() => randperm(g, 1.5))).toBeInstanceOf(ConfigError);
  });
});
