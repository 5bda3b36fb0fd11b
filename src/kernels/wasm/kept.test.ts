import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeEach, expect, test } from "vitest";
import { emptyPool, poolMemory } from "../pool.ts";
import { Keeper, type KeptFloats } from "./kept.ts";
import { Arena } from "./memory.ts";

const N = 2 ** 16;
const MEGABYTE = 2 ** 20;

beforeEach(emptyPool);

/** Keeps four buffers of `N` floats, 1 MiB, at most. */
function keeper(): Keeper {
  return new Keeper(new Arena(new WebAssembly.Memory({ initial: 1 }), 1024), 4 * 4 * N);
}

/** Room that holds `value`. */
function filled({ arena }: Keeper, kept: KeptFloats, value: number): KeptFloats {
  new Float32Array(memoryOf(arena).buffer, kept.at as number, kept.length).fill(value);
  return kept;
}

function memoryOf(arena: Arena): WebAssembly.Memory {
  return (arena as unknown as { memory: WebAssembly.Memory }).memory;
}

function valuesOf(kept: KeptFloats): Set<number> {
  const out = new Float32Array(kept.length);
  kept.copyTo(out);
  return new Set(out);
}

test("what is kept survives calls and the growth of the memory", () => {
  const all = keeper();
  const kept = filled(all, all.keep(N), 3);
  for (const n of [10, 4 * N, 40 * N]) {
    all.arena.begin();
    all.arena.put(new Float32Array(n).fill(7), n);
    expect(valuesOf(kept)).toEqual(new Set([3]));
  }
});

test("above the limit the oldest move to arrays of the pool", () => {
  const all = keeper();
  const kept = Array.from({ length: 6 }, (_, i) => filled(all, all.keep(N), i));
  expect(kept.map(({ at }) => at === null)).toEqual([true, true, false, false, false, false]);
  expect(kept.map(valuesOf)).toEqual([0, 1, 2, 3, 4, 5].map((i) => new Set([i])));
  for (const one of kept) one.release();
  expect(poolMemory().idle).toBe(2 * 4 * N);
});

test("what loses its room before a call takes in what the call leaves elsewhere", () => {
  const all = keeper();
  const [early, late] = [all.keep(N), filled(all, all.keep(4 * N), 5)];
  expect(early.at).toBe(null);
  all.arena.begin();
  const at = all.arena.put(new Float32Array(N).fill(3), N);
  for (const kept of [early, late]) kept.takeFrom(at);
  expect([early, late].map(valuesOf)).toEqual([new Set([3]), new Set([5])]);
});

test("a buffer larger than the limit is kept alone", () => {
  const all = keeper();
  const [small, large] = [all.keep(N), all.keep(5 * N)];
  expect([small.at, large.at === null]).toEqual([null, false]);
});

test("what nobody releases takes no more room than the limit", () => {
  const all = keeper();
  for (let i = 0; i < 100; i++) all.keep(N);
  expect(all.arena.bytes).toBeLessThan(6 * MEGABYTE);
});

test("what is released is used again, and releasing it twice does nothing", () => {
  const all = keeper();
  const addresses = new Set<number | null>();
  for (let i = 0; i < 500; i++) {
    const [gates, c] = [all.keep(N), all.keep(N / 4)];
    addresses.add(gates.at).add(c.at);
    for (const one of [c, gates, gates]) one.release();
  }
  expect(addresses.size).toBe(2);
  expect(all.arena.bytes).toBeLessThan(2 * MEGABYTE);
});

test("the room of a dropped handle is found again", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const all = keeper();
  const first = (() => all.keep(N).at)();
  for (let round = 0; round < 5; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve));
  }
  expect(all.keep(N).at).toBe(first);
});

test("where the engine has no more memory the oldest make room, and an error tells of the rest", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 80 }); // 5 MiB
  const all = new Keeper(new Arena(memory, 1024), 1000 * MEGABYTE);
  const kept = Array.from({ length: 40 }, (_, i) => filled(all, all.keep(N), i));
  expect(kept.map(valuesOf)).toEqual(kept.map((_, i) => new Set([i])));
  expect(() => all.keep(10 * MEGABYTE)).toThrow("WebAssembly");
  expect(valuesOf(filled(all, all.keep(N), 1))).toEqual(new Set([1]));
});
