/**
 * Bulk filling, bit-equal to PyTorch's CPU kernels for AVX2: the reference of the random kernels.
 *
 * Each takes the state of a Mersenne Twister (`mt19937.ts`) and advances it.
 */

import type { Real } from "../../core/dtype.ts";
import { fma32, fma64 } from "../../core/float.ts";
import { nextU32, nextU53 } from "./mt19937.ts";
import { vlog, vsincos } from "./vector-math.ts";

const f = Math.fround;

/**
 * `out = fma(u, to − from, from)`: float32 takes one draw, the low 24 bits; float64 two, 53 bits.
 *
 * @see Tensor.uniform_
 */
export function uniformFill(state: Uint32Array, out: Real, from: number, to: number): void {
  if (!(out instanceof Float32Array)) {
    const width = to - from;
    for (let i = 0; i < out.length; i++) out[i] = fma64(nextU53(state), width, from);
    return;
  }
  const low = f(from);
  const width = f(f(to) - low);
  const scale = width * 2 ** -24;
  if (low === 0) {
    for (let i = 0; i < out.length; i++) out[i] = (nextU32(state) & 0xffffff) * scale;
  } else {
    for (let i = 0; i < out.length; i++) {
      out[i] = fma32((nextU32(state) & 0xffffff) * 2 ** -24, width, low);
    }
  }
}

const BLOCK = 16;

/**
 * Normal numbers by Box and Muller in blocks of 16, the first 8 uniforms of a block paired with the
 * last 8. Where 16 does not divide the length, the last 16 elements are drawn anew. In float64 the
 * engine's `log`, `sin` and `cos` may differ from PyTorch's by a unit in the last place.
 *
 * @param out at least 16 elements
 * @see Tensor.normal_
 */
export function normalFill(state: Uint32Array, out: Real, mean: number, std: number): void {
  const n = out.length;
  uniformFill(state, out, 0, 1);
  for (let i = 0; i + BLOCK <= n; i += BLOCK) boxMuller(out, i, mean, std);
  if (n % BLOCK !== 0) {
    uniformFill(state, out.subarray(n - BLOCK), 0, 1);
    boxMuller(out, n - BLOCK, mean, std);
  }
}

function boxMuller(out: Real, start: number, mean: number, std: number): void {
  if (out instanceof Float32Array) boxMuller32(out, start, f(mean), f(std));
  else boxMuller64(out, start, mean, std);
}

const TWO_PI = f(2 * Math.PI);
const sincos = new Float32Array(2);

function boxMuller32(out: Float32Array, start: number, mean: number, std: number): void {
  for (let j = start; j < start + 8; j++) {
    const radius = f(Math.sqrt(f(-2 * vlog(f(1 - out[j]!)))));
    vsincos(f(TWO_PI * out[j + 8]!), sincos);
    out[j] = fma32(f(radius * sincos[1]!), std, mean);
    out[j + 8] = fma32(f(radius * sincos[0]!), std, mean);
  }
}

function boxMuller64(out: Float64Array, start: number, mean: number, std: number): void {
  for (let j = start; j < start + 8; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - out[j]!));
    const angle = 2 * Math.PI * out[j + 8]!;
    out[j] = fma64(radius * Math.cos(angle), std, mean);
    out[j + 8] = fma64(radius * Math.sin(angle), std, mean);
  }
}

/**
 * `out = (u < p) ? scale : 0` with a 53-bit `u`, two draws an element.
 *
 * @see Tensor.bernoulli_
 */
export function bernoulliMask(state: Uint32Array, out: Real, p: number, scale: number): void {
  for (let i = 0; i < out.length; i++) out[i] = nextU53(state) < p ? scale : 0;
}
