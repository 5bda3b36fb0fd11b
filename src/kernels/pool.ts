/**
 * Buffers that outlive one kernel call but are no tensors: what an operation saves for its backward, and
 * gradients that only the tape sees.
 *
 * The pool lends arrays by type and length and takes them back, so that a training step reuses the
 * memory of the last one: fresh pages are the cost, not copies. A buffer that is never given back
 * belongs to the garbage collector, and so do the longest idle ones beyond `IDLE_LIMIT`: lengths that
 * change from step to step would fill the memory.
 */

import type { Real } from "../core/index.ts";

/** Bytes that may lie idle. */
export const IDLE_LIMIT = 256 * 2 ** 20;

/** Idle buffers of one type and length, the longest idle first. */
const shelves = new Map<string, Real[]>();
/** All idle buffers in that order. */
const idle = new Set<Real>();
let idleBytes = 0;
let bytes = 0;
let highWater = 0;

/** An array of `n` elements with unspecified contents. */
export function lend(like: "float32" | "float64", n: number): Real {
  const reused = shelves.get(key(like, n))?.pop();
  if (reused !== undefined) {
    idle.delete(reused);
    idleBytes -= reused.byteLength;
    return reused;
  }
  const fresh = like === "float32" ? new Float32Array(n) : new Float64Array(n);
  bytes += fresh.byteLength;
  highWater = Math.max(highWater, bytes);
  return fresh;
}

/** Takes a lent array back; the caller must not touch it again. */
export function giveBack(array: Real): void {
  if (array.byteLength > IDLE_LIMIT) {
    bytes -= array.byteLength;
    return;
  }
  const k = keyOf(array);
  const shelf = shelves.get(k);
  if (shelf === undefined) shelves.set(k, [array]);
  else shelf.push(array);
  idle.add(array);
  idleBytes += array.byteLength;
  for (const oldest of idle) {
    if (idleBytes <= IDLE_LIMIT) break;
    drop(oldest);
  }
}

/** Leaves a lent array to whoever holds it: it is never lent again. */
export function giveAway(array: Real): void {
  bytes -= array.byteLength;
}

/** Bytes that the pool has made and not dropped, the most it ever had, and how many lie idle. */
export function poolMemory(): { bytes: number; highWater: number; idle: number } {
  return { bytes, highWater, idle: idleBytes };
}

/** Leaves all idle buffers to the garbage collector. */
export function emptyPool(): void {
  for (const array of idle) drop(array);
}

/** @param oldest of all idle buffers, and so the first of its shelf */
function drop(oldest: Real): void {
  const k = keyOf(oldest);
  const shelf = shelves.get(k)!;
  shelf.shift();
  if (shelf.length === 0) shelves.delete(k);
  idle.delete(oldest);
  idleBytes -= oldest.byteLength;
  bytes -= oldest.byteLength;
}

function keyOf(array: Real): string {
  return key(array instanceof Float32Array ? "float32" : "float64", array.length);
}

function key(like: string, n: number): string {
  return `${like}:${n}`;
}
