/**
 * The memory that a WebAssembly instance works in. The operands of a call are copied in one after
 * the other, and results out; the next call starts again after the blocks that outlive calls.
 */

import type { Real } from "../../core/dtype.ts";
import { BackendError } from "../../core/errors.ts";
import type { Saved } from "../backend.ts";
import { isKept } from "../saved.ts";
import { Blocks } from "./blocks.ts";

const PAGE = 65536;
const ALIGN = 64;

export class Arena {
  private readonly memory: WebAssembly.Memory;
  private readonly blocks: Blocks;
  private top: number;
  // Views of the memory, made again when it grows: they are detached, or of a shared one too short.
  private f32!: Float32Array;
  private i32!: Int32Array;

  /** @param floor the first byte that the module leaves free */
  constructor(memory: WebAssembly.Memory, floor: number) {
    this.memory = memory;
    this.blocks = new Blocks(align(floor));
    this.top = this.blocks.end;
    this.view();
  }

  /** Bytes that the instance holds. It never gives any back, so this is also the most it ever held. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Forgets what the call before has put. */
  begin(): void {
    this.top = this.blocks.end;
  }

  /** The address of `bytes` bytes with unspecified contents. */
  reserve(bytes: number): number {
    const at = this.top;
    this.top = align(at + bytes);
    if (this.top > this.bytes) this.grow();
    return at;
  }

  /**
   * The address of `bytes` bytes that no call will use until they are freed. Forgets what the call
   * before has put.
   */
  keep(bytes: number): number {
    const at = this.blocks.take(align(bytes));
    this.begin();
    try {
      if (this.top > this.bytes) this.grow();
    } catch (error) {
      this.blocks.free(at);
      throw error;
    }
    return at;
  }

  /** @param at what {@link keep} gave */
  free(at: number): void {
    this.blocks.free(at);
  }

  /** The address of `n` floats with unspecified contents. */
  floats(n: number): number {
    return this.reserve(4 * n);
  }

  /** Copies the first `n` floats in; null has address 0. */
  put(x: Real | null, n: number): number {
    if (x === null) return 0;
    const at = this.reserve(4 * n);
    this.f32.set(x.length === n ? x : x.subarray(0, n), at / 4);
    return at;
  }

  /** Copies in what forward left. */
  putSaved(saved: Saved | null, n: number): number {
    if (saved === null || !isKept(saved)) return this.put(saved, n);
    const at = this.reserve(4 * n);
    saved.copyTo(this.f32.subarray(at / 4, at / 4 + n));
    return at;
  }

  /** Copies whole numbers in. */
  putWords(x: ArrayLike<number>): number {
    const at = this.reserve(4 * x.length);
    this.i32.set(x, at / 4);
    return at;
  }

  /** Copies `n` floats out. */
  get(at: number, out: Real, n: number): void {
    out.set(this.f32.subarray(at / 4, at / 4 + n));
  }

  /** Copies whole numbers out. */
  getWords(at: number, out: Uint32Array): void {
    out.set(this.i32.subarray(at / 4, at / 4 + out.length));
  }

  private grow(): void {
    const missing = this.top - this.bytes;
    // A quarter more than there was, so that ever larger calls do not grow the memory each time.
    const pages = [Math.max(missing, this.bytes / 4), missing].map((b) => Math.ceil(b / PAGE));
    for (const n of pages) {
      try {
        this.memory.grow(n);
        this.view();
        return;
      } catch {
        // The engine gives less than that.
      }
    }
    const said = `the engine has no ${Math.ceil(this.top / 2 ** 20)} MiB for WebAssembly`;
    const fix = "Use a smaller batch, shorter sequences or a smaller hidden size";
    throw new BackendError("kernels", said, fix);
  }

  private view(): void {
    this.f32 = new Float32Array(this.memory.buffer);
    this.i32 = new Int32Array(this.memory.buffer);
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGN) * ALIGN;
}

/** Elements from the first to the last of a matrix whose rows lie `ld` apart. */
export function span(rows: number, cols: number, ld: number): number {
  return rows === 0 || cols === 0 ? 0 : (rows - 1) * ld + cols;
}
