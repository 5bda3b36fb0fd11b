/** Training does not leak memory: step 500 uses as much as step 100. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

interface Memory {
  /** Bytes of objects and of array buffers after collections. */
  heap: number;
  buffers: number;
  /** The peak of the pool plus the kernels' workspace. */
  pool: number;
  kernels: number;
}

interface Report {
  collects: boolean;
  measured: { 100: Memory; 500: Memory };
  losses: number[];
}

async function report(): Promise<Report> {
  const script = fileURLToPath(new URL("train.ts", import.meta.url));
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const args = ["--expose-gc", "--import", "tsx", script];
  const env = { ...process.env, SAIKI_BACKEND: "" }; // the reference has no workspace
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env });
  return JSON.parse(stdout) as Report;
}

test("500 steps of a language model take the memory of 100", { timeout: 240_000 }, async () => {
  const { collects, measured, losses } = await report();
  expect(collects).toBe(true);
  expect(losses).toHaveLength(500);
  expect(losses[499]).toBeLessThan(0.5 * (losses[0] as number));
  const [before, after] = [measured[100], measured[500]];
  for (const part of ["heap", "buffers", "pool", "kernels"] as const) {
    expect(before[part], part).toBeGreaterThan(0);
    expect(after[part] / before[part], part).toBeLessThan(1.1);
  }
  // A step's states alone are this large: a smaller figure would measure nothing.
  const states = 50 * 50 * 128 * Float32Array.BYTES_PER_ELEMENT;
  expect(before.kernels).toBeGreaterThan(states);
  expect(before.pool).toBeGreaterThanOrEqual(states);
});
