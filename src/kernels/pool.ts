/**
 * Buffers that outlive one kernel call but are no tensors: values that an operation saves for its
 * backward, and gradients that only the tape sees.
 *
 * Arrays are pooled by type and length, so that a training step reuses the memory of the last one:
 * fresh pages are the cost, not copies. The garbage collector takes a buffer that is never released,
 * and the longest idle ones beyond `IDLE_LIMIT`, because lengths that change from step to step would
 * fill the memory.
 */

import type { Real } from "../core/index.ts";

/** Bytes that may lie idle. */
export const IDLE_LIMIT = 256 * 2 ** 20;

/** Idle buffers of one type and length, the longest idle first. */
const freeLists = new Map<string, Real[]>();
/** All idle buffers in that order. */
const idle = new Set<Real>();
let idleBytes = 0;
let bytes = 0;
let highWater = 0;

/** An array of `n` elements with unspecified contents. */
export function acquire(like: "float32" | "float64", n: number): Real {
  const reused = freeLists.get(key(like, n))?.pop();
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

/** Returns an array to the pool; the caller must not touch it again. */
export function release(array: Real): void {
  if (array.byteLength > IDLE_LIMIT) {
    bytes -= array.byteLength;
    return;
  }
  const k = keyOf(array);
  const freeList = freeLists.get(k);
  if (freeList === undefined) freeLists.set(k, [array]);
  else freeList.push(array);
  idle.add(array);
  idleBytes += array.byteLength;
  for (const oldest of idle) {
    if (idleBytes <= IDLE_LIMIT) break;
    drop(oldest);
  }
}

/** Takes an acquired array from the pool for good. */
export function detach(array: Real): void {
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

/** @param oldest of all idle buffers, and so the first of its free list */
function drop(oldest: Real): void {
  const k = keyOf(oldest);
  const freeList = freeLists.get(k)!;
  freeList.shift();
  if (freeList.length === 0) freeLists.delete(k);
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
