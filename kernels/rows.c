/* Softmax, its logarithm and cross entropy, row by row, beside their derivatives. */
#include "saiki_kernels.h"
#include "simd.h"

INLINE float horizontal_sum(vf v) {
  float s = 0.0f;
  for (int i = 0; i < VL; i++) s += v[i];
  return s;
}

/* The largest of a row; NaN if there is one. */
static float row_max(const float *x, int n) {
  float top = -__builtin_inff();
  for (int i = 0; i < n; i++) top = x[i] <= top ? top : x[i];
  return top;
}

/* Σ e^(x−shift), and the terms themselves where y is not null. */
static float row_exp(const float *x, float *y, int n, float shift) {
  vf sum = splat(0.0f), s = splat(shift);
  int i = 0;
  for (; i + VL <= n; i += VL) {
    vf e = vexp(load(x + i) - s);
    if (y) store(y + i, e);
    sum = sum + e;
  }
  float total = horizontal_sum(sum);
  if (i < n) {
    vf e = vexp(load_some(x + i, n - i) - s);
    for (int k = 0; i + k < n; k++) total += e[k];
    if (y) store_some(y + i, e, n - i);
  }
  return total;
}

/* ln x for x > 0, in double: x = m 2ᵉ, ln m = 2 artanh((m−1)/(m+1)). */
static double ln(double x) {
  union { double d; uint64_t u; } v = {x};
  int e = (int)(v.u >> 52) - 1023;
  v.u = (v.u & 0xfffffffffffffull) | 0x3ff0000000000000ull;
  if (v.d > 1.4142135623730951) {
    v.d *= 0.5;
    e++;
  }
  double s = (v.d - 1.0) / (v.d + 1.0), z = s * s, sum = 0.0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * z + 1.0 / k;
  return 2.0 * s * sum + e * 0.6931471805599453;
}

static double log_sum_exp(const float *x, int n) {
  float top = row_max(x, n);
  if (!(top - top == 0.0f)) return top;
  return top + ln(row_exp(x, 0, n, top));
}

void saiki_softmax(const float *x, float *y, int rows, int cols) {
  for (int r = 0; r < rows; r++, x += cols, y += cols) {
    float sum = row_exp(x, y, cols, row_max(x, cols)), scale = 1.0f / sum;
    for (int i = 0; i < cols; i++) y[i] *= scale;
  }
}

void saiki_softmax_backward(const float *y, const float *dy, float *dx, int rows, int cols) {
  for (int r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) {
    double dot = 0.0;
    for (int i = 0; i < cols; i++) dot += (double)y[i] * dy[i];
    for (int i = 0; i < cols; i++) dx[i] = y[i] * (dy[i] - (float)dot);
  }
}

void saiki_log_softmax(const float *x, float *y, int rows, int cols) {
  for (int r = 0; r < rows; r++, x += cols, y += cols) {
    double lse = log_sum_exp(x, cols);
    for (int i = 0; i < cols; i++) y[i] = (float)(x[i] - lse);
  }
}

void saiki_log_softmax_backward(const float *y, const float *dy, float *dx, int rows, int cols) {
  for (int r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) {
    double sum = 0.0;
    for (int i = 0; i < cols; i++) sum += dy[i];
    vf total = splat((float)sum);
    int i = 0;
    for (; i + VL <= cols; i += VL) store(dx + i, load(dy + i) - vexp(load(y + i)) * total);
    if (i < cols) {
      vf v = load_some(dy + i, cols - i) - vexp(load_some(y + i, cols - i)) * total;
      store_some(dx + i, v, cols - i);
    }
  }
}

void saiki_cross_entropy_forward(const float *x, const int32_t *target, const float *weight, int rows,
                                 int classes, int ignore_index, double smoothing, float *lse, float *loss) {
  for (int r = 0; r < rows; r++, x += classes) {
    int t = target[r];
    double z = log_sum_exp(x, classes), sum = 0.0;
    lse[r] = (float)z;
    loss[r] = 0.0f;
    if (t == ignore_index) continue;
    if (smoothing > 0.0) for (int k = 0; k < classes; k++) sum += (weight ? weight[k] : 1.0) * (z - x[k]);
    double hard = (weight ? weight[t] : 1.0) * (z - x[t]);
    loss[r] = (float)((1.0 - smoothing) * hard + smoothing / classes * sum);
  }
}

void saiki_cross_entropy_backward(const float *x, const int32_t *target, const float *weight, int rows,
                                  int classes, int ignore_index, double smoothing, const float *lse,
                                  const float *g, float *dx) {
  double total = classes;
  if (weight) {
    total = 0.0;
    for (int k = 0; k < classes; k++) total += weight[k];
  }
  double soft = smoothing / classes;
  for (int r = 0; r < rows; r++, x += classes, dx += classes) {
    int t = target[r], j = 0;
    if (t == ignore_index) {
      for (; j < classes; j++) dx[j] = 0.0f;
      continue;
    }
    /* p_j has the factor hard + soft Σw; then what belongs to single classes is taken away. */
    double hard = (1.0 - smoothing) * (weight ? weight[t] : 1.0);
    vf scale = splat((float)(g[r] * (hard + soft * total))), shift = splat(lse[r]);
    for (; j + VL <= classes; j += VL) store(dx + j, vexp(load(x + j) - shift) * scale);
    if (j < classes) {
      store_some(dx + j, vexp(load_some(x + j, classes - j) - shift) * scale, classes - j);
    }
    if (soft > 0.0) {
      for (j = 0; j < classes; j++) dx[j] -= (float)(g[r] * soft * (weight ? weight[j] : 1.0));
    }
    dx[t] -= (float)(g[r] * hard);
  }
}
