/** The checks of the tensor methods before they compute, with PyTorch's sentences. */

import type { DType } from "../core/index.ts";
import {
  AutogradError,
  bool,
  DTypeError,
  IndexError,
  int64,
  list,
  normalizeDim,
  numel,
  ShapeError,
  Size,
  sameShape,
  torchSays,
} from "../core/index.ts";
import { inRange } from "../ops/arithmetic.ts";
import type { Dims } from "../ops/reduce.ts";
import type { View } from "../ops/view.ts";

/** The part of a tensor that matters to the tape. */
export interface Recorded {
  readonly requiresGrad: boolean;
  readonly isLeaf: boolean;
}

export function dim(op: string, x: View, d: number): number {
  return normalizeDim(op, d, x.rank);
}

/** The position of a new dimension, in `[−rank−1, rank]`. */
export function newDim(op: string, x: View, d: number): number {
  return normalizeDim(op, d, x.rank + 1);
}

export function reduceDims(
  op: string,
  x: View,
  dims: number | readonly number[] | undefined,
  { keepdim = false }: { keepdim?: boolean | undefined },
): Dims {
  if (dims === undefined) return { dims: [...x.shape.keys()], keepdim, all: true };
  const distinct = distinctDims(op, x, typeof dims === "number" ? [dims] : dims);
  return { dims: x.rank === 0 ? [] : distinct, keepdim, all: false };
}

/** Dimensions of a list, each at most once. */
export function distinctDims(op: string, x: View, dims: readonly number[]): number[] {
  const all = dims.map((d) => dim(op, x, d));
  const twice = all.find((d, i) => all.indexOf(d) < i);
  if (twice === undefined) return all;
  throw ShapeError.torch(op, `dim ${twice} appears multiple times in the list of dims`);
}

/** Refuses integers; `torch` is PyTorch's sentence for this operation. */
export function floating(op: string, { dtype }: View, torch?: string): void {
  if (dtype.isFloatingPoint) return;
  const fix = "Convert it with float()";
  if (torch !== undefined) throw DTypeError.torch(op, torch, fix);
  throw new DTypeError(op, `expected a floating-point tensor, got ${dtype}`, fix);
}

export function differentiable(op: string, dtype: DType): void {
  if (dtype.isFloatingPoint) return;
  const said = "only Tensors of floating point and complex dtype can require gradients";
  throw AutogradError.torch(op, said, "Convert it with float() first");
}

export function notEmpty(op: string, x: View, d: number | undefined): void {
  if (x.numel > 0) return;
  if (d === undefined) {
    const hint = op.startsWith("arg") ? "" : " Specify the reduction dim with the 'dim' argument.";
    const said = `${op}(): Expected reduction dim to be specified for input.numel() == 0.${hint}`;
    throw IndexError.torch(op, said);
  }
  const at = dim("size", x, d);
  if ((x.shape[at] as number) > 0) return;
  throw IndexError.torch(op, `${op}(): Expected reduction dim ${at} to have non-zero size.`);
}

export function sameType(op: string, a: View, b: View): void {
  floating(op, a);
  if (a.dtype === b.dtype) return;
  const said = torchSays.wrongType(a.dtype.scalarType, b.dtype.scalarType);
  throw DTypeError.torch(op, said, "Convert one of them");
}

export function notScalar(op: string, a: View, b: View): void {
  if (a.rank > 0 && b.rank > 0) return;
  const ranks = `${a.rank}D and ${b.rank}D`;
  const said = `both arguments to matmul need to be at least 1D, but they are ${ranks}`;
  throw ShapeError.torch(op, said, "Use mul to scale by a scalar");
}

export function ranks(op: string, views: readonly View[], rank: number): void {
  const other = views.find((x) => x.rank !== rank);
  if (other === undefined) return;
  const said = `expected ${rank}-D tensors, got ${other.rank}-D`;
  throw new ShapeError(op, said, "matmul takes any number of dimensions");
}

/** Vectors of one length. */
export function dotProduct(a: View, b: View): void {
  if (a.rank !== 1 || b.rank !== 1) {
    const said = `1D tensors expected, but got ${a.rank}D and ${b.rank}D tensors`;
    throw ShapeError.torch("dot", said, "matmul takes any number of dimensions");
  }
  if (a.numel === b.numel) return;
  const said =
    `inconsistent tensor size, expected tensor [${a.numel}] and src [${b.numel}] to have the same ` +
    `number of elements, but got ${a.numel} and ${b.numel} elements respectively`;
  throw ShapeError.torch("dot", said);
}

/** Batches (B, M, K) and (B, K, N): nothing is broadcast. */
export function batchProduct(a: View, b: View): void {
  ranks("bmm", [a, b], 3);
  sameType("bmm", a, b);
  const [want, got] = [a.shape.toSpliced(1, 1), b.shape.slice(0, 2)];
  if (sameShape(want, got)) return;
  const said = "Expected size for first two dimensions of batch2 tensor to be:";
  throw ShapeError.torch("bmm", `${said} ${list(want)} but got: ${list(got)}.`);
}

export function matrixProduct(op: string, a: View, b: View): void {
  ranks(op, [a, b], 2);
  sameType(op, a, b);
  if (a.shape[1] === b.shape[0]) return;
  throw ShapeError.torch(op, torchSays.notMultiplied(...a.shape, ...b.shape));
}

export function atMostMatrix(op: string, x: View): void {
  if (x.rank <= 2) return;
  const said = `t() expects a tensor with <= 2 dimensions, but self is ${x.rank}D`;
  throw ShapeError.torch(op, said, "Use transpose(a, b)");
}

export function atLeastMatrix(op: string, x: View): void {
  if (x.rank >= 2) return;
  throw ShapeError.torch(op, `${op}: input tensor must have at least 2 dimensions`);
}

// ---- shapes ------------------------------------------------------------------------------------

/** A shape with at most one −1, filled in. */
export function inferShape(op: string, x: View, shape: readonly number[]): number[] {
  const n = x.numel;
  const holes = shape.filter((s) => s === -1).length;
  const known = numel(shape.filter((s) => s !== -1));
  if (holes > 1) throw ShapeError.torch(op, "only one dimension can be inferred");
  const whole = shape.every((s) => Number.isInteger(s) && s >= -1);
  if (whole && holes === 1 && known === 0 && n === 0) {
    const said =
      `cannot reshape tensor of 0 elements into shape ${list(shape)} because the unspecified ` +
      "dimension size -1 can be any value and is ambiguous";
    throw ShapeError.torch(op, said);
  }
  if (!whole || (holes === 0 ? known !== n : known === 0 || n % known !== 0)) {
    const said = `shape '${list(shape)}' is invalid for input of size ${n}`;
    throw ShapeError.torch(op, said, `The tensor is ${list(x.shape)}`);
  }
  return shape.map((s) => (s === -1 ? n / known : s));
}

/** Views need contiguous memory. */
export function viewable(x: View): void {
  if (x.isContiguous()) return;
  const said =
    "view size is not compatible with input tensor's size and stride (at least one dimension " +
    "spans across two contiguous subspaces). Use .reshape(...) instead.";
  throw ShapeError.torch("view", said);
}

/** The first and the last dimension to flatten. */
export function ascending(start: number, end: number): void {
  if (start <= end) return;
  const said = "flatten() has invalid args: start_dim cannot come after end_dim";
  throw ShapeError.torch("flatten", said);
}

/** Scalars have no entries. */
export function divisible(x: View): void {
  if (x.rank > 0) return;
  throw IndexError.torch("unbind", "Dimension specified as 0 but tensor has no dimensions");
}

export function product(shape: readonly number[], from: number, to: number): number {
  return numel(shape.slice(from, to + 1));
}

export function permutation(x: View, order: readonly number[]): number[] {
  const all = order.map((d) => dim("permute", x, d));
  if (all.length !== x.rank) {
    const said =
      "permute(sparse_coo): number of dimensions in the tensor input does not match the length of " +
      `the desired ordering of dimensions i.e. input.dim() = ${x.rank} is not equal to len(dims) ` +
      `= ${all.length}`;
    throw ShapeError.torch("permute", said);
  }
  if (new Set(all).size === x.rank) return all;
  throw ShapeError.torch("permute", "permute(): duplicate dims are not allowed.");
}

export function expandShape(x: View, shape: readonly number[]): number[] {
  const lead = shape.length - x.rank;
  const fail = (torch: string) => {
    const fix = "Only dimensions of size 1, and new ones in front, can be expanded";
    throw ShapeError.torch("expand", torch, fix);
  };
  const [target, sizes] = [list(shape), list(x.shape)];
  if (lead < 0) {
    fail(
      `expand(torch.${x.dtype.tensorType}{${sizes}}, size=${target}): the number of sizes provided ` +
        `(${shape.length}) must be greater or equal to the number of dimensions in the tensor ` +
        `(${x.rank})`,
    );
  }
  return shape.map((s, i) => {
    const size = x.shape[i - lead];
    const said = `The expanded size of the tensor (${s})`;
    if (size === undefined && s < 0) {
      return fail(`${said} isn't allowed in a leading, non-existing dimension ${i}`);
    }
    const full = s === -1 ? (size as number) : s;
    if (size === undefined || size === 1 || size === full) return full;
    return fail(
      `${said} must match the existing size (${size}) at non-singleton dimension ${i}.  ` +
        `Target sizes: ${target}.  Tensor sizes: ${sizes}`,
    );
  });
}

export function repeats(x: View, times: readonly number[]): readonly number[] {
  if (times.length >= x.rank && times.every((t) => Number.isInteger(t) && t >= 0)) return times;
  const said =
    "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor";
  throw ShapeError.torch("repeat", said);
}

export function splits(
  x: View,
  size: number | readonly number[],
  d: number,
): { dim: number; sizes: number[] } {
  const at = dim("split", x, d);
  const n = x.shape[at] as number;
  const fail = (torch: string) => {
    throw ShapeError.torch("split", torch);
  };
  if (typeof size !== "number") {
    if (size.reduce((a, b) => a + b, 0) === n) return { dim: at, sizes: [...size] };
    return fail(
      `split_with_sizes expects split_sizes to sum exactly to ${n} (input tensor's size at ` +
        `dimension ${at}), but got split_sizes=${list(size)}`,
    );
  }
  if (size === 0 && n > 0) {
    fail(`split_size can only be 0 if dimension size is 0, but got dimension size of ${n}`);
  }
  if (!(Number.isInteger(size) && size >= 0)) {
    fail(`split expects split_size be non-negative, but got split_size=${size}`);
  }
  if (size === 0) return { dim: at, sizes: [0] };
  const pieces = Math.max(Math.ceil(n / size), 1);
  return { dim: at, sizes: Array.from({ length: pieces }, (_, i) => Math.min(size, n - i * size)) };
}

/** The length of at most `n` equal pieces; for an empty dimension, `n` lengths of 0. */
export function chunkSizes(x: View, n: number, d: number): number | number[] {
  if (!(Number.isInteger(n) && n > 0)) {
    throw ShapeError.torch("chunk", `chunk expects \`chunks\` to be greater than 0, got: ${n}`);
  }
  const size = x.shape[dim("size", x, d)] as number;
  return size === 0 ? new Array<number>(n).fill(0) : Math.ceil(size / n);
}

// ---- types and tape ----------------------------------------------------------------------------

/** `x` as integers; fractions are cut off, booleans are truth. */
export function toInteger(x: View, dtype: DType): View {
  if (dtype === int64 && x.dtype.isFloatingPoint) {
    for (const v of x.data()) inRange("to", Math.trunc(v));
  }
  return x.to(dtype);
}

export function differentiates({ requiresGrad }: Recorded): void {
  if (requiresGrad) return;
  const said = "can't retain_grad on Tensor that has requires_grad=False";
  throw AutogradError.torch("Tensor.retainGrad", said);
}

export function backwardPossible(x: View, { requiresGrad }: Recorded, gradient?: View): void {
  const op = "Tensor.backward";
  if (!requiresGrad) {
    const said = "element 0 of tensors does not require grad and does not have a grad_fn";
    const fix = "Set requiresGrad on a leaf before computing, outside noGrad";
    throw AutogradError.torch(op, said, fix);
  }
  if (gradient === undefined && x.numel !== 1) {
    const said = "grad can be implicitly created only for scalar outputs";
    const fix = "Reduce it with sum() or mean(), or pass a gradient of its shape";
    throw AutogradError.torch(op, said, fix);
  }
  if (gradient === undefined || sameShape(gradient.shape, x.shape)) return;
  const [own, given] = [Size.fromArray(x.shape), Size.fromArray(gradient.shape)];
  const said = `grad_output[0] has a shape of ${given} and output[0] has a shape of ${own}.`;
  throw ShapeError.torch(op, `Mismatch in shape: ${said}`);
}

/** Refuses in-place changes that the tape cannot record. */
export function inPlaceAllowed(op: string, x: Recorded, base: Recorded | null): void {
  const fix = "Wrap it in noGrad(), or use the operation without the trailing underscore";
  const leaf = "leaf Variable that requires grad is being used in an in-place operation.";
  if (base?.requiresGrad) {
    if (base.isLeaf) throw AutogradError.torch(op, `a view of a ${leaf}`, fix);
    const said = "the tape does not follow changes through a view of a tensor with a history";
    throw new AutogradError(op, said, fix);
  }
  if (x.isLeaf && x.requiresGrad) throw AutogradError.torch(op, `a ${leaf}`, fix);
}

/** Whether a result may be stored in place: `to` is of the same kind or a wider one. */
export function canCast(from: DType, to: DType): boolean {
  if (from.isFloatingPoint) return to.isFloatingPoint;
  return from === bool || to !== bool;
}

/** Refuses to hand a gradient's history to a view, whose base would not learn of it. */
export function noHistoryIntoView(op: string, base: Recorded | null, result: Recorded): void {
  if (base === null || !result.requiresGrad) return;
  const said = "the tape does not follow values that require a gradient into a view";
  throw new AutogradError(op, said, "Build the tensor with cat, stack or where");
}

/** Refuses to write to memory that several elements share. */
export function noOverlap(op: string, { shape, stride }: View): void {
  if (!shape.some((n, i) => n > 1 && stride[i] === 0) || numel(shape) === 0) return;
  const said =
    "unsupported operation: more than one element of the written-to tensor refers to a single " +
    "memory location. Please clone() the tensor before performing the operation.";
  throw ShapeError.torch(op, said);
}

export function inPlaceShape(op: string, x: View, result: readonly number[]): void {
  if (sameShape(result, x.shape)) return;
  const shapes = `shape ${list(x.shape)} doesn't match the broadcast shape ${list(result)}`;
  const said = `output with ${shapes}`;
  throw ShapeError.torch(op, said, "An in-place operation cannot change the shape");
}
