/** What the tensor methods check before they compute: PyTorch's sentences, one function each. */

import type { DType } from "../core/index.ts";
import {
  AutogradError,
  bool,
  DTypeError,
  IndexError,
  int64,
  normalizeDim,
  numel,
  ShapeError,
  sameShape,
} from "../core/index.ts";
import { inRange } from "../ops/arithmetic.ts";
import type { Dims } from "../ops/reduce.ts";
import type { View } from "../ops/view.ts";
import type { Tensor } from "./tensor.ts";

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
  distinct(op, list);
  return { dims: x.ndim === 0 ? [] : list, keepdim, all: false };
}

/** Dimensions of a list, each at most once. */
export function distinctDims(op: string, x: Tensor, dims: readonly number[]): number[] {
  const list = dims.map((d) => dim(op, x, d));
  distinct(op, list);
  return list;
}

function distinct(op: string, list: readonly number[]): void {
  const twice = list.find((d, i) => list.indexOf(d) < i);
  if (twice === undefined) return;
  throw new ShapeError({
    op,
    torch: `dim ${twice} appears multiple times in the list of dims`,
    got: [...list],
  });
}

/** Refuses integers; `torch` is PyTorch's sentence for this operation. */
export function floating(op: string, x: Tensor, torch?: string): void {
  if (x.dtype.isFloatingPoint) return;
  throw new DTypeError({
    op,
    ...(torch === undefined
      ? { sentence: `expected a floating-point tensor, got ${x.dtype}` }
      : { torch }),
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
  if (x.numel() > 0 || (d !== undefined && x.size(d) > 0)) return;
  const hint = op.startsWith("arg") ? "" : " Specify the reduction dim with the 'dim' argument.";
  throw new IndexError({
    op,
    torch:
      d === undefined
        ? `${op}(): Expected reduction dim to be specified for input.numel() == 0.${hint}`
        : `${op}(): Expected reduction dim ${dim(op, x, d)} to have non-zero size.`,
    got: [...x.impl.shape],
  });
}

export function sameType(op: string, a: Tensor, b: Tensor): void {
  floating(op, a);
  if (a.dtype === b.dtype) return;
  throw new DTypeError({
    op,
    torch: `expected scalar type ${scalarTypeName(a)} but found ${scalarTypeName(b)}`,
    fix: "Convert one of them",
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

/** Vectors of one length. */
export function dotProduct(a: Tensor, b: Tensor): void {
  if (a.ndim !== 1 || b.ndim !== 1) {
    throw new ShapeError({
      op: "dot",
      torch: `1D tensors expected, but got ${a.ndim}D and ${b.ndim}D tensors`,
      fix: "matmul takes any number of dimensions",
    });
  }
  if (a.size(0) === b.size(0)) return;
  const [n, m] = [a.size(0), b.size(0)];
  throw new ShapeError({
    op: "dot",
    torch:
      `inconsistent tensor size, expected tensor [${n}] and src [${m}] to have the same number of ` +
      `elements, but got ${n} and ${m} elements respectively`,
    expected: n,
    got: m,
  });
}

/** Batches (B, M, K) and (B, K, N): nothing is broadcast. */
export function batchProduct(a: Tensor, b: Tensor): void {
  ranks("bmm", [a, b], 3);
  sameType("bmm", a, b);
  const [expected, got] = [[a.size(0), a.size(2)], b.shape.slice(0, 2)];
  if (sameShape(expected, got)) return;
  throw new ShapeError({
    op: "bmm",
    torch:
      `Expected size for first two dimensions of batch2 tensor to be: [${expected.join(", ")}] ` +
      `but got: [${got.join(", ")}].`,
    expected,
    got,
  });
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
  if (holes === 1 && known === 0 && x.numel() === 0) {
    throw new ShapeError({
      op,
      torch:
        `cannot reshape tensor of 0 elements into shape [${shape.join(", ")}] because the ` +
        "unspecified dimension size -1 can be any value and is ambiguous",
      got: [...shape],
    });
  }
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

/** The first and the last dimension to flatten. */
export function ascending(start: number, end: number): void {
  if (start <= end) return;
  throw new ShapeError({
    op: "flatten",
    torch: "flatten() has invalid args: start_dim cannot come after end_dim",
    got: [start, end],
  });
}

/** Scalars have no entries. */
export function divisible(x: Tensor): void {
  if (x.ndim > 0) return;
  throw new IndexError({
    op: "unbind",
    torch: "Dimension specified as 0 but tensor has no dimensions",
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
  const fail = (torch: string) =>
    new ShapeError({
      op: "expand",
      torch,
      fix: "Only dimensions of size 1, and new ones in front, can be expanded",
      expected: [...own],
      got: [...shape],
    });
  const [target, sizes] = [`[${shape.join(", ")}]`, `[${own.join(", ")}]`];
  if (lead < 0) {
    throw fail(
      `expand(torch.${x.dtype.tensorType}{${sizes}}, size=${target}): the number of sizes provided ` +
        `(${shape.length}) must be greater or equal to the number of dimensions in the tensor ` +
        `(${own.length})`,
    );
  }
  return shape.map((s, i) => {
    const size = own[i - lead];
    if (size === undefined && s < 0) {
      throw fail(
        `The expanded size of the tensor (${s}) isn't allowed in a leading, non-existing dimension ${i}`,
      );
    }
    const full = s === -1 ? (size as number) : s;
    if (size === undefined || size === 1 || size === full) return full;
    throw fail(
      `The expanded size of the tensor (${s}) must match the existing size (${size}) at ` +
        `non-singleton dimension ${i}.  Target sizes: ${target}.  Tensor sizes: ${sizes}`,
    );
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
  if (!(Number.isInteger(size) && size >= 0) || (size === 0 && n > 0)) {
    throw new ShapeError({
      op: "split",
      torch:
        size === 0
          ? `split_size can only be 0 if dimension size is 0, but got dimension size of ${n}`
          : `split expects split_size be non-negative, but got split_size=${size}`,
    });
  }
  if (size === 0) return { dim: at, sizes: [0] };
  const pieces = Math.max(Math.ceil(n / size), 1);
  return { dim: at, sizes: Array.from({ length: pieces }, (_, i) => Math.min(size, n - i * size)) };
}

/** Lengths of at most `n` equal pieces; where nothing is to be cut, `n` times nothing. */
export function chunkSizes(x: Tensor, n: number, d: number): number | number[] {
  if (!(Number.isInteger(n) && n > 0)) {
    throw new ShapeError({
      op: "chunk",
      torch: `chunk expects \`chunks\` to be greater than 0, got: ${n}`,
    });
  }
  const size = x.size(d);
  return size === 0 ? new Array<number>(n).fill(0) : Math.ceil(size / n);
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

export function differentiates(x: Tensor): void {
  if (x.requiresGrad) return;
  throw new AutogradError({
    op: "Tensor.retainGrad",
    torch: "can't retain_grad on Tensor that has requires_grad=False",
  });
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
      ...(base.isLeaf
        ? {
            torch:
              "a view of a leaf Variable that requires grad is being used in an in-place operation.",
          }
        : {
            sentence: "the tape does not follow changes through a view of a tensor with a history",
          }),
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

/** What a result may be stored as in place: a kind of number as wide, or wider. */
export function canCast(from: DType, to: DType): boolean {
  if (from.isFloatingPoint) return to.isFloatingPoint;
  return from === bool || to !== bool;
}

/** Refuses to hand a gradient's history to a view, whose base would not learn of it. */
export function noHistoryIntoView(op: string, base: Tensor | null, result: Tensor): void {
  if (base === null || !result.requiresGrad) return;
  throw new AutogradError({
    op,
    sentence: "the tape does not follow values that require a gradient into a view",
    fix: "Build the tensor with cat, stack or where",
  });
}

/** Refuses to write to memory that several elements share. */
export function noOverlap(op: string, x: Tensor): void {
  const { shape, stride } = x.impl;
  if (!shape.some((n, i) => n > 1 && stride[i] === 0) || x.numel() === 0) return;
  throw new ShapeError({
    op,
    torch:
      "unsupported operation: more than one element of the written-to tensor refers to a single " +
      "memory location. Please clone() the tensor before performing the operation.",
  });
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
