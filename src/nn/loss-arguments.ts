/** What losses of classes may be called with, in PyTorch's sentences. */

import {
  ConfigError,
  DTypeError,
  IndexError,
  int64,
  ShapeError,
  sameShape,
} from "../core/index.ts";
import type { Reduction } from "../ops/index.ts";
import type { Tensor } from "../tensor/index.ts";
import { checkLinear, checkParameterTypes, scalarType } from "./arguments.ts";

/** @throws ConfigError when it is none of the three */
export function checkReduction(op: string, reduction: Reduction | undefined): Reduction {
  if (reduction === undefined) return "mean";
  if (["none", "mean", "sum"].includes(reduction)) return reduction;
  throw new ConfigError({
    op,
    torch: `${String(reduction)} is not a valid value for reduction`,
    fix: "Use none, mean or sum",
    got: reduction,
  });
}

/** @throws ConfigError when `smoothing` is no share of a target */
export function checkSmoothing(op: string, smoothing: number): void {
  if (smoothing >= 0 && smoothing <= 1) return;
  throw new ConfigError({
    op,
    torch: `label_smoothing must be between 0.0 and 1.0. Got: ${smoothing}`,
    got: smoothing,
  });
}

/** @throws DTypeError, ShapeError, IndexError on targets that are no classes of the input */
export function checkClassTarget(
  op: string,
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex: number,
): void {
  checkTargetType(op, target);
  const shape = input.impl.shape;
  const expected = shape.length <= 1 ? [] : [shape[0] as number, ...shape.slice(2)];
  if (shape.length > 1 && (target.ndim === 0 || target.size(0) !== shape[0])) {
    throw new ShapeError({
      op,
      torch: `Expected input batch_size (${shape[0]}) to match target batch_size (${target.ndim === 0 ? 0 : target.size(0)}).`,
      fix: "The first sizes of input and target must agree",
      expected: shape[0],
      got: [...target.impl.shape],
    });
  }
  if (!sameShape(target.impl.shape, expected)) {
    throw new ShapeError({
      op,
      torch:
        shape.length <= 2
          ? "0D or 1D target tensor expected, multi-target not supported"
          : `Expected target size [${expected.join(", ")}], got [${target.impl.shape.join(", ")}]`,
      expected,
      got: [...target.impl.shape],
    });
  }
  const classes = (shape.length === 1 ? shape[0] : shape[1]) as number;
  checkClasses(op, target, weight, classes, ignoreIndex);
}

/** @throws DTypeError, ShapeError, IndexError where an operand does not fit the others */
export function checkLinearCrossEntropy(
  input: Tensor,
  weight: Tensor,
  target: Tensor,
  given: { bias: Tensor | null; classWeight: Tensor | null; ignoreIndex: number },
): void {
  const op = "linearCrossEntropy";
  checkLinear(op, input, weight);
  checkTargetType(op, target);
  const expected = input.impl.shape.slice(0, -1);
  if (!sameShape(target.impl.shape, expected)) {
    throw new ShapeError({
      op,
      torch: `Expected target size [${expected.join(", ")}], got [${target.impl.shape.join(", ")}]`,
      fix: "The target has the sizes of the input but the last",
      expected,
      got: [...target.impl.shape],
    });
  }
  const { bias, classWeight } = given;
  const classes = weight.size(0);
  if (bias !== null && !sameShape(bias.impl.shape, [classes])) {
    throw new ShapeError({
      op,
      sentence: `the weight has ${classes} rows, the bias is [${bias.impl.shape.join(", ")}]`,
      fix: "Give one element for each row",
      expected: [classes],
      got: [...bias.impl.shape],
    });
  }
  checkParameterTypes(op, input, [bias, classWeight]);
  checkClasses(op, target, classWeight, classes, given.ignoreIndex);
}

function checkTargetType(op: string, target: Tensor): void {
  if (target.dtype !== int64) {
    throw new DTypeError({
      op,
      torch: `expected scalar type Long but found ${scalarType(target)}`,
      fix: "Convert the target with long()",
      expected: int64,
      got: target.dtype,
    });
  }
}

function checkClasses(
  op: string,
  target: Tensor,
  weight: Tensor | null,
  classes: number,
  ignoreIndex: number,
): void {
  if (weight !== null && !sameShape(weight.impl.shape, [classes])) {
    throw new ShapeError({
      op,
      torch: `weight tensor should be defined either for all ${classes} classes or no classes but got weight tensor of shape: [${weight.impl.shape.join(", ")}]`,
      expected: [classes],
      got: [...weight.impl.shape],
    });
  }
  for (const t of target.impl.data()) {
    if (t === ignoreIndex || (t >= 0 && t < classes)) continue;
    throw new IndexError({
      op,
      torch: `Target ${t} is out of bounds.`,
      fix: `There are ${classes} classes`,
      expected: [0, classes - 1],
      got: t,
    });
  }
}
