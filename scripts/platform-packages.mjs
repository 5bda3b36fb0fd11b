// @ts-check
/**
 * The packages in `npm/`, which contain the native kernels for machines without a compiler:
 *
 *   node scripts/platform-packages.mjs check          whether they fit package.json
 *   node scripts/platform-packages.mjs fill           puts in the kernels that were built here
 *   node scripts/platform-packages.mjs pack <folder>  fills and packs this platform's, and saiki
 *
 * The packed saiki names them as optional dependencies. package.json cannot: npm would look for
 * versions that are not yet published.
 */

import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { binary } from "./build-native.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const packages = join(root, "npm");
const target = `${process.platform}-${process.arch}`;

const [command, folder] = process.argv.slice(2);
if (command === "check") check();
else if (command === "fill") fill();
else if (command === "pack" && folder !== undefined) pack(resolve(folder));
else stop("use one of check, fill, pack <folder>");

function check() {
  const { version, license } = manifestOf(root);
  for (const name of readdirSync(packages)) {
    const [os, cpu] = name.split("-");
    const own = manifestOf(join(packages, name));
    const wanted = {
      ...{ name: `@saiki/${name}`, version, license, os: [os], cpu: [cpu] },
      ...(os === "linux" ? { libc: ["glibc"] } : {}),
    };
    for (const [key, value] of Object.entries(wanted)) {
      if (JSON.stringify(own[key]) === JSON.stringify(value)) continue;
      stop(`npm/${name}/package.json: ${key} must be ${JSON.stringify(value)}`);
    }
  }
}

function fill() {
  check();
  const place = join(packages, target);
  if (!readdirSync(packages).includes(target)) stop(`there is no package for ${target}`);
  try {
    copyFileSync(binary, join(place, "saiki.node"));
  } catch {
    stop("there are no native kernels (npm run build compiles them where there is a C compiler)");
  }
  copyFileSync(join(root, "LICENSE"), join(place, "LICENSE"));
  return place;
}

/** @param {string} out */
function pack(out) {
  mkdirSync(out, { recursive: true });
  npmPack(fill(), "--pack-destination", out);
  const copy = mkdtempSync(join(tmpdir(), "saiki-"));
  try {
    for (const { path } of npmPack(root, "--dry-run")) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      cpSync(join(root, path), join(copy, path));
    }
    const manifest = manifestOf(root);
    const names = readdirSync(packages).map((name) => [`@saiki/${name}`, manifest.version]);
    const complete = { ...manifest, optionalDependencies: Object.fromEntries(names) };
    writeFileSync(join(copy, "package.json"), `${JSON.stringify(complete, null, 2)}\n`);
    npmPack(copy, "--pack-destination", out);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** @param {string} place @param {string[]} options @returns {{ path: string }[]} the files */
function npmPack(place, ...options) {
  const args = ["pack", "--json", "--ignore-scripts", ...options];
  const [packed] = JSON.parse(execFileSync("npm", args, { cwd: place, encoding: "utf8" }));
  return packed.files;
}

/** @param {string} place @returns {Record<string, any>} */
function manifestOf(place) {
  return JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
}

/** @param {string} why @returns {never} */
function stop(why) {
  console.error(`platform packages: ${why}`);
  process.exit(1);
}
