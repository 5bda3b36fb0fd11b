import { createHash } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { refusal } from "../../test/pytorch/sentence.ts";
import { ConfigError, FormatError } from "../core/index.ts";
import { mtFill, nextU32, seedState } from "../kernels/reference/mt19937.ts";
import {
  defaultGenerator,
  Generator,
  getRngState,
  initialSeed,
  manualSeed,
  seed,
  setRngState,
} from "./generator.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const draws = (g: Generator, n: number) => Array.from({ length: n }, () => g.random());

describe("the Mersenne Twister", () => {
  test("gives PyTorch's numbers for seeds 0 and 5489", () => {
    const zero = seedState(0);
    expect(Array.from({ length: 6 }, () => nextU32(zero))).toEqual([
      2357136044, 2546248239, 3071714933, 3626093760, 2588848963, 3684848379,
    ]);
    const out = new Uint32Array(3);
    mtFill(seedState(5489), out);
    expect([...out]).toEqual([3499211612, 581869302, 3890346734]);
  });

  test("gives the standard's 10,000th number for seed 5489", () => {
    const out = new Uint32Array(10000);
    mtFill(seedState(5489), out);
    expect(out[9999]).toBe(4123659995);
  });

  test("mtFill() draws what nextU32() draws, across the ends of blocks", () => {
    const [one, bulk] = [seedState(9), seedState(9)];
    for (const n of [1, 622, 1, 1, 0, 1300, 7]) {
      const out = new Uint32Array(n);
      mtFill(bulk, out);
      expect([...out]).toEqual(Array.from({ length: n }, () => nextU32(one)));
      expect(bulk).toEqual(one);
    }
  });
});

describe("Generator", () => {
  test("random64() takes the high word first", () => {
    const g = new Generator().manualSeed(0);
    expect([g.random64(), g.random64()]).toEqual([10123822223749065263n, 13192915183495924928n]);
  });

  test("uniform53() is rand of float64", () => {
    const g = new Generator().manualSeed(0);
    expect([g.uniform53(), g.uniform53(), g.uniform53()]).toEqual([
      0.9700530018065531, 0.707819864399788, 0.45938294312745087,
    ]);
  });

  test("takes seeds modulo 2^32 but remembers all of them", () => {
    const five = draws(new Generator().manualSeed(5), 3);
    for (const s of [2 ** 32 + 5, 2n ** 63n + 5n, -(2 ** 32) + 5]) {
      const g = new Generator().manualSeed(s);
      expect(draws(g, 3)).toEqual(five);
      expect(g.initialSeed()).toBe(BigInt.asUintN(64, BigInt(s)));
    }
    expect(new Generator().initialSeed()).toBe(67280421310721n);
  });

  test("accepts seeds from -2^63 to 2^64 - 1 and says so beyond", () => {
    expect(new Generator().manualSeed(-1).initialSeed()).toBe(2n ** 64n - 1n);
    expect(new Generator().manualSeed(-(2n ** 63n)).initialSeed()).toBe(2n ** 63n);
    expect(new Generator().manualSeed(2n ** 64n - 1n).initialSeed()).toBe(2n ** 64n - 1n);
    for (const s of [2n ** 64n, -(2n ** 63n) - 1n, 2 ** 64, -1e300]) {
      const error = refusal(() => new Generator().manualSeed(s));
      expect(error).toBeInstanceOf(ConfigError);
      expect(error).toHaveProperty("torch", "Overflow when unpacking long");
    }
    for (const s of [0.5, NaN, Infinity]) {
      const error = refusal(() => new Generator().manualSeed(s));
      expect(error).toHaveProperty("torch", "manual_seed expected a long, but got float");
    }
  });

  test("a refused seed leaves the stream alone", () => {
    const g = new Generator().manualSeed(1);
    const before = g.getState();
    refusal(() => g.manualSeed(2n ** 64n));
    expect(g.getState()).toEqual(before);
  });

  test("seed() takes 53 bits of entropy and starts that seed's stream", () => {
    const g = new Generator();
    const seeds = [g.seed(), g.seed(), g.seed()];
    expect(new Set(seeds).size).toBe(3);
    for (const s of seeds) expect(s < 2n ** 53n).toBe(true);
    expect(draws(g, 3)).toEqual(draws(new Generator().manualSeed(seeds[2]!), 3));
  });

  test("normal() caches the second of a pair until it is asked for or the seed is set", () => {
    const g = new Generator().manualSeed(4);
    const pair = [g.normal(), g.normal()];
    g.manualSeed(4);
    expect(g.normal()).toBe(pair[0]);
    draws(g, 700);
    expect(g.normal()).toBe(pair[1]);
    g.normal();
    g.manualSeed(4);
    expect(g.normal()).toBe(pair[0]);
  });

  test("generators are independent of each other", () => {
    const [a, b] = [new Generator().manualSeed(3), new Generator().manualSeed(3)];
    draws(a, 10);
    expect(draws(b, 3)).toEqual(draws(new Generator().manualSeed(3), 3));
  });
});

// The hashes are SHA-256 of torch.get_rng_state() after manual_seed(3) and each step.
const STATES: [string, (g: Generator) => void, string][] = [
  ["seeding", () => {}, "76fe321e2dc1dfdec62a274bcedbeea2727be2e2972f97e728e07e0345c21ede"],
  [
    "1 draw",
    (g) => draws(g, 1),
    "d98e71eee81a36395934a3afe04151d7f3f22e31b5b59324d8d19d16e47b139b",
  ],
  [
    "a whole block",
    (g) => draws(g, 623),
    "5294adef869311a97b9b9bfa34400a35322399b967301af24e23f23c460602be",
  ],
  [
    "a block and 1",
    (g) => draws(g, 1),
    "dcf62618faddd2e983988aae74890e75b90de0b3cd1d3594f5ba82eca5296d08",
  ],
  [
    "2 normals",
    (g) => [g.normal(), g.normal()],
    "5e4f873b86f743a2e3c635b32cbf1ec862d8ecdd74265c0b9bdded1b90cc51aa",
  ],
  [
    "another seed",
    (g) => g.manualSeed(-7),
    "8f688d367714efbc19a017268e477f797a7c36173fd81b17b0f6b938aef2bfd6",
  ],
];

describe("the state in bytes", () => {
  test("is PyTorch's, byte for byte", () => {
    const g = new Generator().manualSeed(3);
    for (const [what, step, hash] of STATES) {
      step(g);
      expect(sha256(g.getState()), `after ${what}`).toBe(hash);
    }
  });

  test("holds the cached normal where PyTorch keeps it", () => {
    const g = new Generator().manualSeed(3);
    draws(g, 625);
    g.normal();
    const view = new DataView(g.getState().buffer);
    // torch.manual_seed(3); torch.rand(625); torch.randn(1)
    expect(view.getFloat64(5024, true)).toBeCloseTo(-1.032787109569464, 14);
    expect(view.getInt32(5040, true)).toBe(1);
  });

  test("continues every stream where it was taken", () => {
    for (const used of [0, 1, 623, 624, 625, 1248]) {
      for (const normals of [0, 1]) {
        const g = new Generator().manualSeed(12);
        draws(g, used);
        for (let i = 0; i < normals; i++) g.normal();
        const state = g.getState();
        const expected = [g.normal(), ...draws(g, 700), g.normal()];
        const other = new Generator().setState(state);
        expect(other.getState()).toEqual(state);
        expect([other.normal(), ...draws(other, 700), other.normal()]).toEqual(expected);
        expect(other.initialSeed()).toBe(12n);
      }
    }
  });

  test("reads bytes that start in the middle of a buffer", () => {
    const state = new Generator().manualSeed(8).getState();
    const buffer = new Uint8Array(state.length + 3);
    buffer.set(state, 3);
    expect(new Generator().setState(buffer.subarray(3)).getState()).toEqual(state);
  });

  test("refuses other bytes and keeps its own state", () => {
    const g = new Generator().manualSeed(8);
    const before = g.getState();
    const size =
      "Expected either a CPUGeneratorImplStateLegacy of size 5048 or a CPUGeneratorImplState of " +
      "size 5056 but found the input RNG state size to be 10";
    expect(refusal(() => g.setState(new Uint8Array(10)))).toMatchObject({ torch: size });
    const broken = [
      new Uint8Array(5056),
      patched(before, 8, 625),
      patched(before, 8, -1),
      patched(before, 12, 0),
      patched(before, 16, 3),
      patched(before, 16, 625),
    ];
    for (const bytes of broken) {
      const error = refusal(() => g.setState(bytes));
      expect(error).toBeInstanceOf(FormatError);
      expect(error).toMatchObject({ torch: "Invalid mt19937 state" });
    }
    expect(g.getState()).toEqual(before);
  });
});

describe("the default generator", () => {
  /** The module as a new process sees it, and how often it asked for entropy. */
  const fresh = async () => {
    vi.resetModules();
    const random = await import("./generator.ts");
    return { ...random, asked: vi.spyOn(crypto, "getRandomValues") };
  };
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  test.each<[string, (random: typeof import("./generator.ts")) => unknown]>([
    ["random()", (r) => r.defaultGenerator.random()],
    ["normal()", (r) => r.defaultGenerator.normal()],
    ["state", (r) => r.defaultGenerator.state],
    ["initialSeed()", (r) => r.initialSeed()],
    ["getRngState()", (r) => r.getRngState()],
  ])("is seeded by its first %s", async (_, use) => {
    const { asked, ...random } = await fresh();
    expect(asked).not.toHaveBeenCalled();
    use(random);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(random.initialSeed()).not.toBe(67280421310721n);
    random.getRngState();
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test("needs no entropy where it was seeded before", async () => {
    const { asked, ...random } = await fresh();
    expect(random.manualSeed(0).random()).toBe(2357136044);
    expect(random.initialSeed()).toBe(0n);
    const other = await fresh();
    other.setRngState(random.getRngState());
    expect(other.defaultGenerator.random()).toBe(2546248239);
    expect(asked).not.toHaveBeenCalled();
  });

  test("has seeds of 53 bits where there is no crypto", async () => {
    const [one, other] = [await fresh(), await fresh()];
    vi.stubGlobal("crypto", undefined);
    const first = one.initialSeed();
    expect(first).toBeLessThan(2n ** 53n);
    expect(other.initialSeed()).not.toBe(first);
  });

  test("is what the functions act on", () => {
    expect(manualSeed(6)).toBe(defaultGenerator);
    expect(initialSeed()).toBe(6n);
    const state = getRngState();
    const first = draws(defaultGenerator, 5);
    setRngState(state);
    expect(draws(defaultGenerator, 5)).toEqual(first);
    expect(seed()).toBe(initialSeed());
  });
});

function patched(state: Uint8Array, at: number, value: number): Uint8Array {
  const bytes = state.slice();
  new DataView(bytes.buffer).setInt32(at, value, true);
  return bytes;
}
