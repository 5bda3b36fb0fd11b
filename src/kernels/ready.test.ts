import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { transformSync } from "esbuild";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { platform } from "#platform";
import { BackendError } from "../core/index.ts";
import { backendInfo, kernels, ready, setBackend, setNumThreads } from "./index.ts";

/** What all a product of two matrices of ones comes to: as large as its depth. */
function product(): number[] {
  const n = 200;
  const [a, b, c] = [1, 1, 0].map((x) => new Float32Array(n * n).fill(x)) as Three;
  const sizes = { m: n, n, k: n, lda: n, ldb: n, ldc: n, transA: false, transB: false };
  kernels().gemm({ ...sizes, a, b, c, alpha: 1, beta: 0, bias: null });
  return [...new Set(c)];
}
type Three = [Float32Array, Float32Array, Float32Array];

beforeEach(() => {
  vi.spyOn(platform, "cores").mockReturnValue(8); // more threads than that would give a warning
  setBackend("wasm");
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("ready() leaves one thread, and says why,", () => {
  const alone = async (reason: string) => {
    expect(await ready({ threads: 2 })).toEqual({ backend: "wasm", threads: 1, reason });
    expect(backendInfo().threads).toBe(1);
    expect(product()).toEqual([200]);
  };

  test("on pages that share no memory", async () => {
    vi.stubGlobal("crossOriginIsolated", false);
    await alone("the page is not cross-origin isolated");
    vi.stubGlobal("crossOriginIsolated", true);
    vi.stubGlobal("SharedArrayBuffer", undefined);
    await alone("the engine has no shared memory");
  });

  test("on a page's main thread, and where else none may wait", async () => {
    vi.spyOn(Atomics, "wait").mockImplementation(() => {
      throw new TypeError("Atomics.wait cannot be called in this context");
    });
    await alone("this thread may not wait for others");
    vi.stubGlobal("document", {});
    await alone("a page's main thread may not wait for others: a dedicated worker may");
  });

  test("where workers do not start", async () => {
    vi.spyOn(platform, "startThread").mockRejectedValue(new Error("no more"));
    await alone("threads cannot be started: no more");
  });

  test("with the reference", async () => {
    setBackend("reference");
    const reason = "the reference kernels have one thread";
    expect(await ready({ threads: 2 })).toEqual({ backend: "reference", threads: 1, reason });
    expect((await ready({ threads: 1 })).reason).toBe(null);
  });
});

describe("ready()", () => {
  test("refuses what is no number of threads", async () => {
    for (const threads of [0, 65, 1.5, Number.NaN]) {
      const sentence = `ready: the number of threads is a whole number from 1 to 64, not ${threads}`;
      await expect(ready({ threads })).rejects.toThrow(BackendError);
      await expect(ready({ threads })).rejects.toThrow(sentence);
    }
  });

  test("starts what is missing, whoever else asks at the same time", async () => {
    const start = vi.spyOn(platform, "startThread");
    const all = await Promise.all([ready({ threads: 2 }), ready({ threads: 3 }), ready()]);
    expect(all.map(({ threads }) => threads)).toEqual([2, 3, 3]);
    expect(all.map(({ reason }) => reason)).toEqual([null, null, null]);
    expect(start).toHaveBeenCalledTimes(2);
    expect(product()).toEqual([200]);
  });

  test("is followed by setNumThreads(), up to what was started", async () => {
    await ready({ threads: 3 });
    for (const threads of [1, 2, 5, 3]) {
      setNumThreads(threads);
      expect(backendInfo().threads).toBe(Math.min(threads, 3));
      expect(product()).toEqual([200]);
    }
  });

  test("leaves the kernels that were chosen meanwhile", async () => {
    setBackend("wasm-relaxed"); // whose threads were not yet started here
    const { startThread } = platform;
    vi.spyOn(platform, "startThread").mockImplementation((...worker) => {
      setBackend("reference");
      return startThread(...worker);
    });
    expect(await ready({ threads: 2 })).toMatchObject({ backend: "wasm-relaxed", threads: 2 });
    expect(kernels().name).toBe("reference");
    setBackend("wasm-relaxed");
    expect(backendInfo().threads).toBe(2);
  });

  test("starts the worker that it is given", async () => {
    await ready({ threads: 3 });
    const start = vi.spyOn(platform, "startThread");
    const source = readFileSync(new URL("../worker.ts", import.meta.url), "utf8");
    const { code } = transformSync(source, { loader: "ts" });
    const worker = vi.fn(() => new Worker(code, { eval: true }));
    expect(await ready({ threads: 4, worker })).toMatchObject({ threads: 4, reason: null });
    expect(worker).toHaveBeenCalledTimes(1);
    expect(start).not.toHaveBeenCalled();
    expect(product()).toEqual([200]);
  });

  test("refuses what is no worker", async () => {
    const wrong = [
      ["worker.js", "worker is no function"],
      [() => undefined, "worker gave undefined in place of a Worker"],
      [() => Promise.resolve(), "worker gave object in place of a Worker"],
    ] as const;
    for (const [worker, sentence] of wrong) {
      const failed = ready({ threads: 5, worker: worker as never });
      await expect(failed).rejects.toThrow(BackendError);
      await expect(failed).rejects.toThrow(`ready: ${sentence}. `);
    }
  });

  test("says why a worker that it is given does not work", async () => {
    const none = () => new Worker(new URL("./no-such-file.js", import.meta.url));
    expect((await ready({ threads: 5, worker: none })).reason).toMatch(
      /^threads cannot be started: Cannot find module/,
    );
    vi.useFakeTimers();
    const silent = { postMessage: () => vi.runAllTimers(), addEventListener: () => {} };
    expect((await ready({ threads: 5, worker: () => silent })).reason).toBe(
      'threads cannot be started: the worker does not answer: its script must import "saiki/worker"',
    );
    vi.useRealTimers();
  });

  test("does not keep the process alive", { timeout: 60_000 }, async () => {
    const index = fileURLToPath(new URL("../index.ts", import.meta.url));
    const code = `
      import(${JSON.stringify(index)}).then(async (torch) => {
        console.log(JSON.stringify(await torch.ready({ threads: 2 })));
      });`;
    const env = { ...process.env, SAIKI_BACKEND: "wasm", NODE_NO_WARNINGS: "1" };
    const args = ["--import", "tsx", "--eval", code];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(JSON.parse(stdout)).toEqual({ backend: "wasm", threads: 2, reason: null });
  });
});
