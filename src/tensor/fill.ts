/** Random numbers in place, drawn in the order of memory whatever the strides, as in PyTorch. */

import type { Real } from "../core/index.ts";
import { View } from "../ops/view.ts";
import type { Generator } from "../random/index.ts";
import * as dist from "../random/index.ts";

/** Uniform numbers in [from, to). */
export function uniform(view: View, from: number, to: number, generator: Generator): void {
  fill(view, (out) => dist.uniform(generator, out, from, to));
}

/** Normal numbers, drawn one by one in views that are not contiguous. */
export function normal(view: View, mean: number, std: number, generator: Generator): void {
  const serial = !view.isContiguous();
  fill(view, (out) => {
    if (serial) dist.normalSmall(generator, out, mean, std);
    else dist.normal(generator, out, mean, std);
  });
}

/** 1 with probability p, else 0. */
export function bernoulli(view: View, p: number, generator: Generator): void {
  fill(view, (out) => dist.bernoulli(generator, out, p));
}

/** Exponentially distributed numbers. */
export function exponential(view: View, lambda: number, generator: Generator): void {
  fill(view, (out) => dist.exponential(generator, out, lambda));
}

function fill(view: View, run: (out: Real) => void): void {
  const order = view.shape.map((_, i) => i);
  order.sort((a, b) => (view.stride[b] as number) - (view.stride[a] as number));
  const inMemory = view.permute(order);
  if (inMemory.isContiguous()) {
    run(inMemory.real());
    return;
  }
  const values = View.zeros(inMemory.shape, view.dtype);
  run(values.real());
  inMemory.assign(values);
}
