/** The installed package in a browser, through common bundlers. */

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build as esbuild, type Plugin } from "esbuild";
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

/** The library is the global that `saiki.min.js` makes. */
const asGlobal: Plugin = {
  name: "global",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^saiki$/ }, () => ({ path: "saiki", namespace: "global" }));
    onLoad({ filter: /./, namespace: "global" }, () => ({ contents: "module.exports = saiki" }));
  },
};

const bundlers: Record<string, (out: string) => Promise<unknown>> = {
  async esbuild(out) {
    await mkdir(out);
    await writeFile(join(out, "index.html"), pageOf("page.js"));
    const options = { format: "esm", minify: true } as const;
    await esbuild({ ...bundled("page.ts"), ...options, outfile: join(out, "page.js") });
  },
  async "a plain script"(out) {
    await mkdir(out);
    await copyFile(
      join(project.folder, "node_modules/saiki/dist/saiki.min.js"),
      join(out, "saiki.min.js"),
    );
    await writeFile(
      join(out, "index.html"),
      `${pageOf("page.js")}<script src="saiki.min.js"></script>`,
    );
    const plugins = [asGlobal];
    await esbuild({ ...bundled("page.ts"), plugins, outfile: join(out, "page.js") });
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

test("a page with an LSTM is at most 95 kB over gzip, without what it does not use", async () => {
  const contents = `
    import { randn, noGrad } from "saiki";
    import { LSTM } from "saiki/nn";
    console.log(String(noGrad(() => new LSTM(8, 16).forward(randn(5, 1, 8))[0])));`;
  const options = { format: "esm", minify: true, write: false } as const;
  const stdin = { contents, resolveDir: project.folder };
  const { outputFiles } = await esbuild({ ...bundled(""), entryPoints: [], stdin, ...options });
  const [page] = outputFiles;
  expect(gzipSync(page?.contents ?? "", { level: 9 }).length).toBeLessThan(95_000);
  expect(page?.text).toContain("LSTM");
  expect(page?.text).not.toMatch(/"Adam"|"CrossEntropyLoss"|"Optimizer"/);
});
