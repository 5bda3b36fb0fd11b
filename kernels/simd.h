/*
 * The vector type of the target, and the functions that kernels are made of.
 *
 *   target            VW   multiply-add
 *   wasm simd128       4   two roundings; `vfma_exact` emulates one
 *   wasm relaxed       4   fused (the loader checks that it is)
 *   SSE2               4   two roundings, likewise
 *   NEON               4   fused
 *   AVX2 + FMA         8   fused
 *   AVX-512           16   fused
 *
 * `vfma` is the fast one: fused or not. Where bits matter, kernels say `vfma_exact`, or write a
 * product and a sum; the compiler contracts nothing (-ffp-contract=off).
 */
#ifndef SAIKI_SIMD_H
#define SAIKI_SIMD_H

#if defined(__AVX512F__)
#define VW 16
#elif defined(__AVX2__)
#define VW 8
#else
#define VW 4
#endif

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

typedef __PTRDIFF_TYPE__ idx; /* sizes and distances, in elements unless a name says bytes */
typedef float vf __attribute__((vector_size(4 * VW)));
typedef int vi __attribute__((vector_size(4 * VW)));
typedef unsigned vu __attribute__((vector_size(4 * VW)));
typedef float vf_unaligned __attribute__((vector_size(4 * VW), aligned(4)));
typedef float f4 __attribute__((vector_size(16)));
typedef float f4_unaligned __attribute__((vector_size(16), aligned(4)));
typedef double d2 __attribute__((vector_size(16)));
typedef long long l2 __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#if defined(__wasm__)
#define UNROLL_BY_4
#else
#define UNROLL_BY_4 _Pragma("clang loop unroll_count(4)")
#endif
#else
#define UNROLL _Pragma("GCC unroll 16")
#define UNROLL_BY_4 _Pragma("GCC unroll 4")
#endif

#define INF __builtin_inff()

INLINE idx min_idx(idx a, idx b) { return a < b ? a : b; }
INLINE idx max_idx(idx a, idx b) { return a > b ? a : b; }

/* ---- loads, stores, selection ---------------------------------------------------------------- */

INLINE vf vset(float x) { return x - (vf){}; }
INLINE vi viset(int x) { return x - (vi){}; }
INLINE vf vload(const float *p) { return *(const vf_unaligned *)p; }
INLINE void vstore(float *p, vf x) { *(vf_unaligned *)p = x; }
INLINE f4 load4(const float *p) { return *(const f4_unaligned *)p; }
INLINE void store4(float *p, f4 x) { *(f4_unaligned *)p = x; }

/* `left` < VW elements remain at `p`, none if it is negative: lanes beyond hold `fill`, and are not
   stored. */
#if VW == 16
INLINE __mmask16 lanes(idx left) { return (__mmask16)((1u << max_idx(left, 0)) - 1); }
INLINE vf load_tail(const float *p, idx left, float fill) {
  return (vf)_mm512_mask_loadu_ps((__m512)vset(fill), lanes(left), p);
}
INLINE void store_tail(float *p, idx left, vf x) { _mm512_mask_storeu_ps(p, lanes(left), (__m512)x); }
#elif VW == 8
INLINE vi lanes(idx left) { return (vi){0, 1, 2, 3, 4, 5, 6, 7} < (int)left; }
INLINE vf load_tail(const float *p, idx left, float fill) {
  const vf x = (vf)_mm256_maskload_ps(p, (__m256i)lanes(left));
  return (vf)_mm256_blendv_ps((__m256)vset(fill), (__m256)x, (__m256)lanes(left));
}
/* In halves: a masked store takes AMD's processors as long as dozens of others. */
INLINE void store_tail(float *p, idx left, vf x) {
  __m128 part = _mm256_castps256_ps128((__m256)x);
  if (left <= 0) return;
  if (left & 4) {
    _mm_storeu_ps(p, part);
    part = _mm256_extractf128_ps((__m256)x, 1);
    p += 4;
  }
  if (left & 2) {
    _mm_storel_pi((__m64 *)p, part);
    part = _mm_movehl_ps(part, part);
    p += 2;
  }
  if (left & 1) _mm_store_ss(p, part);
}
#else
static __attribute__((noinline)) vf load_tail(const float *p, idx left, float fill) {
  vf x = vset(fill);
  for (idx i = 0; i < left; i++) x[i] = p[i];
  return x;
}
static __attribute__((noinline)) void store_tail(float *p, idx left, vf x) {
  for (idx i = 0; i < left; i++) p[i] = x[i];
}
#endif
INLINE vf vload_or(const float *p, idx left, float fill) {
  return left >= VW ? vload(p) : load_tail(p, left, fill);
}
INLINE vf vload_part(const float *p, idx left) { return vload_or(p, left, 0); }
INLINE void vstore_part(float *p, idx left, vf x) {
  if (left >= VW) vstore(p, x);
  else store_tail(p, left, x);
}

INLINE vf vabs(vf x) { return (vf)((vi)x & 0x7fffffff); }
/* By a mask of ones and zeros, as comparisons make it. */
#if VW == 16
INLINE vf vselect(vi mask, vf yes, vf no) {
  return (vf)_mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)mask), (__m512)no, (__m512)yes);
}
#elif VW == 8
INLINE vf vselect(vi mask, vf yes, vf no) {
  return (vf)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)mask);
}
#else
INLINE vf vselect(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
#endif
/* Of two numbers; a NaN in `x` stays, one in `y` goes. By name, for compilers need several instructions
   for a comparison and a choice, or make relaxed ones of them, which lose NaN. */
#if defined(__wasm__)
INLINE vf vmax(vf x, vf y) { return __builtin_wasm_pmax_f32x4(x, y); }
INLINE vf vmin(vf x, vf y) { return __builtin_wasm_pmin_f32x4(x, y); }
#elif VW == 16
INLINE vf vmax(vf x, vf y) { return (vf)_mm512_max_ps((__m512)y, (__m512)x); }
INLINE vf vmin(vf x, vf y) { return (vf)_mm512_min_ps((__m512)y, (__m512)x); }
#elif VW == 8
INLINE vf vmax(vf x, vf y) { return (vf)_mm256_max_ps((__m256)y, (__m256)x); }
INLINE vf vmin(vf x, vf y) { return (vf)_mm256_min_ps((__m256)y, (__m256)x); }
#elif defined(__x86_64__)
INLINE vf vmax(vf x, vf y) { return (vf)_mm_max_ps((__m128)y, (__m128)x); }
INLINE vf vmin(vf x, vf y) { return (vf)_mm_min_ps((__m128)y, (__m128)x); }
#else
INLINE vf vmax(vf x, vf y) { return vselect(x < y, y, x); }
INLINE vf vmin(vf x, vf y) { return vselect(x > y, y, x); }
#endif

/* All lanes moved down by n, those at the bottom to the top. */
#if VW == 16
#define ROTATE(x, n) \
  __builtin_shufflevector(x, x, (n), 1 + (n), 2 + (n), 3 + (n), 4 + (n), 5 + (n), 6 + (n), 7 + (n), \
                          8 + (n), 9 + (n), 10 + (n), 11 + (n), 12 + (n), 13 + (n), 14 + (n), 15 + (n))
#elif VW == 8
#define ROTATE(x, n) \
  __builtin_shufflevector(x, x, (n), 1 + (n), 2 + (n), 3 + (n), 4 + (n), 5 + (n), 6 + (n), 7 + (n))
#else
#define ROTATE(x, n) __builtin_shufflevector(x, x, (n), 1 + (n), 2 + (n), 3 + (n))
#endif

/* One number of all lanes, halves first: x = f(x, the other half). */
#if VW == 16
#define FOLD(x, f) x = f(x, ROTATE(x, 8)), x = f(x, ROTATE(x, 4)), x = f(x, ROTATE(x, 2)), x = f(x, ROTATE(x, 1))
#elif VW == 8
#define FOLD(x, f) x = f(x, ROTATE(x, 4)), x = f(x, ROTATE(x, 2)), x = f(x, ROTATE(x, 1))
#else
#define FOLD(x, f) x = f(x, ROTATE(x, 2)), x = f(x, ROTATE(x, 1))
#endif

INLINE vf vadd(vf x, vf y) { return x + y; }
INLINE vf vmax_or_nan(vf x, vf y) { return vselect(y != y, y, vmax(x, y)); }

INLINE float hsum(vf x) {
  FOLD(x, vadd);
  return x[0];
}
/* A NaN stays. */
INLINE float hmax(vf x) {
  FOLD(x, vmax_or_nan);
  return x[0];
}

/* ---- multiply-add, square root --------------------------------------------------------------- */

#if defined(__wasm_relaxed_simd__)
#define FUSED 1
INLINE vf vfma(vf a, vf b, vf c) { return __builtin_wasm_relaxed_madd_f32x4(a, b, c); }
#elif VW == 16
#define FUSED 1
INLINE vf vfma(vf a, vf b, vf c) { return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
#elif VW == 8
#define FUSED 1
INLINE vf vfma(vf a, vf b, vf c) { return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
#elif defined(__aarch64__)
#define FUSED 1
INLINE vf vfma(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
#else
#define FUSED 0
INLINE vf vfma(vf a, vf b, vf c) { return a * b + c; }
#endif

#if defined(__wasm__)
INLINE vf vsqrt(vf x) { return __builtin_wasm_sqrt_f32x4(x); }
#elif VW == 16
INLINE vf vsqrt(vf x) { return (vf)_mm512_sqrt_ps((__m512)x); }
#elif VW == 8
INLINE vf vsqrt(vf x) { return (vf)_mm256_sqrt_ps((__m256)x); }
#elif defined(__aarch64__)
INLINE vf vsqrt(vf x) { return (vf)vsqrtq_f32((float32x4_t)x); }
#else
INLINE vf vsqrt(vf x) { return (vf)_mm_sqrt_ps((__m128)x); }
#endif

#if FUSED
INLINE vf vfma_exact(vf a, vf b, vf c) { return vfma(a, b, c); }
#else
/*
 * The product is exact in double. Its sum with c, rounded to odd instead of to nearest, keeps what
 * the last rounding to float32 must know (Boldo and Melquiond 2008).
 */
INLINE d2 fma_to_odd(d2 a, d2 b, d2 c) {
  const d2 p = a * b, s = p + c, t = s - p;
  const d2 lost = (p - (s - t)) + (c - t);
  const l2 inexact = (l2)(lost > 0) | (l2)(lost < 0); /* false for the NaN that infinities leave */
  const l2 even = ((l2)s & 1) - 1;
  const l2 away = (l2)(lost > 0) ^ ((l2)s >> 63); /* all ones: the exact sum is larger in size */
  return (d2)((l2)s + (inexact & even & (-1 - 2 * away)));
}
INLINE vf vfma_exact(vf a, vf b, vf c) {
#define HALF(x, i, j) __builtin_convertvector(__builtin_shufflevector(x, x, i, j), d2)
#define HALF_FMA(i, j) fma_to_odd(HALF(a, i, j), HALF(b, i, j), HALF(c, i, j))
  const d2 low = HALF_FMA(0, 1), high = HALF_FMA(2, 3);
#undef HALF_FMA
#undef HALF
  return (vf){(float)low[0], (float)low[1], (float)high[0], (float)high[1]};
}
#endif

/* ---- exp, log, tanh: within 2 ulp; sigmoid: within 2.5 ---------------------------------------- */

#define LOG2E 1.44269504088896341f
#define LN2_HIGH 0.693359375f      /* 10 bits: products with exponents are exact */
#define LN2_LOW (-2.12194440e-4f)

/* Rounds |x| < 2^22 to an integer, ties to even; `n` gets it as integers. */
INLINE vf vround(vf x, vi *n) {
  const vf shifted = x + 12582912.0f; /* 1.5 · 2^23: the integer lands in the low bits */
  *n = (vi)shifted - 0x4b400000;
  return shifted - 12582912.0f;
}
/* 2^n for n in [−126, 127]. */
INLINE vf vpow2(vi n) { return (vf)((n + 127) << 23); }

/* x as n ln 2 + r with |r| <= ln 2 / 2; gives r. */
INLINE vf exp_rest(vf x, vi *n) {
  const vf k = vround(x * LOG2E, n);
  return vfma(k, vset(-LN2_LOW), vfma(k, vset(-LN2_HIGH), x));
}
/* (e^r − 1 − r) / r² for |r| <= ln 2 / 2. */
INLINE vf exp_tail(vf r) {
  vf p = vset(1.9841270e-4f);
  p = vfma(p, r, vset(1.3888889e-3f));
  p = vfma(p, r, vset(8.3333333e-3f));
  p = vfma(p, r, vset(4.1666667e-2f));
  p = vfma(p, r, vset(1.6666667e-1f));
  return vfma(p, r, vset(0.5f));
}

INLINE vf vexp(vf x) {
  vi n;
  const vf r = exp_rest(vmin(vmax(x, vset(-104.0f)), vset(89.0f)), &n);
  const vf e = vfma(exp_tail(r), r * r, r) + 1.0f;
  const vi half = n >> 1; /* two steps: 2^n may be denormal or too large */
  return e * vpow2(half) * vpow2(n - half);
}

/* Near 0 an odd polynomial, elsewhere 1 − 2 / (e^2|x| + 1), whose error there is not magnified. */
INLINE vf vtanh(vf x) {
  const vf a = vmin(vabs(x), vset(10.0f)), y = a + a, z = a * a;
  vi n;
  const vf r = exp_rest(y, &n);
  const vf s = vpow2(n);
  const vf e = vfma(s, vfma(exp_tail(r), r * r, r), s + 1.0f); /* e^2|x| + 1 */
  vf p = vset(-5.70498872745e-3f);
  p = vfma(p, z, vset(2.06390887954e-2f));
  p = vfma(p, z, vset(-5.37397155531e-2f));
  p = vfma(p, z, vset(1.33314422036e-1f));
  p = vfma(p, z, vset(-3.33332819422e-1f));
  p = vfma(p * z, a, a);
  const vf t = vselect(a < 0.625f, p, 1.0f - 2.0f / e);
  const vi sign = (vi)x & viset((int)0x80000000u);
  return (vf)((vi)t | sign);
}

/* 1 / (1 + e^−x): one factor 2^n does, for where e^−x is denormal it is nothing beside 1, and where n
   is 128, which makes it infinite, the result is denormal. */
INLINE vf vsigmoid(vf x) {
  vi n;
  const vf r = exp_rest(vmin(vmax(-x, vset(-87.0f)), vset(89.0f)), &n);
  const vf e = vfma(exp_tail(r), r * r, r) + 1.0f;
  return 1.0f / vfma(e, vpow2(n), vset(1));
}

INLINE vf vlog(vf x) {
  const vi tiny = x < 1.17549435e-38f;
  const vf z = vselect(tiny, x * 8388608.0f, x);
  /* z = m · 2^e with m in [sqrt ½, sqrt 2). */
  const vi bits = (vi)((vu)z - 0x3f3504f3u); /* of NaN it wraps */
  const vi e = (bits >> 23) - (tiny & 23);
  const vf m = (vf)((bits & 0x007fffff) + 0x3f3504f3) - 1.0f;
  const vf k = __builtin_convertvector(e, vf), mm = m * m;
  vf p = vset(7.0376836292e-2f);
  p = vfma(p, m, vset(-1.1514610310e-1f));
  p = vfma(p, m, vset(1.1676998740e-1f));
  p = vfma(p, m, vset(-1.2420140846e-1f));
  p = vfma(p, m, vset(1.4249322787e-1f));
  p = vfma(p, m, vset(-1.6668057665e-1f));
  p = vfma(p, m, vset(2.0000714765e-1f));
  p = vfma(p, m, vset(-2.4999993993e-1f));
  p = vfma(p, m, vset(3.3333331174e-1f));
  vf y = vfma(k, vset(LN2_LOW), p * m * mm);
  y = vfma(mm, vset(-0.5f), y);
  y = vfma(k, vset(LN2_HIGH), m + y);
  y = vselect(x == 0.0f, vset(-INF), vselect(x == INF, x, y));
  return vselect(x >= 0.0f, y, vset(__builtin_nanf("")));
}

#endif
