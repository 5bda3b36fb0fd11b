/** What functions of this folder may be called with. */

import { DTypeError, ShapeError, sameShape } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";

export interface LayerNormArguments {
  /** A factor for each element of a row, and what is added to it; null for none. */
  readonly weight?: Tensor | null | undefined;
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
  const wanted = normalizedShape.join(", ");
  if (normalizedShape.length === 0) {
    throw new ShapeError({
      op,
      torch:
        "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got normalized_shape = []",
      expected: "at least one size",
      got: [],
    });
  }
  for (const name of ["weight", "bias"] as const) {
    const got = given[name]?.impl.shape;
    if (got === undefined || sameShape(got, normalizedShape)) continue;
    throw new ShapeError({
      op,
      torch: `Expected ${name} to be of same shape as normalized_shape, but got ${name} of shape [${got.join(", ")}] and normalized_shape = [${wanted}]`,
      expected: [...normalizedShape],
      got: [...got],
    });
  }
  if (!sameShape(x.impl.shape.slice(-normalizedShape.length), normalizedShape)) {
    throw new ShapeError({
      op,
      torch: `Given normalized_shape=[${wanted}], expected input with shape [*, ${wanted}], but got input of size[${x.impl.shape.join(", ")}]`,
      fix: "The last sizes of the input must be those that the layer normalises",
      expected: [...normalizedShape],
      got: [...x.impl.shape],
    });
  }
  if (!x.dtype.isFloatingPoint) {
    throw new DTypeError({
      op,
      torch: `"LayerNormKernelImpl" not implemented for '${scalarType(x)}'`,
      fix: "Convert the input with float()",
      expected: "float32 or float64",
      got: x.dtype,
    });
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
    throw new DTypeError({
      op,
      torch: `expected scalar type ${scalarType(x)} but found ${scalarType(t)}`,
      fix: `The input is ${x.dtype}: convert it or the parameters`,
      expected: x.dtype,
      got: t.dtype,
    });
  }
}

/** As PyTorch names it in errors. */
export function scalarType(t: Tensor): string {
  return scalarTypes[t.dtype.name] as string;
}

const scalarTypes: Record<string, string> = {
  ...{ float32: "Float", float64: "Double", int64: "Long", bool: "Bool", uint8: "Byte" },
};

/** @throws DTypeError, ShapeError with PyTorch's sentences */
export function checkLinear(op: string, x: Tensor, weight: Tensor): void {
  const [out, width] = [weight.size(0), weight.size(1)];
  if (x.dtype !== weight.dtype) {
    throw new DTypeError({
      op,
      torch: "mat1 and mat2 must have the same dtype",
      fix: `The input is ${x.dtype}, the weight ${weight.dtype}: convert one of them`,
      expected: weight.dtype,
      got: x.dtype,
    });
  }
  if (x.ndim === 0 || x.size(-1) !== width) {
    const cols = x.ndim === 0 ? 1 : x.size(-1);
    const rows = cols === 0 ? 0 : x.numel() / cols;
    throw new ShapeError({
      op,
      torch: `mat1 and mat2 shapes cannot be multiplied (${rows}x${cols} and ${width}x${out})`,
      fix: `The last size of the input must be ${width}; the input is [${x.impl.shape.join(", ")}]`,
      expected: width,
      got: cols,
    });
  }
}
