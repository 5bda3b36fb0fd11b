/**
 * Optimizer steps with PyTorch's roundings: scalars are computed in double and rounded once, a
 * multiply-add of arrays is fused. That gives PyTorch's bits in float32; and in float64, but for
 * Adam where the engine's power and the C library's differ in the last place.
 */

import { fma32, fma64 } from "../../core/float.ts";
import type { Real } from "../../core/index.ts";
import type { Adam, Sgd } from "../backend.ts";

/**
 * `g += wd · p`; `buf = momentum · buf + (1 − dampening) · g`, at the first step `buf = g`;
 * `d = nesterov ? g + momentum · buf : buf`; `p −= lr · d`.
 */
export function sgd(a: Sgd): void {
  const { p, buf } = a;
  const { f, fma } = arithmetic(p);
  const [wd, momentum] = [f(a.weightDecay), f(a.momentum)];
  const [keep, step] = [f(1 - a.dampening), f(-a.lr)];
  for (let i = 0; i < p.length; i++) {
    let g = a.maximize ? -a.g[i]! : a.g[i]!;
    if (wd !== 0) g = fma(p[i]!, wd, g);
    let d = g;
    if (buf !== null) {
      buf[i] = a.first ? g : fma(g, keep, f(buf[i]! * momentum));
      d = a.nesterov ? fma(buf[i]!, momentum, g) : buf[i]!;
    }
    p[i] = fma(d, step, p[i]!);
  }
}

/**
 * `m = β₁ m + (1 − β₁) g`; `v = β₂ v + (1 − β₂) g²`, or with amsgrad the largest `v` so far;
 * `p −= lr/(1 − β₁ᵏ) · m / (√v/√(1 − β₂ᵏ) + eps)` at step `k`.
 * Weight decay adds `wd · p` to `g`; decoupled, it scales `p` by `1 − lr · wd` first.
 */
export function adam(a: Adam): void {
  const { p, m, v, vMax } = a;
  const { f, fma } = arithmetic(p);
  const [beta1, beta2] = [f(a.beta1), f(a.beta2)];
  const [rest1, rest2] = [f(1 - a.beta1), f(1 - a.beta2)];
  const step = f(-(a.lr / (1 - a.beta1 ** a.step)));
  const root = f(Math.sqrt(1 - a.beta2 ** a.step));
  const [eps, wd, shrink] = [f(a.eps), f(a.weightDecay), f(1 - a.lr * a.weightDecay)];
  for (let i = 0; i < p.length; i++) {
    let g = a.maximize ? -a.g[i]! : a.g[i]!;
    if (a.decoupled) p[i] = f(p[i]! * shrink);
    else if (wd !== 0) g = fma(p[i]!, wd, g);
    m[i] = fma(g, rest1, f(m[i]! * beta1));
    v[i] = fma(f(rest2 * g), g, f(v[i]! * beta2));
    if (vMax !== null) vMax[i] = Math.max(vMax[i]!, v[i]!);
    const largest = vMax === null ? v[i]! : vMax[i]!;
    const denominator = f(f(f(Math.sqrt(largest)) / root) + eps);
    p[i] = f(p[i]! + f(f(step * m[i]!) / denominator));
  }
}

/** Rounding to a type, and its fused multiply-add. */
function arithmetic(like: Real): { f: (x: number) => number; fma: typeof fma32 } {
  if (like instanceof Float32Array) return { f: Math.fround, fma: fma32 };
  return { f: (x) => x, fma: fma64 };
}

/** `(Σ |x|^p)^(1/p)`; the largest or smallest `|x|` at ±∞, the number of non-zero elements at 0. */
export function norm(x: Real, p: number): number {
  let total = 0;
  if (p === Number.POSITIVE_INFINITY) {
    for (let i = 0; i < x.length; i++) total = Math.max(total, Math.abs(x[i]!));
    return total;
  }
  if (p === Number.NEGATIVE_INFINITY) {
    total = x.length === 0 ? 0 : Number.POSITIVE_INFINITY;
    for (let i = 0; i < x.length; i++) total = Math.min(total, Math.abs(x[i]!));
    return total;
  }
  if (p === 0) {
    for (let i = 0; i < x.length; i++) if (x[i] !== 0) total++;
    return total;
  }
  if (p === 2) {
    for (let i = 0; i < x.length; i++) total += x[i]! * x[i]!;
    return Math.sqrt(total);
  }
  for (let i = 0; i < x.length; i++) total += Math.abs(x[i]!) ** p;
  return total ** (1 / p);
}
