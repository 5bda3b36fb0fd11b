// @ts-check
/**
 * The cost of a change: code lines of `src` by folder, and the size of a page that trains an LSTM
 * (minified and gzipped, without the kernels), against the last commit or the one that is named.
 */

import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const ref = process.argv[2] ?? "HEAD";

const page = `
import { nn, optim, randn } from "./src/index.ts";
const lstm = new nn.LSTM(8, 16);
const adam = new optim.Adam(lstm.parameters(), { lr: 0.01 });
const [y] = lstm.forward(randn(5, 2, 8));
y.mul(y).mean().backward();
adam.step();
`;

/** The modules that replace Node's in pages, by the ends of their paths. */
const inPages = { "#platform": "platform/default.ts", "#native": "native/none.ts" };

const before = await mkdtemp(join(tmpdir(), "saiki-"));
try {
  const files = execFileSync("git", ["archive", ref, "src"], {
    cwd: root,
    maxBuffer: 2 ** 30,
  });
  execFileSync("tar", ["-x", "-C", before], { input: files });
  const [was, is] = [await linesByFolder(before), await linesByFolder(root)];
  const title = execFileSync("git", ["log", "-1", "--format=%h %s", ref], { cwd: root });
  console.log(`code lines of src, against ${String(title).trim()}`);
  for (const name of [...new Set([...was.keys(), ...is.keys()])].sort()) {
    print(name, was.get(name) ?? 0, is.get(name) ?? 0);
  }
  print("in all", sum(was), sum(is));
  console.log("bytes of a page with an LSTM");
  print("gzipped", await pageSize(before), await pageSize(root));
} finally {
  await rm(before, { recursive: true });
}

/** @param {string} name @param {number} was @param {number} is */
function print(name, was, is) {
  const change = is === was ? "" : `${is > was ? "+" : "−"}${Math.abs(is - was)}`;
  console.log(`  ${name.padEnd(10)}${String(was).padStart(7)}${String(is).padStart(7)}  ${change}`);
}

/** @param {ReadonlyMap<string, number>} lines */
function sum(lines) {
  return [...lines.values()].reduce((a, b) => a + b, 0);
}

/** @param {string} tree @returns {Promise<Map<string, number>>} */
async function linesByFolder(tree) {
  const lines = new Map();
  for (const file of (await readdir(join(tree, "src"), { recursive: true })).sort()) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts") || file.includes("generated")) continue;
    const parts = file.split(sep);
    const folder = parts.length > 1 ? /** @type {string} */ (parts[0]) : "index.ts";
    const n = codeLines(await readFile(join(tree, "src", file), "utf8"));
    lines.set(folder, (lines.get(folder) ?? 0) + n);
  }
  return lines;
}

/** The lines with code, without blank lines and comments. @param {string} text */
function codeLines(text) {
  const source = ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, true);
  const lines = new Set();
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isJSDoc(node) || node.kind === ts.SyntaxKind.EndOfFileToken) return;
    const parts = node.getChildren(source);
    for (const part of parts) visit(part);
    if (parts.length > 0 || node.getWidth(source) === 0) return;
    const from = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
    const to = source.getLineAndCharacterOfPosition(node.end).line;
    for (let line = from; line <= to; line++) lines.add(line);
  };
  visit(source);
  return lines.size;
}

/** @param {string} tree */
async function pageSize(tree) {
  const files = await readdir(join(tree, "src"), { recursive: true });
  const alias = Object.entries(inPages).map(([name, end]) => {
    const file = files.find((f) => f.split(sep).join("/").endsWith(end));
    return [name, join(tree, "src", /** @type {string} */ (file))];
  });
  const { outputFiles } = await build({
    stdin: { contents: page, resolveDir: tree, loader: "ts" },
    alias: Object.fromEntries(alias),
    external: ["./generated/*"],
    nodePaths: [join(root, "node_modules")],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  return gzipSync(/** @type {Uint8Array} */ (outputFiles[0]?.contents)).length;
}
