// @ts-check
/** The origin of a result: machine, versions, commit. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** @returns `modified`: whether sources or kernels differ from the commit */
export function provenance() {
  return {
    processor: processor(),
    cores: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    commit: git("log", "-1", "--format=%h"),
    commit_date: git("log", "-1", "--format=%cs"),
    modified: git("status", "--porcelain", "--", "src", "kernels") !== "",
  };
}

/** With family and model, because a virtual machine may name only the vendor. */
function processor() {
  const name = cpus()[0]?.model.trim() ?? "unknown";
  if (process.platform !== "linux") return name;
  const text = readFileSync("/proc/cpuinfo", "utf8");
  const field = (/** @type {string} */ key) =>
    text.match(new RegExp(`^${key}\\s*: (.*)$`, "m"))?.[1];
  const widest = ["avx512f", "avx2"].find((flag) => field("flags")?.split(" ").includes(flag));
  return `${name} (family ${field("cpu family")}, model ${field("model")}, ${widest ?? "no avx2"})`;
}

/** @param {string[]} args */
function git(...args) {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
}
