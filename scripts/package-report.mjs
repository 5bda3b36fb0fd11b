// @ts-check
/**
 * The size of the package: the tarball by folder, pages that use a part of the library, and the
 * time of an import, beside another build if one is named:
 * `node scripts/package-report.mjs [folder]`.
 */

import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const [other] = process.argv.slice(2);
const RUNS = 21;

/** The programs of the pages. @type {Record<string, string>} */
const pages = {
  "a tensor": 'import { tensor } from "saiki"; console.log(String(tensor([1, 2]).add(1)));',
  "an LSTM from saiki/nn": `
    import { noGrad, randn } from "saiki"; import { LSTM } from "saiki/nn";
    console.log(String(noGrad(() => new LSTM(8, 16).forward(randn(5, 1, 8))[0])));`,
  "nn from saiki": `
    import { nn, randn } from "saiki";
    console.log(String(new nn.LSTM(8, 16).forward(randn(5, 1, 8))[0]));`,
  training: `
    import * as torch from "saiki"; import { nn, optim } from "saiki";
    const rnn = new nn.RNN(1, 16); const head = new nn.Linear(16, 1);
    const adam = new optim.Adam([...rnn.parameters(), ...head.parameters()], { lr: 0.01 });
    const x = torch.randn(5, 1, 1);
    const loss = nn.functional.mseLoss(head.forward(rnn.forward(x)[0]), x);
    adam.zeroGrad(); loss.backward(); adam.step(); console.log(loss.item());`,
  "a trained model that writes": `
    import { HttpStore } from "saiki/io"; import { generate, loadModel } from "saiki/lm";
    const model = await loadModel(new HttpStore("model"));
    for await (const piece of generate(model, { prompt: "a" })) console.log(piece);`,
};

const folders = { here: root, ...(other === undefined ? {} : { there: resolve(other) }) };
/** @type {Record<string, string>} */
const projects = {};
try {
  for (const [name, folder] of Object.entries(folders)) projects[name] = installed(folder);
  tarball();
  for (const [name, project] of Object.entries(projects)) await sizes(name, project);
  importTimes();
} finally {
  for (const project of Object.values(projects)) rmSync(project, { recursive: true });
}

/** A project with the files of a package and its dependencies. @param {string} folder */
function installed(folder) {
  const project = mkdtempSync(join(tmpdir(), "saiki-report-"));
  const place = join(project, "node_modules", "saiki");
  for (const { path } of packed(folder).files) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    cpSync(join(folder, path), join(place, path));
  }
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) {
    const link = join(project, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(folder, "node_modules", name), link);
  }
  writeFileSync(
    join(project, "import.mjs"),
    'const t = performance.now(); await import("saiki"); console.log(performance.now() - t);',
  );
  return project;
}

/**
 * @param {string} folder
 * @returns {{ size: number, unpackedSize: number, files: { path: string, size: number }[] }}
 */
function packed(folder) {
  const args = ["pack", "--json", "--dry-run", "--ignore-scripts"];
  return JSON.parse(execFileSync("npm", args, { cwd: folder, encoding: "utf8" }))[0];
}

function tarball() {
  const { size, unpackedSize, files } = packed(root);
  /** @type {Record<string, { files: number, bytes: number, gzip: number }>} */
  const table = {};
  for (const { path, size: bytes } of files) {
    const row = (table[kindOf(path)] ??= { files: 0, bytes: 0, gzip: 0 });
    row.files++;
    row.bytes += bytes;
    row.gzip += gzipped(readFileSync(join(root, path)));
  }
  console.log(`tarball ${size} bytes, ${unpackedSize} unpacked, ${files.length} files`);
  console.table(table);
}

/** @param {string} path */
function kindOf(path) {
  const [folder = ""] = path.split("/");
  if (folder !== "dist") return path.includes("/") ? folder : "papers";
  const [, inner = ""] = path.split("/");
  const kinds = {
    ".map": "maps",
    ".d.ts": "declarations",
    ".wasm": "WebAssembly",
    ".h": "headers",
  };
  const kind = Object.entries(kinds).find(([end]) => path.endsWith(end))?.[1];
  return `dist: ${kind ?? (inner === "saiki.min.js" ? inner : "chunks")}`;
}

/** @param {string} name @param {string} resolveDir */
async function sizes(name, resolveDir) {
  for (const [page, contents] of Object.entries(pages)) {
    const { outputFiles } = await build({
      ...{ stdin: { contents, resolveDir }, bundle: true, minify: true, format: "esm" },
      ...{ target: "es2022", write: false, logLevel: "error" },
    });
    const [file] = outputFiles;
    if (file === undefined) continue;
    console.log(
      `${name}: ${page}: ${file.contents.length} bytes, ${gzipped(file.contents)} over gzip`,
    );
  }
}

/** The builds in turn, in processes of their own. */
function importTimes() {
  /** @type {Record<string, number[]>} */
  const times = {};
  for (let run = 0; run < RUNS; run++) {
    for (const [name, cwd] of Object.entries(projects)) {
      const text = execFileSync(process.execPath, ["import.mjs"], { cwd, encoding: "utf8" });
      (times[name] ??= []).push(Number(text));
    }
  }
  const medians = Object.entries(times).map(
    ([name, t]) => /** @type {const} */ ([name, median(t)]),
  );
  for (const [name, t] of medians) console.log(`${name}: import of saiki ${t.toFixed(1)} ms`);
  const [here, there] = medians;
  if (here && there) console.log(`ratio ${(here[1] / there[1]).toFixed(3)}`);
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** @param {Uint8Array} bytes */
function gzipped(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}
