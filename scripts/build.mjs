// @ts-check
/** Compiles the kernels, then the sources, into `dist/`. */

import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildNative } from "./build-native.mjs";
import { buildWasm } from "./build-wasm.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

await buildWasm();
await buildNative();
await rm(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
await nameClasses();
console.log("built dist/");

/**
 * Gives each class its name as a static field. Bundlers shorten names, and the texts of modules and
 * errors show them; fields they leave as they are.
 */
async function nameClasses() {
  for (const file of await readdir(`${root}dist`, { recursive: true })) {
    if (!file.endsWith(".js")) continue;
    const code = await readFile(`${root}dist/${file}`, "utf8");
    const named = code.replace(/^(?:export )?class (\w+)\b.*\{$/gm, '$&\n    static name = "$1";');
    if (named !== code) await writeFile(`${root}dist/${file}`, named);
  }
}
