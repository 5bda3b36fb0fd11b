/** What the tensor methods check before they compute: PyTorch's sentences, one function each. */

import type { DType } from "../core/index.ts";
import {
  AutogradError,
  bool,
  broadcastShapes,
  DTypeError,
  IndexError,
  int64,
  normalizeDim,
  numel,
  ShapeError,
  sameShape,
} from "../core/index.ts";
import { inRange } from "./ops/elementwise.ts";
import type { Dims } from "./ops/reduce.ts";
import type { Tensor } from "./tensor.ts";
import type { View } from "./view.ts";

export function dim(op: string, x: Tensor, d: number): number {
  return normalizeDim(op, d, x.ndim);
}

/** A place for a new dimension, in `[−rank−1, rank]`. */
export function newDim(op: string, x: Tensor, d: number): number {
  return normalizeDim(op, d, x.ndim + 1);
}

export function reduceDims(
  op: string,
  x: Tensor,
  dims: number | readonly number[] | undefined,
  { keepdim = false }: { keepdim?: boolean | undefined },
): Dims {
  if (dims === undefined) return { dims: [...x.impl.shape.keys()], keepdim, all: true };
  const list = (typeof dims === "number" ? [dims] : dims).map((d) => dim(op, x, d));
  if (new Set(list).size !== list.length) {
    throw new IndexError({
      op,
      torch: `dim ${list[0]} appears multiple times in the list of dims`,
    });
  }
  return { dims: x.ndim === 0 ? [] : list, keepdim, all: false };
}

export function floating(op: string, x: Tensor): void {
  if (x.dtype.isFloatingPoint) return;
  throw new DTypeError({
    op,
    sentence: `expected a floating-point tensor, got ${x.dtype}`,
    fix: "Convert it with float()",
    got: x.dtype,
  });
}

export function differentiable(op: string, dtype: DType): void {
  if (dtype.isFloatingPoint) return;
  throw new AutogradError({
    op,
    torch: "only Tensors of floating point and complex dtype can require gradients",
    fix: "Convert it with float() first",
    got: dtype,
  });
}

export function notEmpty(op: string, x: Tensor, d: number | undefined): void {
  if (d === undefined ? x.numel() > 0 : x.numel() > 0 || x.size(d) > 0) return;
  throw new ShapeError({
    op,
    torch: `${op}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.`,
    got: [...x.impl.shape],
  });
}

export function sameType(op: string, a: Tensor, b: Tensor): void {
  floating(op, a);
  if (a.dtype === b.dtype) return;
  throw new DTypeError({
    op,
    torch: "mat1 and mat2 must have the same dtype",
    fix: `Convert one of them: they are ${a.dtype} and ${b.dtype}`,
    expected: a.dtype,
    got: b.dtype,
  });
}

export function notScalar(op: string, a: Tensor, b: Tensor): void {
  if (a.ndim > 0 && b.ndim > 0) return;
  throw new ShapeError({
    op,
    torch: `both arguments to matmul need to be at least 1D, but they are ${a.ndim}D and ${b.ndim}D`,
    fix: "Use mul to scale by a scalar",
  });
}

export function ranks(op: string, tensors: readonly Tensor[], rank: number): void {
  for (const t of tensors) {
    if (t.ndim === rank) continue;
    throw new ShapeError({
      op,
      sentence: `expected ${rank}-D tensors, got ${t.ndim}-D`,
      fix: "matmul takes any number of dimensions",
      expected: rank,
      got: [...t.impl.shape],
    });
  }
}

export function matrixProduct(op: string, a: Tensor, b: Tensor): void {
  ranks(op, [a, b], 2);
  sameType(op, a, b);
  if (a.size(1) === b.size(0)) return;
  throw new ShapeError({
    op,
    torch: `mat1 and mat2 shapes cannot be multiplied (${a.size(0)}x${a.size(1)} and ${b.size(0)}x${b.size(1)})`,
    expected: a.size(1),
    got: b.size(0),
  });
}

export function atMostMatrix(op: string, x: Tensor): void {
  if (x.ndim <= 2) return;
  throw new ShapeError({
    op,
    torch: `t() expects a tensor with <= 2 dimensions, but self is ${x.ndim}D`,
    fix: "Use transpose(a, b)",
  });
}

export function atLeastMatrix(op: string, x: Tensor): void {
  if (x.ndim >= 2) return;
  throw new ShapeError({ op, torch: `${op}: input tensor must have at least 2 dimensions` });
}

// ---- shapes ------------------------------------------------------------------------------------

/** A shape with at most one −1, filled in. */
export function inferShape(op: string, x: Tensor, shape: readonly number[]): number[] {
  const holes = shape.filter((s) => s === -1).length;
  const known = numel(shape.filter((s) => s !== -1));
  const invalid = () =>
    new ShapeError({
      op,
      torch: `shape '[${shape.join(", ")}]' is invalid for input of size ${x.numel()}`,
      fix: `The tensor is [${x.impl.shape.join(", ")}]`,
      expected: x.numel(),
      got: [...shape],
    });
  if (holes > 1) throw new ShapeError({ op, torch: "only one dimension can be inferred" });
  if (shape.some((s) => !Number.isInteger(s) || s < -1)) throw invalid();
  if (holes === 0 ? known !== x.numel() : known === 0 || x.numel() % known !== 0) throw invalid();
  return shape.map((s) => (s === -1 ? x.numel() / known : s));
}

/** Views need contiguous memory. */
export function viewable(x: Tensor): Tensor {
  if (x.impl.isContiguous()) return x;
  throw new ShapeError({
    op: "view",
    torch:
      "view size is not compatible with input tensor's size and stride (at least one dimension " +
      "spans across two contiguous subspaces). Use .reshape(...) instead.",
  });
}

export function product(shape: readonly number[], from: number, to: number): number {
  return numel(shape.slice(from, to + 1));
}

export function permutation(x: Tensor, order: readonly number[]): number[] {
  const list = order.map((d) => dim("permute", x, d));
  if (list.length === x.ndim && new Set(list).size === x.ndim) return list;
  throw new ShapeError({
    op: "permute",
    torch:
      list.length === x.ndim
        ? "permute(): duplicate dims are not allowed."
        : `permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. input.dim() = ${x.ndim} is not equal to len(dims) = ${list.length}`,
    got: [...order],
  });
}

export function expandShape(x: Tensor, shape: readonly number[]): number[] {
  const own = x.impl.shape;
  const lead = shape.length - own.length;
  const full = shape.map((s, i) => (s === -1 ? (own[i - lead] ?? -1) : s));
  const fits = lead >= 0 && own.every((s, i) => s === 1 || s === full[i + lead]);
  if (fits && !full.includes(-1)) return full;
  throw new ShapeError({
    op: "expand",
    torch: `The expanded size of the tensor ([${shape.join(", ")}]) must match the existing size ([${own.join(", ")}])`,
    fix: "Only dimensions of size 1, and new ones in front, can be expanded",
    expected: [...own],
    got: [...shape],
  });
}

export function repeats(x: Tensor, times: readonly number[]): readonly number[] {
  if (times.length >= x.ndim && times.every((t) => Number.isInteger(t) && t >= 0)) return times;
  throw new ShapeError({
    op: "repeat",
    torch:
      "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
    expected: x.ndim,
    got: [...times],
  });
}

export function splits(
  x: Tensor,
  size: number | readonly number[],
  d: number,
): { dim: number; sizes: number[] } {
  const at = dim("split", x, d);
  const n = x.impl.shape[at] as number;
  if (typeof size !== "number") {
    if (size.reduce((a, b) => a + b, 0) === n) return { dim: at, sizes: [...size] };
    throw new ShapeError({
      op: "split",
      torch: `split_with_sizes expects split_sizes to sum exactly to ${n} (input tensor's size at dimension ${at}), but got split_sizes=[${size.join(", ")}]`,
    });
  }
  if (!(Number.isInteger(size) && size > 0)) {
    throw new ShapeError({
      op: "split",
      torch: `split expects split_size be non-negative, but got split_size=${size}`,
    });
  }
  const pieces = Math.max(Math.ceil(n / size), 1);
  return { dim: at, sizes: Array.from({ length: pieces }, (_, i) => Math.min(size, n - i * size)) };
}

// ---- indices -----------------------------------------------------------------------------------

export function selection(
  op: string,
  x: Tensor,
  d: number,
  index: number,
): { dim: number; index: number } {
  const at = dim(op, x, d);
  const n = x.impl.shape[at] ?? 0;
  if (Number.isInteger(index) && index >= -n && index < n && x.ndim > 0) {
    return { dim: at, index: index < 0 ? index + n : index };
  }
  throw new IndexError({
    op,
    torch: `index ${index} is out of bounds for dimension ${at} with size ${n}`,
    expected: [-n, n - 1],
    got: index,
  });
}

export function range(op: string, x: Tensor, d: number, start: number, length: number) {
  const at = dim(op, x, d);
  const n = x.impl.shape[at] as number;
  const from = start < 0 ? start + n : start;
  if (from >= 0 && length >= 0 && from + length <= n)
    return { dim: at, start: from, length, step: 1 };
  throw new IndexError({
    op,
    torch: `start (${start}) + length (${length}) exceeds dimension size (${n}).`,
    expected: n,
    got: [start, length],
  });
}

/** Bounds as Python's slices take them: negative from the end, clipped to the size. */
export function clippedRange(
  x: Tensor,
  d: number,
  start: number,
  end: number | null,
  step: number,
) {
  const at = dim("slice", x, d);
  const n = x.impl.shape[at] as number;
  if (!(Number.isInteger(step) && step > 0)) {
    throw new IndexError({ op: "slice", torch: "slice step must be positive", got: step });
  }
  const clip = (v: number) => Math.min(Math.max(v < 0 ? v + n : v, 0), n);
  const [from, to] = [clip(start), clip(end ?? n)];
  return {
    dim: at,
    start: Math.min(from, n),
    length: Math.max(Math.ceil((to - from) / step), 0),
    step,
  };
}

/** Checked indices into dimension `d`, negative ones counted from the end. */
export function indices(op: string, x: Tensor, d: number, index: Tensor): Tensor {
  if (index.dtype !== int64) {
    throw new DTypeError({
      op,
      torch: "tensors used as indices must be long, byte or bool tensors",
      fix: "Convert the index with long()",
      expected: int64,
      got: index.dtype,
    });
  }
  const n = x.impl.shape[d] ?? 1;
  let wraps = false;
  for (const i of index.impl.data()) {
    if (i < -n || i >= n) {
      throw new IndexError({
        op,
        torch: `index ${i} is out of bounds for dimension ${d} with size ${n}`,
        expected: [-n, n - 1],
        got: i,
      });
    }
    wraps ||= i < 0;
  }
  return wraps ? index.add(index.lt(0).long().mul(n)) : index;
}

export function gatherIndex(x: Tensor, d: number, index: Tensor): Tensor {
  const elsewhere = (s: readonly number[]) => s.filter((_, i) => i !== d);
  if (index.ndim !== x.ndim || !sameShape(elsewhere(index.impl.shape), elsewhere(x.impl.shape))) {
    throw new ShapeError({
      op: "gather",
      torch: "Index tensor must have the same number of dimensions as input tensor",
      fix: `Apart from dimension ${d} the index must have the tensor's sizes`,
      expected: [...x.impl.shape],
      got: [...index.impl.shape],
    });
  }
  return indices("gather", x, d, index);
}

/** A boolean mask of the tensor's shape, broadcast where it must be. */
export function mask(x: Tensor, m: Tensor): Tensor {
  if (m.dtype !== bool) {
    throw new DTypeError({
      op: "mask",
      torch: `masked_fill_ only supports boolean masks, but got mask with dtype ${m.dtype}`,
      fix: "Convert it with bool()",
      got: m.dtype,
    });
  }
  const shape = broadcastShapes("mask", x.impl.shape, m.impl.shape);
  if (!sameShape(shape, x.impl.shape)) throw inPlaceShape("mask", x, m);
  return m.expand(...shape);
}

// ---- types and tape ----------------------------------------------------------------------------

/** `x` as integers; fractions are cut off, booleans are truth. */
export function toInteger(x: Tensor, dtype: DType): View {
  if (dtype === int64 && x.dtype.isFloatingPoint) {
    for (const v of x.impl.data()) inRange("to", Math.trunc(v));
  }
  return x.impl.to(dtype);
}

/** PyTorch's name of a scalar of the tensor's type. */
export function scalarTypeName(x: Tensor): string {
  return x.dtype.tensorType.replace("Tensor", "");
}

export function backwardPossible(x: Tensor, gradient: Tensor | undefined): void {
  const op = "Tensor.backward";
  if (!x.requiresGrad) {
    throw new AutogradError({
      op,
      torch: "element 0 of tensors does not require grad and does not have a grad_fn",
      fix: "Set requiresGrad on a leaf before computing, outside noGrad",
    });
  }
  if (gradient === undefined && x.numel() !== 1) {
    throw new AutogradError({
      op,
      torch: "grad can be implicitly created only for scalar outputs",
      fix: "Reduce it with sum() or mean(), or pass a gradient of its shape",
      got: [...x.impl.shape],
    });
  }
  if (gradient !== undefined && !sameShape(gradient.impl.shape, x.impl.shape)) {
    throw new ShapeError({
      op,
      torch: `Mismatch in shape: grad_output[0] has a shape of ${gradient.shape} and output[0] has a shape of ${x.shape}.`,
      expected: [...x.impl.shape],
      got: [...gradient.impl.shape],
    });
  }
}

/** Refuses in-place changes that the tape could not follow. */
export function inPlaceAllowed(op: string, x: Tensor, base: Tensor | null): void {
  const fix = "Wrap it in noGrad(), or use the operation without the trailing underscore";
  if (base?.requiresGrad) {
    throw new AutogradError({
      op,
      torch: base.isLeaf
        ? "a view of a leaf Variable that requires grad is being used in an in-place operation."
        : "a view of a tensor that requires grad is being used in an in-place operation.",
      fix,
    });
  }
  if (x.isLeaf && x.requiresGrad) {
    throw new AutogradError({
      op,
      torch: "a leaf Variable that requires grad is being used in an in-place operation.",
      fix,
    });
  }
}

export function inPlaceShape(op: string, x: Tensor, result: Tensor): ShapeError {
  return new ShapeError({
    op,
    torch: `output with shape [${x.impl.shape.join(", ")}] doesn't match the broadcast shape [${result.impl.shape.join(", ")}]`,
    fix: "An in-place operation cannot change the shape",
    expected: [...x.impl.shape],
    got: [...result.impl.shape],
  });
}
