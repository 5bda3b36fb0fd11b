/** The checks of the arguments of layers. */

import { DTypeError, list, ShapeError, sameShape, torchSays } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";

/** Arguments of `layerNorm` besides its input and the sizes of a row. */
export interface LayerNormArguments {
  /** A factor for each element of a row; null for none. */
  readonly weight?: Tensor | null | undefined;
  /** Added to each element of a row; null for none. */
  readonly bias?: Tensor | null | undefined;
  /** Added to the variance, so that rows of equal elements are not divided by 0. */
  readonly eps?: number | undefined;
}

/** @throws ShapeError, DTypeError with PyTorch's sentences */
export function checkLayerNorm(
  x: Tensor,
  normalizedShape: readonly number[],
  given: { readonly weight: Tensor | null; readonly bias: Tensor | null },
): void {
  const op = "layerNorm";
  const wanted = list(normalizedShape);
  if (normalizedShape.length === 0) {
    const said =
      "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one " +
      "element, but got normalized_shape = []";
    throw ShapeError.torch(op, said);
  }
  for (const name of ["weight", "bias"] as const) {
    const got = given[name]?.impl.shape;
    if (got === undefined || sameShape(got, normalizedShape)) continue;
    const said =
      `Expected ${name} to be of same shape as normalized_shape, but got ${name} of shape ` +
      `${list(got)} and normalized_shape = ${wanted}`;
    throw ShapeError.torch(op, said);
  }
  if (!sameShape(x.impl.shape.slice(-normalizedShape.length), normalizedShape)) {
    const said =
      `Given normalized_shape=${wanted}, expected input with shape ` +
      `${list(["*", ...normalizedShape])}, but got input of size${list(x.impl.shape)}`;
    const fix = "The last sizes of the input must be those that the layer normalises";
    throw ShapeError.torch(op, said, fix);
  }
  if (!x.dtype.isFloatingPoint) {
    const said = `"LayerNormKernelImpl" not implemented for '${x.dtype.scalarType}'`;
    throw DTypeError.torch(op, said, "Convert the input with float()");
  }
  checkParameterTypes(op, x, [given.weight, given.bias]);
}

/** @throws DTypeError when one of `parameters` has another type than x */
export function checkParameterTypes(
  op: string,
  x: Tensor,
  parameters: readonly (Tensor | null)[],
): void {
  for (const t of parameters) {
    if (t === null || t.dtype === x.dtype) continue;
    const said = torchSays.wrongType(x.dtype.scalarType, t.dtype.scalarType);
    throw DTypeError.torch(op, said, `The input is ${x.dtype}: convert it or the parameters`);
  }
}

/** @throws DTypeError when an operand, `what`, has another type than the weights */
export function checkWeightType(op: string, what: string, x: Tensor, weight: Tensor): void {
  if (x.dtype === weight.dtype) return;
  const fix = `${what} is ${x.dtype}, the weights are ${weight.dtype}: convert one of them`;
  throw DTypeError.torch(op, torchSays.mixedTypes, fix);
}

/** @throws DTypeError, ShapeError with PyTorch's sentences */
export function checkLinear(op: string, x: Tensor, weight: Tensor): void {
  const [out, width] = [weight.size(0), weight.size(1)];
  if (x.dtype !== weight.dtype) {
    const fix = `The input is ${x.dtype}, the weight ${weight.dtype}: convert one of them`;
    throw DTypeError.torch(op, torchSays.mixedTypes, fix);
  }
  if (x.ndim === 0 || x.size(-1) !== width) {
    const cols = x.ndim === 0 ? 1 : x.size(-1);
    const rows = cols === 0 ? 0 : x.numel() / cols;
    const fix = `The last size of the input must be ${width}; the input is ${list(x.impl.shape)}`;
    throw ShapeError.torch(op, torchSays.notMultiplied(rows, cols, width, out), fix);
  }
}
