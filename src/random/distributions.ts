/**
 * PyTorch's distributions of real numbers on a generator.
 *
 * Each checks its arguments and fills `out` in order; kernels fill large arrays.
 */

import type { Real } from "../core/dtype.ts";
import { ConfigError } from "../core/errors.ts";
import { fma64 } from "../core/float.ts";
import { kernels } from "../kernels/index.ts";
import { nextU32, nextU53 } from "../kernels/reference/mt19937.ts";
import type { Generator } from "./generator.ts";

/**
 * Uniform numbers in [from, to).
 *
 * @throws ConfigError when a bound or their distance is outside the type, or `from > to`
 * @see Tensor.uniform_
 */
export function uniform(generator: Generator, out: Real, from: number, to: number): void {
  const [type, Type, max] =
    out instanceof Float32Array
      ? ["float", "Float", MAX_FLOAT]
      : ["double", "Double", Number.MAX_VALUE];
  const [a, b] = [cpp(from), cpp(to)];
  if (!(Math.abs(from) <= max)) reject("uniform_", `from is out of bounds for ${type}`);
  if (!(Math.abs(to) <= max)) reject("uniform_", `to is out of bounds for ${type}`);
  if (from > to) {
    const torch = `uniform_ expects to return a [from, to) range, but found from=${a} > to=${b}`;
    reject("uniform_", torch);
  }
  if (to - from > max) {
    const torch =
      `uniform_ expects to-from <= std::numeric_limits<${Type}>::max(), but found to=${b} and ` +
      `from=${a} which result in to-from to exceed the limit`;
    reject("uniform_", torch);
  }
  kernels().uniformFill(generator.state, out, from, to);
}

const MAX_FLOAT = 2 ** 128 - 2 ** 104;

/**
 * Normal numbers: one by one below 16 elements, by blocks from there on.
 *
 * @throws ConfigError when `std` is negative or NaN
 * @see Tensor.normal_
 */
export function normal(generator: Generator, out: Real, mean: number, std: number): void {
  if (!(std >= 0)) reject("normal_", `normal expects std >= 0.0, but found std ${cpp(std)}`);
  if (out.length < 16) normalSmall(generator, out, mean, std);
  else kernels().normalFill(generator.state, out, mean, std);
}

/**
 * Normal numbers one by one, `fma(z, std, mean)` in double, as PyTorch draws them below 16 elements
 * and in place on a tensor that is not contiguous.
 */
export function normalSmall(generator: Generator, out: Real, mean: number, std: number): void {
  for (let i = 0; i < out.length; i++) out[i] = fma64(generator.normal(), std, mean);
}

/**
 * 1 with probability `p`, else 0.
 *
 * @throws ConfigError when `p` is outside [0, 1]
 * @see Tensor.bernoulli_
 */
export function bernoulli(generator: Generator, out: Real, p: number): void {
  if (!isProbability(p)) {
    reject("bernoulli_", `bernoulli_ expects p to be in [0, 1], but got p=${cpp(p)}`);
  }
  kernels().bernoulliMask(generator.state, out, p, 1);
}

/**
 * 1 with the probability in the same place of `probs`, else 0: `u < p`, where `u` has 24 bits for
 * float32 and 53 for float64.
 *
 * @param probs float32 or float64, as long as `out`
 * @throws ConfigError when a probability is outside [0, 1]
 * @see torch.bernoulli
 */
export function bernoulliTensor(generator: Generator, probs: Real, out: Real): void {
  const { state } = generator;
  const isFloat = probs instanceof Float32Array;
  for (let i = 0; i < probs.length; i++) {
    const p = probs[i]!;
    if (!isProbability(p)) reject("bernoulli", PROBABILITY_SENTENCE);
    const u = isFloat ? (nextU32(state) & 0xffffff) * 2 ** -24 : nextU53(state);
    out[i] = u < p ? 1 : 0;
  }
}

const PROBABILITY_SENTENCE =
  "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be " +
  "improved?  If so, please report an enhancement request to PyTorch.)";

/**
 * Dropout's factors in training: `1/(1 − p)` with probability `1 − p`, else 0. Nothing is
 * drawn for `p = 0` (all ones) and `p = 1` (all zeros).
 *
 * @param p in [0, 1]
 * @see torch.nn.functional.dropout
 */
export function dropoutMask(generator: Generator, out: Real, p: number): void {
  if (p === 0 || p === 1) {
    out.fill(1 - p);
    return;
  }
  const keep = 1 - p;
  kernels().bernoulliMask(
    generator.state,
    out,
    keep,
    1 / (out instanceof Float32Array ? Math.fround(keep) : keep),
  );
}

/**
 * Exponentially distributed numbers: `(−1/λ) log(1 − u)` in double.
 *
 * @throws ConfigError when `lambda` is negative or NaN
 * @see Tensor.exponential_
 */
export function exponential(generator: Generator, out: Real, lambda = 1): void {
  if (!(lambda >= 0)) {
    const torch = `exponential_ expects lambda >= 0.0, but found lambda=${cpp(lambda)}`;
    reject("exponential_", torch);
  }
  const scale = -1 / lambda;
  for (let i = 0; i < out.length; i++) out[i] = scale * Math.log(1 - generator.uniform53());
}

function isProbability(p: number): boolean {
  return p >= 0 && p <= 1;
}

function reject(op: string, torch: string): never {
  throw ConfigError.torch(op, torch);
}

/** A number as a C++ stream prints it: six significant digits. */
function cpp(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  const [mantissa, exponent] = x.toExponential(5).split("e") as [string, string];
  const e = Number(exponent);
  if (e >= -4 && e < 6) return String(Number(x.toPrecision(6)));
  return `${Number(mantissa)}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
}
