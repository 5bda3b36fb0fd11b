// @ts-check
/**
 * Tests the native kernels under AddressSanitizer and UndefinedBehaviorSanitizer, built into
 * `native/sanitized/`; the first finding ends the run with its report. Arguments go to vitest.
 * Needs GCC with its sanitizers, on Linux.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildNative } from "./build-native.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const binary = join(root, "native", "sanitized", "saiki.node");

const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const extra = [...sanitizers, "-O1", "-g", "-fno-omit-frame-pointer"];
const runtimes = ["libasan.so", "libubsan.so"].map(find);
if (!runtimes.every(isAbsolute) || !(await buildNative({ extra, out: binary }))) {
  console.error("sanitize: GCC with its sanitizers is needed");
  process.exit(1);
}

const tests = ["test/conformance/native", "src/kernels/native"];
const { status } = spawnSync(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--pool=forks",
    "--testTimeout=120000",
    ...tests,
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      SAIKI_TEST_BINARY: binary,
      // The runtime must load before Node; leaks of Node are ignored.
      LD_PRELOAD: runtimes.join(" "),
      ASAN_OPTIONS: "detect_leaks=0:halt_on_error=1:abort_on_error=0",
      UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1",
    },
  },
);
process.exit(status ?? 1);

/** @param {string} library */
function find(library) {
  const cc = process.env.CC || "cc";
  try {
    return execFileSync(cc, [`-print-file-name=${library}`], { encoding: "utf8" }).trim();
  } catch {
    return library;
  }
}
