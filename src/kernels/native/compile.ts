/**
 * Compiles the kernels with the system's C compiler: once for each instruction set, the threads and the
 * binding once.
 */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Compilers' flags by processor and instruction set. */
const processors: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
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

export interface Compilation {
  /** The folder of the C sources. */
  readonly kernels: string;
  /** The folder of the Node-API headers. */
  readonly headers: string;
  /** The binary. */
  readonly out: string;
  /** More flags. */
  readonly extra?: readonly string[];
  /** Called when nothing stands in the way, and the compiler begins. */
  readonly begin?: () => void;
}

/** The instruction sets in the binary, or why there is none. */
export type Compiled =
  | { readonly sets: readonly string[] }
  | { readonly fault: "platform" | "compiler" | "sources"; readonly reason: string };

/** @throws the file system's error, before anything is compiled, when `out` cannot be written */
export async function compileKernels(compilation: Compilation): Promise<Compiled> {
  const sets = ownSets();
  if (sets === null) {
    const reason = `there are no native kernels for ${process.platform}-${process.arch}`;
    return { fault: "platform", reason };
  }
  const cc = compiler();
  if ((await compilerVersion()) === null) {
    return { fault: "compiler", reason: `there is no C compiler (${cc})` };
  }
  // Beside its place, then renamed: a process may have the old one loaded.
  await mkdir(dirname(compilation.out), { recursive: true });
  const folder = await mkdtemp(join(dirname(compilation.out), "compiling-"));
  compilation.begin?.();
  try {
    const built = await build(folder, compilation);
    if (typeof built !== "string") return built;
    await rename(built, compilation.out);
    return { sets: Object.keys(sets) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function build(folder: string, { kernels, headers, extra = [] }: Compilation) {
  const sources = `-DSAIKI_SOURCES="${await hashOfSources(kernels)}"`;
  const common = [...flags, ...extra, sources, `-I${headers}`];
  const object = async (source: string, name: string, more: readonly string[] = []) => {
    const out = join(folder, `${name}.o`);
    await run(compiler(), [...common, ...more, "-c", join(kernels, source), "-o", out]);
    return out;
  };
  try {
    const objects = await Promise.all([
      ...Object.entries(ownSets() ?? {}).map(([name, set]) =>
        object("saiki.c", name, [...set, `-DSAIKI_TABLE=saiki_${name}`]),
      ),
      object("threads.c", "threads"),
      object("node_api.c", "node_api"),
    ]);
    const out = join(folder, "saiki.node");
    await run(compiler(), [...extra, ...linking, ...objects, "-o", out]);
    return out;
  } catch (error) {
    return { fault: "sources", reason: `${compiler()} failed: ${firstError(error)}` } as const;
  }
}

/** What the compiler says of itself, or null where there is none. */
export async function compilerVersion(): Promise<string | null> {
  return run(compiler(), ["--version"]).then(
    ({ stdout }) => stdout,
    () => null,
  );
}

function compiler(): string {
  return process.env["CC"] || "cc";
}

function ownSets(): Readonly<Record<string, readonly string[]>> | null {
  return process.platform === "win32" ? null : (processors[process.arch] ?? null);
}

/** Names the C sources, for binaries and for the library that loads them. */
export async function hashOfSources(kernels: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(kernels)).sort()) {
    hash.update(name).update(await readFile(join(kernels, name)));
  }
  return hash.digest("hex");
}

function firstError(error: unknown): string {
  const lines = ((error as { stderr?: string }).stderr || String(error)).split("\n");
  return (lines.find((line) => /error/.test(line)) ?? lines[0]) as string;
}
