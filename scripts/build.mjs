// @ts-check
/** Compiles the kernels, then the sources, into `dist/`. */

import { copyFile, cp, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildChunks, buildTypes } from "./build-chunks.mjs";
import { buildNative } from "./build-native.mjs";
import { buildScript } from "./build-script.mjs";
import { buildWasm } from "./build-wasm.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

await buildWasm();
await buildNative();
await rm(`${root}dist`, { recursive: true, force: true });
await mkdir(`${root}dist/wasm`, { recursive: true });
for (const name of ["simd", "relaxed"]) {
  await copyFile(`${root}src/kernels/wasm/generated/${name}.wasm`, `${root}dist/wasm/${name}.wasm`);
}
const headers = createRequire(import.meta.url)("node-api-headers").include_dir;
for (const name of ["js_native_api", "js_native_api_types", "node_api", "node_api_types"]) {
  await cp(join(headers, `${name}.h`), `${root}dist/node-api/${name}.h`);
}
await cp(join(headers, "../LICENSE"), `${root}dist/node-api/LICENSE`);
await Promise.all([buildChunks(), buildTypes()]);
await buildScript();
console.log("built dist/");
