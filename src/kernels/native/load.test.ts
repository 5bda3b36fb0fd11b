import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadNative } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "saiki-native-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

test("a file that is no library", () => {
  writeFileSync(at("saiki.node"), "these are no kernels");
  expect(loadNative(at("saiki.node"))).toEqual({
    reason: expect.stringMatching(/saiki\.node cannot be loaded: .+$/),
    broken: true,
  });
});

test("a library that is no binding", ({ skip }) => {
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
  const library = sharedObjects.find((path) => /\/libm\.|\/libz\./.test(path));
  if (library === undefined) return skip("there is no library to take");
  copyFileSync(library, at("other.node"));
  expect(loadNative(at("other.node"))).toEqual({
    reason: expect.stringMatching(/other\.node cannot be loaded: .+$/),
    broken: true,
  });
});

test("a binding of something else", () => {
  writeFileSync(at("else.cjs"), "exports.hello = () => 1;");
  expect(loadNative(at("else.cjs"))).toEqual({
    reason: `${at("else.cjs")} holds no kernels`,
    broken: true,
  });
});

test("a binding of another version", () => {
  writeFileSync(at("old.cjs"), 'exports.use = () => "sse2"; exports.sources = "other";');
  expect(loadNative(at("old.cjs"))).toEqual({
    reason: `${at("old.cjs")} belongs to another version of saiki (npm run build compiles its like)`,
    broken: true,
  });
});

test("no file is no fault", () => {
  expect(loadNative(null)).toEqual({
    reason: expect.stringMatching(/^there are no native kernels for .*npm run build/),
    broken: false,
  });
});

test("an instruction set that the processor lacks", ({ skip }) => {
  const best = loadNative();
  if (!("backend" in best)) return skip(best.reason);
  expect(loadNative(undefined, "avx1024")).toEqual({
    reason: "there are no kernels for avx1024 that this processor runs",
    broken: true,
  });
});
