// @ts-check
/**
 * Compiles `kernels/` to `native/<platform>-<arch>/saiki.node` with the system's C compiler: the
 * kernels once for each instruction set, the threads and the binding once. Does nothing when the
 * inputs are unchanged, and says so in one line when it cannot: everything works without it.
 */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const kernels = join(root, "kernels");

const target = `${process.platform}-${process.arch}`;
export const binary = join(root, "native", target, "saiki.node");

/** Instruction sets by processor. @type {Record<string, Record<string, string[]>>} */
const sets = {
  x64: {
    sse2: [],
    avx2: ["-mavx2", "-mfma"],
    avx512: ["-mavx2", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"],
  },
  arm64: { neon: [] },
};

const flags = [
  ...["-std=gnu11", "-O3", "-fPIC", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden"],
  // GCC 12 mistakes the halves that `vfma_exact` puts together for SSE2.
  "-fno-tree-slp-vectorize",
  ...["-Wall", "-Wextra", "-Wno-psabi", "-Wno-unknown-warning-option"],
];
/** `nodelete`: the threads outlive the worker that loaded it first, after which Node would unload it. */
const linking =
  process.platform === "darwin"
    ? ["-bundle", "-undefined", "dynamic_lookup"]
    : ["-shared", "-pthread", "-Wl,-z,nodelete"];

/**
 * @param {{ extra?: string[], out?: string }} [options] more flags, another place
 * @returns {Promise<boolean>} whether there is a binary now
 */
export async function buildNative({ extra = [], out = binary } = {}) {
  const own = sets[process.arch];
  if (own === undefined || process.platform === "win32") {
    return without(`no native kernels for ${target}`);
  }
  const cc = process.env.CC || "cc";
  let version;
  try {
    version = (await run(cc, ["--version"])).stdout;
  } catch {
    return without(`no C compiler (${cc})`);
  }
  const headers = createRequire(import.meta.url)("node-api-headers").include_dir;
  const common = [...flags, ...extra, `-I${headers}`];
  const stamp = await stampOf([version, target, common, linking, sets]);
  if ((await readFile(`${out}.inputs`, "utf8").catch(() => "")) === stamp) {
    console.log("native: unchanged");
    return true;
  }

  const folder = await mkdtemp(join(tmpdir(), "saiki-"));
  try {
    const objects = await Promise.all([
      ...Object.entries(own).map(([name, set]) =>
        compile("saiki.c", name, [...set, `-DSAIKI_TABLE=saiki_${name}`]),
      ),
      compile("threads.c", "threads", []),
      compile("node_api.c", "node_api", []),
    ]);
    await run(cc, [...extra, ...linking, ...objects, "-o", join(folder, "saiki.node")]);
    await mkdir(dirname(out), { recursive: true });
    // Beside its place, then renamed: a process may have the old one loaded.
    await writeFile(`${out}.tmp`, await readFile(join(folder, "saiki.node")));
    await rename(`${out}.tmp`, out);
    await writeFile(`${out}.inputs`, stamp);
  } catch (error) {
    return without(`${cc} failed: ${firstError(error)}`);
  } finally {
    await rm(folder, { recursive: true });
  }
  console.log(`native: compiled for ${Object.keys(own).join(", ")}`);
  return true;

  /** @param {string} source @param {string} name @param {string[]} more */
  async function compile(source, name, more) {
    const object = join(folder, `${name}.o`);
    await run(cc, [...common, ...more, "-c", join(kernels, source), "-o", object]);
    return object;
  }
}

/** @param {string} reason */
function without(reason) {
  console.log(`native: ${reason}; WebAssembly kernels will be used`);
  return false;
}

/** @param {unknown} error */
function firstError(error) {
  const text = /** @type {{ stderr?: string }} */ (error).stderr || String(error);
  return text.split("\n").find((line) => /error/.test(line)) ?? text.split("\n")[0];
}

/** @param {unknown[]} settings */
async function stampOf(settings) {
  const hash = createHash("sha256").update(JSON.stringify(settings));
  for (const name of (await readdir(kernels)).sort()) {
    hash.update(name).update(await readFile(join(kernels, name)));
  }
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildNative();
