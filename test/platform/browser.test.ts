/** A part of the library in a browser, which must come to what Node and PyTorch come to. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { type BackendName, setBackend } from "../../src/kernels/index.ts";
import { readRecording } from "../pytorch/read.ts";
import { expectClose, restored, tolerance } from "../pytorch/tensors.ts";
import { browserFor, pageOf, runPage } from "./browser.ts";
import {
  type LayerCase,
  type LayerOutcome,
  randomStream,
  runLayer,
  texts,
  trainingRun,
} from "./subset.ts";

interface Outcome {
  platform: string;
  backend: BackendName;
  layers: LayerOutcome[];
  random: ReturnType<typeof randomStream>;
  texts: string[];
  training: Awaited<ReturnType<typeof trainingRun>>;
}

const cases = readRecording<LayerCase[]>("layers.json").filter((c) => c.type === "RNN");

/** What the page comes to: with the kernels it chose, and with the reference. */
async function outcomes(browser: string): Promise<Outcome[]> {
  const folder = await mkdtemp(join(tmpdir(), "saiki-page-"));
  try {
    await writeFile(join(folder, "index.html"), pageOf("page.js"));
    await writeFile(join(folder, "cases.json"), JSON.stringify(cases));
    const elsewhere = new URL("../../src/platform/default.ts", import.meta.url);
    const noNative = new URL("../../src/kernels/native/none.ts", import.meta.url);
    await build({
      entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))],
      alias: { "#platform": fileURLToPath(elsewhere), "#native": fileURLToPath(noNative) },
      ...{ bundle: true, format: "esm", target: "es2022", logLevel: "error" },
      outfile: join(folder, "page.js"),
    });
    const lines = await runPage(browser, folder);
    return lines.map((line) => JSON.parse(line) as Outcome);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function expectRecorded(got: LayerOutcome, c: LayerCase): void {
  expect(got.repr).toBe(c.repr);
  expectClose(restored(got.output), c.output, tolerance.forward, `${c.name}: output`);
  expectClose(restored(got.hn), c.hn, tolerance.forward, `${c.name}: h_n`);
  expect(Object.keys(got.grads)).toEqual(Object.keys(c.grads));
  for (const [name, grad] of Object.entries(got.grads)) {
    const want = c.grads[name] as LayerCase["input"];
    expectClose(restored(grad), want, tolerance.gradient, `${c.name}: gradient of ${name}`);
  }
}

async function expectSameAsHere(page: Outcome): Promise<void> {
  setBackend(page.backend);
  expect(page.random).toEqual(randomStream());
  expect(page.texts).toEqual(texts());
  cases.forEach((c, i) => {
    const [there, here] = [page.layers[i] as LayerOutcome, runLayer(c)];
    expectClose(restored(there.output), here.output, tolerance.forward, `${c.name}: output`);
  });
  const { losses, files } = await trainingRun();
  expect(page.training.files).toEqual(files);
  expect(page.training.losses).toHaveLength(21);
  page.training.losses.forEach((loss, i) => {
    expect(Math.abs(loss - (losses[i] as number)), `loss ${i}`).toBeLessThan(1e-5);
  });
}

describe("in a browser", () => {
  test("layers, random numbers, text and training are as in Node and PyTorch", {
    timeout: 240_000,
  }, async (context) => {
    const pages = await outcomes(browserFor(context));
    expect(pages.map(({ backend }) => backend)).toEqual([
      expect.stringMatching(/^wasm/),
      "reference",
    ]);
    for (const page of pages) {
      expect(page.platform).toBe("browser");
      expect(page.layers).toHaveLength(cases.length);
      for (const [i, c] of cases.entries()) expectRecorded(page.layers[i] as LayerOutcome, c);
      await expectSameAsHere(page);
    }
  });
});
