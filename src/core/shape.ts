/** Shapes: sizes, strides, broadcasting. No tensors here. */

import { IndexError, ShapeError } from "./errors.ts";
import * as torchSays from "./torch-sentences.ts";

/**
 * The sizes of a tensor; an array of numbers that prints as `torch.Size([2, 5, 4])`.
 *
 * @see torch.Size
 * @example
 * const { shape } = torch.ones(2, 3);
 * console.log(shape, shape[1], shape.numel()); // torch.Size([2, 3]) 3 6
 */
export class Size extends Array<number> {
  /** The sizes of an array. */
  static fromArray(sizes: readonly number[]): Size {
    const size = new Size(sizes.length);
    for (let i = 0; i < sizes.length; i++) size[i] = sizes[i] as number;
    return size;
  }

  /** Makes `map`, `filter`, `slice` and the like give plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** The number of elements: the product of the sizes. */
  numel(): number {
    return numel(this);
  }

  /** The text that PyTorch prints. */
  override toString(): string {
    return `torch.Size([${this.join(", ")}])`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

/** The product of the sizes; 1 for a scalar. */
export function numel(shape: readonly number[]): number {
  let n = 1;
  for (const s of shape) n *= s;
  return n;
}

/** Row-major strides, in elements. */
export function contiguousStride(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    stride[i] = step;
    step *= Math.max(shape[i] as number, 1);
  }
  return stride;
}

/** Whether row-major walking of `shape` with `stride` touches memory in order without gaps. */
export function isContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const s = shape[i] as number;
    if (s === 0) return true;
    if (s !== 1) {
      if (stride[i] !== step) return false;
      step *= s;
    }
  }
  return true;
}

/** `dim` in `[-rank, rank)` as an index from 0; a scalar accepts -1 and 0. */
export function normalizeDim(op: string, dim: number, rank: number): number {
  const n = Math.max(rank, 1);
  if (!Number.isInteger(dim) || dim < -n || dim >= n) {
    const range = `[${-n}, ${n - 1}], but got ${dim}`;
    throw IndexError.torch(op, `Dimension out of range (expected to be in range of ${range})`);
  }
  return dim < 0 ? dim + n : dim;
}

/** The common shape of two broadcast operands. */
export function broadcastShapes(op: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw ShapeError.torch(op, torchSays.notBroadcast(x, y, i));
    out[i] = x === 1 ? y : x;
  }
  return out;
}

/** Whether the two shapes are equal. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((s, i) => s === b[i]);
}
