/** The files that the tour names contain its excerpts. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(`${root}docs/tour.md`, "utf8");

/** The file and the code of each block. */
const excerpts = [...page.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)].map(
  ([, file = "", code = ""]) => [file, code] as const,
);

test("has excerpts", () => {
  expect(excerpts.length).toBeGreaterThan(6);
});

test.each(excerpts)("%s has the lines that the tour shows", (file, code) => {
  expect(unindented(readFileSync(root + file, "utf8"))).toContain(unindented(code));
});

test("names files that are there", () => {
  for (const [, file = ""] of page.matchAll(/`(src\/[\w./-]+)`/g))
    expect(existsSync(root + file), file).toBe(true);
});

function unindented(code: string): string {
  return code.replace(/^ +/gm, "");
}
