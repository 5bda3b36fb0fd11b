/* Optimizer steps with PyTorch's roundings, and norms. */

EXPORT void saiki_sgd(float *p, const float *g, float *buf, idx n, int first, float minus_lr,
                      float momentum, float keep, float weight_decay, int nesterov, int maximize) {
  for (idx i = 0; i < n; i += VW) {
    const idx left = n - i;
    const vf w = vload_part(p + i, left);
    vf d = vload_part(g + i, left);
    if (maximize) d = -d;
    if (weight_decay != 0) d = vfma_exact(w, vset(weight_decay), d);
    if (buf) {
      vf b = d;
      if (!first) b = vfma_exact(d, vset(keep), vload_part(buf + i, left) * momentum);
      vstore_part(buf + i, left, b);
      d = nesterov ? vfma_exact(b, vset(momentum), d) : b;
    }
    vstore_part(p + i, left, vfma_exact(d, vset(minus_lr), w));
  }
}

EXPORT void saiki_adam(float *p, const float *g, float *m, float *v, float *v_max, idx n, float b1,
                       float r1, float b2, float r2, float step, float root, float eps,
                       float weight_decay, float shrink, int maximize) {
  for (idx i = 0; i < n; i += VW) {
    const idx left = n - i;
    const vf w = vload_part(p + i, left) * shrink;
    vf d = vload_part(g + i, left);
    if (maximize) d = -d;
    if (weight_decay != 0) d = vfma_exact(w, vset(weight_decay), d);
    const vf mean = vfma_exact(d, vset(r1), vload_part(m + i, left) * b1);
    vf square = vfma_exact(r2 * d, d, vload_part(v + i, left) * b2);
    vstore_part(m + i, left, mean);
    vstore_part(v + i, left, square);
    if (v_max) {
      square = vselect(square != square, square, vmax(vload_part(v_max + i, left), square));
      vstore_part(v_max + i, left, square);
    }
    const vf size = vsqrt(square) / root + eps;
    vstore_part(p + i, left, w + step * mean / size);
  }
}

/* ---- norms ----------------------------------------------------------------------------------- */

#define EACH(expression)                        \
  vd total = {};                                \
  for (idx i = 0; i < n; i += VW) {             \
    const vf v = vload_part(x + i, n - i);      \
    total += expression;                        \
  }                                             \
  double sum = 0;                               \
  for (int i = 0; i < VW; i++) sum += total[i]; \
  return sum;

EXPORT double saiki_sum_squares(const float *x, idx n) { EACH(widen(v) * widen(v)) }
EXPORT double saiki_sum_abs(const float *x, idx n) { EACH(widen(vabs(v))) }
#undef EACH

EXPORT float saiki_max_abs(const float *x, idx n) {
  vf top = vset(0), nan = vset(0);
  for (idx i = 0; i < n; i += VW) {
    const vf v = vabs(vload_part(x + i, n - i));
    top = vmax(top, v);
    nan = vselect(v != v, v, nan);
  }
  float m = 0;
  for (int i = 0; i < VW; i++) {
    if (nan[i] != nan[i]) return nan[i];
    if (top[i] > m) m = top[i];
  }
  return m;
}
