/** The package after `npm install saiki`. */

import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Installed, install, root } from "./installed.ts";

const subpaths = ["nn", "optim", "io", "text", "data", "lm"];
let project: Installed;
let example: { code: string; printed: string };

beforeAll(async () => {
  project = await install();
  example = exampleOf(await readFile(join(root, "README.md"), "utf8"));
}, 240_000);

afterAll(() => project?.remove());

/** The first block of TypeScript, and the block of text after it. */
function exampleOf(readme: string): { code: string; printed: string } {
  const [, code, printed] = /^```ts\n(.*?)^```\n.*?^```text\n(.*?)^```$/ms.exec(readme) ?? [];
  if (code === undefined || printed === undefined) throw new Error("README.md has no example");
  return { code, printed };
}

async function printedBy(name: string, code: string): Promise<string> {
  await writeFile(join(project.folder, name), code);
  return (await project.run("node", name)).stdout;
}

describe("the tarball", () => {
  test("holds the compiled library, the program, the sources of the kernels and the papers", () => {
    const needed = ["dist/index.js", "dist/index.d.ts", "dist/saiki.min.js", "dist/cli/main.js"];
    const papers = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "docs/kernels.md"];
    const native = ["kernels/saiki.c", "dist/node-api/node_api.h", "dist/node-api/LICENSE"];
    const more = ["dist/wasm/simd.wasm", "dist/wasm/relaxed.wasm", "examples/browser/index.html"];
    expect(project.files).toEqual(
      expect.arrayContaining([...needed, ...papers, ...native, ...more]),
    );
    for (const name of subpaths) expect(project.files).toContain(`dist/${name}.d.ts`);
  });

  test("holds no tests, no scripts, no binaries and no sources but those of kernels", () => {
    const stray = project.files.filter(
      (path) => /(^|\/)(test|src|scripts|native)\/|\.test\.|\.node$/.test(path) || isSource(path),
    );
    expect(stray).toEqual([]);
  });

  test("is smaller than 850 kB", () => {
    expect(project.size).toBeLessThan(850_000);
  });

  test("holds what README.md and the pages of docs/ link to", async () => {
    const pages = project.files.filter((path) => /^(README\.md|docs\/.*\.md)$/.test(path));
    const missing: string[] = [];
    for (const page of pages) {
      const text = (await readFile(join(root, page), "utf8")).replace(/^```.*?^```$/gms, "");
      for (const [, target = ""] of text.matchAll(/(?:\]\(|src="|href=")([^)"#\s]+)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const path = posix.join(posix.dirname(page), target);
        const isThere = project.files.some((file) => file === path || file.startsWith(`${path}/`));
        if (!isThere) missing.push(`${page}: ${target}`);
      }
    }
    expect(missing).toEqual([]);
  });

  test("has declarations that TypeScript 5.4 reads, without those of dependencies", async () => {
    const text = await readFile(join(root, "dist/types.d.ts"), "utf8");
    expect(text).not.toMatch(/Array<ArrayBuffer|from ['"]valibot/);
  });
});

function isSource(path: string): boolean {
  return /\.[cm]?tsx?$/.test(path) && !/\.d\.ts$|^examples\//.test(path);
}

describe("the installed package", { timeout: 240_000 }, () => {
  test("runs the example of README.md, which prints what README.md says", async () => {
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    const { outputText } = ts.transpileModule(example.code, { compilerOptions: options });
    expect(await printedBy("example.mjs", outputText)).toBe(example.printed);
  });

  test("has types that hold under strict options, and refuse what is wrong", async () => {
    const imports = subpaths.map((name) => `export * as ${name} from "saiki/${name}";\n`).join("");
    const same =
      'import { nn } from "saiki";\nimport { LSTM } from "saiki/nn";\n' +
      "export const layer: nn.LSTM = new LSTM(1, 2);\n";
    const wrong =
      'import { nn } from "saiki";\n// @ts-expect-error\nnew nn.RNN(1, 16, { numLayers: "2" });\n';
    await writeFile(join(project.folder, "example.ts"), example.code);
    await writeFile(join(project.folder, "subpaths.ts"), imports + same);
    await writeFile(join(project.folder, "wrong.ts"), wrong);
    const compilerOptions = {
      ...{ target: "ES2022", module: "NodeNext", strict: true, noEmit: true, types: [] },
      ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
    };
    const files = ["example.ts", "subpaths.ts", "wrong.ts"];
    await writeFile(
      join(project.folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files }),
    );
    const { stdout } = await project.run("node", "node_modules/typescript/bin/tsc", "-p", ".");
    expect(stdout).toBe("");
  });

  test("has a program that runs", async () => {
    const { stdout } = await project.run("npx", "--no-install", "saiki", "info");
    expect(stdout).toMatch(/^backend +(wasm-relaxed|wasm|reference)$/m);
  });

  test("shares its classes between the subpaths", async () => {
    const code = `
      const all = await import("saiki");
      const part = (name) => import("saiki/" + name);
      console.log((await part("nn")).Linear === all.nn.Linear);
      console.log((await part("optim")).Adam === all.optim.Adam);
      const { MemoryStore } = await part("io");
      const { train, loadModel } = await part("lm");
      const store = new MemoryStore();
      await train("to be or not to be. ".repeat(40), { hidden: 8, steps: 2 }, { store });
      const { model, tokenizer } = await loadModel(store);
      console.log(model instanceof all.nn.Module);
      console.log(tokenizer instanceof (await part("text")).CharTokenizer);
      console.log(Object.keys(await part("data")).length > 0);`;
    expect(await printedBy("shared.mjs", code)).toBe("true\n".repeat(5));
  });

  test("has the WebAssembly of both flavours as files", async () => {
    const code = `
      import { readFileSync } from "node:fs";
      for (const name of ["simd", "relaxed"]) {
        const url = new URL(import.meta.resolve("saiki/wasm/" + name + ".wasm"));
        const wasm = readFileSync(url);
        console.log(name, wasm.subarray(0, 4).toString("hex"));
      }`;
    expect(await printedBy("wasm.mjs", code)).toBe("simd 0061736d\nrelaxed 0061736d\n");
  });

  test("has stacks of its sources", async () => {
    const code = `
      import { nn, zeros } from "saiki";
      try { new nn.RNN(3, 4).forward(zeros(2, 3, 4)); } catch (error) { console.log(error.stack); }`;
    await writeFile(join(project.folder, "stack.mjs"), code);
    const { stdout } = await project.run("node", "--enable-source-maps", "stack.mjs");
    const [, file = "", line] = /(src\/nn\/\S*\brnn\.ts):(\d+)/.exec(stdout) ?? [];
    const source = (await readFile(join(root, file), "utf8")).split("\n");
    expect(source[Number(line) - 1]).toContain("this.run(");
  });

  test("keeps what is not exported to itself", async () => {
    const code = `
      const code = await import("saiki/dist/core.js").catch((error) => error.code);
      console.log(code);`;
    expect(await printedBy("inside.mjs", code)).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED\n");
  });
});

const at = (name: string) => join(project.folder, name);
async function program(name: string, code: string): Promise<void> {
  await writeFile(at(name), `#!/bin/sh\n${code}\n`, { mode: 0o755 });
}
const compiled = join(root, "native", `${process.platform}-${process.arch}`, "saiki.node");

describe.skipIf(!existsSync(compiled))("saiki build", { timeout: 240_000 }, () => {
  const build = (env: Record<string, string>) =>
    project.runIn(env, "npx", "--no-install", "saiki", "build");
  const info = async (env: Record<string, string> = {}) =>
    (await project.runIn(env, "npx", "--no-install", "saiki", "info")).stdout;
  const inPackage = () => join(project.folder, "node_modules/saiki/native");
  const inCache = () => ({ XDG_CACHE_HOME: join(project.folder, "cache") });
  const failure = (env: Record<string, string>) =>
    build(env).then(
      () => "",
      (error: Error) => error.message.split("\n").slice(1).join("\n"),
    );

  test("is what info advises where there are no native kernels", async () => {
    expect(await info()).toContain("(npx saiki build compiles them)");
  });

  test("tells in one line what to install where there is no compiler", async () => {
    expect(await failure({ CC: "no-such-compiler" })).toMatch(
      /^error: saiki build: there is no C compiler \(no-such-compiler\)\. Install one [^\n]+\.\n$/,
    );
  });

  test("tells in one line what the compiler found", async () => {
    await program("fails.sh", '[ "$1" = --version ] || { echo "x.c:1: error: no" >&2; exit 1; }');
    expect(await failure({ CC: at("fails.sh") })).toMatch(
      /^compiling [^\n]+\nerror: saiki build: \S+fails\.sh failed: x\.c:1: error: no\. Name another [^\n]+\n$/,
    );
    expect(await readdir(join(inPackage(), `${process.platform}-${process.arch}`))).toEqual([]);
  });

  test("compiles beside the package", async () => {
    // A fake compiler that takes no time: it copies a binary that was compiled before.
    await program(
      "copies.sh",
      `while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
      [ -z "$out" ] || cp '${compiled}' "$out"`,
    );
    const file = join(inPackage(), `${process.platform}-${process.arch}`, "saiki.node");
    expect((await build({ CC: at("copies.sh") })).stdout).toMatch(
      /^native kernels for [\w, ]+ in \S+\n$/,
    );
    expect(await info()).toMatch(/^backend +native \(\w+\)$/m);
    expect(await info()).toContain(file);
  });

  test("compiles into the user's cache where the package cannot be written", async () => {
    await rm(inPackage(), { recursive: true });
    await writeFile(inPackage(), "no folder can be made here");
    // The real compiler without optimization, to save time.
    await program("hurries.sh", `exec ${process.env["CC"] || "cc"} "$@" -O0`);
    const { stdout } = await build({ ...inCache(), CC: at("hurries.sh") });
    const file = stdout.slice(stdout.indexOf(" in ") + 4).trim();
    expect(file.startsWith(join(project.folder, "cache", "saiki"))).toBe(true);
    expect(await info(inCache())).toContain(file);
    expect(await info(inCache())).toMatch(/^backend +native \(\w+\)$/m);
  });

  test("tells where nothing can be written", async () => {
    await writeFile(at("no-folder"), "");
    expect(await failure({ XDG_CACHE_HOME: at("no-folder") })).toMatch(
      /^error: saiki build: nothing can be written to \S+ \(\w+\) or \S+ \(\w+\)\. Set [^\n]+\n$/,
    );
  });
});
