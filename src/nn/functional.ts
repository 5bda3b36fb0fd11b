/** Layers and losses as functions, which the modules call. */

import {
  ConfigError,
  DTypeError,
  IndexError,
  int64,
  numel,
  ShapeError,
  sameShape,
  torchSays,
  warn,
} from "../core/index.ts";
import * as ops from "../ops/index.ts";
import { arange, Tensor } from "../tensor/index.ts";
import { checkLayerNorm, checkLinear, type LayerNormArguments } from "./checks.ts";
import {
  checkClassTarget,
  checkLinearCrossEntropy,
  checkReduction,
  checkSmoothing,
} from "./loss-checks.ts";

// ---- layers ------------------------------------------------------------------------------------

/**
 * `y = x Wᵀ + b` for x (…, in), weight (out, in), bias (out).
 *
 * @throws ShapeError when the last size of x is not `in`
 * @throws DTypeError when the types differ
 * @see torch.nn.functional.linear
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  checkLinear("linear", x, weight);
  return Tensor.apply(ops.matmul.linear, [x, weight, bias], undefined);
}

/**
 * Rows of a table: `y[…, :] = weight[index[…], :]`.
 *
 * @param index int64, in [0, rows)
 * @param weight (rows, embeddingDim)
 * @param options.paddingIdx a row that gets no gradient; none by default
 * @returns (…, embeddingDim)
 * @throws IndexError when an index has no row
 * @throws DTypeError when the indices are not int64
 * @see torch.nn.functional.embedding
 */
export function embedding(
  index: Tensor,
  weight: Tensor,
  { paddingIdx = null }: { paddingIdx?: number | null | undefined } = {},
): Tensor {
  if (index.dtype !== int64) {
    const said =
      "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, " +
      `Int; but got torch.${index.dtype.tensorType} instead (while checking arguments for embedding)`;
    throw DTypeError.torch("embedding", said, "Convert the indices with long()");
  }
  const rows = weight.size(0);
  for (const i of index.impl.data()) {
    if (i >= 0 && i < rows) continue;
    const fix = `The table has ${rows} rows, the index is ${i}`;
    throw IndexError.torch("embedding", torchSays.noSuchIndex, fix);
  }
  const padding = paddingIdx === null ? -1 : paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  return Tensor.apply(ops.indexing.embedding, [weight, index], padding);
}

export { dropout } from "../tensor/index.ts";

/**
 * Each row of the last dimensions, normalised by its mean and deviation:
 * `(x − mean)/√(var + eps) w + b`.
 *
 * @param normalizedShape the last sizes of x; those of weight and bias
 * @param options.eps added to the variance; 1e-5 by default
 * @throws ShapeError when sizes do not fit
 * @throws DTypeError when the types differ or are not floating-point
 * @see torch.nn.functional.layer_norm
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: readonly number[],
  { weight = null, bias = null, eps = 1e-5 }: LayerNormArguments = {},
): Tensor {
  checkLayerNorm(x, normalizedShape, { weight, bias });
  return Tensor.apply(ops.layerNorm, [x, weight, bias], { cols: numel(normalizedShape), eps });
}

/** `tanh x` of each element. @see torch.nn.functional.tanh */
export const tanh = (x: Tensor): Tensor => x.tanh();
/** `1 / (1 + e⁻ˣ)` of each element. @see torch.nn.functional.sigmoid */
export const sigmoid = (x: Tensor): Tensor => x.sigmoid();
/** `max(x, 0)` of each element. @see torch.nn.functional.relu */
export const relu = (x: Tensor): Tensor => x.relu();

/**
 * `eˣ / Σ eˣ` along `dim`; without it along PyTorch's implicit dimension, with its warning.
 *
 * @see torch.nn.functional.softmax
 */
export function softmax(x: Tensor, dim?: number | null): Tensor {
  return x.softmax(dim ?? implicitDim("softmax", x));
}

/**
 * `x − ln Σ eˣ` along `dim`; without it along PyTorch's implicit dimension, with its warning.
 *
 * @see torch.nn.functional.log_softmax
 */
export function logSoftmax(x: Tensor, dim?: number | null): Tensor {
  return x.logSoftmax(dim ?? implicitDim("log_softmax", x));
}

function implicitDim(name: string, x: Tensor): number {
  warn(
    `Implicit dimension choice for ${name} has been deprecated. Change the call to include dim=X as an argument.`,
  );
  return x.ndim === 0 || x.ndim === 1 || x.ndim === 3 ? 0 : 1;
}

/**
 * Integer classes as rows of zeros with a single one, int64 (…, numClasses).
 *
 * @param index int64 (…)
 * @param numClasses one more than the largest index where it is negative
 * @see torch.nn.functional.one_hot
 * @example
 * const classes = torch.tensor([0, 2], { dtype: torch.int64 });
 * console.log(nn.functional.oneHot(classes)); // tensor([[1, 0, 0],
 *                                             //         [0, 0, 1]])
 */
export function oneHot(index: Tensor, numClasses = -1): Tensor {
  const classes = numClasses < 0 ? index.max().item() + 1 : numClasses;
  return index.unsqueeze(-1).eq(arange(classes)).to(int64);
}

// ---- losses ------------------------------------------------------------------------------------

/** How the losses of elements become one: their mean, their sum, or not at all (`none`). */
export type Reduction = ops.Reduction;

/** Options of all losses. */
export interface LossOptions {
  /** `mean` of all elements (default), their `sum`, or each of them (`none`). */
  readonly reduction?: Reduction | undefined;
}

/** Options of losses of classes. */
export interface ClassLossOptions extends LossOptions {
  /** (C), a factor for each class; none by default. */
  readonly weight?: Tensor | null | undefined;
  /** Rows with this target do not count; −100 by default. */
  readonly ignoreIndex?: number | undefined;
}

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /** How much of the target is spread evenly over all classes, from 0 (default) to 1. */
  readonly labelSmoothing?: number | undefined;
}

/**
 * Cross entropy of logits: `−w_t ln softmax(x)_t`, with smoothing e a share e/C of every class.
 *
 * @param input logits (N, C), (N, C, d…) or (C)
 * @param target classes, int64 (N), (N, d…) or (); or probabilities of the input's shape
 * @returns a scalar, or one loss for each target with reduction `none`; `mean` weighs by class
 * @throws ShapeError when the target does not fit the input
 * @throws DTypeError when classes are not int64
 * @throws IndexError when a target is no class
 * @throws ConfigError when an option makes no sense
 * @see torch.nn.functional.cross_entropy
 * @example
 * const logits = torch.tensor([[2, 0], [0, 0]]);
 * const target = torch.tensor([0, 1], { dtype: torch.int64 });
 * console.log(nn.functional.crossEntropy(logits, target)); // tensor(0.4100)
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const op = "crossEntropy";
  const { labelSmoothing = 0, weight = null } = options;
  const reduction = checkReduction(op, options.reduction);
  checkSmoothing(op, labelSmoothing);
  if (target.dtype.isFloatingPoint && sameShape(target.impl.shape, input.impl.shape)) {
    return softCrossEntropy(input, target, { ...options, reduction, labelSmoothing });
  }
  const ignoreIndex = options.ignoreIndex ?? -100;
  const weightSum = checkClassTarget(op, input, target, weight, ignoreIndex);
  const args = { ignoreIndex, smoothing: labelSmoothing, reduction, weightSum };
  return Tensor.apply(ops.loss.crossEntropy, [input, target, weight], args);
}

/** Options of {@link linearCrossEntropy}. */
export interface LinearCrossEntropyOptions {
  /** (V), added to the logits; none by default. */
  readonly bias?: Tensor | null | undefined;
  /** (V), a factor for each class; none by default. */
  readonly classWeight?: Tensor | null | undefined;
  /** Rows with this target do not count; −100 by default. */
  readonly ignoreIndex?: number | undefined;
  /** `mean` of all rows (default), weighed by class, or their `sum`. */
  readonly reduction?: Exclude<Reduction, "none"> | undefined;
  /** How much of the target is spread evenly over all classes, from 0 (default) to 1. */
  readonly labelSmoothing?: number | undefined;
}

/**
 * Cross entropy of the logits `x Wᵀ + b`: the value and the gradients of
 * `crossEntropy(linear(x, W, b), target)`, but the logits of all rows never exist at once.
 *
 * The gradients of x, W and b are computed along with the loss and held until backward.
 *
 * @param input (…, H)
 * @param weight (V, H), a row for each class
 * @param target classes, int64 (…), in [0, V)
 * @returns a scalar
 * @throws DTypeError, ShapeError, IndexError as `linear` and `crossEntropy` do
 * @throws ConfigError with reduction `none`, or when `labelSmoothing` is outside [0, 1]
 * @example
 * const F = nn.functional;
 * const [x, layer] = [torch.randn(6, 3), new nn.Linear(3, 4)];
 * const target = torch.tensor([0, 1, 2, 3, 0, 1], { dtype: torch.int64 });
 * const loss = F.linearCrossEntropy(x, layer.weight, target, { bias: layer.bias });
 * console.log(torch.allclose(loss, F.crossEntropy(layer.forward(x), target))); // true
 */
export function linearCrossEntropy(
  input: Tensor,
  weight: Tensor,
  target: Tensor,
  options: LinearCrossEntropyOptions = {},
): Tensor {
  const op = "linearCrossEntropy";
  const { bias = null, classWeight = null, ignoreIndex = -100, labelSmoothing = 0 } = options;
  const reduction = checkReduction(op, options.reduction);
  if (reduction === "none") {
    const said = "a loss for each row would need the logits of all rows in backward";
    const fix = "Use mean or sum, or crossEntropy(linear(input, weight, bias), target)";
    throw new ConfigError(op, said, fix);
  }
  checkSmoothing(op, labelSmoothing);
  const given = { bias, classWeight, ignoreIndex };
  const weightSum = checkLinearCrossEntropy(input, weight, target, given);
  const args = { reduction, ignoreIndex, smoothing: labelSmoothing, weightSum };
  return Tensor.apply(ops.linearCrossEntropy, [input, weight, bias, target, classWeight], args);
}

/** Targets are probabilities q: `−Σ_j w_j q'_j ln softmax(x)_j`, `q' = q (1 − e) + e/C`. */
function softCrossEntropy(
  input: Tensor,
  target: Tensor,
  options: CrossEntropyOptions & { reduction: Reduction; labelSmoothing: number },
): Tensor {
  if (options.ignoreIndex !== undefined && options.ignoreIndex >= 0) {
    const said = "ignore_index is not supported for floating point target";
    throw ConfigError.torch("crossEntropy", said);
  }
  const dim = input.ndim === 1 ? 0 : 1;
  const classes = input.size(dim);
  const { labelSmoothing: e, weight } = options;
  const q = e > 0 ? target.mul(1 - e).add(e / classes) : target;
  const shape = input.impl.shape.map((s, i) => (i === dim ? s : 1));
  const weighted = weight ? q.mul(weight.reshape(...shape)) : q;
  const loss = input.logSoftmax(dim).mul(weighted).sum(dim).neg();
  if (options.reduction === "none") return loss;
  const total = loss.sum();
  return options.reduction === "sum" ? total : total.div(Math.max(loss.numel(), 1));
}

/**
 * `−w_t x_t` of log-probabilities x.
 *
 * @param input log-probabilities (N, C), (N, C, d…) or (C)
 * @param target classes, int64 (N), (N, d…) or ()
 * @returns a scalar, or one loss for each target with reduction `none`; `mean` weighs by class
 * @throws ShapeError when the target does not fit the input
 * @throws DTypeError when classes are not int64
 * @throws IndexError when a target is no class
 * @see torch.nn.functional.nll_loss
 */
export function nllLoss(input: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  const { weight = null, ignoreIndex = -100 } = options;
  const reduction = checkReduction("nllLoss", options.reduction);
  const weightSum = checkClassTarget("nllLoss", input, target, weight, ignoreIndex);
  const args = { ignoreIndex, smoothing: 0, reduction, weightSum };
  return Tensor.apply(ops.loss.nllLoss, [input, target, weight], args);
}

/**
 * `(x − y)²`, reduced; other shapes are broadcast with PyTorch's warning.
 *
 * @see torch.nn.functional.mse_loss
 */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const reduction = checkReduction("mseLoss", options.reduction);
  const [x, y] = broadcastWithWarning(input, target);
  return Tensor.apply(ops.loss.mseLoss, [x, y, null, null], { reduction, args: null });
}

/**
 * `|x − y|`, reduced; other shapes are broadcast with PyTorch's warning.
 *
 * @see torch.nn.functional.l1_loss
 */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const reduction = checkReduction("l1Loss", options.reduction);
  const [x, y] = broadcastWithWarning(input, target);
  const loss = x.sub(y).abs();
  return reduction === "none" ? loss : reduction === "sum" ? loss.sum() : loss.mean();
}

/**
 * `d²/(2β)` where `|d| < β`, else `|d| − β/2`, reduced; `d = x − y`.
 *
 * @param options.beta β, where the parabola ends; 1 by default
 * @throws ConfigError when `beta` is negative
 * @see torch.nn.functional.smooth_l1_loss
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { readonly beta?: number | undefined } = {},
): Tensor {
  const { beta = 1 } = options;
  if (!(beta >= 0)) {
    const said = "smooth_l1_loss does not support negative values for beta";
    throw ConfigError.torch("smoothL1Loss", said);
  }
  if (beta === 0) return l1Loss(input, target, options);
  const reduction = checkReduction("smoothL1Loss", options.reduction);
  const [x, y] = broadcastWithWarning(input, target);
  return Tensor.apply(ops.loss.smoothL1Loss, [x, y, null, null], { reduction, args: beta });
}

/**
 * `−w (y ln x + (1 − y) ln(1 − x))` of probabilities x, reduced.
 *
 * @param target y, in the shape of the input
 * @param options.weight w, a factor for each element
 * @throws ShapeError when the shapes differ
 * @throws ConfigError when an element of the input is outside [0, 1]
 * @see torch.nn.functional.binary_cross_entropy
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { readonly weight?: Tensor | null | undefined } = {},
): Tensor {
  const op = "binaryCrossEntropy";
  const reduction = checkReduction(op, options.reduction);
  if (!sameShape(input.impl.shape, target.impl.shape)) {
    const said =
      `Using a target size (${target.shape}) that is different to the input size (${input.shape}) ` +
      "is deprecated. Please ensure they have the same size.";
    throw ShapeError.torch(op, said);
  }
  for (const v of input.impl.data()) {
    if (v >= 0 && v <= 1) continue;
    const said = "all elements of input should be between 0 and 1";
    throw ConfigError.torch(op, said, "Apply sigmoid first, or use binaryCrossEntropyWithLogits");
  }
  const args = { reduction, args: null };
  return Tensor.apply(ops.loss.bceLoss, [input, target, options.weight ?? null, null], args);
}

/**
 * `−w (p y ln σ(x) + (1 − y) ln(1 − σ(x)))` of logits x, reduced and computed without overflow.
 *
 * @param target y, in the shape of the input
 * @param options.weight w, a factor for each element
 * @throws ShapeError when the shapes differ
 * @see torch.nn.functional.binary_cross_entropy_with_logits
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: LossOptions & {
    readonly weight?: Tensor | null | undefined;
    /** p, a factor for the positive part of the loss. */
    readonly posWeight?: Tensor | null | undefined;
  } = {},
): Tensor {
  const op = "binaryCrossEntropyWithLogits";
  const reduction = checkReduction(op, options.reduction);
  if (!sameShape(input.impl.shape, target.impl.shape)) {
    const said = `Target size (${target.shape}) must be the same as input size (${input.shape})`;
    throw ShapeError.torch(op, said, "Reshape one of them");
  }
  const { weight = null, posWeight = null } = options;
  const args = { reduction, args: null };
  return Tensor.apply(ops.loss.bceWithLogitsLoss, [input, target, weight, posWeight], args);
}

// ---- checks ------------------------------------------------------------------------------------

function broadcastWithWarning(input: Tensor, target: Tensor): [Tensor, Tensor] {
  if (sameShape(input.impl.shape, target.impl.shape)) return [input, target];
  warn(
    `Using a target size (${target.shape}) that is different to the input size (${input.shape}). ` +
      "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
  );
  const shape = input.detach().add(target.detach()).impl.shape;
  return [input.expand(...shape), target.expand(...shape)];
}
