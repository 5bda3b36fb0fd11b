/** PyTorch's sentences that several operations share, verbatim. */

import { list } from "./python-format.ts";

export const mixedTypes = "mat1 and mat2 must have the same dtype";
export const noSuchIndex = "index out of range in self";

export function wrongType(want: string, got: string): string {
  return `expected scalar type ${want} but found ${got}`;
}

export function notMultiplied(...[m, k, l, n]: readonly (number | undefined)[]): string {
  return `mat1 and mat2 shapes cannot be multiplied (${m}x${k} and ${l}x${n})`;
}

export function notBroadcast(a: number, b: number, dim: number): string {
  const sizes = `The size of tensor a (${a}) must match the size of tensor b (${b})`;
  return `${sizes} at non-singleton dimension ${dim}`;
}

export function negativeSize(size: number, shape: readonly number[]): string {
  return `Trying to create tensor with negative dimension ${size}: ${list(shape)}`;
}

export function wrongTarget(want: readonly number[], got: readonly number[]): string {
  return `Expected target size ${list(want)}, got ${list(got)}`;
}
