/** The WebAssembly kernels on several threads. */

import { beforeAll, describe, expect, test, vi } from "vitest";
import { platform } from "#platform";
import type { Backend } from "../../src/kernels/backend.ts";
import { kernels, ready, setBackend, setNumThreads } from "../../src/kernels/index.ts";
import { threadCases } from "./cases/threads.ts";
import { conformanceCases } from "./kernels.ts";

interface WorkerData {
  memory: WebAssembly.Memory;
  scratch: number;
}

const WORKERS = 7;
vi.spyOn(platform, "cores").mockReturnValue(WORKERS + 1); // more threads than cores would cause a warning

for (const { name, some } of [
  { name: "wasm", some: 2 },
  { name: "wasm-relaxed", some: 3 },
] as const) {
  const startThread = vi.spyOn(platform, "startThread");
  setBackend(name);
  const { threads, reason } = await ready({ threads: WORKERS + 1 });
  const backend = kernels();
  const workers = startThread.mock.calls.map(([, data]) => data as WorkerData);
  startThread.mockRestore();

  describe(`${name} kernels on several threads`, () => {
    test("run on as many as were asked for", () => {
      expect({ threads, reason }).toEqual({ threads: WORKERS + 1, reason: null });
      expect(workers).toHaveLength(WORKERS);
    });

    test("let each worker take part", { timeout: 60_000 }, () => {
      setNumThreads(WORKERS + 1);
      while (!workers.every(hasWorked)) multiply(backend);
    });

    test("let no more take part than they may", () => {
      setNumThreads(2);
      const [first, ...others] = workers;
      for (const { memory, scratch } of workers) new Float32Array(memory.buffer)[scratch / 4] = 0;
      while (!hasWorked(first as WorkerData)) multiply(backend);
      expect(others.filter(hasWorked)).toEqual([]);
    });

    describe(`with ${some} workers`, () => {
      beforeAll(() => setNumThreads(some + 1));
      conformanceCases(backend);
    });

    describe("have the same bits as on one", () => threadCases(backend, setNumThreads));
  });
}

/** Whether the worker's scratch holds an operand of {@link multiply}, packed. */
function hasWorked({ memory, scratch }: WorkerData): boolean {
  return new Float32Array(memory.buffer)[scratch / 4] === 1;
}

function multiply(backend: Backend): void {
  const n = 256;
  const [a, b, c] = [1, 1, 0].map((x) => new Float32Array(n * n).fill(x)) as Three;
  const sizes = { m: n, n, k: n, lda: n, ldb: n, ldc: n, transA: false, transB: false };
  backend.gemm({ ...sizes, a, b, c, alpha: 1, beta: 0, bias: null });
}
type Three = [Float32Array, Float32Array, Float32Array];
