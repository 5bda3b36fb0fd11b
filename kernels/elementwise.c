/* Elementwise operations beside their derivatives, and sums. */
#include "saiki_kernels.h"
#include "simd.h"

enum { NEG, EXP, LOG, LOG1P, SQRT, SIN, COS, ABS, SIGN, RECIPROCAL, TANH, SIGMOID, RELU };
enum { ADD, SUB, MUL, DIV, POW, MAXIMUM, MINIMUM };

/* y = f(x) of whole vectors and of what is left */
#define EACH(f)                                                                    \
  for (; i + VL <= n; i += VL) { vf v = load(x + i); store(y + i, f); }            \
  if (i < n) { vf v = load_some(x + i, n - i); store_some(y + i, f, n - i); }      \
  break;

INLINE vf vsign(vf v) {
  vf s = choose(v > splat(0.0f), splat(1.0f), choose(v < splat(0.0f), splat(-1.0f), v));
  return s;
}

/* log, log1p, sin and cos are not here: the caller computes them in double. */
void saiki_unary(int op, const float *x, float *y, int n) {
  int i = 0;
  switch (op) {
    case NEG: EACH(-v)
    case EXP: EACH(vexp(v))
    case ABS: EACH(vabs(v))
    case SIGN: EACH(vsign(v))
    case RECIPROCAL: EACH(splat(1.0f) / v)
    case TANH: EACH(vtanh(v))
    case SIGMOID: EACH(vsigmoid(v))
    case RELU: EACH(vrelu(v))
    case SQRT:
      for (; i < n; i++) y[i] = __builtin_sqrtf(x[i]);
  }
}

void saiki_unary_backward(int op, const float *s, const float *dy, float *dx, int n) {
#define SLOPE(expr) for (int i = 0; i < n; i++) { float v = s[i], d = dy[i]; dx[i] = (expr); } break;
  switch (op) {
    case NEG: SLOPE(((void)v, -d))
    case EXP: SLOPE(d * v)
    case LOG: SLOPE(d / v)
    case LOG1P: SLOPE(d / (1.0f + v))
    case SQRT: SLOPE(d / (2.0f * v))
    case ABS: SLOPE(v > 0.0f ? d : v < 0.0f ? -d : d * v)
    case SIGN: SLOPE(((void)v, d * 0.0f))
    case RECIPROCAL: SLOPE(-d * (v * v))
    case TANH: SLOPE(d * (1.0f - v * v))
    case SIGMOID: SLOPE(d * ((1.0f - v) * v))
    case RELU: SLOPE(v > 0.0f ? d : 0.0f)
  }
}

void saiki_binary(int op, const float *a, int sa, const float *b, int sb, float *y, int n) {
#define BOTH(expr)                                                                          \
  if (sa && sb) for (int i = 0; i < n; i++) { float p = a[i], q = b[i]; y[i] = (expr); }    \
  else if (sa) { float q = b[0]; for (int i = 0; i < n; i++) { float p = a[i]; y[i] = (expr); } } \
  else { float p = a[0]; for (int i = 0; i < n; i++) { float q = b[(long)i * sb]; y[i] = (expr); } } \
  break;
  switch (op) {
    case ADD: BOTH(p + q)
    case SUB: BOTH(p - q)
    case MUL: BOTH(p * q)
    case DIV: BOTH(p / q)
    case MAXIMUM: BOTH(p != p ? p : p > q ? p : q)
    case MINIMUM: BOTH(p != p ? p : p < q ? p : q)
  }
}

void saiki_sum(const float *x, float *y, int outer, int n, int inner) {
  for (int o = 0; o < outer; o++, x += (long)n * inner, y += inner) {
    if (inner == 1) {
      /* Blocks of 256 in float, the blocks in double. */
      double total = 0.0;
      for (int i = 0; i < n; i += 256) {
        int m = n - i < 256 ? n - i : 256, k = 0;
        vf part = splat(0.0f);
        for (; k + VL <= m; k += VL) part = part + load(x + i + k);
        double block = 0.0;
        for (int v = 0; v < VL; v++) block += part[v];
        for (; k < m; k++) block += x[i + k];
        total += block;
      }
      y[0] = (float)total;
      continue;
    }
    for (int j = 0; j < inner; j += VL) {
      int cols = inner - j < VL ? inner - j : VL;
      vf sum = splat(0.0f);
      for (int i = 0; i < n; i += 128) {
        vf part = splat(0.0f);
        for (int k = i; k < n && k < i + 128; k++) {
          const float *at = x + (long)k * inner + j;
          part = part + (cols == VL ? load(at) : load_some(at, cols));
        }
        sum = sum + part;
      }
      store_some(y + j, sum, cols);
    }
  }
}
