/** A part of the library in a browser, which must give the results of Node and of PyTorch. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { type BackendName, setBackend } from "../../src/kernels/index.ts";
import { expectClose, tolerance } from "../pytorch/close.ts";
import { type LayerCase, present } from "../pytorch/layers.ts";
import { readRecording } from "../pytorch/read.ts";
import { type Recorded, restored } from "../pytorch/tensors.ts";
import { browserFor, pageOf, runPage } from "./browser.ts";
import { type LayerOutcome, layerOutcome, randomStream, texts, trainingRun } from "./subset.ts";

interface Outcome {
  platform: string;
  backend: BackendName;
  layers: LayerOutcome[];
  random: ReturnType<typeof randomStream>;
  texts: string[];
  training: Awaited<ReturnType<typeof trainingRun>>;
}

const cases = readRecording<LayerCase[]>("layers.json");

/** The page's results with the kernels that it chose, and with the reference. */
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
  expectOutputs(got, [c.output, ...present(c.hn, c.cn)], c.name);
  expect(Object.keys(got.grads)).toEqual(Object.keys(c.grads));
  for (const [name, grad] of Object.entries(got.grads)) {
    const want = c.grads[name] as Recorded;
    expectClose(restored(grad), want, tolerance.gradient, `${c.name}: gradient of ${name}`);
  }
}

function expectOutputs(got: LayerOutcome, want: readonly Recorded[], name: string): void {
  expect(got.outputs).toHaveLength(want.length);
  want.forEach((output, i) => {
    const there = restored(got.outputs[i] as Recorded);
    expectClose(there, output, tolerance.forward, `${name}: output ${i}`);
  });
}

async function expectSameAsHere(page: Outcome): Promise<void> {
  setBackend(page.backend);
  expect(page.random).toEqual(randomStream());
  expect(page.texts).toEqual(texts());
  cases.forEach((c, i) => {
    expectOutputs(page.layers[i] as LayerOutcome, layerOutcome(c).outputs, c.name);
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
