/** Makes a flavour of the kernels, at its first use. */

import { platform } from "#platform";
import type { Backend } from "../backend.ts";
import { wasmEntries } from "./backend.ts";
import { unpack } from "./decode.ts";
import type { Exports } from "./exports.ts";
import * as kernels from "./generated/kernels.ts";
import { stamp } from "./generated/stamp.ts";
import { Arena } from "./memory.ts";
import { session } from "./session.ts";

export type WasmName = "wasm" | "wasm-relaxed";

/**
 * The backend of a flavour, or the reason why it cannot be used here.
 *
 * @param given its module, where the engine compiles none at run time
 */
export function loadWasm(name: WasmName, given?: WebAssembly.Module): Backend | string {
  if (typeof WebAssembly !== "object") return "the engine has no WebAssembly";
  try {
    const module = given ?? compiled(name);
    if (module === null) return `the engine does not know ${name === "wasm" ? "" : "relaxed "}SIMD`;
    const backend = backendOf(name, module);
    const works = name === "wasm" || isFused(backend);
    return works ? backend : "relaxed multiply-add is not fused on this machine";
  } catch (error) {
    // A page's Content-Security-Policy, or a runtime that compiles nothing: engines differ in which
    // of the two constructors they refuse.
    return `the engine refuses WebAssembly: ${error instanceof Error ? error.message : error}`;
  }
}

/** Whose kernels a compiled module holds; null if not this build's. */
export function flavourOf(module: WebAssembly.Module): WasmName | null {
  const [section] = WebAssembly.Module.customSections(module, "saiki");
  const mark = section && String.fromCharCode(...new Uint8Array(section));
  if (mark === `simd ${stamp}`) return "wasm";
  return mark === `relaxed ${stamp}` ? "wasm-relaxed" : null;
}

/** Synchronous, which browsers allow on a page's main thread up to 8 MB. */
function compiled(name: WasmName): WebAssembly.Module | null {
  const bytes = unpack(kernels, name === "wasm" ? 0 : 1);
  if (!WebAssembly.validate(bytes)) {
    if (name === "wasm") return null;
    platform.enableRelaxedSimd();
    if (!WebAssembly.validate(bytes)) return null;
  }
  return new WebAssembly.Module(bytes);
}

function backendOf(name: WasmName, module: WebAssembly.Module): Backend {
  const instantiate = () => new WebAssembly.Instance(module).exports as unknown as Exports;
  const wasm = instantiate();
  const arena = new Arena(wasm.memory, wasm.__heap_base.value as number);
  const entries = wasmEntries(name, wasm, arena);
  return { ...entries, ...session(instantiate, entries.gemm) };
}

/** Relaxed SIMD leaves to the machine whether a · b + c is rounded once; kernels count on it. */
function isFused(backend: Backend): boolean {
  const a = 1 + 2 ** -12;
  const y = Float32Array.of(-(1 + 2 ** -11)); // a · a rounded to float32, negated
  backend.axpy(a, Float32Array.of(a), y);
  return y[0] === 2 ** -24;
}
