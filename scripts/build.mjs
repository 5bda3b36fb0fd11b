// @ts-check
/** Compiles the kernels, then the sources, into `dist/`. */

import { copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildChunks, buildTypes } from "./build-chunks.mjs";
import { buildNative } from "./build-native.mjs";
import { buildWasm } from "./build-wasm.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

await buildWasm();
await buildNative();
await rm(`${root}dist`, { recursive: true, force: true });
await mkdir(`${root}dist/wasm`, { recursive: true });
for (const name of ["simd", "relaxed"]) {
  await copyFile(`${root}src/kernels/wasm/generated/${name}.wasm`, `${root}dist/wasm/${name}.wasm`);
}
await Promise.all([buildChunks(), buildTypes()]);
console.log("built dist/");
