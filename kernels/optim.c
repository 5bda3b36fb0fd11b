/*
 * Optimizer steps with PyTorch's roundings: scalars arrive in double and are rounded once; `fma` has
 * one rounding on every target, so that the bits are PyTorch's everywhere.
 */
#include "saiki_kernels.h"
#include "simd.h"

/*
 * a · b + c rounded once. The product is exact in double; the sum is rounded to odd (its last bit set
 * where bits were lost), so that rounding it to float gives what the exact sum would give.
 */
INLINE float fma_exact(float a, float b, float c) {
#if defined(__FMA__)
  return __builtin_fmaf(a, b, c);
#else
  double p = (double)a * b, s = p + c, t = s - p, e = (p - (s - t)) + (c - t);
  union { double d; int64_t i; } u = {s};
  if (e != 0.0 && !(u.i & 1)) u.i += (e > 0.0) == (s > 0.0) ? 1 : -1;
  return (float)u.d;
#endif
}

void saiki_axpy(float s, const float *x, float *y, int n) {
  for (int i = 0; i < n; i++) y[i] = fma_exact(s, x[i], y[i]);
}

void saiki_sgd(float *p, const float *g, float *buf, int n, int first, double lr, double momentum,
               double dampening, double weight_decay, int nesterov, int maximize) {
  float wd = (float)weight_decay, mu = (float)momentum, keep = (float)(1.0 - dampening), step = (float)-lr;
  for (int i = 0; i < n; i++) {
    float d = maximize ? -g[i] : g[i];
    if (wd != 0.0f) d = fma_exact(p[i], wd, d);
    if (buf) {
      float b = first ? d : fma_exact(d, keep, buf[i] * mu);
      buf[i] = b;
      d = nesterov ? fma_exact(b, mu, d) : b;
    }
    p[i] = fma_exact(d, step, p[i]);
  }
}

void saiki_adam(float *p, const float *g, float *m, float *v, float *v_max, int n, double beta1, double beta2,
                double step_size, double root, double eps, double weight_decay, double shrink, int decoupled,
                int maximize) {
  float b1 = (float)beta1, b2 = (float)beta2, r1 = (float)(1.0 - beta1), r2 = (float)(1.0 - beta2);
  float step = (float)step_size, den = (float)root, e = (float)eps, wd = (float)weight_decay, sh = (float)shrink;
  for (int i = 0; i < n; i++) {
    float d = maximize ? -g[i] : g[i], q = p[i];
    if (decoupled) q *= sh;
    else if (wd != 0.0f) d = fma_exact(q, wd, d);
    float m1 = fma_exact(d, r1, m[i] * b1), v1 = fma_exact(r2 * d, d, v[i] * b2), top = v1;
    m[i] = m1;
    v[i] = v1;
    if (v_max) {
      top = v_max[i] != v_max[i] ? v_max[i] : v1 > v_max[i] || v1 != v1 ? v1 : v_max[i];
      v_max[i] = top;
    }
    p[i] = q + step * m1 / (__builtin_sqrtf(top) / den + e);
  }
}

double saiki_sum_squares(const float *x, int n) {
  double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += (double)x[i] * x[i];
    s1 += (double)x[i + 1] * x[i + 1];
    s2 += (double)x[i + 2] * x[i + 2];
    s3 += (double)x[i + 3] * x[i + 3];
  }
  for (; i < n; i++) s0 += (double)x[i] * x[i];
  return (s0 + s1) + (s2 + s3);
}

double saiki_max_abs(const float *x, int n) {
  float top = 0.0f;
  for (int i = 0; i < n; i++) {
    float a = __builtin_fabsf(x[i]);
    if (!(a <= top)) top = a;
    if (top != top) return top;
  }
  return top;
}
