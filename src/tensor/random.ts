/** Tensors of random numbers, from PyTorch's stream. */

import { DTypeError, int64, ShapeError } from "../core/index.ts";
import { View } from "../ops/view.ts";
import * as dist from "../random/index.ts";
import { defaultGenerator, type Generator } from "../random/index.ts";
import { empty, parseShape, type ShapeArgs, type TensorOptions } from "./creation.ts";
import { Tensor } from "./tensor.ts";

/** Options of functions that draw random tensors. */
export interface RandomOptions extends TensorOptions {
  /** The source of the numbers; the default generator where it is missing. */
  readonly generator?: Generator | undefined;
}

/**
 * Uniform numbers in [0, 1).
 *
 * @throws DTypeError for a type that is not floating-point
 * @see torch.rand
 * @example
 * torch.manualSeed(0);
 * console.log(torch.rand(3)); // tensor([0.4963, 0.7682, 0.0885])
 */
export function rand(...args: ShapeArgs<RandomOptions>): Tensor {
  return filled("rand", args, (x, g) => x.uniform_(0, 1, g));
}

/**
 * Standard normal numbers.
 *
 * @throws DTypeError for a type that is not floating-point
 * @see torch.randn
 * @example
 * torch.manualSeed(0);
 * console.log(torch.randn(2, 2)); // tensor([[ 1.5410, -0.2934],
 *                                 //         [-2.1788,  0.5684]])
 */
export function randn(...args: ShapeArgs<RandomOptions>): Tensor {
  return filled("randn", args, (x, g) => x.normal_(0, 1, g));
}

/** Uniform numbers in [0, 1), in the shape and type of `x`. @see torch.rand_like */
export function randLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return rand(x.impl.shape, { dtype: x.dtype, ...options });
}

/** Standard normal numbers in the shape and type of `x`. @see torch.randn_like */
export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return randn(x.impl.shape, { dtype: x.dtype, ...options });
}

/**
 * Integers in [low, high), int64 by default.
 *
 * @throws ConfigError when the range is empty or leaves the type
 * @see torch.randint
 */
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

/** A random order of 0 … n − 1, int64 (n). @see torch.randperm */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  return new Tensor(View.of(dist.randperm(source(options), n), int64, [n]));
}

/**
 * 1 with the probability in the same place of `probs`, else 0; of its shape and type.
 *
 * @throws ConfigError when a probability is outside [0, 1]
 * @see torch.bernoulli
 */
export function bernoulli(probs: Tensor, options: RandomOptions = {}): Tensor {
  const out = View.zeros(probs.impl.shape, probs.dtype);
  dist.bernoulliTensor(source(options), probs.impl.real(), out.real());
  return new Tensor(out);
}

/**
 * Indices drawn with the given weights, int64 (numSamples) or (rows, numSamples).
 *
 * @param weights (categories) or (rows, categories), not negative; they need not sum to 1
 * @param options.replacement whether an index may be drawn again; false by default
 * @throws ConfigError when there are too few categories, or the weights of a row cannot be
 * @see torch.multinomial
 */
export function multinomial(
  weights: Tensor,
  numSamples: number,
  options: RandomOptions & { readonly replacement?: boolean | undefined } = {},
): Tensor {
  if (!weights.dtype.isFloatingPoint) {
    const only = "multinomial only supports floating-point dtypes for input, got:";
    const said = `${only} ${weights.dtype.scalarType}`;
    throw DTypeError.torch("multinomial", said, "Convert the weights with float()");
  }
  if (weights.ndim !== 1 && weights.ndim !== 2) {
    throw ShapeError.torch("multinomial", "prob_dist must be 1 or 2 dim");
  }
  const cols = weights.impl.shape.at(-1) as number;
  const rows = weights.ndim === 1 ? 1 : weights.size(0);
  const { replacement = false } = options;
  const data = weights.impl.real();
  const picked = dist.multinomial(source(options), data, rows, cols, numSamples, replacement);
  return new Tensor(View.of(picked, int64, weights.ndim === 1 ? [numSamples] : [rows, numSamples]));
}

/**
 * Normal numbers of a mean and a standard deviation, each a tensor or a number, broadcast.
 *
 * @throws ShapeError when both are numbers
 * @see torch.normal
 */
export function normal(
  mean: Tensor | number,
  std: Tensor | number,
  options: RandomOptions = {},
): Tensor {
  const like = typeof mean === "number" ? std : mean;
  if (typeof like === "number") {
    const said = "neither mean nor std is a tensor, so the shape is unknown";
    throw new ShapeError("normal", said, "Use randn(shape).mul(std).add(mean)");
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
    const said = `random real numbers have no place in ${dtype}`;
    throw new DTypeError(op, said, "Use randint, or float32");
  }
  const x = empty(shape, { dtype });
  run(x, source((args.at(-1) ?? {}) as RandomOptions));
  return requiresGrad ? x.requiresGrad_() : x;
}

function source({ generator }: RandomOptions): Generator {
  return generator ?? defaultGenerator;
}
