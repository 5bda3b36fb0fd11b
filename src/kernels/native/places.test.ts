import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { buildCommand, packageFolder, placeInCache, placeInPackage, target } from "./places.ts";

afterEach(() => vi.unstubAllEnvs());

test("a checkout is a package", () => {
  const folder = `${process.platform}-${process.arch}`;
  expect(placeInPackage()).toBe(join(packageFolder(), "native", folder, "saiki.node"));
  expect([folder, `${folder}-musl`]).toContain(target());
  expect(buildCommand()).toBe("npm run build");
});

test("the cache is where the user says, if that is a whole path", () => {
  vi.stubEnv("XDG_CACHE_HOME", "/caches");
  expect(placeInCache()).toMatch(
    /^[/]caches[/]saiki[/]\d+[.]\d+[.]\d+-[0-9a-f]{16}-\w+-\w+(-musl)?[.]node$/,
  );
  vi.stubEnv("XDG_CACHE_HOME", "caches");
  expect(placeInCache()).not.toMatch(/^caches/);
});

test.skipIf(process.platform === "win32")("the cache is at home otherwise", () => {
  vi.stubEnv("XDG_CACHE_HOME", "");
  vi.stubEnv("HOME", "/home/of/someone");
  expect(placeInCache()).toMatch(/^[/]home[/]of[/]someone[/](.cache|Library[/]Caches)[/]saiki[/]/);
  vi.stubEnv("HOME", "no/whole/path");
  expect(placeInCache()).toBeNull();
});
