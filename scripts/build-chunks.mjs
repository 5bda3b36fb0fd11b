// @ts-check
/** The sources as few chunks with source maps, and the declarations of the entries: `dist/`. */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { decode, encode } from "@jridgewell/sourcemap-codec";
import { transform } from "esbuild";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import ts from "typescript";

/** @typedef {import("rollup").Plugin} Plugin */

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/**
 * The exports of package.json: the name in `dist/`, and the source.
 *
 * @type {Record<string, string>}
 */
const exported = {
  index: "src/index.ts",
  nn: "src/nn/index.ts",
  optim: "src/optim/index.ts",
  io: "src/io/index.ts",
  text: "src/text/index.ts",
  data: "src/data/index.ts",
  lm: "src/lm/index.ts",
  worker: "src/worker.ts",
};

/**
 * Exported namespaces (`nn.functional`): files too, so that bundlers can drop their unused parts.
 */
const namespaces = {
  "nn-functional": "src/nn/functional.ts",
  "nn-init": "src/nn/init.ts",
  "nn-utils": "src/nn/utils/index.ts",
  "optim-lr-scheduler": "src/optim/lr-scheduler.ts",
};

/** The sources for `imports` of package.json and for the program. @type {Record<string, string>} */
const inner = {
  platform: "src/platform/node.ts",
  "platform-default": "src/platform/default.ts",
  native: "src/kernels/native/load.ts",
  "native-none": "src/kernels/native/none.ts",
  "cli/main": "src/cli/main.ts",
  "cli/start": "src/cli/start.ts",
};

/** @type {[folder: RegExp, chunk: string][]} */
const chunks = [
  [/src\/core\//, "core"],
  [/src\/kernels\/native\/|src\/platform\/|generated\/threads/, ""],
  [/src\/(random|kernels|ops|tensor|nn|optim)\/|node_modules\/fflate/, "tensors"],
  [/src\/lm\//, "language"],
];

export async function buildChunks() {
  const bundle = await rollup({
    input: { ...exported, ...namespaces, ...inner },
    external: await externals(),
    plugins: [wholes(inFolder(join(root, "src"), ".ts")), files, typescript],
    treeshake: {
      moduleSideEffects: (id) => id === join(root, exported.worker) || /src.cli/.test(id),
    },
  });
  await bundle.write({
    dir: dist,
    chunkFileNames: "[name].js",
    manualChunks: (id) => chunks.find(([folder]) => folder.test(id))?.[1] || undefined,
    minifyInternalExports: false,
    hoistTransitiveImports: false,
    sourcemap: true,
    plugins: [thin],
  });
}

/** Declarations of the exported entries; shared ones are written once. */
export async function buildTypes() {
  const folder = await mkdtemp(join(tmpdir(), "saiki-types-"));
  try {
    const tsc = [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"];
    await run(process.execPath, [...tsc, "--outDir", folder], { cwd: root });
    const places = inFolder(folder, ".d.ts");
    const bundle = await rollup({
      input: Object.fromEntries([...places].map(([path, name]) => [name, path])),
      external: await externals(),
      plugins: [wholes(places), dts()],
      treeshake: { moduleSideEffects: false },
      onLog: (_level, log, handle) => log.code === "EMPTY_BUNDLE" || handle("warn", log),
    });
    await bundle.write({
      dir: dist,
      entryFileNames: "[name].d.ts",
      chunkFileNames: "types.d.ts",
      manualChunks: (id) => (places.has(id) ? undefined : "types"),
      minifyInternalExports: false,
      hoistTransitiveImports: false,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function externals() {
  const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  return new RegExp(`^(#|node:|(${Object.keys(dependencies).join("|")})(/|$))`);
}

/** @type {Plugin} */
const files = {
  name: "files",
  resolveId(id) {
    if (id === "fflate/browser") return join(root, "node_modules/fflate/esm/browser.js");
    return null;
  },
  // Nothing happens at import. fflate would make and try a decoder, for functions that nothing uses; a throw
  // there would let V8 parse the chunk again for its message.
  transform(code, path) {
    if (!path.endsWith("fflate/esm/browser.js")) return null;
    return { code: code.replace(/^var td = .*$/m, "var td = { decode() {} };"), map: null };
  },
};

/**
 * Removes imports for side effects, of which there are none, and reduces source maps to lines: full
 * maps would be a tenth of the tarball.
 *
 * @type {Plugin}
 */
const thin = {
  name: "thin",
  renderChunk: (code) => ({ code: code.replace(/^import '\.\/.*';$/gm, ""), map: null }),
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== "asset" || !file.fileName.endsWith(".map")) continue;
      const map = JSON.parse(String(file.source));
      file.source = JSON.stringify({ ...map, names: [], mappings: thinned(map.mappings) });
    }
  },
};

/** @param {string} mappings */
function thinned(mappings) {
  const lines = decode(mappings).map((segments) =>
    segments.filter(([, source, line], i) => {
      const before = segments[i - 1];
      return before === undefined || source !== before[1] || line !== before[2];
    }),
  );
  return encode(
    lines.map((line) =>
      line.map(([at, ...from]) => [at, from[0] ?? 0, from[1] ?? 0, from[2] ?? 0]),
    ),
  );
}

/** @type {Plugin} */
const typescript = {
  name: "typescript",
  async transform(source, path) {
    if (!path.endsWith(".ts")) return null;
    const { code, map } = await transform(prepared(source), {
      loader: "ts",
      target: "es2022",
      sourcefile: path,
      sourcemap: "external",
    });
    return path.includes("/generated/") ? { code, map: { mappings: "" } } : { code, map };
  },
};

/**
 * Gives each class its name as a static field, because bundlers shorten names but not fields, and
 * the texts of modules and errors show the name. Marks other top-level calls as pure, so that
 * bundlers can drop unused code. Keeps each line in its place, for the maps.
 *
 * @param {string} code
 */
function prepared(code) {
  /** @type {[from: number, to: number, text: string][]} */
  const edits = [];
  const file = ts.createSourceFile("", code, ts.ScriptTarget.ES2022);
  for (const statement of file.statements) {
    if (ts.isClassDeclaration(statement)) edits.push(...ofClass(statement, file));
    if (!ts.isVariableStatement(statement)) continue;
    for (const { initializer } of statement.declarationList.declarations) {
      if (initializer === undefined || !mayAct(initializer)) continue;
      edits.push([initializer.pos, initializer.pos, " /* @__PURE__ */ (() => ("]);
      edits.push([initializer.end, initializer.end, "))()"]);
    }
  }
  let text = code;
  for (const [from, to, more] of edits.reverse()) {
    text = text.slice(0, from) + more + text.slice(to);
  }
  return text;
}

/**
 * @param {ts.ClassDeclaration} statement @param {ts.SourceFile} file
 * @returns {[from: number, to: number, text: string][]}
 */
function ofClass(statement, file) {
  const { name, members, modifiers, end } = statement;
  /** @type {[number, number, string]} */
  const named = [members.pos, members.pos, ` static name = "${name?.text}";`];
  if (!members.some((member) => member.name && ts.isComputedPropertyName(member.name)))
    return [named];
  const isExported = modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  const start = statement.getStart(file);
  const made = `${isExported ? "export " : ""}const ${name?.text} = /* @__PURE__ */ (() => `;
  return [[start, modifiers?.end ?? start, made], named, [end, end, ")();"]];
}

/** Whether a bundler might assume a side effect. @param {ts.Node} node @returns {boolean} */
function mayAct(node) {
  if (ts.isFunctionLike(node) || ts.isTypeNode(node)) return false;
  const acts =
    ts.isCallExpression(node) ||
    ts.isNewExpression(node) ||
    ts.isPropertyAccessExpression(node) ||
    ts.isElementAccessExpression(node) ||
    ts.isSpreadElement(node) ||
    ts.isSpreadAssignment(node);
  return acts || (ts.forEachChild(node, mayAct) ?? false);
}

/**
 * Where the entries lie, and their names in `dist/`.
 *
 * @param {string} folder @param {string} extension
 */
function inFolder(folder, extension) {
  const entries = Object.entries({ ...exported, ...namespaces });
  return new Map(
    entries.map(([name, path]) => [
      join(folder, path.slice("src/".length).replace(".ts", extension)),
      name,
    ]),
  );
}

/**
 * Keeps `export * as nn from …` between files: bundlers cannot drop parts of an object in its
 * place.
 *
 * @param {Map<string, string>} places
 * @returns {Plugin}
 */
function wholes(places) {
  return {
    name: "wholes",
    async resolveId(path, importer) {
      if (importer === undefined || !places.has(importer)) return null;
      if (!/[/\\]index\./.test(importer)) return null;
      const found = await this.resolve(path, importer, { skipSelf: true });
      const name = found === null ? undefined : places.get(found.id);
      return name === undefined ? null : { id: `./${name}.js`, external: "relative" };
    },
  };
}
