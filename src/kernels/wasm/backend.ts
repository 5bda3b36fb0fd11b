/**
 * The backend over a WebAssembly instance: copies operands in, calls, copies results out.
 *
 * float64 goes to the reference, and so do functions that are rare, and arrays so short that copying
 * costs more than computing. Which way a call takes depends on its type and sizes only.
 */

import { isFloat32 } from "../abi.ts";
import type { Backend, BackendName, Gemm } from "../backend.ts";
import { reference } from "../reference/index.ts";
import { elementwise } from "./elementwise.ts";
import type { Exports } from "./exports.ts";
import { Keeper } from "./kept.ts";
import { type Arena, span } from "./memory.ts";
import { random } from "./random.ts";
import { recurrent } from "./recurrent.ts";
import { rows } from "./rows.ts";
import { table } from "./table.ts";
import { update } from "./update.ts";

/** All entries but sessions, which have instances of their own. */
export function wasmEntries(
  name: BackendName,
  wasm: Exports,
  arena: Arena,
): Omit<Backend, "openSession"> {
  const keeper = new Keeper(arena);
  return {
    name,
    gemm: (a) => (isFloat32(a.c) ? gemm(wasm, arena, a) : reference.gemm(a)),
    ...recurrent(wasm, keeper),
    ...rows(wasm, arena),
    ...table(wasm, arena),
    ...elementwise(wasm, arena),
    ...update(wasm, arena),
    ...random(wasm, arena),
    keep: (n) => keeper.keep(n),
    memory: () => ({ bytes: arena.bytes, highWater: arena.bytes }),
  };
}

function gemm(wasm: Exports, arena: Arena, g: Gemm): void {
  const { m, n, k, lda, ldb, ldc } = g;
  if (m === 0 || n === 0) return;
  arena.begin();
  const a = arena.put(g.a, g.transA ? span(k, m, lda) : span(m, k, lda));
  const b = arena.put(g.b, g.transB ? span(n, k, ldb) : span(k, n, ldb));
  const length = span(m, n, ldc);
  // What the kernel does not write must come back as it was.
  const c = g.beta !== 0 || ldc !== n ? arena.put(g.c, length) : arena.floats(length);
  const bias = arena.put(g.bias, n);
  const work = arena.reserve(wasm.saiki_gemm_workspace(m, n, k) >>> 0);
  const [transA, transB] = [+g.transA, +g.transB];
  wasm.saiki_gemm(m, n, k, g.alpha, a, lda, transA, b, ldb, transB, g.beta, c, ldc, bias, work);
  arena.get(c, g.c, length);
}
