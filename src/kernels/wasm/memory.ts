/**
 * The memory that a WebAssembly instance works in. Operands of one call are copied in one after the
 * other, results out; the next call starts from the bottom again.
 */

import { BackendError, type Real } from "../../core/index.ts";

const PAGE = 65536;
const ALIGN = 64;

export class CallMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #base: number;
  #top: number;
  #f32: Float32Array;
  #i32: Int32Array;

  /** @param base the first byte that the module leaves free */
  constructor(memory: WebAssembly.Memory, base: number) {
    this.#memory = memory;
    this.#base = base;
    this.#top = base;
    this.#f32 = new Float32Array(memory.buffer);
    this.#i32 = new Int32Array(memory.buffer);
  }

  /** Bytes that the instance holds; it never gives any back. */
  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Forgets the operands of the call before. */
  begin(): void {
    this.#top = this.#base;
  }

  /** The address of `n` words with unspecified contents. */
  reserve(n: number): number {
    const at = Math.ceil(this.#top / ALIGN) * ALIGN;
    this.#top = at + 4 * n;
    if (this.#top > this.bytes) this.#grow();
    return at;
  }

  /** Copies floats in and gives their address; null has address 0. */
  put(x: Real | null, n: number): number {
    if (x === null) return 0;
    const at = this.reserve(n);
    this.#f32.set(x.length === n ? x : x.subarray(0, n), at >> 2);
    return at;
  }

  /** Copies integers in. */
  putInts(x: ArrayLike<number>): number {
    const at = this.reserve(x.length);
    this.#i32.set(x, at >> 2);
    return at;
  }

  /** Copies `n` floats out. */
  get(at: number, out: Real, n: number): void {
    out.set(this.#f32.subarray(at >> 2, (at >> 2) + n));
  }

  /** Copies integers out. */
  getInts(at: number, out: Int32Array | Uint32Array): void {
    out.set(this.#i32.subarray(at >> 2, (at >> 2) + out.length));
  }

  #grow(): void {
    const missing = Math.ceil((this.#top - this.bytes) / PAGE);
    try {
      this.#memory.grow(missing);
    } catch (cause) {
      throw new BackendError({
        op: "wasm",
        sentence: `the kernels need ${Math.ceil(this.#top / 2 ** 20)} MiB, which the engine does not give`,
        fix: "Use a smaller batch, length or hidden size",
        cause,
      });
    }
    this.#f32 = new Float32Array(this.#memory.buffer);
    this.#i32 = new Int32Array(this.#memory.buffer);
  }
}

/** Elements from the first to the last of a matrix whose rows lie `ld` apart. */
export function span(rows: number, cols: number, ld: number): number {
  return rows === 0 ? 0 : (rows - 1) * ld + cols;
}
