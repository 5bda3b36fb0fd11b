/**
 * The native kernels on musl: they compile and link; there is no Node for musl here to run them.
 */

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { compileKernels } from "../../src/kernels/native/compile.ts";

test("the native kernels compile against musl", { timeout: 240_000 }, async ({ skip }) => {
  try {
    execFileSync("musl-gcc", ["--version"], { stdio: "ignore" });
  } catch {
    skip("there is no musl-gcc (apt install musl-tools)");
  }
  const folder = await mkdtemp(join(tmpdir(), "saiki-musl-"));
  vi.stubEnv("CC", "musl-gcc");
  try {
    const out = join(folder, "saiki.node");
    const kernels = fileURLToPath(new URL("../../kernels", import.meta.url));
    const headers = createRequire(import.meta.url)("node-api-headers").include_dir;
    const extra = ["-O0"]; // to save time
    const compiled = await compileKernels({ kernels, headers, out, extra });
    expect(compiled).toEqual({ sets: expect.arrayContaining([expect.stringMatching(/\w+/)]) });
    const binary = await readFile(out, "latin1");
    expect(binary).toContain("libc.so\0");
    expect(binary).not.toMatch(/libc\.so\.6|GLIBC_/);
  } finally {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  }
});
