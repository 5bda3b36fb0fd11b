/** Tensors of random numbers, from PyTorch's stream. */

import { DTypeError, float32, int64, ShapeError } from "../core/index.ts";
import { View } from "../ops/view.ts";
import * as dist from "../random/index.ts";
import { defaultGenerator, type Generator } from "../random/index.ts";
import { empty, parseShape, type ShapeArgs, type TensorOptions } from "./creation.ts";
import { Tensor } from "./tensor.ts";

export interface RandomOptions extends TensorOptions {
  /** Where the numbers come from; the default generator where it is missing. */
  readonly generator?: Generator | undefined;
}

/** Uniform numbers in [0, 1). @see torch.rand */
export function rand(...args: ShapeArgs<RandomOptions>): Tensor {
  return filled("rand", args, (x, g) => x.uniform_(0, 1, g));
}

/** Standard normal numbers. @see torch.randn */
export function randn(...args: ShapeArgs<RandomOptions>): Tensor {
  return filled("randn", args, (x, g) => x.normal_(0, 1, g));
}

export function randLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return rand(x.impl.shape, { dtype: x.dtype, ...options });
}

export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return randn(x.impl.shape, { dtype: x.dtype, ...options });
}

/** Integers in [low, high). @see torch.randint */
export function randint(
  low: number,
  high: number,
  shape: readonly number[],
  options: RandomOptions = {},
): Tensor {
  const x = empty(shape, { ...options, dtype: options.dtype ?? int64 });
  dist.randint(source(options), x.impl.data() as Int32Array, low, high);
  return x;
}

/** A random order of 0 … n − 1. @see torch.randperm */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  return new Tensor(View.of(dist.randperm(source(options), n), int64, [n]));
}

/** 1 with the probability in the same place, else 0. @see torch.bernoulli */
export function bernoulli(probs: Tensor, options: RandomOptions = {}): Tensor {
  const out = View.zeros(probs.impl.shape, probs.dtype);
  dist.bernoulliTensor(source(options), probs.impl.real(), out.real());
  return new Tensor(out);
}

/**
 * Indices drawn with the given weights, (numSamples) or (rows, numSamples), int64.
 *
 * @param weights (categories) or (rows, categories), not negative; they need not sum to 1
 * @see torch.multinomial
 */
export function multinomial(
  weights: Tensor,
  numSamples: number,
  options: RandomOptions & { readonly replacement?: boolean | undefined } = {},
): Tensor {
  if (!weights.dtype.isFloatingPoint) {
    throw new DTypeError({
      op: "multinomial",
      torch: `multinomial only supports floating-point dtypes for input, got: ${weights.dtype.tensorType.replace("Tensor", "")}`,
      fix: "Convert the weights with float()",
    });
  }
  if (weights.ndim !== 1 && weights.ndim !== 2) {
    throw new ShapeError({
      op: "multinomial",
      torch: "prob_dist must be 1 or 2 dim",
      got: [...weights.impl.shape],
    });
  }
  const cols = weights.impl.shape.at(-1) as number;
  const rows = weights.ndim === 1 ? 1 : weights.size(0);
  const { replacement = false } = options;
  const data = weights.impl.real();
  const picked = dist.multinomial(source(options), data, rows, cols, numSamples, replacement);
  return new Tensor(View.of(picked, int64, weights.ndim === 1 ? [numSamples] : [rows, numSamples]));
}

/** Normal numbers of a mean and a deviation, each a tensor or a number. @see torch.normal */
export function normal(
  mean: Tensor | number,
  std: Tensor | number,
  options: RandomOptions = {},
): Tensor {
  const like = typeof mean === "number" ? std : mean;
  if (typeof like === "number") {
    throw new ShapeError({
      op: "normal",
      sentence: "neither mean nor std is a tensor, so the shape is unknown",
      fix: "Use randn(shape).mul(std).add(mean)",
    });
  }
  const shape =
    typeof mean !== "number" && typeof std !== "number"
      ? mean.add(std).impl.shape
      : like.impl.shape;
  return randn(shape, { ...options, dtype: like.dtype })
    .mul(std)
    .add(mean);
}

function filled(
  op: string,
  args: ShapeArgs<RandomOptions>,
  run: (x: Tensor, g: Generator) => void,
): Tensor {
  const { shape, dtype, requiresGrad } = parseShape(op, args);
  if (!dtype.isFloatingPoint) {
    throw new DTypeError({
      op,
      sentence: `random real numbers have no place in ${dtype}`,
      fix: "Use randint, or float32",
      expected: float32,
      got: dtype,
    });
  }
  const x = empty(shape, { dtype });
  run(x, source((args.at(-1) ?? {}) as RandomOptions));
  return requiresGrad ? x.requiresGrad_() : x;
}

function source({ generator }: RandomOptions): Generator {
  return generator ?? defaultGenerator;
}
