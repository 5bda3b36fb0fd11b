// @ts-check
/**
 * Compiles `kernels/saiki.c` to WebAssembly, once with SIMD and once with relaxed SIMD, and writes each
 * as a base64 module into `src/kernels/wasm/generated/`. Does nothing when the inputs are unchanged.
 */

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const sources = new URL("../kernels/", import.meta.url);
const generated = new URL("../src/kernels/wasm/generated/", import.meta.url);

const flavours = {
  simd: ["-msimd128"],
  relaxed: ["-msimd128", "-mrelaxed-simd"],
};

const flags = [
  ...["--target=wasm32-unknown-unknown", "-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno"],
  ...["-mbulk-memory", "-mnontrapping-fptoint", "-msign-ext", "-ffreestanding", "-nostdlib"],
  ...["-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"],
  ...["-Wl,--no-entry", "-Wl,--export-dynamic", "-Wl,--export=__heap_base", "-Wl,--strip-all"],
  ...["-Wl,-z,stack-size=65536", "-Wl,--initial-memory=1048576", "-Wl,--max-memory=4294967296"],
];

/** @returns {Promise<boolean>} whether anything had to be compiled */
export async function buildWasm() {
  const files = await readSources();
  const version = JSON.parse(
    await readFile(new URL("../node_modules/@yowasp/clang/package.json", import.meta.url), "utf8"),
  ).version;
  const inputs = JSON.stringify([files, flags, flavours, version]);
  const hash = createHash("sha256").update(inputs).digest("hex");
  if ((await readOrEmpty(new URL("hash.txt", generated))) === hash) return false;

  const { runClang } = await import("@yowasp/clang");
  await mkdir(generated, { recursive: true });
  for (const [name, extra] of Object.entries(flavours)) {
    const command = ["clang", "saiki.c", ...flags, ...extra, "-o", "saiki.wasm"];
    const out = await runClang(command, files, { stdout: say, stderr: say });
    const bytes = /** @type {Uint8Array} */ (out?.["saiki.wasm"]);
    const text = Buffer.from(bytes).toString("base64");
    await writeFile(
      new URL(`${name}.ts`, generated),
      `// Compiled from kernels/ by scripts/build-wasm.mjs.\nexport const wasm =\n  "${text}";\n`,
    );
    console.log(`wasm: ${name}, ${(bytes.length / 1024).toFixed(0)} KiB`);
  }
  await writeFile(new URL("hash.txt", generated), hash);
  return true;
}

/** @returns {Promise<Record<string, string>>} */
async function readSources() {
  /** @type {Record<string, string>} */
  const files = {};
  for (const name of (await readdir(sources)).sort()) {
    if (/\.[ch]$/.test(name)) files[name] = await readFile(new URL(name, sources), "utf8");
  }
  return files;
}

/** @param {URL} url */
async function readOrEmpty(url) {
  try {
    return await readFile(url, "utf8");
  } catch {
    return "";
  }
}

/** @param {Uint8Array | null} bytes */
function say(bytes) {
  if (bytes) process.stderr.write(bytes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWasm();
