// @ts-check
/**
 * Installs and builds what is missing, so that a fresh clone needs nothing but Node and npm:
 * `node scripts/ensure.mjs [wasm|dist]`. Uses Node's own modules only.
 */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`saiki needs Node 20.19 or later; this is ${process.versions.node}.`);
  process.exit(1);
}

if (isOlder("node_modules/.package-lock.json", ["package.json", "package-lock.json"])) {
  console.log("Installing dependencies (npm ci) ...");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
}

if (process.argv[2] === "dist" && isOlder("dist/index.js", sources())) runScript("build.mjs");
if (process.argv[2] === "wasm") runScript("build-wasm.mjs");

/** @param {string} name */
function runScript(name) {
  execFileSync(process.execPath, [`scripts/${name}`], { cwd: root, stdio: "inherit" });
}

/** Whether a file is missing, or older than one of those that it is made from. */
/** @param {string} made @param {string[]} from */
function isOlder(made, from) {
  if (!existsSync(root + made)) return true;
  const { mtimeMs } = statSync(root + made);
  return from.some((file) => statSync(root + file).mtimeMs > mtimeMs);
}

function sources() {
  const folders = ["src", "kernels", "scripts"];
  const files = folders.flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: "utf8" }).map((f) => `${folder}/${f}`),
  );
  return files.filter((file) => /\.(ts|mjs|c|h)$/.test(file) && !file.includes("generated"));
}
