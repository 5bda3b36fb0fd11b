// @ts-check
/**
 * Compiles `kernels/` to `native/<platform>-<arch>/saiki.node` with the system's C compiler. Does
 * nothing when the inputs are unchanged. Prints one line when it cannot: everything works without
 * it. Also writes the hash by which the library accepts a binary.
 */

import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tsImport } from "tsx/esm/api";

const root = fileURLToPath(new URL("..", import.meta.url));
const kernels = join(root, "kernels");
const source = join(root, "src/kernels/native/compile.ts");

/** @type {typeof import("../src/kernels/native/compile.ts")} */
const { compileKernels, compilerVersion, hashOfSources } = await tsImport(source, import.meta.url);

export const binary = join(root, "native", `${process.platform}-${process.arch}`, "saiki.node");

/**
 * @param {{ extra?: string[], out?: string }} [options] more flags, another place
 * @returns {Promise<boolean>} whether there is a binary now
 */
export async function buildNative({ extra = [], out = binary } = {}) {
  const sources = await hashOfSources(kernels);
  await writeStamp(sources);
  const stamp = createHash("sha256")
    .update(
      JSON.stringify([sources, extra, await compilerVersion(), await readFile(source, "utf8")]),
    )
    .digest("hex");
  if ((await readFile(`${out}.inputs`, "utf8").catch(() => "")) === stamp) {
    console.log("native: unchanged");
    return true;
  }
  const headers = createRequire(import.meta.url)("node-api-headers").include_dir;
  const compiled = await compileKernels({ kernels, headers, out, extra });
  if ("reason" in compiled) {
    console.log(`native: ${compiled.reason}; WebAssembly kernels will be used`);
    return false;
  }
  await writeFile(`${out}.inputs`, stamp);
  console.log(`native: compiled for ${compiled.sets.join(", ")}`);
  return true;
}

/** @param {string} sources */
async function writeStamp(sources) {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const generated = join(root, "src/kernels/native/generated");
  await mkdir(generated, { recursive: true });
  const text = `// By scripts/build-native.mjs: the version, and the hash of the C sources.
export const version = "${version}";
export const sources = "${sources}";
`;
  const file = join(generated, "stamp.ts");
  if ((await readFile(file, "utf8").catch(() => "")) !== text) await writeFile(file, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildNative();
