/** What a user finds after `npm install saiki`. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
  test("holds the compiled library, the program and the papers", () => {
    const needed = ["dist/index.js", "dist/index.d.ts", "dist/cli/main.js", "package.json"];
    expect(project.files).toEqual(
      expect.arrayContaining([...needed, "README.md", "LICENSE", "CHANGELOG.md"]),
    );
    for (const name of subpaths) expect(project.files).toContain(`dist/${name}/index.d.ts`);
  });

  test("holds no tests and no sources", () => {
    const stray = project.files.filter(
      (path) => /(^|\/)(test|src|scripts|kernels\/.*\.c)\b|\.test\./.test(path) || isSource(path),
    );
    expect(stray).toEqual([]);
  });

  test("is smaller than 1 MB", () => {
    expect(project.size).toBeLessThan(1e6);
  });
});

function isSource(path: string): boolean {
  return /\.[cm]?tsx?$/.test(path) && !/\.d\.ts$/.test(path);
}

describe("the installed package", { timeout: 240_000 }, () => {
  test("runs the example of README.md, which prints what README.md says", async () => {
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    const { outputText } = ts.transpileModule(example.code, { compilerOptions: options });
    expect(await printedBy("example.mjs", outputText)).toBe(example.printed);
  });

  test("has types that hold under strict options, and refuse what is wrong", async () => {
    const imports = subpaths.map((name) => `export * as ${name} from "saiki/${name}";\n`).join("");
    const wrong =
      'import { nn } from "saiki";\n// @ts-expect-error\nnew nn.RNN(1, 16, { numLayers: "2" });\n';
    await writeFile(join(project.folder, "example.ts"), example.code);
    await writeFile(join(project.folder, "subpaths.ts"), imports);
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

  test("keeps what is not exported to itself", async () => {
    const code = `
      const code = await import("saiki/dist/core/index.js").catch((error) => error.code);
      console.log(code);`;
    expect(await printedBy("inside.mjs", code)).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED\n");
  });
});
