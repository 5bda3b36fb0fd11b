/** Threads in a browser: where a page is cross-origin isolated, its workers have them. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserFor, pageOf, runPage } from "./browser.ts";
import type { Outcome } from "./threads-page.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saiki-threads-"));
  const from = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  await writeFile(join(folder, "index.html"), pageOf("page.js"));
  await build({
    entryPoints: [from("threads-page.ts")],
    alias: {
      "#platform": from("../../src/platform/default.ts"),
      "#native": from("../../src/kernels/native/none.ts"),
      saiki: from("../../src/index.ts"),
    },
    ...{ bundle: true, format: "esm", target: "es2022", logLevel: "error" },
    outfile: join(folder, "page.js"),
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("ready() in a browser", { timeout: 120_000 }, () => {
  const outcomes = async (browser: string, headers: Record<string, string>) => {
    const lines = await runPage(browser, folder, headers);
    const [page, worker, ...more] = lines.map((line) => JSON.parse(line) as Outcome);
    expect(more).toEqual([]);
    return { page: page as Outcome, worker: worker as Outcome };
  };

  test("starts threads in a worker of an isolated page, which change no bit", async (context) => {
    const { page, worker } = await outcomes(browserFor(context), {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    const reason = "a page's main thread may not wait for others: a dedicated worker may";
    expect(page.ready).toMatchObject({ threads: 1, reason });
    expect(worker.ready).toMatchObject({ threads: 2, reason: null });
    expect(new Set([...page.bits, ...worker.bits]).size).toBe(1);
  });

  test("leaves one thread where the page is not isolated", async (context) => {
    const { page, worker } = await outcomes(browserFor(context), {});
    const reason = "the page is not cross-origin isolated";
    expect(page.ready).toMatchObject({ threads: 1, reason });
    expect(worker.ready).toMatchObject({ threads: 1, reason });
    expect(new Set([...page.bits, ...worker.bits]).size).toBe(1);
  });
});
