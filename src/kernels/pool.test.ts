import { beforeEach, describe, expect, test } from "vitest";
import { emptyPool, giveBack, IDLE_LIMIT, lend, poolMemory } from "./pool.ts";

beforeEach(emptyPool);

describe("the buffer pool", () => {
  test("lends a buffer again that was given back, by type and length", () => {
    const [a, b] = [lend("float32", 10), lend("float64", 10)];
    expect([a, b]).toEqual([new Float32Array(10), new Float64Array(10)]);
    giveBack(a);
    giveBack(b);
    expect(lend("float32", 9) === a).toBe(false);
    expect(lend("float64", 10) === b).toBe(true);
    expect(lend("float32", 10) === a).toBe(true);
    expect(lend("float32", 10) === a).toBe(false);
  });

  test("never lends one buffer twice at a time", () => {
    const lent = [1, 2, 3].map(() => lend("float32", 5));
    lent.forEach(giveBack);
    const again = [1, 2, 3, 4].map(() => lend("float32", 5));
    expect(new Set(again).size).toBe(4);
    expect(lent.every((array) => again.includes(array))).toBe(true);
  });

  test("counts what it made, what lies idle, and the most there was", () => {
    const { bytes } = poolMemory();
    const [a, b] = [lend("float32", 100), lend("float64", 100)];
    expect(poolMemory()).toMatchObject({ bytes: bytes + 1200, idle: 0 });
    const { highWater } = poolMemory();
    expect(highWater).toBeGreaterThanOrEqual(bytes + 1200);
    giveBack(a);
    expect(poolMemory()).toEqual({ bytes: bytes + 1200, highWater, idle: 400 });
    lend("float32", 100);
    expect(poolMemory()).toEqual({ bytes: bytes + 1200, highWater, idle: 0 });
    giveBack(b);
    emptyPool();
    expect(poolMemory()).toEqual({ bytes: bytes + 400, highWater, idle: 0 });
    lend("float32", highWater / 4);
    expect(poolMemory().highWater).toBe(bytes + 400 + highWater);
  });

  test("drops the longest idle buffers beyond the limit", () => {
    const quarter = IDLE_LIMIT / 16; // elements of float32
    const [first, second, third, fourth] = [0, 1, 2, 3].map((i) => lend("float32", quarter - i));
    const fifth = lend("float64", quarter / 2);
    const { bytes } = poolMemory();
    for (const array of [second, first, third, fourth]) giveBack(array!);
    expect(poolMemory().idle).toBe(IDLE_LIMIT - 4 * 6);
    giveBack(fifth);
    const dropped = 4 * (quarter - 1);
    expect(poolMemory()).toMatchObject({ bytes: bytes - dropped, idle: IDLE_LIMIT - 20 });
    expect(lend("float32", quarter) === first).toBe(true);
    expect(lend("float64", quarter / 2) === fifth).toBe(true);
    expect(lend("float32", quarter - 1) === second).toBe(false);
  });

  test("does not keep a buffer larger than the limit", () => {
    const small = lend("float32", 8);
    const large = lend("float64", IDLE_LIMIT / 8 + 1);
    const { bytes } = poolMemory();
    giveBack(small);
    giveBack(large);
    expect(poolMemory()).toMatchObject({ bytes: bytes - large.byteLength, idle: 32 });
    expect(lend("float32", 8) === small).toBe(true);
  });
});
