/** What indexing checks before it computes: PyTorch's sentences, one function each. */

import {
  bool,
  broadcastShapes,
  DTypeError,
  IndexError,
  int64,
  ShapeError,
  sameShape,
} from "../core/index.ts";
import * as args from "./arguments.ts";
import type { Tensor } from "./tensor.ts";

/** An index into dimension `d`; `named` is the dimension that the error names. */
export function selection(
  op: "at" | "select",
  x: Tensor,
  d: number,
  index: number,
  named = d,
): { dim: number; index: number } {
  if (x.ndim === 0) throw scalarIndexed(op);
  const at = args.dim(op, x, d);
  const n = x.impl.shape[at] as number;
  if (Number.isInteger(index) && index >= -n && index < n) {
    return { dim: at, index: index < 0 ? index + n : index };
  }
  throw new IndexError({
    op,
    torch:
      op === "at"
        ? `index ${index} is out of bounds for dimension ${named} with size ${n}`
        : `select(): index ${index} out of range for tensor of size [${x.impl.shape.join(", ")}] at dimension ${at}`,
    expected: [-n, n - 1],
    got: index,
  });
}

function scalarIndexed(op: "at" | "select"): IndexError {
  return new IndexError({
    op,
    torch:
      op === "at"
        ? "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in " +
          "C++ to convert a 0-dim tensor to a number"
        : "select() cannot be applied to a 0-dim tensor.",
    fix: "Here it is item()",
  });
}

export function range(op: string, x: Tensor, d: number, start: number, length: number) {
  const at = args.dim(op, x, d);
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
  const at = args.dim("slice", x, d);
  const n = x.impl.shape[at] as number;
  if (!(Number.isInteger(step) && step > 0)) {
    throw new IndexError({ op: "slice", torch: "step must be greater than zero", got: step });
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
  const n = x.impl.shape[d] ?? 1;
  if (!checked(op, index, -n, n, (i) => outOfBounds(i, d, n))) return index;
  return index.add(index.lt(0).long().mul(n));
}

function outOfBounds(i: number, d: number, n: number): string {
  return `index ${i} is out of bounds for dimension ${d} with size ${n}`;
}

/** Checks that indices are int64 in [least, n); tells whether any is negative. */
function checked(
  op: string,
  index: Tensor,
  least: number,
  n: number,
  torch: (i: number) => string,
): boolean {
  if (index.dtype !== int64) {
    throw new DTypeError({
      op,
      torch: "tensors used as indices must be long, byte or bool tensors",
      fix: "Convert the index with long()",
      expected: int64,
      got: index.dtype,
    });
  }
  let wraps = false;
  for (const i of index.impl.data()) {
    if (i < least || i >= n) {
      throw new IndexError({ op, torch: torch(i), expected: [least, n - 1], got: i });
    }
    wraps ||= i < 0;
  }
  return wraps;
}

/** The vector of an indexSelect; here PyTorch takes no negative indices. */
export function vectorIndex(x: Tensor, d: number, index: Tensor): Tensor {
  if (index.ndim > 1) {
    throw new IndexError({
      op: "indexSelect",
      torch: "index_select(): Index is supposed to be a vector",
      fix: "at() takes an index of any shape",
      got: [...index.impl.shape],
    });
  }
  const flat = index.ndim === 0 ? index.reshape(1) : index;
  checked("indexSelect", flat, 0, x.impl.shape[d] ?? 1, () => "index out of range in self");
  return flat;
}

/** The index of a gather: as many dimensions, and outside `d` at most the tensor's sizes. */
export function gatherIndex(x: Tensor, d: number, index: Tensor): Tensor {
  const [own, sizes] = [x.impl.shape, index.impl.shape];
  const fail = (torch: string) =>
    new ShapeError({ op: "gather", torch, expected: [...own], got: [...sizes] });
  if (index.ndim !== x.ndim) {
    throw fail("Index tensor must have the same number of dimensions as input tensor");
  }
  const at = sizes.findIndex((n, i) => i !== d && n > (own[i] as number));
  if (at >= 0) {
    throw fail(
      `Size does not match at dimension ${at} expected index [${sizes.join(", ")}] to be smaller ` +
        `than self [${own.join(", ")}] apart from dimension ${d}`,
    );
  }
  const n = own[d] ?? 1;
  checked("gather", index, 0, n, (i) => outOfBounds(i, d, n));
  return index;
}

/** A boolean mask of the tensor's shape, broadcast where it must be. */
export function mask(op: "maskedFill" | "maskedSelect", x: Tensor, m: Tensor): Tensor {
  if (m.dtype !== bool) {
    throw new DTypeError({
      op,
      torch:
        op === "maskedFill"
          ? "masked_fill_ only supports boolean masks, but got mask with dtype " +
            args.scalarTypeName(m).toLowerCase()
          : "masked_select: expected BoolTensor or ByteTensor for mask",
      fix: "Convert it with bool()",
      got: m.dtype,
    });
  }
  const shape = broadcastShapes(op, m.impl.shape, x.impl.shape);
  if (!sameShape(shape, x.impl.shape)) throw args.inPlaceShape(op, x, m);
  return m.expand(...shape);
}
