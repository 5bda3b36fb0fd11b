// @ts-check
/** Runs all checks besides the tests; stops at the first finding. */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @type {[what: string, command: string[]][]} */
const steps = [
  ["build", [process.execPath, "scripts/build.mjs"]],
  ["imports", [process.execPath, "scripts/imports.mjs"]],
  ["format, lint", bin("biome", "check", "--error-on-warnings", ".")],
  ["types", bin("tsc", "-p", "tsconfig.json")],
  ["types without Node", bin("tsc", "-p", "tsconfig.browser.json")],
  ["dead code", bin("knip")],
  ["doc comments", [process.execPath, "scripts/docs-gate.mjs"]],
  ["generated pages", [process.execPath, "scripts/parity.mjs", "--check"]],
  ["site", [process.execPath, "scripts/docs.mjs"]],
  ["package", bin("publint", "--strict")],
  ["platform packages", [process.execPath, "scripts/platform-packages.mjs", "check"]],
];

for (const [what, [command, ...args]] of steps) {
  console.log(`\n── ${what}`);
  try {
    execFileSync(/** @type {string} */ (command), args, { cwd: root, stdio: "inherit" });
  } catch {
    console.error(`\n${what}: findings above`);
    process.exit(1);
  }
}
console.log("\ncheck: no findings");

/** @param {string} name @param {string[]} args */
function bin(name, ...args) {
  return [`node_modules/.bin/${name}`, ...args];
}
