/** The checks of the arguments of losses, with PyTorch's sentences. */

import {
  ConfigError,
  DTypeError,
  IndexError,
  int64,
  list,
  ShapeError,
  sameShape,
  torchSays,
} from "../core/index.ts";
import type { Reduction } from "../ops/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { checkLinear, checkParameterTypes } from "./checks.ts";

/** @throws ConfigError when it is not `mean`, `sum` or `none` */
export function checkReduction(op: string, reduction: Reduction | undefined): Reduction {
  if (reduction === undefined) return "mean";
  if (["none", "mean", "sum"].includes(reduction)) return reduction;
  const said = `${String(reduction)} is not a valid value for reduction`;
  throw ConfigError.torch(op, said, "Use none, mean or sum");
}

/** @throws ConfigError when `smoothing` is outside [0, 1] */
export function checkSmoothing(op: string, smoothing: number): void {
  if (smoothing >= 0 && smoothing <= 1) return;
  throw ConfigError.torch(op, `label_smoothing must be between 0.0 and 1.0. Got: ${smoothing}`);
}

/**
 * @returns the summed weights of the targets that count
 * @throws DTypeError, ShapeError, IndexError on targets that are no classes of the input
 */
export function checkClassTarget(
  op: string,
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex: number,
): number {
  checkTargetType(op, target);
  const shape = input.impl.shape;
  const expected = shape.length <= 1 ? [] : [shape[0] as number, ...shape.slice(2)];
  if (shape.length > 1 && (target.ndim === 0 || target.size(0) !== shape[0])) {
    const rows = target.impl.shape[0] ?? 0;
    const said = `Expected input batch_size (${shape[0]}) to match target batch_size (${rows}).`;
    throw ShapeError.torch(op, said, "The first sizes of input and target must agree");
  }
  if (!sameShape(target.impl.shape, expected)) {
    const said =
      shape.length <= 2
        ? "0D or 1D target tensor expected, multi-target not supported"
        : torchSays.wrongTarget(expected, target.impl.shape);
    throw ShapeError.torch(op, said);
  }
  const classes = (shape.length === 1 ? shape[0] : shape[1]) as number;
  return checkClasses(op, target, weight, classes, ignoreIndex);
}

/**
 * @returns the summed weights of the targets that count
 * @throws DTypeError, ShapeError, IndexError where an operand does not fit the others
 */
export function checkLinearCrossEntropy(
  input: Tensor,
  weight: Tensor,
  target: Tensor,
  given: { bias: Tensor | null; classWeight: Tensor | null; ignoreIndex: number },
): number {
  const op = "linearCrossEntropy";
  checkLinear(op, input, weight);
  checkTargetType(op, target);
  const expected = input.impl.shape.slice(0, -1);
  if (!sameShape(target.impl.shape, expected)) {
    const said = torchSays.wrongTarget(expected, target.impl.shape);
    throw ShapeError.torch(op, said, "The target has the sizes of the input but the last");
  }
  const { bias, classWeight } = given;
  const classes = weight.size(0);
  if (bias !== null && !sameShape(bias.impl.shape, [classes])) {
    const said = `the weight has ${classes} rows, the bias is ${list(bias.impl.shape)}`;
    throw new ShapeError(op, said, "Give one element for each row");
  }
  checkParameterTypes(op, input, [bias, classWeight]);
  return checkClasses(op, target, classWeight, classes, given.ignoreIndex);
}

function checkTargetType(op: string, target: Tensor): void {
  if (target.dtype === int64) return;
  const said = torchSays.wrongType("Long", target.dtype.scalarType);
  throw DTypeError.torch(op, said, "Convert the target with long()");
}

function checkClasses(
  op: string,
  target: Tensor,
  weight: Tensor | null,
  classes: number,
  ignoreIndex: number,
): number {
  if (weight !== null && !sameShape(weight.impl.shape, [classes])) {
    const said =
      `weight tensor should be defined either for all ${classes} classes or no classes but got ` +
      `weight tensor of shape: ${list(weight.impl.shape)}`;
    throw ShapeError.torch(op, said);
  }
  const w = weight?.impl.data();
  let sum = 0;
  for (const t of target.impl.data()) {
    if (t === ignoreIndex) continue;
    if (!(t >= 0 && t < classes)) {
      throw IndexError.torch(op, `Target ${t} is out of bounds.`, `There are ${classes} classes`);
    }
    sum += w?.[t] ?? 1;
  }
  return sum;
}
