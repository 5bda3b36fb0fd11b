/** Random integers and orders on a generator. */

import type { Real, TypedArray } from "../core/dtype.ts";
import { ConfigError } from "../core/errors.ts";
import * as torchSays from "../core/torch-sentences.ts";
import { Generator } from "./generator.ts";

/**
 * Integers in [low, high): `low + u32 mod (high − low)`, from 64 bits where the range has 2³²
 * values or more.
 *
 * @throws ConfigError when the bounds are no integers, empty, or outside what `out` holds
 * @see torch.randint
 */
export function randint(generator: Generator, out: TypedArray, low: number, high: number): void {
  checkRange(out, low, high);
  const range = high - low;
  if (range < 2 ** 32) {
    for (let i = 0; i < out.length; i++) out[i] = low + (generator.random() % range);
  } else {
    const wide = BigInt(range);
    for (let i = 0; i < out.length; i++) out[i] = low + Number(generator.random64() % wide);
  }
}

function checkRange(out: TypedArray, low: number, high: number): void {
  const op = "randint";
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || high - low > 2 ** 53) {
    const sentence = `the bounds ${low} and ${high} are not integers within 2^53 of each other`;
    throw new ConfigError(op, sentence, "Pass whole numbers");
  }
  if (low >= high) {
    const torch = `random_ expects 'from' to be less than 'to', but got from=${low} >= to=${high}`;
    throw ConfigError.torch(op, torch);
  }
  if (out instanceof Int32Array && (low < -(2 ** 31) || high > 2 ** 31)) {
    const sentence = `the range [${low}, ${high}) leaves the 32 bits that int64 is stored in`;
    throw new ConfigError(op, sentence, "Keep it within [-2^31, 2^31)");
  }
  if (out instanceof Uint8Array && (low < 0 || high > 256)) {
    const bound = low < 0 ? "from" : "to - 1";
    throw ConfigError.torch(op, `${bound} is out of bounds for unsigned char`);
  }
}

/**
 * Integers in the range that the type holds exactly: [0, 2²⁴] in float32, [0, 2⁵³] in float64.
 *
 * @see Tensor.random_
 */
export function randomFull(generator: Generator, out: Real): void {
  if (out instanceof Float32Array) {
    for (let i = 0; i < out.length; i++) out[i] = generator.random() % (2 ** 24 + 1);
  } else {
    for (let i = 0; i < out.length; i++) out[i] = Number(generator.random64() % (2n ** 53n + 1n));
  }
}

/** An integer in [0, 2⁶³): the base seed of loaders and samplers. @see Tensor.random_ (int64) */
export function randomInt64(generator: Generator): bigint {
  return BigInt.asUintN(63, generator.random64());
}

/**
 * A random order of 0 … n − 1, by Fisher and Yates from the front.
 *
 * @throws ConfigError when `n` is negative or no integer
 * @see torch.randperm
 */
export function randperm(generator: Generator, n: number): Int32Array {
  if (!Number.isInteger(n) || n < 0) {
    if (n < 0) throw ConfigError.torch("randperm", torchSays.negativeSize(n, [n]));
    throw new ConfigError("randperm", `${n} is not a length`);
  }
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < n - 1; i++) {
    const other = i + (generator.random() % (n - i));
    const moved = order[i]!;
    order[i] = order[other]!;
    order[other] = moved;
  }
  return order;
}

/**
 * A random order of 0 … n − 1 from a generator of its own, which one draw of `generator` seeds.
 *
 * @see torch.utils.data.RandomSampler
 */
export function randomSampler(generator: Generator, n: number): Int32Array {
  return randperm(new Generator().manualSeed(randomInt64(generator)), n);
}
