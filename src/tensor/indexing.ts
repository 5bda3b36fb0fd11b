/** `x.at(…)`: what Python writes as `x[…]`. */

import { bool, IndexError, int64 } from "../core/index.ts";
import * as args from "./index-arguments.ts";
import type { Tensor } from "./tensor.ts";
import { View } from "./view.ts";

/**
 * An item of {@link Tensor.at}: a number, `null` (all), `[start, end]` or `[start, end, step]`, an
 * integer or boolean tensor.
 */
export type IndexItem =
  | number
  | null
  | readonly [number, number | null]
  | readonly [number, number | null, number]
  | Tensor;

/** How entries are picked along a dimension, and elements by a mask of the whole shape. */
export interface Pickers {
  select(x: Tensor, at: { dim: number; index: number }): Tensor;
  pick(x: Tensor, dim: number, index: View): Tensor;
  mask(x: Tensor, mask: Tensor): Tensor;
}

/** One item a dimension, from the first; dimensions without an item are taken whole. */
export function indexed(x: Tensor, items: readonly IndexItem[], pickers: Pickers): Tensor {
  const taken = items.reduce<number>((n, i) => n + (isTensor(i) && isMask(i) ? i.ndim : 1), 0);
  if (x.ndim === 0 && typeof items[0] === "number") args.selection("at", x, 0, items[0]);
  if (taken > x.ndim) {
    throw new IndexError({
      op: "at",
      torch: `too many indices for tensor of dimension ${x.ndim}`,
      expected: x.ndim,
      got: taken,
    });
  }
  if (items.filter(isTensor).length > 1) {
    throw new IndexError({
      op: "at",
      sentence: "only one of the indices may be a tensor",
      fix: "Use gather for one index an element",
    });
  }
  let out = x;
  let dim = 0;
  for (const [i, item] of items.entries()) {
    if (item === null) dim++;
    else if (typeof item === "number")
      out = pickers.select(out, args.selection("at", out, dim, item, i));
    else if (!isTensor(item)) out = out.slice(dim++, item[0], item[1], item[2] ?? 1);
    else if (isMask(item)) {
      out = masked(out, dim, item, pickers);
      dim++;
    } else {
      out = pickers.pick(out, dim, args.indices("at", out, dim, item).impl);
      dim += item.ndim;
    }
  }
  return out;
}

function isTensor(item: IndexItem): item is Tensor {
  return item !== null && typeof item === "object" && "impl" in item;
}

function isMask(item: Tensor): boolean {
  return item.dtype === bool;
}

/** A mask over dimensions `dim` and on: whole rows where it covers only some of them. */
function masked(x: Tensor, dim: number, mask: Tensor, pickers: Pickers): Tensor {
  const covered = x.impl.shape.slice(dim, dim + mask.ndim);
  const at = covered.findIndex((s, i) => s !== mask.impl.shape[i]);
  if (at >= 0) {
    throw new IndexError({
      op: "at",
      torch:
        `The shape of the mask [${mask.impl.shape.join(", ")}] at index ${at} does not match ` +
        `the shape of the indexed tensor [${x.impl.shape.join(", ")}] at index ${dim + at}`,
    });
  }
  if (mask.ndim === x.ndim) return pickers.mask(x, mask);
  const flat = x.reshape(...x.impl.shape.toSpliced(dim, mask.ndim, mask.numel()));
  const rows: number[] = [];
  for (const [i, v] of mask.impl.data().entries()) if (v !== 0) rows.push(i);
  return pickers.pick(flat, dim, View.of(Int32Array.from(rows), int64, [rows.length]));
}
