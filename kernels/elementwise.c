/* Elementwise operations beside their derivatives, copies and sums. */

/* The order of `unaryOps`; LOG1P, SIN and COS are computed by the caller. */
enum { NEG, EXP, LOG, LOG1P, SQRT, SIN, COS, ABS, SIGN, RECIPROCAL, TANH, SIGMOID, RELU };
/* The order of `binaryOps`; POW likewise. */
enum { PLUS, MINUS, TIMES, OVER, POW, MAXIMUM, MINIMUM };

/* A NaN stays itself, and so does −0. */
INLINE vf vrelu(vf x) { return vselect(x < 0.0f, vset(0), x); }
/* 0 for NaN, as in PyTorch. */
INLINE vf vsign(vf x) { return vselect(x > 0.0f, vset(1), vselect(x < 0.0f, vset(-1), vset(0))); }

/* One loop per operation: `y` is an expression in the vector x. */
#define EACH(expression)                      \
  for (idx i = 0; i < n; i += VW) {           \
    const vf x = vload_part(from + i, n - i); \
    vstore_part(to + i, n - i, expression);   \
  }                                           \
  return;

EXPORT void saiki_unary(int op, const float *from, float *to, idx n) {
  switch (op) {
    case NEG: EACH(-x)
    case EXP: EACH(vexp(x))
    case LOG: EACH(vlog(x))
    case SQRT: EACH(vsqrt(x))
    case ABS: EACH(vabs(x))
    case SIGN: EACH(vsign(x))
    case RECIPROCAL: EACH(1.0f / x)
    case TANH: EACH(vtanh(x))
    case SIGMOID: EACH(vsigmoid(x))
    case RELU: EACH(vrelu(x))
  }
}
#undef EACH

/* `dx` in the vectors dy and s, which is x or y as `unaryOps` says. */
#define EACH(expression)                                                            \
  for (idx i = 0; i < n; i += VW) {                                                 \
    const vf s = vload_part(saved + i, n - i), dy = vload_part(gradient + i, n - i); \
    (void)s;                                                                        \
    vstore_part(dx + i, n - i, expression);                                         \
  }                                                                                 \
  return;

EXPORT void saiki_unary_backward(int op, const float *saved, const float *gradient, float *dx, idx n) {
  switch (op) {
    case NEG: EACH(-dy)
    case EXP: EACH(dy * s)
    case LOG: EACH(dy / s)
    case LOG1P: EACH(dy / (s + 1.0f))
    case SQRT: EACH(dy / (s + s))
    case ABS: EACH(dy * vsign(s))
    case SIGN: EACH(((void)dy, vset(0)))
    case RECIPROCAL: EACH(-dy * (s * s))
    case TANH: EACH(dy * (1.0f - s * s))
    case SIGMOID: EACH(dy * ((1.0f - s) * s))
    case RELU: EACH(vselect(s <= 0.0f, vset(0), dy))
  }
}
#undef EACH

/* `y` in the vectors x and z; an operand of one element is repeated. */
#define EACH(expression)                                         \
  for (idx i = 0; i < n; i += VW) {                              \
    const vf x = a_one ? vset(*a) : vload_part(a + i, n - i);    \
    const vf z = b_one ? vset(*b) : vload_part(b + i, n - i);    \
    vstore_part(y + i, n - i, expression);                       \
  }                                                              \
  return;

EXPORT void saiki_binary(int op, const float *a, int a_one, const float *b, int b_one, float *y,
                         idx n) {
  if (n == 0) return;
  switch (op) {
    case PLUS: EACH(x + z)
    case MINUS: EACH(x - z)
    case TIMES: EACH(x * z)
    case OVER: EACH(x / z)
    case MAXIMUM: EACH(vselect(z != z, z, vmax(x, z)))
    case MINIMUM: EACH(vselect(z != z, z, vmin(x, z)))
  }
}
#undef EACH

EXPORT void saiki_axpy(float s, const float *x, float *y, idx n) {
  for (idx i = 0; i < n; i += VW) {
    const vf old = vload_part(y + i, n - i);
    vstore_part(y + i, n - i, vfma_exact(vset(s), vload_part(x + i, n - i), old));
  }
}

/* to = from, or to += from. */
static void copy_rows(idx rows, idx columns, const float *from, idx ld, float *to, idx to_ld,
                      int accumulate) {
  for (idx i = 0; i < rows; i++, from += ld, to += to_ld)
    for (idx j = 0; j < columns; j += VW) {
      const idx left = columns - j;
      vf x = vload_part(from + j, left);
      if (accumulate) x += vload_part(to + j, left);
      vstore_part(to + j, left, x);
    }
}

/* ---- sums: runs of BLOCK in float32, the runs in double ---------------------------------------- */

enum { BLOCK = 64 };
typedef double vd __attribute__((vector_size(8 * VW)));
INLINE vd widen(vf x) { return __builtin_convertvector(x, vd); }
INLINE vf narrow(vd x) { return __builtin_convertvector(x, vf); }

/* y[j] = Σ_i x[i, j], over four vectors of columns: a cache line or more at a time. */
static void column_sums(idx rows, idx columns, const float *x, idx ld, float *y, int accumulate) {
  for (idx j = 0; j < columns; j += 4 * VW) {
    vd total[4] = {};
    for (idx i = 0; i < rows; i += BLOCK) {
      vf run[4] = {};
      for (idx k = i; k < i + BLOCK && k < rows; k++)
        UNROLL for (int v = 0; v < 4; v++) run[v] += vload_part(x + k * ld + j + v * VW, columns - j - v * VW);
      UNROLL for (int v = 0; v < 4; v++) total[v] += widen(run[v]);
    }
    UNROLL for (int v = 0; v < 4; v++) {
      const idx left = columns - j - v * VW;
      vf s = narrow(total[v]);
      if (accumulate) s += vload_part(y + j + v * VW, left);
      vstore_part(y + j + v * VW, left, s);
    }
  }
}

static float row_sum(const float *x, idx n) {
  vd total = {};
  for (idx i = 0; i < n; i += BLOCK * 4) {
    vf run[4] = {};
    for (idx k = i; k < i + BLOCK * 4 && k < n; k += 4 * VW)
      UNROLL for (int v = 0; v < 4; v++) run[v] += vload_part(x + k + v * VW, n - k - v * VW);
    UNROLL for (int v = 0; v < 4; v++) total += widen(run[v]);
  }
  double sum = 0;
  for (int v = 0; v < VW; v++) sum += total[v];
  return (float)sum;
}

EXPORT void saiki_sum(const float *x, float *y, idx outer, idx n, idx inner) {
  for (idx o = 0; o < outer; o++, x += n * inner, y += inner) {
    if (inner == 1) *y = row_sum(x, n);
    else column_sums(n, inner, x, inner, y, 0);
  }
}
