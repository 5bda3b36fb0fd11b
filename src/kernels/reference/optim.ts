/** Optimizer steps with PyTorch's roundings: scalars in double, rounded once when applied. */

import { fma32, fma64 } from "../../core/float.ts";
import type { Real } from "../../core/index.ts";
import type { Adam, Sgd } from "../backend.ts";

/** Rounding and fused multiply-add of a type. */
function arithmetic(like: Real): { f: (x: number) => number; fma: typeof fma32 } {
  return like instanceof Float32Array ? { f: Math.fround, fma: fma32 } : { f: (x) => x, fma: fma64 };
}

/**
 * `g += wd · p`; `buf = momentum · buf + (1 − dampening) · g` (first step: `buf = g`);
 * `d = nesterov ? g + momentum · buf : buf`; `p −= lr · d`.
 */
export function sgd(a: Sgd): void {
  const { f, fma } = arithmetic(a.p);
  const [wd, momentum, keep, step] = [a.weightDecay, a.momentum, 1 - a.dampening, -a.lr].map(f) as [
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < a.p.length; i++) {
    let g = a.maximize ? -a.g[i]! : a.g[i]!;
    if (wd !== 0) g = fma(a.p[i]!, wd, g);
    let d = g;
    if (a.buf !== null) {
      const buf = a.first ? g : fma(g, keep, f(a.buf[i]! * momentum));
      a.buf[i] = buf;
      d = a.nesterov ? fma(buf, momentum, g) : buf;
    }
    a.p[i] = fma(d, step, a.p[i]!);
  }
}

/**
 * `m = β1 m + (1 − β1) g`; `v = β2 v + (1 − β2) g²`; `p −= lr/(1 − β1^k) · m / (√v/√(1 − β2^k) + eps)`.
 * Weight decay adds to g, or, decoupled, scales p first.
 */
export function adam(a: Adam): void {
  const { f, fma } = arithmetic(a.p);
  const [b1, b2] = [f(a.beta1), f(a.beta2)];
  const [r1, r2] = [f(1 - a.beta1), f(1 - a.beta2)];
  const root = f(Math.sqrt(1 - a.beta2 ** a.step));
  const step = f(-(a.lr / (1 - a.beta1 ** a.step)));
  const [eps, wd] = [f(a.eps), f(a.weightDecay)];
  const shrink = f(1 - a.lr * a.weightDecay);
  for (let i = 0; i < a.p.length; i++) {
    let p = a.p[i]!;
    let g = a.maximize ? -a.g[i]! : a.g[i]!;
    if (a.decoupled) p = f(p * shrink);
    else if (wd !== 0) g = fma(p, wd, g);
    const m = fma(g, r1, f(a.m[i]! * b1));
    const v = fma(f(r2 * g), g, f(a.v[i]! * b2));
    a.m[i] = m;
    a.v[i] = v;
    let top = v;
    if (a.vMax !== null) {
      top = Math.max(a.vMax[i]!, v);
      a.vMax[i] = top;
    }
    const den = f(f(f(Math.sqrt(top)) / root) + eps);
    a.p[i] = f(p + f(f(step * m) / den));
  }
}

/** `(Σ |x|^p)^(1/p)` in double. */
export function norm(x: Real, p: number): number {
  let total = 0;
  if (p === Number.POSITIVE_INFINITY) {
    for (let i = 0; i < x.length; i++) total = Math.max(total, Math.abs(x[i]!));
    return total;
  }
  if (p === 2) {
    for (let i = 0; i < x.length; i++) total += x[i]! * x[i]!;
    return Math.sqrt(total);
  }
  for (let i = 0; i < x.length; i++) total += Math.abs(x[i]!) ** p;
  return total ** (1 / p);
}
