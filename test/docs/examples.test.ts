/** Every `@example` of the sources compiles, runs, and prints the text in its comments. */

import { readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import ts from "typescript";
import { afterEach, expect, test, vi } from "vitest";
import * as data from "../../src/data/index.ts";
import * as torch from "../../src/index.ts";
import * as io from "../../src/io/index.ts";
import * as lm from "../../src/lm/index.ts";
import * as text from "../../src/text/index.ts";

interface Example {
  readonly where: string;
  readonly code: string;
}

/** Examples omit these lines, which the docs of the package show once. */
const header = 'import * as torch from "saiki";\nimport { nn, optim } from "saiki";\n';

const modules: Readonly<Record<string, unknown>> = {
  saiki: torch,
  "saiki/data": data,
  "saiki/io": io,
  "saiki/lm": lm,
  "saiki/text": text,
};

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .filter((name) => /(?<!\.test)\.ts$/.test(name) && !name.includes("generated"))
  .sort();
const examples = sources.flatMap((name) => examplesOf(`${root}src/${name}`));

/** The code of each `@example`, up to the next tag or the end of its comment. */
function examplesOf(file: string): Example[] {
  const source = readFileSync(file, "utf8");
  return [...source.matchAll(/^ *\/\*\*$.*?^ *\*\/$/gms)].flatMap((comment) => {
    const lines = comment[0].split("\n").map((line) => line.replace(/^ *(\/\*\*|\*\/|\* ?)/, ""));
    return lines.flatMap((line, at) => {
      if (!line.startsWith("@example")) return [];
      const rest = lines.slice(at + 1, -1);
      const next = rest.findIndex((l) => l.startsWith("@"));
      const number = source.slice(0, comment.index).split("\n").length + at;
      const code = rest.slice(0, next < 0 ? rest.length : next).join("\n");
      return [{ where: `${relative(root, file)}:${number}`, code: complete(code) }];
    });
  });
}

function complete(code: string): string {
  return `${/from "saiki";/.test(code) ? "" : header}${code}\nexport {};\n`;
}

/** The comments beside and below each `console.log(…)` or `torch.print(…)` of an example. */
function expected(code: string): string {
  const lines = code.split("\n");
  const printed: string[] = [];
  lines.forEach((line, at) => {
    if (!/\b(console\.log|torch\.print)\(/.test(line)) return;
    const first = /\); \/\/ (.*)$/.exec(line)?.[1];
    if (first === undefined) throw new Error(`what does this print? ${line}`);
    printed.push(first);
    for (let i = at + 1; /^\s*\/\/ /.test(lines[i] ?? ""); i++) {
      printed.push((lines[i] as string).replace(/^\s*\/\/ /, ""));
    }
  });
  return printed.join("\n");
}

async function printedBy(code: string): Promise<string> {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const printed: string[] = [];
  vi.spyOn(console, "log").mockImplementation((...values) => {
    printed.push(format(...values));
  });
  const load = (name: string) => modules[name];
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await new AsyncFunction("require", "exports", outputText)(load, {});
  return printed.join("\n");
}

const before = { backend: torch.getBackend(), threads: torch.getNumThreads() };
afterEach(() => {
  vi.restoreAllMocks();
  torch.setBackend(before.backend);
  torch.setNumThreads(before.threads);
});

test("examples are found", () => expect(examples.length).toBeGreaterThan(29));

test("examples have no errors of types", () => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const texts = new Map(examples.map((e, i) => [`${root}example-${i}.ts`, e.code]));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.getSourceFile = (name, target) => {
    const code = host.readFile(name);
    return code === undefined ? undefined : ts.createSourceFile(name, code, target);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  const found = [...texts.keys()].flatMap((name, i) =>
    program.getSemanticDiagnostics(program.getSourceFile(name)).map((d) => {
      const sentence = ts.flattenDiagnosticMessageText(d.messageText, " ");
      return `${examples[i]?.where}: ${sentence}`;
    }),
  );
  expect(found).toEqual([]);
});

test.each(examples)("$where", async ({ code }) => {
  expect(await printedBy(code)).toBe(expected(code));
});
