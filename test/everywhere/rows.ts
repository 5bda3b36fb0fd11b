/** The table of the environments in which saiki runs. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserName } from "./browsers.ts";
import * as drive from "./drivers.ts";
import type { Command } from "./process.ts";
import type { Row } from "./row.ts";

const modules = fileURLToPath(new URL("node_modules", import.meta.url));
const at = (path: string) => join(modules, path);
const node = (path: string, ...args: string[]): Command => [process.execPath, at(path), ...args];

/** A name with the version of an installed package. */
function named(name: string, from: string): string {
  try {
    return `${name} ${JSON.parse(readFileSync(at(`${from}/package.json`), "utf8")).version}`;
  } catch {
    return name;
  }
}

// ── runtimes

const bun = at("@oven/bun-linux-x64/bin/bun");
const deno = at("@deno/linux-x64-glibc/deno");
const binaryOf = (major: string) => at(`node-${major}/bin/node`);

const runtimes: Row[] = [
  ...["20", "22", "24", "26"].map((major) =>
    runtime(`node-${major}`, named("Node", `node-${major}`), [binaryOf(major), "print.js"]),
  ),
  runtime("bun", named("Bun", "@oven/bun-linux-x64"), [bun, "print.js"]),
  runtime("deno", named("Deno", "@deno/linux-x64-glibc"), [deno, "run", "-A", "print.js"]),
  {
    ...{ id: "deno-denied", group: "Runtimes", name: "Deno without permissions" },
    wanted: ["wasm 2"],
    run: drive.program([deno, "run", "--no-prompt", "print.js"]),
  },
  ...["20", "26"].map((major) => ({
    ...{ id: `require-${major}`, group: "Runtimes", name: `Node ${major}, \`require("saiki")\`` },
    wanted: ["wasm 2"],
    run: drive.program([binaryOf(major), "require.cjs"]),
  })),
  {
    ...{ id: "tsx", group: "Runtimes", name: named("tsx", "tsx") },
    wanted: ["wasm 2"],
    run: drive.program(node("tsx/dist/cli.mjs", "print.js")),
  },
  {
    ...{ id: "jest", group: "Runtimes", name: named("jest", "jest") },
    note: "with `node --experimental-vm-modules`",
    wanted: ["wasm 2"],
    run: drive.tested([
      ...([process.execPath, "--experimental-vm-modules", at("jest/bin/jest.js")] as const),
      ...["--rootDir", ".", "--config", '{"transform":{}}'],
    ]),
  },
  {
    ...{ id: "vitest", group: "Runtimes", name: named("vitest", "vitest") },
    wanted: ["wasm 2"],
    run: drive.tested(node("vitest/vitest.mjs", "run")),
  },
  worker("workerd", "reference 1", "workerd.js"),
  {
    ...worker("workerd-module", "wasm 1", "workerd-module.js"),
    note: "`ready({ module })` with an imported `saiki/wasm/simd.wasm`",
  },
];

/** Runs without the package of native kernels, and with it. */
function runtime(id: string, name: string, command: Command): Row {
  const wanted = ["wasm 2", "native 2"];
  return { id, group: "Runtimes", name, wanted, run: drive.programTwice(command) };
}

function worker(id: string, wanted: string, entry: string): Row {
  const conditions = ["--format=esm", "--conditions=workerd,worker,browser", "--external:*.wasm"];
  const bundle = esbuild(`worker=${entry}`, ...conditions);
  return {
    ...{ id, group: "Runtimes", wanted: [wanted] },
    name: `${named("workerd", "@cloudflare/workerd-linux-64")} (Cloudflare Workers)`,
    run: drive.workerd(bundle, at("@cloudflare/workerd-linux-64/bin/workerd")),
  };
}

// ── bundlers

const MODULE = '<script type="module" src="page.js">';
const SCRIPT = '<script defer src="page.js">';
const ONE_FILE = `<script src="saiki.min.js"></script>${SCRIPT}`;
const oneFile = [
  ...["page.js", "--alias:saiki=./global.js", "--format=iife", "--loader:.min.js=copy"],
  "saiki.min=../node_modules/saiki/dist/saiki.min.js",
];
const vite = (from: string) => node(`${from}/bin/vite.js`, "build", "--outDir", "out");
const webpack = (from: string): Command => [process.execPath, "webpack.mjs", from];
const rollup = ["-p", "@rollup/plugin-node-resolve", "-d", "out", "page.js"];
const parcel = ["build", "index.html", "--dist-dir", "out", "--no-cache", "--no-source-maps"];

const bundlers: Row[] = [
  bundler("vite-6", named("Vite", "vite-6"), vite("vite-6")),
  bundler("vite-7", named("Vite", "vite-7"), vite("vite-7")),
  bundler("vite-8", named("Vite", "vite"), vite("vite")),
  {
    ...{ id: "vite-8-dev", group: "Bundlers", name: `${named("Vite", "vite")}, dev server` },
    wanted: ["wasm 1"],
    run: drive.served("/index.html", (port) =>
      node("vite/bin/vite.js", "--host", "127.0.0.1", "--port", port, "--strictPort"),
    ),
  },
  bundler("webpack", named("webpack", "webpack"), webpack("webpack"), SCRIPT),
  bundler("rspack", named("Rspack", "@rspack/core"), webpack("@rspack/core"), SCRIPT),
  bundler("rollup", named("Rollup", "rollup"), node("rollup/dist/bin/rollup", ...rollup), MODULE),
  bundler("esbuild", named("esbuild", "esbuild"), esbuild("page.js", "--format=esm"), MODULE),
  bundler(
    ...(["esbuild-iife", `${named("esbuild", "esbuild")}, IIFE`] as const),
    ...([esbuild("page.js", "--format=iife"), SCRIPT] as const),
  ),
  {
    ...bundler("parcel", named("Parcel", "parcel"), node("parcel/lib/bin.js", ...parcel)),
    note: 'with `"@parcel/resolver-default": { "packageExports": true }` in `package.json`',
  },
  {
    ...bundler("script", "no bundler: `<script>`", esbuild(...oneFile), ONE_FILE),
    note: "`dist/saiki.min.js`, global `saiki`",
  },
  next("next", "Turbopack", "wasm 2", drive.builtAndServed),
  next("next-native", "Turbopack and native kernels", "native 2", drive.builtWithNative),
  next("next-webpack", "webpack", "native 2", drive.builtWithNative, "--webpack"),
];

/** Builds the page, or its script that `tag` runs, into the folder `out`, and opens it. */
function bundler(id: string, name: string, build: Command, tag?: string): Row {
  return { id, group: "Bundlers", name, wanted: ["wasm 1"], run: drive.built(build, tag) };
}

/** A page whose server component and whose client component train. */
function next(
  id: string,
  name: string,
  server: string,
  run: typeof drive.builtAndServed,
  ...options: string[]
): Row {
  const program = "next/dist/bin/next";
  return {
    ...{ id, group: "Bundlers", name: `${named("Next.js", "next")} with ${name}` },
    note: "server component, then client component",
    wanted: [server, "wasm 1"],
    run: run(node(program, "build", ...options), "/", (port) =>
      node(program, "start", "--hostname", "127.0.0.1", "--port", port),
    ),
  };
}

function esbuild(...options: string[]): Command {
  const always = ["--bundle", "--minify", "--target=es2022", "--log-level=error", "--outdir=out"];
  return node("esbuild/bin/esbuild", ...always, ...options);
}

// ── browsers

const script = (sources: string) => ({ "content-security-policy": `script-src ${sources}` });
const csp = script("'self'");
const cspWasm = script("'self' 'wasm-unsafe-eval'");
const isolated = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const browsers: Row[] = (["Chromium", "Firefox", "WebKitGTK"] as const).flatMap((browser) => {
  const place = placesOf(browser);
  const shared = browser === "WebKitGTK" ? "wasm 1" : "wasm 2"; // its engine has no shared memory
  return [
    place("page", "page", "page", "wasm 1"),
    place("csp", "page, CSP `script-src 'self'`", "page", "reference 1", csp),
    place("csp-wasm", "page, CSP with `'wasm-unsafe-eval'`", "page", "wasm 1", cspWasm),
    place("worker", "module worker", "worker", "wasm 1"),
    place("shared", "shared worker", "shared", "wasm 1"),
    place("service", "service worker", "service", "wasm 1"),
    place("worklet", "AudioWorklet", "worklet", "wasm 1"),
    place("isolated", "cross-origin-isolated page", "page", "wasm 1", isolated),
    place("threads", "worker of an isolated page", "worker", shared, isolated),
    {
      ...place("own-threads", "the same, CSP without `blob:`", "own-threads", shared, {
        ...isolated,
        ...cspWasm,
      }),
      note: '`ready({ worker: () => new Worker("thread.js", { type: "module" }) })`',
    },
  ];
});

/** Makes rows of the page itself, or of a worker or worklet of programs/contexts.js. */
function placesOf(browser: BrowserName) {
  const scripts = ["page.js", "contexts.js", "worker.js", "worklet.js", "thread.js"];
  const bundle = esbuild(...scripts, "--format=esm");
  return (
    id: string,
    name: string,
    place: string,
    wanted: string,
    headers: Record<string, string> = {},
  ): Row => ({
    ...{ id: `${browser.toLowerCase()}-${id}`, group: browser, name, wanted: [wanted] },
    run: drive.inPlace(browser, place, bundle, headers),
  });
}

// ── TypeScript

const types: Row[] = ["5.4", "5.9", "6.0", "7.0"].map((minor) => ({
  ...{ id: `typescript-${minor}`, group: "TypeScript" },
  name: named("TypeScript", `typescript-${minor}`),
  note: "nodenext and bundler; strict, exactOptionalPropertyTypes, skipLibCheck false",
  wanted: [],
  run: drive.typed(node(`typescript-${minor}/bin/tsc`)),
}));

export const rows: readonly Row[] = [...runtimes, ...bundlers, ...browsers, ...types];
