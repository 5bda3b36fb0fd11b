// @ts-check
/**
 * Installs and builds missing or outdated parts, so that a fresh clone needs only Node and npm:
 * `node scripts/ensure.mjs [dist] [bench] [test/everywhere]`. Uses Node's own modules only.
 */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** The messages of npm and of builds go to stderr: stdout belongs to the command. */
const stdio = /** @type {const} */ (["ignore", 2, 2]);

/** @param {"dist" | "modules"} what */
export function ensureBuilt(what) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`saiki needs Node 20.19 or later; this is ${process.versions.node}.`);
    process.exit(1);
  }
  ensureInstalled("");
  if (what === "dist" && isOlder("dist/index.js", sources())) {
    execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio });
  }
}

/**
 * The dependencies of the package in a folder.
 *
 * @param {string} folder empty, or ends with a slash
 */
function ensureInstalled(folder) {
  if (!isOlder(`${folder}node_modules/.package-lock.json`, [`${folder}package-lock.json`])) return;
  console.error(`installing dependencies (npm ci${folder && ` in ${folder}`}) ...`);
  const shell = process.platform === "win32";
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root + folder, stdio, shell });
}

/**
 * Whether a file is missing, or older than one of its sources.
 *
 * @param {string} made
 * @param {string[]} from
 */
function isOlder(made, from) {
  if (!existsSync(root + made)) return true;
  const { mtimeMs } = statSync(root + made);
  return from.some((file) => statSync(root + file).mtimeMs > mtimeMs);
}

function sources() {
  const files = ["src", "kernels", "scripts"].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: "utf8" }).map((f) => `${folder}/${f}`),
  );
  return files.filter((f) => /\.(ts|mjs|c|h)$/.test(f) && !/generated|\.test\.ts$/.test(f));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureBuilt(process.argv.includes("dist") ? "dist" : "modules");
  for (const folder of ["bench", "test/everywhere"]) {
    if (process.argv.includes(folder)) ensureInstalled(`${folder}/`);
  }
}
