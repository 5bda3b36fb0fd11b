/** Compiles a flavour of the kernels, at its first use. */

import { platform } from "#platform";
import type { Backend } from "../backend.ts";
import { wasmBackend } from "./backend.ts";
import type { Exports } from "./exports.ts";
import * as relaxed from "./generated/relaxed.ts";
import * as simd from "./generated/simd.ts";

/** The backend of a flavour, or the reason why this engine cannot run it. */
export function loadWasm(name: "wasm" | "wasm-relaxed"): Backend | string {
  if (typeof WebAssembly !== "object") return "the engine has no WebAssembly";
  if (name === "wasm-relaxed") platform.enableRelaxedSimd();
  const bytes = decode(name === "wasm" ? simd.wasm : relaxed.wasm);
  if (!WebAssembly.validate(bytes)) {
    return `the engine does not know ${name === "wasm" ? "SIMD" : "relaxed SIMD"}`;
  }
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return wasmBackend(name, instance.exports as unknown as Exports);
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}
