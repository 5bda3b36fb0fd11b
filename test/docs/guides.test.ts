/** Every block of code in README.md and in the guides runs, and prints the text on the page. */

import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { transform } from "esbuild";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BORDER,
  type Module,
  type Other,
  type Shell,
  type Shown,
  type Step,
  sourceOf,
  stepsOf,
} from "./page.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Pages for contributors, whose blocks are formulas and excerpts. */
const others = ["architecture.md", "kernels.md", "parity.md", "recurrent.md", "tour.md"];
const guides = readdirSync(join(root, "docs")).filter((f) => f.endsWith(".md"));
const pages = ["README.md", ...guides.filter((f) => !others.includes(f)).map((f) => `docs/${f}`)];
const read = (page: string) => readFileSync(join(root, page), "utf8");
const manifest = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

/** Commands of other programs, which are not run. */
const known = /^(npm (i|install|pack|init|ci)\b|cd |mkdir |git clone |docker )/;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saiki-docs-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules/saiki"), "junction");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(pages)("%s", (page) => {
  const steps = stepsOf(page, read(page));
  const isCode = steps.some(({ kind }) => kind !== "other");

  test.runIf(isCode)("runs, and prints what it shows", { timeout: 120_000 }, async () => {
    const here = join(folder, page.replace(/\W/g, "-"));
    await mkdir(here);
    await writeFile(join(here, "book.txt"), book());
    for (const step of steps) await runStep(step, here, page);
  });

  test("links to files that are there", () => {
    expect(linksOf(page).filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual(
      [],
    );
  });
});

test("README.md links to what the package carries", () => {
  const carried = /^(docs|examples)\/|^(CHANGELOG\.md|LICENSE)$/;
  expect(linksOf("README.md").filter((link) => !carried.test(link))).toEqual([]);
});

/** The relative links of a page. */
function linksOf(page: string): string[] {
  const prose = read(page).replace(/^ *```.*?^ *```$/gms, "");
  const links = [...prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1] as string);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

test("the blocks of all pages have the types that they claim", { timeout: 120_000 }, () => {
  const modules = pages.flatMap((page) =>
    stepsOf(page, read(page)).flatMap((s) => (s.kind === "module" ? [{ page, module: s }] : [])),
  );
  expect(modules.length).toBeGreaterThan(0);
  expect(faultsOf(modules)).toEqual([]);
});

// ---- running -----------------------------------------------------------------------------------

async function runStep(step: Step, here: string, page: string): Promise<void> {
  if (step.kind === "other") return parse(step, here);
  if (step.kind === "shell") return runShell(step, here, page);
  const source = sourceOf(step);
  if (step.isFile) return writeFile(join(here, step.name), source);
  if (!step.isRun) return;
  const options = { loader: "ts", target: "es2022", sourcefile: page } as const;
  const { code } = await transform(source, { ...options, sourcemap: "inline" });
  const file = join(here, step.name.replace(/\.ts$/, ".mjs"));
  await writeFile(file, code);
  const printed = await run(process.execPath, ["--enable-source-maps", file], here);
  const parts = printed.split(`${BORDER}\n`);
  for (const [i, shown] of step.shown.entries()) compare(parts[i] ?? "", shown, page);
  expect(parts.slice(step.shown.length), `${page}: after its last block`).toEqual([""]);
}

async function runShell({ commands, shown }: Shell, here: string, page: string): Promise<void> {
  let printed = "";
  for (const command of commands) {
    const [, script] = /^npm (?:run )?(\S+)/.exec(command) ?? [];
    if (known.test(command) || (script !== undefined && script in manifest.scripts)) continue;
    const own = command
      .replace(/\bnpx saiki(?= |$)/g, `"${process.execPath}" "${join(root, "bin/saiki.mjs")}"`)
      .replace(/\bnpx tsx(?= )/g, `"${process.execPath}" --import "${tsx}"`);
    const isOurs = own !== command || command.startsWith("node ");
    expect(isOurs, `${page}:${shown.line}: unknown command: ${command}`).toBe(true);
    printed += await run("sh", ["-c", own], here);
  }
  if (shown.text !== null) compare(printed, shown, page);
}

const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const env = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_|npm_)/.test(name));
  const own = { ...Object.fromEntries(env), NO_COLOR: "1", SAIKI_THREADS: "1" };
  const options = { cwd, env: own, maxBuffer: 2 ** 26 };
  return (await promisify(execFile)(command, args, options)).stdout;
}

function compare(printed: string, { line, text, roughly }: Shown, page: string): void {
  const where = `${page}:${line}: what the block prints`;
  if (roughly) expect(`${masked(printed)}\n`, where).toMatch(pattern(masked(text ?? "")));
  else expect(printed, where).toBe(text ?? "");
}

/** Masks numbers and merges spaces. */
function masked(text: string): string {
  const numbers = text.replace(/[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?/gi, "0");
  return numbers.replace(/ +/g, " ").trim();
}

function pattern(text: string): RegExp {
  const literal = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replace(/^…(\n|$)/gm, "(?:.*\\n)*")}\\n*$`);
}

/** A small text. */
function book(): string {
  const lines = ["to be, or not to be, that is the question:", "whether tis nobler in the mind"];
  return `${lines.join("\n")}\n`.repeat(30);
}

async function parse({ block }: Other, here: string): Promise<void> {
  const { language, mark, code } = block;
  if (language === "js") await transform(code, { loader: "js" });
  else if (language === "css") await transform(code, { loader: "css" });
  else if (language === "json") JSON.parse(code);
  else if (language === "jsonc")
    expect(ts.parseConfigFileTextToJson("", code).error).toBe(undefined);
  for (const [, script = ""] of code.matchAll(/<script[^>]*>(.*?)<\/script>/gs)) {
    await transform(script, { loader: "js" });
  }
  if (/\.\w+$/.test(mark)) await writeFile(join(here, mark), code);
}

// ---- types -------------------------------------------------------------------------------------

/** The compiler's messages about modules, with the lines of their pages. */
function faultsOf(modules: readonly { page: string; module: Module }[]): string[] {
  const configFile = join(root, "tsconfig.json");
  const fail = ({ messageText }: ts.Diagnostic) => expect.fail(String(messageText));
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail };
  const config = ts.getParsedCommandLineOfConfigFile(configFile, {}, host);
  const sources = new Map(
    modules.map(({ page, module }) => {
      const name = `${page.replace(/\W/g, "-")}-${module.line}.mts`;
      return [join(root, "test/docs", name), { page, source: sourceOf(module) }];
    }),
  );
  const options = { ...config?.options, noEmit: true };
  const files = ts.createCompilerHost(options);
  const { fileExists, readFile } = files;
  files.fileExists = (file) => sources.has(file) || fileExists(file);
  files.readFile = (file) => sources.get(file)?.source ?? readFile(file);
  const program = ts.createProgram([...sources.keys()], options, files);
  return [...sources].flatMap(([file, { page }]) => {
    const source = program.getSourceFile(file);
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return found.map(({ start = 0, messageText }) => {
      const line = (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
      return `${page}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
  });
}
