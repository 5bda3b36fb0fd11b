/* Softmax, its logarithm, cross entropy and layer norm, row by row, beside their derivatives. */

/* The largest of a row; NaN if there is one. */
static float row_max(const float *x, idx n) {
  vf top = vset(-INF);
  for (idx j = 0; j < n; j += VW) top = vmax_or_nan(top, vload_or(x + j, n - j, -INF));
  return hmax(top);
}

/* Σ e^(x − shift), runs of 64 vectors in float32; the terms go to y where that is not null. */
static float row_exp(const float *x, float *y, idx n, float shift) {
  double total = 0;
  for (idx i = 0; i < n; i += 64 * VW) {
    vf run = vset(0);
    for (idx j = i; j < n && j < i + 64 * VW; j += VW) {
      const vf e = vexp(vload_or(x + j, n - j, -INF) - shift);
      if (y) vstore_part(y + j, n - j, e);
      run += e;
    }
    total += hsum(run);
  }
  return (float)total;
}

static float logarithm(float x) { return vlog(vset(x))[0]; }

/* top + ln Σ e^(x − top); NaN where the largest is infinite, as in PyTorch's softmax. */
static float log_sum_exp(const float *x, idx n, float *top, float *log_sum) {
  *top = row_max(x, n);
  *log_sum = logarithm(row_exp(x, 0, n, *top));
  return *top + *log_sum;
}

EXPORT void saiki_softmax(const float *x, float *y, idx rows, idx cols) {
  for (idx r = 0; r < rows; r++, x += cols, y += cols) {
    const float sum = row_exp(x, y, cols, row_max(x, cols));
    for (idx j = 0; j < cols; j += VW) vstore_part(y + j, cols - j, vload_part(y + j, cols - j) / sum);
  }
}

EXPORT void saiki_softmax_backward(const float *y, const float *dy, float *dx, idx rows, idx cols) {
  for (idx r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) {
    vf dot = vset(0);
    for (idx j = 0; j < cols; j += VW)
      dot = vfma(vload_part(y + j, cols - j), vload_part(dy + j, cols - j), dot);
    const float s = hsum(dot);
    for (idx j = 0; j < cols; j += VW) {
      const idx left = cols - j;
      vstore_part(dx + j, left, vload_part(y + j, left) * (vload_part(dy + j, left) - s));
    }
  }
}

EXPORT void saiki_log_softmax(const float *x, float *y, idx rows, idx cols) {
  for (idx r = 0; r < rows; r++, x += cols, y += cols) {
    float top, log_sum;
    log_sum_exp(x, cols, &top, &log_sum);
    for (idx j = 0; j < cols; j += VW)
      vstore_part(y + j, cols - j, vload_part(x + j, cols - j) - top - log_sum);
  }
}

EXPORT void saiki_log_softmax_backward(const float *y, const float *dy, float *dx, idx rows,
                                       idx cols) {
  for (idx r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) {
    const float sum = row_sum(dy, cols);
    for (idx j = 0; j < cols; j += VW) {
      const idx left = cols - j;
      const vf p = vexp(vload_part(y + j, left));
      vstore_part(dx + j, left, vload_part(dy + j, left) - p * sum);
    }
  }
}

/* ---- cross entropy --------------------------------------------------------------------------- */

/* What the loss of a row depends on besides its logits and its target. */
typedef struct {
  const float *weight; /* (classes), or null for ones */
  idx classes;
  int ignore_index;
  float hard, soft, total; /* 1 − e, e / V, Σ w */
} class_loss;

static class_loss class_loss_of(const float *weight, idx classes, int ignore_index,
                                double smoothing) {
  const float hard = (float)(1 - smoothing), soft = (float)(smoothing / (double)classes);
  const float total = weight ? row_sum(weight, classes) : (float)classes;
  return (class_loss){weight, classes, ignore_index, hard, soft, total};
}

static float loss_of_row(const class_loss *c, const float *x, int t, float *lse) {
  const float *w = c->weight;
  float top, log_sum;
  *lse = log_sum_exp(x, c->classes, &top, &log_sum);
  if (t == c->ignore_index) return 0;
  const float loss = c->hard * (w ? w[t] : 1) * (log_sum - (x[t] - top));
  if (c->soft == 0) return loss;
  double all = 0;
  for (idx k = 0; k < c->classes; k++) all += (w ? w[k] : 1) * (log_sum - (x[k] - top));
  return loss + c->soft * (float)all;
}

/* `p`, a vector of probabilities, times `scale`, less what belongs to single classes. */
#define GRADIENT_OF_ROW(p)                                                                      \
  const float *w = c->weight;                                                                   \
  const int ignored = t == c->ignore_index;                                                     \
  const float at_target = ignored ? 0 : g * c->hard * (w ? w[t] : 1);                           \
  const float each = ignored ? 0 : g * c->soft, scale = at_target + each * c->total;            \
  for (idx j = 0; j < c->classes; j += VW) {                                                    \
    const idx left = c->classes - j;                                                            \
    vf d = ignored ? vset(0) : scale * (p);                                                     \
    if (each != 0) d -= w ? each * vload_part(w + j, left) : vset(each);                        \
    vstore_part(dx + j, left, d);                                                               \
  }                                                                                             \
  if (!ignored) dx[t] -= at_target;

/* dx may be x. */
static void gradient_of_row(const class_loss *c, const float *x, int t, float lse, float g,
                            float *dx) {
  GRADIENT_OF_ROW(vexp(vload_part(x + j, left) - lse))
}

/* Both, the gradient in place of the logits; each power of e is computed once. */
static float loss_and_gradient_of_row(const class_loss *c, float *dx, int t, float g) {
  if (c->soft != 0) { /* all logits are needed after their sum */
    float lse;
    const float loss = loss_of_row(c, dx, t, &lse);
    gradient_of_row(c, dx, t, lse, g, dx);
    return loss;
  }
  const float top = row_max(dx, c->classes), at = t == c->ignore_index ? 0 : dx[t];
  const float sum = row_exp(dx, dx, c->classes, top), inverse = 1 / sum;
  GRADIENT_OF_ROW(vload_part(dx + j, left) * inverse)
  return ignored ? 0 : c->hard * (w ? w[t] : 1) * (logarithm(sum) - (at - top));
}
#undef GRADIENT_OF_ROW

EXPORT void saiki_cross_entropy_forward(const float *x, const int *target, const float *weight,
                                        idx rows, idx classes, int ignore_index, double smoothing,
                                        float *lse, float *loss) {
  const class_loss c = class_loss_of(weight, classes, ignore_index, smoothing);
  for (idx r = 0; r < rows; r++) loss[r] = loss_of_row(&c, x + r * classes, target[r], lse + r);
}

EXPORT void saiki_cross_entropy_backward(const float *x, const int *target, const float *weight,
                                         idx rows, idx classes, int ignore_index, double smoothing,
                                         const float *lse, const float *g, float *dx) {
  const class_loss c = class_loss_of(weight, classes, ignore_index, smoothing);
  for (idx r = 0; r < rows; r++)
    gradient_of_row(&c, x + r * classes, target[r], lse[r], g[r], dx + r * classes);
}

/* ---- layer norm ------------------------------------------------------------------------------ */

/*
 * d = x · unit − mean, and scale = 1 / √(mean of d² + eps · unit²). The mean is rounded; `rest`, the
 * mean of what remains, is subtracted too, so that rows far from 0 lose nothing. The unit is a power
 * of 2, and cancels from the normalised row d · scale.
 */
typedef struct {
  float unit, mean, fill, rest, scale; /* fill · unit = mean: beside a row, where d · scale is small */
} row_moments;

/* The scale is NaN where squares overflow. */
INLINE row_moments moments_in(const float *x, idx n, double eps, float mean, float unit) {
  const float fill = mean / unit;
  double sum = 0, squares = 0; /* of d before `rest` is subtracted, runs of 64 vectors in float32 */
  for (idx i = 0; i < n; i += 64 * VW) {
    vf run = vset(0), run_squares = vset(0);
    for (idx j = i; j < n && j < i + 64 * VW; j += VW) {
      const vf d = vload_or(x + j, n - j, fill) * unit - mean;
      run += d;
      run_squares = vfma(d, d, run_squares);
    }
    sum += hsum(run);
    squares += hsum(run_squares);
  }
  const double rest = sum / (double)n, variance = squares / (double)n - rest * rest;
  const double noise = eps * unit * unit;
  const double scale = 1 / __builtin_sqrt((variance < 0 ? 0 : variance) + noise);
  const float known = squares < INF ? (float)scale : __builtin_nanf("");
  return (row_moments){unit, mean, fill, (float)rest, known};
}

/* Rows whose sums overflow are read in a larger unit; those with an infinity stay NaN. */
static row_moments moments(const float *x, idx n, double eps) {
  const row_moments m = moments_in(x, n, eps, row_sum(x, n) / (float)n, 1);
  if (m.scale == m.scale) return m;
  const float unit = 0x1p-80f;
  double sum = 0;
  for (idx j = 0; j < n; j++) sum += x[j] * unit;
  return moments_in(x, n, eps, (float)(sum / (double)n), unit);
}

INLINE vf centred(const float *x, idx left, row_moments m) {
  return vload_or(x, left, m.fill) * m.unit - m.mean - m.rest;
}

EXPORT void saiki_layer_norm_forward(const float *x, const float *weight, const float *bias,
                                     float *y, idx rows, idx cols, double eps) {
  for (idx r = 0; r < rows; r++, x += cols, y += cols) {
    const row_moments m = moments(x, cols, eps);
    for (idx j = 0; j < cols; j += VW) {
      const idx left = cols - j;
      vf v = centred(x + j, left, m) * m.scale;
      if (weight) v *= vload_part(weight + j, left);
      if (bias) v += vload_part(bias + j, left);
      vstore_part(y + j, left, v);
    }
  }
}

/* dx = scale · unit · (g − mean(g) − n · mean(g n)) with g = dy · weight and n the normalised row. */
static void layer_norm_row(const float *x, const float *weight, const float *dy, float *dx, idx cols,
                           row_moments m) {
  double sum = 0, dot = 0;
  for (idx i = 0; i < cols; i += 64 * VW) {
    vf run = vset(0), with_x = vset(0);
    for (idx j = i; j < cols && j < i + 64 * VW; j += VW) {
      const idx left = cols - j;
      const vf g = vload_part(dy + j, left) * (weight ? vload_part(weight + j, left) : vset(1));
      run += g;
      with_x = vfma(g, centred(x + j, left, m) * m.scale, with_x);
    }
    sum += hsum(run);
    dot += hsum(with_x);
  }
  const float mean = (float)(sum / (double)cols), slope = (float)(dot / (double)cols);
  for (idx j = 0; j < cols; j += VW) {
    const idx left = cols - j;
    const vf g = vload_part(dy + j, left) * (weight ? vload_part(weight + j, left) : vset(1));
    const vf n = centred(x + j, left, m) * m.scale;
    vstore_part(dx + j, left, m.scale * (g - mean - n * slope) * m.unit);
  }
}

EXPORT void saiki_layer_norm_backward(const float *x, const float *weight, const float *dy, float *dx,
                                      float *dweight, float *dbias, idx rows, idx cols, double eps) {
  for (idx j = 0; j < cols; j++) {
    if (dweight) dweight[j] = 0;
    if (dbias) dbias[j] = 0;
  }
  for (idx r = 0; r < rows; r++, x += cols, dy += cols) {
    const row_moments m = moments(x, cols, eps);
    for (idx j = 0; j < cols; j += VW) {
      const idx left = cols - j;
      const vf g = vload_part(dy + j, left);
      if (dbias) vstore_part(dbias + j, left, vload_part(dbias + j, left) + g);
      if (!dweight) continue;
      const vf n = centred(x + j, left, m) * m.scale;
      vstore_part(dweight + j, left, vfma(g, n, vload_part(dweight + j, left)));
    }
    if (dx) layer_norm_row(x, weight, dy, dx + r * cols, cols, m);
  }
}
