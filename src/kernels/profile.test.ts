import { afterEach, expect, test } from "vitest";
import { randn } from "../tensor/index.ts";
import { getBackend, kernels, profileKernels } from "./index.ts";

const before = kernels();
afterEach(() => expect(kernels()).toBe(before));

test("counts calls and time, and leaves the kernels as they were", () => {
  const stop = profileKernels();
  expect(getBackend()).toBe(before.name);
  for (let i = 0; i < 3; i++) randn(40, 40).mm(randn(40, 40));
  const { milliseconds, kernels: times } = stop();
  const gemm = times.find((k) => k.name === "gemm");
  expect(gemm?.calls).toBe(3);
  expect(gemm?.milliseconds).toBeGreaterThan(0);
  expect(times.reduce((sum, k) => sum + k.milliseconds, 0)).toBeLessThanOrEqual(milliseconds);
});
