import { beforeEach, describe, expect, test } from "vitest";
import { acquire, emptyPool, IDLE_LIMIT, poolMemory, release } from "./pool.ts";

beforeEach(emptyPool);

describe("the buffer pool", () => {
  test("reuses a released buffer of the same type and length", () => {
    const [a, b] = [acquire("float32", 10), acquire("float64", 10)];
    expect([a, b]).toEqual([new Float32Array(10), new Float64Array(10)]);
    release(a);
    release(b);
    expect(acquire("float32", 9) === a).toBe(false);
    expect(acquire("float64", 10) === b).toBe(true);
    expect(acquire("float32", 10) === a).toBe(true);
    expect(acquire("float32", 10) === a).toBe(false);
  });

  test("never gives one buffer to two owners", () => {
    const lent = [1, 2, 3].map(() => acquire("float32", 5));
    lent.forEach(release);
    const again = [1, 2, 3, 4].map(() => acquire("float32", 5));
    expect(new Set(again).size).toBe(4);
    expect(lent.every((array) => again.includes(array))).toBe(true);
  });

  test("counts what it made, what lies idle, and the most there was", () => {
    const { bytes } = poolMemory();
    const [a, b] = [acquire("float32", 100), acquire("float64", 100)];
    expect(poolMemory()).toMatchObject({ bytes: bytes + 1200, idle: 0 });
    const { highWater } = poolMemory();
    expect(highWater).toBeGreaterThanOrEqual(bytes + 1200);
    release(a);
    expect(poolMemory()).toEqual({ bytes: bytes + 1200, highWater, idle: 400 });
    acquire("float32", 100);
    expect(poolMemory()).toEqual({ bytes: bytes + 1200, highWater, idle: 0 });
    release(b);
    emptyPool();
    expect(poolMemory()).toEqual({ bytes: bytes + 400, highWater, idle: 0 });
    acquire("float32", highWater / 4);
    expect(poolMemory().highWater).toBe(bytes + 400 + highWater);
  });

  test("drops the longest idle buffers beyond the limit", () => {
    const quarter = IDLE_LIMIT / 16; // elements of float32
    const [first, second, third, fourth] = [0, 1, 2, 3].map((i) => acquire("float32", quarter - i));
    const fifth = acquire("float64", quarter / 2);
    const { bytes } = poolMemory();
    for (const array of [second, first, third, fourth]) release(array!);
    expect(poolMemory().idle).toBe(IDLE_LIMIT - 4 * 6);
    release(fifth);
    const dropped = 4 * (quarter - 1);
    expect(poolMemory()).toMatchObject({ bytes: bytes - dropped, idle: IDLE_LIMIT - 20 });
    expect(acquire("float32", quarter) === first).toBe(true);
    expect(acquire("float64", quarter / 2) === fifth).toBe(true);
    expect(acquire("float32", quarter - 1) === second).toBe(false);
  });

  test("does not keep a buffer larger than the limit", () => {
    const small = acquire("float32", 8);
    const large = acquire("float64", IDLE_LIMIT / 8 + 1);
    const { bytes } = poolMemory();
    release(small);
    release(large);
    expect(poolMemory()).toMatchObject({ bytes: bytes - large.byteLength, idle: 32 });
    expect(acquire("float32", 8) === small).toBe(true);
  });
});
