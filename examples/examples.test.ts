import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const read = (path: string) => readFileSync(here(path), "utf8");
const named = (folder: string, end: string) =>
  readdirSync(here(folder))
    .filter((name) => /^\d/.test(name) && name.endsWith(end))
    .map((name) => name.slice(0, -end.length))
    .sort();

const examples = named(".", ".ts");

/** The output of an example, run as its first comment says. */
async function output(name: string): Promise<string> {
  const args = ["--import", "tsx", here(`${name}.ts`)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: here("..") });
  return stdout;
}

describe("the examples", () => {
  it("are numbered from 01 without gaps", () => {
    const numbers = examples.map((name) => name.slice(0, 3));
    expect(examples.length).toBeGreaterThan(0);
    expect(numbers).toEqual(numbers.map((_, i) => `${String(i + 1).padStart(2, "0")}-`));
  });

  it("have each an expected text, and no text is left over", () => {
    expect(named("expected", ".txt")).toEqual(examples);
  });

  it("have each a line in README.md", () => {
    const listed = [...read("README.md").matchAll(/\((\d[^)]*)\.ts\)/g)].map((match) => match[1]);
    expect(listed).toEqual(examples);
  });

  it.each(examples)("%s has fewer than 80 lines", (name) => {
    expect(read(`${name}.ts`).trimEnd().split("\n").length).toBeLessThan(80);
  });

  it.each(examples)(
    "%s prints what PyTorch prints, to the character",
    async (name) => {
      expect(await output(name)).toBe(read(`expected/${name}.txt`));
    },
    120_000,
  );
});
