/** The checks of indices before they are used, with PyTorch's sentences. */

import {
  bool,
  broadcastShapes,
  DTypeError,
  IndexError,
  int64,
  list,
  ShapeError,
  sameShape,
  torchSays,
} from "../core/index.ts";
import { View } from "../ops/view.ts";
import * as checks from "./checks.ts";

/** An index into dimension `d`; `named` is the dimension that the error names. */
export function selection(
  op: "at" | "select",
  x: View,
  d: number,
  index: number,
  named = d,
): { dim: number; index: number } {
  if (x.rank === 0) throw scalarIndexed(op);
  const at = checks.dim(op, x, d);
  const n = x.shape[at] as number;
  if (Number.isInteger(index) && index >= -n && index < n) {
    return { dim: at, index: index < 0 ? index + n : index };
  }
  if (op === "at") throw IndexError.torch(op, outOfBounds(index, named, n));
  const said = `index ${index} out of range for tensor of size ${list(x.shape)} at dimension ${at}`;
  throw IndexError.torch(op, `select(): ${said}`);
}

function scalarIndexed(op: "at" | "select"): IndexError {
  const said =
    op === "at"
      ? "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in " +
        "C++ to convert a 0-dim tensor to a number"
      : "select() cannot be applied to a 0-dim tensor.";
  return IndexError.torch(op, said, "Here it is item()");
}

export function range(op: string, x: View, d: number, start: number, length: number) {
  const at = checks.dim(op, x, d);
  const n = x.shape[at] as number;
  const from = start < 0 ? start + n : start;
  if (from >= 0 && length >= 0 && from + length <= n)
    return { dim: at, start: from, length, step: 1 };
  const said = `start (${start}) + length (${length}) exceeds dimension size (${n}).`;
  throw IndexError.torch(op, said);
}

/** Bounds as Python's slices take them: negative from the end, clipped to the size. */
export function clippedRange(x: View, d: number, start: number, end: number | null, step: number) {
  const at = checks.dim("slice", x, d);
  const n = x.shape[at] as number;
  if (!(Number.isInteger(step) && step > 0)) {
    throw IndexError.torch("slice", "step must be greater than zero");
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

/** The items of an `at`: at most as many as dimensions, and at most one tensor among them. */
export function items(x: View, given: readonly unknown[]): void {
  const views = given.filter((item) => item instanceof View);
  const masks = views.filter((view) => view.dtype === bool);
  const taken = given.length + masks.reduce((n, mask) => n + mask.rank - 1, 0);
  if (x.rank === 0 && typeof given[0] === "number") throw scalarIndexed("at");
  if (taken > x.rank) {
    throw IndexError.torch("at", `too many indices for tensor of dimension ${x.rank}`);
  }
  if (views.length <= 1) return;
  const said = "only one of the indices may be a tensor";
  throw new IndexError("at", said, "Use gather for one index an element");
}

/** A mask over the dimensions from `d` on. */
export function covers(x: View, d: number, { shape }: View): void {
  const at = shape.findIndex((s, i) => s !== x.shape[d + i]);
  if (at < 0) return;
  const said =
    `The shape of the mask ${list(shape)} at index ${at} does not match the shape of the ` +
    `indexed tensor ${list(x.shape)} at index ${d + at}`;
  throw IndexError.torch("at", said);
}

/** Checked indices into dimension `d`, negative ones counted from the end. */
export function indices(op: string, x: View, d: number, index: View): View {
  const n = x.shape[d] ?? 1;
  if (!checked(op, index, -n, n, (i) => outOfBounds(i, d, n))) return index;
  const fromStart = index.data().map((i) => (i < 0 ? i + n : i));
  return View.of(fromStart, int64, index.shape);
}

function outOfBounds(i: number, d: number, n: number): string {
  return `index ${i} is out of bounds for dimension ${d} with size ${n}`;
}

/** Checks that indices are int64 in [least, n); returns whether any is negative. */
function checked(
  op: string,
  index: View,
  least: number,
  n: number,
  torch: (i: number) => string,
): boolean {
  if (index.dtype !== int64) {
    const said = "tensors used as indices must be long, byte or bool tensors";
    throw DTypeError.torch(op, said, "Convert the index with long()");
  }
  let wraps = false;
  for (const i of index.data()) {
    if (i < least || i >= n) throw IndexError.torch(op, torch(i));
    wraps ||= i < 0;
  }
  return wraps;
}

/** The vector of an indexSelect; here PyTorch takes no negative indices. */
export function vectorIndex(x: View, d: number, index: View): View {
  if (index.rank > 1) {
    const said = "index_select(): Index is supposed to be a vector";
    throw IndexError.torch("indexSelect", said, "at() takes an index of any shape");
  }
  checked("indexSelect", index, 0, x.shape[d] ?? 1, () => torchSays.noSuchIndex);
  return index.rank === 0 ? index.unsqueeze(0) : index;
}

/** The index of a gather: as many dimensions, and outside `d` at most the tensor's sizes. */
export function gatherIndex(x: View, d: number, index: View): void {
  if (index.rank !== x.rank) {
    const said = "Index tensor must have the same number of dimensions as input tensor";
    throw ShapeError.torch("gather", said);
  }
  const at = index.shape.findIndex((n, i) => i !== d && n > (x.shape[i] as number));
  if (at >= 0) {
    const said =
      `Size does not match at dimension ${at} expected index ${list(index.shape)} to be smaller ` +
      `than self ${list(x.shape)} apart from dimension ${d}`;
    throw ShapeError.torch("gather", said);
  }
  const n = x.shape[d] ?? 1;
  checked("gather", index, 0, n, (i) => outOfBounds(i, d, n));
}

/** A boolean mask of the tensor's shape, broadcast where it must be. */
export function mask(op: "maskedFill" | "maskedSelect", x: View, m: View): View {
  if (m.dtype !== bool) {
    const only = "masked_fill_ only supports boolean masks, but got mask with dtype";
    const said =
      op === "maskedFill"
        ? `${only} ${m.dtype.scalarType.toLowerCase()}`
        : "masked_select: expected BoolTensor or ByteTensor for mask";
    throw DTypeError.torch(op, said, "Convert it with bool()");
  }
  const shape = broadcastShapes(op, m.shape, x.shape);
  if (!sameShape(shape, x.shape)) checks.inPlaceShape(op, x, m.shape);
  return m.expand(shape);
}
