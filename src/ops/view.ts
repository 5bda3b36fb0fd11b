/**
 * A view: sizes and strides over shared storage. All operations compute on views; `Tensor` wraps
 * them and records the tape.
 */

import {
  assert,
  contiguousStride,
  type DType,
  float32,
  isContiguous,
  numel,
  type Real,
  type TypedArray,
} from "../core/index.ts";
import { kernels } from "../kernels/index.ts";
import { acquire, detach, release } from "../kernels/pool.ts";

/** Elements in memory, shared by views; `version` counts in-place changes. */
export class Storage {
  readonly data: TypedArray;
  version = 0;
  /** The recorded operation that changed it last, as PyTorch names it: for error messages. */
  changedBy: string | undefined;

  /** Whether the memory belongs to the pool and returns there when no view of it is left. */
  #pooled: boolean;

  constructor(data: TypedArray, pooled = false) {
    this.data = data;
    this.#pooled = pooled;
  }

  get isPooled(): boolean {
    return this.#pooled;
  }

  /** Returns pooled memory, which must not be touched afterwards, to the pool. */
  release(): void {
    if (this.#pooled) release(this.data as Real);
    this.#pooled = false;
  }

  /** Takes the memory from the pool for good: a view of it may live on. */
  detach(): void {
    if (this.#pooled) detach(this.data as Real);
    this.#pooled = false;
  }
}

/** Element `[i, j, …]` lies at `storage.data[offset + i·stride[0] + j·stride[1] + …]`. */
export class View {
  readonly storage: Storage;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;

  constructor(
    storage: Storage,
    dtype: DType,
    shape: readonly number[],
    stride: readonly number[],
    offset: number,
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.shape = shape;
    this.stride = stride;
    this.offset = offset;
  }

  /** A row-major view of all of `data`. */
  static of(data: TypedArray, dtype: DType, shape: readonly number[]): View {
    return new View(new Storage(data), dtype, shape, contiguousStride(shape), 0);
  }

  /** Fresh zeros. */
  static zeros(shape: readonly number[], dtype: DType): View {
    return View.of(dtype.allocate(numel(shape)), dtype, shape);
  }

  /** Unspecified elements in memory of the pool, until {@link Storage.release}. */
  static pooled(shape: readonly number[], dtype: DType): View {
    const data = acquire(dtype === float32 ? "float32" : "float64", numel(shape));
    return new View(new Storage(data, true), dtype, shape, contiguousStride(shape), 0);
  }

  /** A 0-dimensional view of one number. */
  static scalar(value: number, dtype: DType = float32): View {
    const view = View.zeros([], dtype);
    view.storage.data[0] = value;
    return view;
  }

  get numel(): number {
    return numel(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  isContiguous(): boolean {
    return isContiguous(this.shape, this.stride);
  }

  /** Itself when row-major, else a row-major copy. */
  contiguous(): View {
    return this.isContiguous() ? this : this.clone();
  }

  /** A row-major copy. */
  clone(): View {
    return View.of(gather(this), this.dtype, this.shape);
  }

  /** The elements in row-major order: the memory itself when contiguous, else a copy. */
  data(): TypedArray {
    if (!this.isContiguous()) return gather(this);
    const { data } = this.storage;
    const n = this.numel;
    return n === data.length ? data : data.subarray(this.offset, this.offset + n);
  }

  /** {@link View.data} of a floating-point view. */
  real(): Real {
    assert(this.dtype.isFloatingPoint, "expected a floating-point view");
    return this.data() as Real;
  }

  /** The same elements under another shape; the view must be contiguous. */
  reshaped(shape: readonly number[]): View {
    return new View(this.storage, this.dtype, shape, contiguousStride(shape), this.offset);
  }

  /** The same storage under other sizes, strides and offset. */
  restrided(shape: readonly number[], stride: readonly number[], offset = this.offset): View {
    return new View(this.storage, this.dtype, shape, stride, offset);
  }

  /** Broadcast to `shape`: new or size-1 dimensions get stride 0. */
  expand(shape: readonly number[]): View {
    const lead = shape.length - this.rank;
    const stride = shape.map((size, i) => {
      const own = this.shape[i - lead];
      return own === undefined || (own === 1 && size !== 1) ? 0 : (this.stride[i - lead] as number);
    });
    return this.restrided(shape, stride);
  }

  /** Exchanges two dimensions. */
  transpose(a: number, b: number): View {
    const order = this.shape.map((_, i) => (i === a ? b : i === b ? a : i));
    return this.permute(order);
  }

  permute(order: readonly number[]): View {
    return this.restrided(
      order.map((i) => this.shape[i] as number),
      order.map((i) => this.stride[i] as number),
    );
  }

  /** Drops dimension `dim` at `index`. */
  select(dim: number, index: number): View {
    return this.restrided(
      this.shape.toSpliced(dim, 1),
      this.stride.toSpliced(dim, 1),
      this.offset + index * (this.stride[dim] as number),
    );
  }

  /** `length` entries of dimension `dim` from `start`, `step` apart. */
  slice(dim: number, start: number, length: number, step = 1): View {
    const own = this.stride[dim] as number;
    return this.restrided(
      this.shape.with(dim, length),
      this.stride.with(dim, own * step),
      this.offset + start * own,
    );
  }

  unsqueeze(dim: number): View {
    return this.restrided(this.shape.toSpliced(dim, 0, 1), this.stride.toSpliced(dim, 0, 0));
  }

  squeeze(dim: number): View {
    return this.restrided(this.shape.toSpliced(dim, 1), this.stride.toSpliced(dim, 1));
  }

  /** The elements as another type; itself where nothing changes. */
  to(dtype: DType): View {
    if (dtype === this.dtype) return this;
    const from = this.data();
    const to = dtype.allocate(from.length);
    if (dtype.name === "bool") for (let i = 0; i < to.length; i++) to[i] = from[i] === 0 ? 0 : 1;
    else to.set(from);
    return View.of(to, dtype, this.shape);
  }

  /** Writes the elements of `from` (same shape) to this view's memory. */
  assign(from: View): void {
    const source = from.data();
    if (source.length === 0) return;
    if (this.isContiguous()) {
      this.storage.data.set(source, this.offset);
      return;
    }
    const target = this.storage.data;
    walk(this.shape, this.stride, this.offset, (at, step, n, done) => {
      for (let i = 0; i < n; i++) target[at + i * step] = source[done + i] as number;
    });
  }
}

/** The elements of a view in row-major order, in a new array. */
function gather(view: View): TypedArray {
  const from = view.storage.data;
  const to = view.dtype.allocate(view.numel);
  walk(view.shape, view.stride, view.offset, (at, step, n, done) => {
    if (step === 1) to.set(from.subarray(at, at + n), done);
    else for (let i = 0; i < n; i++) to[done + i] = from[at + i * step] as number;
  });
  return to;
}

/** Calls `run(start, step, count, elements before it)` for each innermost run, row-major. */
function walk(
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
  run: (at: number, step: number, n: number, done: number) => void,
): void {
  const total = numel(shape);
  if (total === 0) return;
  // Merge the inner dimensions that are contiguous with each other into one run.
  let outer = shape.length - 1;
  let n = outer < 0 ? 1 : (shape[outer] as number);
  const step = outer < 0 ? 1 : (stride[outer] as number);
  while (outer > 0 && stride[outer - 1] === step * n) n *= shape[--outer] as number;
  const index = new Array<number>(Math.max(outer, 0)).fill(0);
  let at = offset;
  for (let done = 0; done < total; done += n) {
    run(at, step, n, done);
    for (let d = outer - 1; d >= 0; d--) {
      at += stride[d] as number;
      index[d] = (index[d] as number) + 1;
      if ((index[d] as number) < (shape[d] as number)) break;
      at -= (stride[d] as number) * (shape[d] as number);
      index[d] = 0;
    }
  }
}

/** Sums `view` down to `shape`, undoing a broadcast from it. */
export function sumTo(view: View, shape: readonly number[]): View {
  const lead = view.rank - shape.length;
  let out = view;
  for (let i = 0; i < view.rank; i++) {
    const target = i < lead ? 1 : (shape[i - lead] as number);
    if (target === 1 && out.shape[i] !== 1) out = sumDim(out, i);
  }
  return out.rank === shape.length ? out : out.contiguous().reshaped(shape);
}

/** Sums over one dimension, which stays with size 1. */
export function sumDim(view: View, dim: number): View {
  const x = view.contiguous();
  const out = View.zeros(x.shape.with(dim, 1), x.dtype);
  const [outer, inner] = [numel(x.shape.slice(0, dim)), numel(x.shape.slice(dim + 1))];
  if (outer * inner === 0) return out; // one of them may be huge
  kernels().sum(x.real(), out.real(), outer, x.shape[dim] as number, inner);
  return out;
}
