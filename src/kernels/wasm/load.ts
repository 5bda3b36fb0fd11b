/** Compiles a flavour of the kernels, at its first use. */

import { platform } from "#platform";
import type { Backend } from "../backend.ts";
import { wasmEntries } from "./backend.ts";
import { unpack } from "./decode.ts";
import type { Exports } from "./exports.ts";
import * as kernels from "./generated/kernels.ts";
import { Arena } from "./memory.ts";
import { session } from "./session.ts";

/** The backend of a flavour, or the reason why it cannot be used here. */
export function loadWasm(name: "wasm" | "wasm-relaxed"): Backend | string {
  if (typeof WebAssembly !== "object") return "the engine has no WebAssembly";
  if (name === "wasm-relaxed") platform.enableRelaxedSimd();
  const bytes = unpack(kernels, name === "wasm" ? 0 : 1);
  if (!WebAssembly.validate(bytes)) {
    return `the engine does not know ${name === "wasm" ? "" : "relaxed "}SIMD`;
  }
  // Synchronous, which browsers allow on a page's main thread up to 8 MB.
  const module = new WebAssembly.Module(bytes);
  const instantiate = () => new WebAssembly.Instance(module).exports as unknown as Exports;
  const wasm = instantiate();
  const arena = new Arena(wasm.memory, wasm.__heap_base.value as number);
  const entries = wasmEntries(name, wasm, arena);
  const backend = { ...entries, ...session(instantiate, entries.gemm) };
  if (name === "wasm-relaxed" && !isFused(backend)) {
    return "relaxed multiply-add is not fused on this machine";
  }
  return backend;
}

/** Relaxed SIMD leaves to the machine whether a · b + c is rounded once; kernels count on it. */
function isFused(backend: Backend): boolean {
  const a = 1 + 2 ** -12;
  const y = Float32Array.of(-(1 + 2 ** -11)); // a · a rounded to float32, negated
  backend.axpy(a, Float32Array.of(a), y);
  return y[0] === 2 ** -24;
}
