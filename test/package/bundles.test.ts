/** The installed package in a browser, through the bundlers that people use. */

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build as esbuild } from "esbuild";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserFor, END, pageOf, runPage } from "../platform/browser.ts";
import { type Installed, install } from "./installed.ts";

interface Outcome {
  backend: string;
  losses: number[];
  texts: { renamed: string[] } & Record<string, unknown>;
}

let project: Installed;
let node: Outcome;

beforeAll(async () => {
  project = await install();
  await copyFile(new URL("page.ts", import.meta.url), join(project.folder, "page.ts"));
  await writeFile(join(project.folder, "index.html"), pageOf("page.ts"));
  const outfile = "node.mjs";
  const options = { platform: "node", format: "esm", packages: "external" } as const;
  await esbuild({ ...bundled("page.ts"), ...options, outfile: join(project.folder, outfile) });
  const { stdout } = await project.run("node", outfile);
  const [first, last] = stdout.trim().split("\n");
  expect(last).toBe(END);
  node = JSON.parse(first as string) as Outcome;
}, 240_000);

afterAll(() => project?.remove());

function bundled(entry: string): BuildOptions {
  return {
    absWorkingDir: project.folder,
    entryPoints: [entry],
    bundle: true,
    target: "es2022",
    logLevel: "error",
  };
}

const bundlers: Record<string, (out: string) => Promise<unknown>> = {
  async esbuild(out) {
    await mkdir(out);
    await writeFile(join(out, "index.html"), pageOf("page.js"));
    const options = { format: "esm", minify: true } as const;
    await esbuild({ ...bundled("page.ts"), ...options, outfile: join(out, "page.js") });
  },
  vite: (outDir) =>
    vite({ root: project.folder, configFile: false, logLevel: "error", build: { outDir } }),
};

describe.each(Object.entries(bundlers))("a page built with %s", (name, build) => {
  test("trains as in Node", { timeout: 240_000 }, async (context) => {
    const browser = browserFor(context);
    const folder = join(project.folder, `by-${name}`);
    await build(folder);
    const lines = await runPage(browser, folder);
    expect(lines).toHaveLength(1);
    const page = JSON.parse(lines[0] as string) as Outcome;
    context.annotate(`kernels: ${page.backend} in the page, ${node.backend} in Node`);
    expect(page.backend).toMatch(/^wasm/);
    expect(page.losses).toHaveLength(10);
    page.losses.forEach((loss, i) => {
      expect(Math.abs(loss - (node.losses[i] as number)), `loss ${i}`).toBeLessThan(1e-5);
    });
    expect(page.losses[9]).toBeLessThan(page.losses[0] as number);
    expect(page.texts).toEqual(node.texts);
    expect(page.texts.renamed, "classes whose names were shortened").toEqual([]);
  });
});
