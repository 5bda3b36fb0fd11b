/** The native kernels from the package of a platform, for users without a compiler. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { install, root } from "./installed.ts";

const run = promisify(execFile);
const target = `${process.platform}-${process.arch}`;
const script = join(root, "scripts/platform-packages.mjs");
const platforms = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"];

async function manifest(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, "utf8"));
}

test("the packages of all platforms have the version of saiki", async () => {
  await run(process.execPath, [script, "check"]);
  const { version } = await manifest(join(root, "package.json"));
  for (const name of platforms) {
    const own = await manifest(join(root, "npm", name, "package.json"));
    expect([own["name"], own["version"]]).toEqual([`@saiki/${name}`, version]);
    expect(own["scripts"]).toBeUndefined();
  }
});

const isBuilt = existsSync(join(root, "native", target, "saiki.node"));

describe.skipIf(!isBuilt)("packed", { timeout: 240_000 }, () => {
  let folder: string;
  let version: unknown;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "saiki-release-"));
    await run(process.execPath, [script, "pack", folder]);
    ({ version } = await manifest(join(root, "package.json")));
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  test("saiki depends on exactly these versions, as far as they can be had", async () => {
    const tarball = join(folder, `saiki-${version}.tgz`);
    const { stdout } = await run("tar", ["-xzOf", tarball, "package/package.json"]);
    const pinned = Object.fromEntries(platforms.map((name) => [`@saiki/${name}`, version]));
    expect(JSON.parse(stdout).optionalDependencies).toEqual(pinned);
  });

  test("the package of this platform brings the native kernels", async () => {
    const project = await install(join(folder, `saiki-${target}-${version}.tgz`));
    try {
      const { stdout } = await project.run("npx", "--no-install", "saiki", "info");
      expect(stdout).toMatch(/^backend +native \(\w+\)$/m);
      expect(project.files.some((path) => path.endsWith(".node"))).toBe(false);
    } finally {
      await project.remove();
    }
  });
});
