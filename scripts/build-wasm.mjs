// @ts-check
/**
 * Compiles `kernels/saiki.c` to WebAssembly, with SIMD and with relaxed SIMD, both for one thread
 * and for several, into `src/kernels/wasm/generated/`: each as a file, and both of one thread count
 * as one deflated module. Does nothing when the inputs are unchanged.
 */

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";

const sources = new URL("../kernels/", import.meta.url);
const generated = new URL("../src/kernels/wasm/generated/", import.meta.url);

// Instances import a shared memory; the linker's start function fills it once.
const threads = [
  ...["-matomics", "-Wl,--import-memory", "-Wl,--export-memory", "-Wl,--shared-memory"],
  ...["-Wl,--export=__stack_pointer", "-Wl,--export=saiki_work"],
  ...["-Wl,--export=saiki_set_threads", "-Wl,--export=saiki_scratch_bytes"],
];

const flavours = {
  simd: ["-msimd128"],
  relaxed: ["-msimd128", "-mrelaxed-simd"],
  "simd-threads": ["-msimd128", ...threads],
  "relaxed-threads": ["-msimd128", "-mrelaxed-simd", ...threads],
};

/** The modules and the flavours in each. */
const modules = { kernels: ["simd", "relaxed"], threads: ["simd-threads", "relaxed-threads"] };

const flags = [
  ...["--target=wasm32", "-std=c11", "-O3", "-ffp-contract=off", "-fvisibility=hidden"],
  ...["-ffreestanding", "-nostdlib", "-mbulk-memory", "-mnontrapping-fptoint", "-msign-ext"],
  // The kernels unroll and vectorize by hand; the compiler would only make them larger.
  ...["-fno-unroll-loops", "-fno-vectorize", "-fno-slp-vectorize"],
  ...["-Wall", "-Wextra", "-Werror"],
  // The stack comes first, so that an overflow traps.
  ...["-Wl,--no-entry", "-Wl,--export-dynamic", "-Wl,--export=__heap_base", "-Wl,--strip-all"],
  ...["-Wl,--stack-first", "-Wl,-z,stack-size=65536", "-Wl,--max-memory=4294967296"],
];

/** @returns {Promise<boolean>} whether anything had to be compiled */
export async function buildWasm() {
  const files = await readSources();
  const script = await readFile(new URL(import.meta.url), "utf8");
  const compiler = new URL("../node_modules/@yowasp/clang/package.json", import.meta.url);
  const inputs = JSON.stringify([
    files,
    script,
    JSON.parse(await readFile(compiler, "utf8")).version,
  ]);
  const hash = createHash("sha256").update(inputs).digest("hex");
  if (await isFresh(hash)) {
    console.log("wasm: unchanged");
    return false;
  }

  const { runClang } = await import("@yowasp/clang");
  await runClang(undefined, {}, { fetchProgress: () => {} }); // silences the progress of its own files
  await mkdir(generated, { recursive: true });
  const stamp = hash.slice(0, 16);
  await writeFile(moduleFile("stamp"), `${firstLine(hash)}export const stamp = "${stamp}";\n`);
  /** @type {Record<string, Uint8Array>} */
  const compiled = {};
  for (const [name, extra] of Object.entries(flavours)) {
    const command = ["clang", "saiki.c", ...flags, ...extra, "-o", "saiki.wasm"];
    const out = await runClang(command, files, { stdout: say, stderr: say });
    const bytes = marked(/** @type {Uint8Array} */ (out?.["saiki.wasm"]), `${name} ${stamp}`);
    compiled[name] = bytes;
    await writeFile(new URL(`${name}.wasm`, generated), bytes);
  }
  for (const [name, [one = "", other = ""]] of Object.entries(modules)) {
    await writeFile(moduleFile(name), moduleText(hash, compiled[one], compiled[other]));
  }
  const sizes = Object.entries(compiled).map(([n, { length }]) => `${n} ${length >> 10} KiB`);
  console.log(`wasm: compiled ${sizes.join(", ")}`);
  return true;
}

/**
 * Adds a custom section with a module's flavour and the hash of its inputs: `ready({ module })`
 * accepts only modules of this build.
 *
 * @param {Uint8Array} wasm @param {string} mark
 */
function marked(wasm, mark) {
  const text = Buffer.from(`\x05saiki${mark}`); // the name with its length, then the content
  return Buffer.concat([wasm, Buffer.of(0, text.length), text]);
}

/** @param {string} hash */
async function isFresh(hash) {
  for (const name of Object.keys(modules)) {
    const text = await readFile(moduleFile(name), "utf8").catch(() => "");
    if (!text.startsWith(firstLine(hash))) return false;
  }
  return true;
}

/**
 * Two flavours in one deflated text. Most functions are alike in both; functions of the same number
 * lie side by side, because deflate looks back only 32 KiB.
 *
 * @param {string} hash @param {Uint8Array} one @param {Uint8Array} other
 */
function moduleText(hash, one, other) {
  const [a, b] = [piecesOf(one), piecesOf(other)];
  const none = new Uint8Array(0);
  const count = Math.max(a.length, b.length);
  const pieces = Array.from({ length: count }, (_, i) => [a[i] ?? none, b[i] ?? none]).flat();
  const deflated = deflateRawSync(Buffer.concat(pieces), { level: 9, memLevel: 9 });
  return `${firstLine(hash)}export const lengths: readonly number[] =
  ${JSON.stringify(pieces.map(({ length }) => length))};
export const deflated: string =
  "${deflated.toString("base64")}";
`;
}

/** A module's sections, that of code as its functions. @param {Uint8Array} wasm */
function piecesOf(wasm) {
  const CODE = 10;
  const cuts = [0];
  let at = 8;
  while (at < wasm.length) {
    cuts.push(at);
    const id = wasm[at++];
    const size = number();
    const end = at + size;
    if (id === CODE) {
      for (let functions = number(); functions > 0; functions--) {
        cuts.push(at);
        const size = number();
        at += size;
      }
    }
    at = end;
  }
  return cuts.map((cut, i) => wasm.subarray(cut, cuts[i + 1]));

  /** LEB128. */
  function number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = /** @type {number} */ (wasm[at++]);
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
}

/** @param {string} hash */
function firstLine(hash) {
  return `// Compiled from kernels/ by scripts/build-wasm.mjs; inputs ${hash}\n`;
}

/** @param {string} name */
function moduleFile(name) {
  return new URL(`${name}.ts`, generated);
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

/** @param {Uint8Array | null} bytes */
function say(bytes) {
  if (bytes) process.stderr.write(bytes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWasm();
