/** Pages with a strict Content-Security-Policy, and audio worklets, in a browser. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { browserFor, pageOf, runPage } from "./browser.ts";
import type { Outcome } from "./policies-page.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saiki-policies-"));
  const from = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  await writeFile(join(folder, "index.html"), pageOf("page.js"));
  await build({
    entryPoints: { page: from("policies-page.ts"), thread: from("../../src/worker.ts") },
    alias: {
      "#platform": from("../../src/platform/default.ts"),
      "#native": from("../../src/kernels/native/none.ts"),
      saiki: from("../../src/index.ts"),
    },
    ...{ bundle: true, format: "esm", target: "es2022", logLevel: "error" },
    outdir: folder,
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const isolated = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

describe("in a browser", { timeout: 120_000 }, () => {
  /** The outcome of a page with a policy; the browser prints refusals as errors. */
  const outcome = async (context: TestContext, policy: string, query = "", headers = {}) => {
    const [line] = await runPage(
      browserFor(context),
      folder,
      { "content-security-policy": policy, ...headers },
      { query, refusals: /Content Security Policy/ },
    );
    return JSON.parse(line as string) as Outcome;
  };
  let losses: number[] = [];
  const expectSame = (other: Outcome) => {
    expect(losses).toHaveLength(5);
    losses.forEach((loss, i) => {
      expect(other.losses[i]).toBeCloseTo(loss, 5);
    });
  };

  test("a policy without wasm-unsafe-eval leaves the reference kernels", async (context) => {
    const strict = await outcome(context, "script-src 'self'");
    expect(strict.backend).toBe("reference");
    for (const name of ["wasm", "wasm-relaxed"]) {
      expect(strict.reasons[name]).toMatch(/^the engine refuses WebAssembly: .*unsafe-eval/);
    }
    expect(strict.ready).toEqual({
      ...{ backend: "reference", threads: 1 },
      reason: "the reference kernels have one thread",
    });
    expect(strict.losses[4]).toBeLessThan(strict.losses[0] as number);
    losses = strict.losses;
  });

  test("a policy with wasm-unsafe-eval does not", async (context) => {
    const allowed = await outcome(context, "script-src 'self' 'wasm-unsafe-eval'");
    expect(allowed.backend).toMatch(/^wasm/);
    expectSame(allowed);
  });

  test("an audio worklet, which has no crypto, trains as a page does", async (context) => {
    const audio = await outcome(context, "script-src 'self' 'wasm-unsafe-eval'", "audio");
    expect(audio.backend).toMatch(/^wasm/);
    expectSame(audio);
  });

  const noBlob = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

  test("a policy without worker-src blob: leaves one thread, and says what to do", async (context) => {
    const { ready } = await outcome(context, noBlob, "worker", isolated);
    const needs =
      "the page's Content-Security-Policy needs worker-src blob:, or pass ready({ worker })";
    expect(ready).toMatchObject({ threads: 1, reason: `threads cannot be started: ${needs}` });
  });

  test("ready({ worker }) has threads there", async (context) => {
    const { ready } = await outcome(context, noBlob, "worker&own", isolated);
    expect(ready).toMatchObject({ threads: 2, reason: null });
  });
});
