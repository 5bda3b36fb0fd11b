/**
 * Buffers that outlive one kernel call but are no tensors: what an operation saves for its backward.
 *
 * The pool lends arrays by type and length and takes them back, so that a training step reuses the
 * memory of the last one: fresh pages are the cost, not copies. A buffer that is never given back
 * belongs to the garbage collector.
 */

import type { Real } from "../core/index.ts";

const idle = new Map<string, Real[]>();
let bytes = 0;
let highWater = 0;

/** An array of `n` elements with unspecified contents. */
export function lend(like: "float32" | "float64", n: number): Real {
  const reused = idle.get(key(like, n))?.pop();
  if (reused !== undefined) return reused;
  const fresh = like === "float32" ? new Float32Array(n) : new Float64Array(n);
  bytes += fresh.byteLength;
  highWater = Math.max(highWater, bytes);
  return fresh;
}

/** Takes a lent array back; the caller must not touch it again. */
export function giveBack(array: Real): void {
  const k = key(array instanceof Float32Array ? "float32" : "float64", array.length);
  const shelf = idle.get(k);
  if (shelf === undefined) idle.set(k, [array]);
  else shelf.push(array);
}

/** Bytes that the pool has made, the most it ever had, and how many of them lie idle. */
export function poolMemory(): { bytes: number; highWater: number; idle: number } {
  let unused = 0;
  for (const shelf of idle.values()) for (const a of shelf) unused += a.byteLength;
  return { bytes, highWater, idle: unused };
}

/** Leaves all idle buffers to the garbage collector. */
export function emptyPool(): void {
  bytes -= poolMemory().idle;
  idle.clear();
}

function key(like: string, n: number): string {
  return `${like}:${n}`;
}
