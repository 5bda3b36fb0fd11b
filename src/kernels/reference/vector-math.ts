/**
 * The float32 `log` and `sincos` of PyTorch's AVX2 kernel for normal numbers, bit for bit: Cephes
 * polynomials, every operation rounded to float32, fused where the compiler fuses them.
 *
 * Arguments and results are float32 values.
 */

import { fma32 } from "../../core/float.ts";

const f = Math.fround;
const f32 = new Float32Array(1);
const i32 = new Int32Array(f32.buffer);

const LOG = Float32Array.of(
  7.0376836292e-2,
  -1.151461031e-1,
  1.167699874e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
);
const SQRT_HALF = f(Math.SQRT1_2);
// ln 2 in two parts.
const LN2_LOW = f(-2.1219444e-4);
const LN2_HIGH = 0.693359375;

/** `log x`, x in (0, 1]. */
export function vlog(x: number): number {
  f32[0] = Math.max(x, 2 ** -126);
  let e = (i32[0]! >> 23) - 126;
  i32[0] = (i32[0]! & ~0x7f800000) | 0x3f000000;
  const m = f32[0]!; // x = m · 2^e, m in [0.5, 1)
  let r = f(m - 1);
  if (m < SQRT_HALF) {
    e -= 1;
    r = f(r + m);
  }
  const z = f(r * r);
  let y = LOG[0]!;
  for (let k = 1; k < 9; k++) y = fma32(y, r, LOG[k]!);
  y = fma32(f(y * r), z, f(e * LN2_LOW));
  y = fma32(-z, 0.5, y);
  return fma32(e, LN2_HIGH, f(r + y));
}

// Pi/4 in three parts, and the two polynomials, highest power first.
const PIO4_1 = -0.78515625;
const PIO4_2 = f(-2.4187564849853516e-4);
const PIO4_3 = f(-3.774894977445941e-8);
const FOUR_OVER_PI = f(1.27323954473516);
const [C0, C1, C2] = [f(2.443315711809948e-5), f(-1.388731625493765e-3), f(4.166664568298827e-2)];
const [S0, S1, S2] = [f(-1.9515295891e-4), f(8.3321608736e-3), f(-1.6666654611e-1)];

/** `out[0] = sin t`, `out[1] = cos t`, t in [0, 2π). */
export function vsincos(t: number, out: Float32Array): void {
  const j = (Math.trunc(f(t * FOUR_OVER_PI)) + 1) & ~1;
  const x = fma32(j, PIO4_3, fma32(j, PIO4_2, fma32(j, PIO4_1, t)));
  const z = f(x * x);
  let c = fma32(fma32(C0, z, C1), z, C2);
  c = f(fma32(f(c * z), z, -f(z * 0.5)) + 1);
  let s = fma32(fma32(S0, z, S1), z, S2);
  s = fma32(f(s * z), x, x);
  const swap = (j & 2) !== 0;
  const sin = swap ? c : s;
  const cos = swap ? s : c;
  out[0] = (j & 4) !== 0 ? -sin : sin;
  out[1] = ((j - 2) & 4) === 0 ? -cos : cos;
}
