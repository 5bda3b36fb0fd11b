/*
 * The native binding: JavaScript's arguments checked (`node_arguments.h`), then one kernel called, which
 * is handed pointers into the arrays.
 */
#include <string.h>
#include "node_arguments.h"
#include "threads.h"

/* ---- instruction sets ------------------------------------------------------------------------ */

typedef struct {
  const char *name;
  const saiki_kernels *kernels;
} instruction_set;

#if defined(__x86_64__)
extern const saiki_kernels saiki_sse2, saiki_avx2, saiki_avx512;
#define HAS(feature) __builtin_cpu_supports(feature)
static int list_sets(instruction_set *sets) {
  int n = 0;
  __builtin_cpu_init();
  if (HAS("avx512f") && HAS("avx512bw") && HAS("avx512dq") && HAS("avx512vl") && HAS("fma"))
    sets[n++] = (instruction_set){"avx512", &saiki_avx512};
  if (HAS("avx2") && HAS("fma")) sets[n++] = (instruction_set){"avx2", &saiki_avx2};
  sets[n++] = (instruction_set){"sse2", &saiki_sse2};
  return n;
}
#else
extern const saiki_kernels saiki_neon;
static int list_sets(instruction_set *sets) {
  sets[0] = (instruction_set){"neon", &saiki_neon};
  return 1;
}
#endif

/* ---- functions ------------------------------------------------------------------------------- */

/* A function of the binding: `body` has `a` to read from, `k` to call, and ends where a check failed. */
#define FUNCTION(name, ...) \
  static napi_value name(napi_env env, napi_callback_info info) { \
    args a = read_args(env, info, #name); \
    const saiki_kernels *k = a.kernels; \
    (void)k; \
    __VA_ARGS__ \
    return 0; \
  }
#define CHECKED if (a.failed) return 0

static napi_value number_value(napi_env env, double x) {
  napi_value value;
  napi_create_double(env, x, &value);
  return value;
}

/* ---- matrix ---------------------------------------------------------------------------------- */

FUNCTION(gemm, {
  const idx m = size(&a), n = size(&a), depth = size(&a);
  const idx lda = size(&a), ldb = size(&a), ldc = size(&a);
  const int trans_a = boolean(&a), trans_b = boolean(&a);
  const float alpha = (float)number(&a), beta = (float)number(&a);
  const float *x = reals(&a, trans_a ? span(&a, depth, m, lda) : span(&a, m, depth, lda));
  const float *y = reals(&a, trans_b ? span(&a, n, depth, ldb) : span(&a, depth, n, ldb));
  float *c = reals(&a, span(&a, m, n, ldc));
  const float *bias = maybe(&a, n);
  CHECKED;
  void *work = workspace(&a, k->gemm_workspace(m, n, depth));
  CHECKED;
  k->gemm(m, n, depth, alpha, x, lda, trans_a, y, ldb, trans_b, beta, c, ldc, bias, work);
})

/* ---- recurrent ------------------------------------------------------------------------------- */

typedef struct {
  int kind;
  saiki_recurrent r;
  idx rows, batch, gates; /* N, B, G */
} layer;

/* What forward and backward have in common. */
static layer read_layer(args *a) {
  layer l = {.kind = (int)size(a)};
  saiki_recurrent *r = &l.r;
  if (l.kind > SAIKI_GRU) fail(a, "there is no such layer");
  l.gates = l.kind == SAIKI_LSTM ? 4 : l.kind == SAIKI_GRU ? 3 : 1;
  r->steps = size(a);
  r->batch_sizes = words(a, r->steps);
  for (idx t = 0; t < r->steps && !a->failed; t++) {
    if (r->batch_sizes[t] < 1 || (t > 0 && r->batch_sizes[t] > r->batch_sizes[t - 1]))
      fail(a, "batch sizes are positive and do not grow");
    l.rows += r->batch_sizes[t];
  }
  if (l.rows > INT_MAX) fail(a, "the sequence is too long");
  if (a->failed) return l;
  l.batch = r->steps ? r->batch_sizes[0] : 0;
  r->reverse = boolean(a);
  r->input_size = size(a);
  r->hidden_size = size(a);
  r->state_size = size(a);
  const idx N = l.rows, I = r->input_size, H = r->hidden_size, P = r->state_size, GH = l.gates * H;
  r->ldx = size(a);
  r->ldy = size(a);
  r->x = reals(a, span(a, N, I, r->ldx));
  r->w_ih = reals(a, times(a, GH, I));
  r->w_hh = reals(a, times(a, GH, P));
  r->b_ih = maybe(a, GH);
  r->b_hh = maybe(a, GH);
  r->w_hr = maybe(a, times(a, P, H));
  if (r->w_hr ? l.kind != SAIKI_LSTM : P != H) fail(a, "only an LSTM projects, with a weight");
  r->h0 = maybe(a, times(a, l.batch, P));
  r->c0 = maybe(a, times(a, l.batch, H));
  r->y = reals(a, span(a, N, P, r->ldy));
  r->gates = maybe(a, l.kind >= SAIKI_LSTM ? times(a, N, 4 * H) : 0);
  r->c = maybe(a, l.kind == SAIKI_LSTM ? times(a, N, H) : 0);
  return l;
}

FUNCTION(recurrentForward, {
  layer l = read_layer(&a);
  const idx H = l.r.hidden_size;
  float *hn = reals(&a, times(&a, l.batch, l.r.state_size));
  float *cn = maybe(&a, times(&a, l.batch, H));
  if (l.kind == SAIKI_LSTM && !cn) fail(&a, "an LSTM has a last c");
  CHECKED;
  /* Where no backward follows, c lies in the workspace. */
  const idx kept = l.kind == SAIKI_LSTM && !l.r.c ? 4 * l.rows * H : 0;
  char *work = workspace(&a, kept + k->recurrent_workspace(l.kind, &l.r, 0));
  CHECKED;
  if (kept) l.r.c = (float *)work;
  k->recurrent_forward(l.kind, &l.r, hn, cn, work + kept);
})

static saiki_gradient gradient(args *a, idx n) {
  saiki_gradient g = {.data = maybe(a, n)};
  g.accumulate = boolean(a);
  return g;
}

FUNCTION(recurrentBackward, {
  const layer l = read_layer(&a);
  const saiki_recurrent *r = &l.r;
  const idx B = l.batch;
  const idx H = r->hidden_size;
  const idx P = r->state_size;
  const idx GH = l.gates * H;
  if (l.kind >= SAIKI_LSTM && !r->gates) fail(&a, "gates are needed");
  if (l.kind == SAIKI_LSTM && !r->c) fail(&a, "c is needed");
  saiki_recurrent_gradients g = {.lddy = size(&a), .lddx = size(&a)};
  g.dy = maybe(&a, span(&a, l.rows, P, g.lddy));
  g.dhn = maybe(&a, times(&a, B, P));
  g.dcn = maybe(&a, times(&a, B, H));
  g.dx = gradient(&a, span(&a, l.rows, r->input_size, g.lddx));
  g.dh0 = gradient(&a, times(&a, B, P));
  g.dc0 = gradient(&a, times(&a, B, H));
  g.dw_ih = gradient(&a, times(&a, GH, r->input_size));
  g.dw_hh = gradient(&a, times(&a, GH, P));
  g.db_ih = gradient(&a, GH);
  g.db_hh = gradient(&a, GH);
  g.dw_hr = gradient(&a, times(&a, P, H));
  if (g.dc0.data && l.kind != SAIKI_LSTM) fail(&a, "only an LSTM has a c");
  if (g.dw_hr.data && !r->w_hr) fail(&a, "there is no projection");
  CHECKED;
  void *work = workspace(&a, k->recurrent_workspace(l.kind, r, 1));
  CHECKED;
  k->recurrent_backward(l.kind, r, &g, work);
})

/* ---- session --------------------------------------------------------------------------------- */

static saiki_session read_session(args *a) {
  const int *words_of = words(a, 6);
  saiki_session s = {0};
  if (a->failed) return s;
  memcpy(&s, words_of, sizeof s);
  const idx sizes[] = {s.vocabulary, s.embedding, s.hidden, s.layers};
  for (int i = 0; i < 4; i++)
    if (sizes[i] < 0) fail(a, "sizes are not negative");
  if (s.kind < 0 || s.kind > SAIKI_GRU) fail(a, "there is no such layer");
  times(a, times(a, s.vocabulary, max_size(s.embedding, 4 * (idx)s.hidden)), 2);
  times(a, times(a, 4 * (idx)s.hidden, max_size(s.embedding, s.hidden)), 2 * (idx)s.layers);
  return s;
}

FUNCTION(sessionFloats, {
  const saiki_session s = read_session(&a);
  CHECKED;
  return number_value(env, (double)k->session_floats(&s));
})
FUNCTION(sessionStep, {
  const saiki_session s = read_session(&a);
  CHECKED;
  const idx token = size(&a);
  if (token >= s.vocabulary) fail(&a, "token %td is not below %d", token, s.vocabulary);
  float *block = reals(&a, k->session_floats(&s));
  float *scores = maybe(&a, s.vocabulary);
  CHECKED;
  k->session_step(&s, block, (int)token, scores);
})

/* ---- rows ------------------------------------------------------------------------------------ */

#define ROWS \
  const idx rows = size(&a), cols = size(&a), n = times(&a, rows, cols)

/* Rows without columns have no memory that bounds their count. */
#define COLUMNS \
  CHECKED; \
  if (cols == 0) return 0

#define ROWS_FORWARD(name, entry) \
  FUNCTION(name, { \
    ROWS; \
    const float *x = reals(&a, n); \
    float *y = reals(&a, n); \
    COLUMNS; \
    k->entry(x, y, rows, cols); \
  })
ROWS_FORWARD(softmax, softmax)
ROWS_FORWARD(logSoftmax, log_softmax)

#define ROWS_BACKWARD(name, entry) \
  FUNCTION(name, { \
    ROWS; \
    const float *y = reals(&a, n), *dy = reals(&a, n); \
    float *dx = reals(&a, n); \
    COLUMNS; \
    k->entry(y, dy, dx, rows, cols); \
  })
ROWS_BACKWARD(softmaxBackward, softmax_backward)
ROWS_BACKWARD(logSoftmaxBackward, log_softmax_backward)

#define CROSS_ENTROPY \
  ROWS; \
  const int ignored = (int)integer(&a, INT_MIN); \
  const double smoothing = number(&a); \
  const float *x = reals(&a, n); \
  const int *target = indices(&a, rows, cols, ignored); \
  const float *weight = maybe(&a, cols); \
  float *lse = reals(&a, rows)

FUNCTION(crossEntropyForward, {
  CROSS_ENTROPY;
  float *loss = reals(&a, rows);
  CHECKED;
  k->cross_entropy_forward(x, target, weight, rows, cols, ignored, smoothing, lse, loss);
})
FUNCTION(crossEntropyBackward, {
  CROSS_ENTROPY;
  const float *g = reals(&a, rows);
  float *dx = reals(&a, n);
  CHECKED;
  k->cross_entropy_backward(x, target, weight, rows, cols, ignored, smoothing, lse, g, dx);
})

FUNCTION(linearCrossEntropy, {
  const idx rows = size(&a), inputs = size(&a), classes = size(&a);
  const int ignored = (int)integer(&a, INT_MIN);
  const double smoothing = number(&a);
  const float scale = (float)number(&a);
  const idx of_x = times(&a, rows, inputs), of_weight = times(&a, classes, inputs);
  const float *x = reals(&a, of_x), *weight = reals(&a, of_weight), *bias = maybe(&a, classes);
  const int *target = indices(&a, rows, classes, ignored);
  const float *class_weight = maybe(&a, classes);
  float *loss = reals(&a, rows);
  float *dx = maybe(&a, of_x), *dweight = maybe(&a, of_weight), *dbias = maybe(&a, classes);
  CHECKED;
  void *work = workspace(&a, k->linear_cross_entropy_workspace(rows, inputs, classes));
  CHECKED;
  k->linear_cross_entropy(x, weight, bias, target, class_weight, rows, inputs, classes, ignored,
                          smoothing, scale, loss, dx, dweight, dbias, work);
})

FUNCTION(layerNormForward, {
  ROWS;
  const double eps = number(&a);
  const float *x = reals(&a, n), *weight = maybe(&a, cols), *bias = maybe(&a, cols);
  float *y = reals(&a, n);
  COLUMNS;
  k->layer_norm_forward(x, weight, bias, y, rows, cols, eps);
})
FUNCTION(layerNormBackward, {
  ROWS;
  const double eps = number(&a);
  const float *x = reals(&a, n), *weight = maybe(&a, cols), *dy = reals(&a, n);
  float *dx = maybe(&a, n), *dweight = maybe(&a, cols), *dbias = maybe(&a, cols);
  COLUMNS;
  k->layer_norm_backward(x, weight, dy, dx, dweight, dbias, rows, cols, eps);
})

/* ---- table ----------------------------------------------------------------------------------- */

FUNCTION(embeddingForward, {
  const idx rows = size(&a), width = size(&a), entries = size(&a);
  const float *weight = reals(&a, times(&a, entries, width));
  const int *index = indices(&a, rows, entries, -0.5);
  float *y = reals(&a, times(&a, rows, width));
  CHECKED;
  k->embedding_forward(weight, index, y, rows, width);
})
FUNCTION(embeddingBackward, {
  const idx rows = size(&a), width = size(&a), entries = size(&a);
  const int padding = (int)integer(&a, -1);
  const float *dy = reals(&a, times(&a, rows, width));
  const int *index = indices(&a, rows, entries, -0.5);
  float *dweight = reals(&a, times(&a, entries, width));
  CHECKED;
  k->embedding_backward(dy, index, dweight, rows, width, padding);
})

/* ---- elementwise ----------------------------------------------------------------------------- */

FUNCTION(unary, {
  const int op = (int)size(&a);
  const idx n = size(&a);
  const float *x = reals(&a, n);
  float *y = reals(&a, n);
  CHECKED;
  k->unary(op, x, y, n);
})
FUNCTION(unaryBackward, {
  const int op = (int)size(&a);
  const idx n = size(&a);
  const float *saved = reals(&a, n), *dy = reals(&a, n);
  float *dx = reals(&a, n);
  CHECKED;
  k->unary_backward(op, saved, dy, dx, n);
})
FUNCTION(binary, {
  const int op = (int)size(&a);
  const idx n = size(&a);
  const int x_one = boolean(&a), z_one = boolean(&a);
  const float *x = reals(&a, x_one ? 1 : n), *z = reals(&a, z_one ? 1 : n);
  float *y = reals(&a, n);
  CHECKED;
  k->binary(op, x, x_one, z, z_one, y, n);
})
FUNCTION(axpy, {
  const float s = (float)number(&a);
  const idx n = size(&a);
  const float *x = reals(&a, n);
  float *y = reals(&a, n);
  CHECKED;
  k->axpy(s, x, y, n);
})
FUNCTION(sum, {
  const idx outer = size(&a), n = size(&a), inner = size(&a), across = times(&a, outer, inner);
  const float *x = reals(&a, times(&a, across, n));
  float *y = reals(&a, across);
  CHECKED;
  k->sum(x, y, outer, n, inner);
})

/* ---- update ---------------------------------------------------------------------------------- */

FUNCTION(sgd, {
  const idx n = size(&a);
  float *p = reals(&a, n);
  const float *g = reals(&a, n);
  float *buf = maybe(&a, n);
  const int first = boolean(&a);
  const float minus_lr = (float)number(&a), momentum = (float)number(&a), keep = (float)number(&a);
  const float weight_decay = (float)number(&a);
  const int nesterov = boolean(&a), maximize = boolean(&a);
  CHECKED;
  k->sgd(p, g, buf, n, first, minus_lr, momentum, keep, weight_decay, nesterov, maximize);
})
FUNCTION(adam, {
  const idx n = size(&a);
  float *p = reals(&a, n);
  const float *g = reals(&a, n);
  float *m = reals(&a, n), *v = reals(&a, n), *v_max = maybe(&a, n);
  float s[9]; /* b1, r1, b2, r2, step, root, eps, weight decay, shrink */
  for (int i = 0; i < 9; i++) s[i] = (float)number(&a);
  const int maximize = boolean(&a);
  CHECKED;
  k->adam(p, g, m, v, v_max, n, s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], maximize);
})

#define NORM(name, entry) \
  FUNCTION(name, { \
    const idx n = size(&a); \
    const float *x = reals(&a, n); \
    CHECKED; \
    return number_value(env, k->entry(x, n)); \
  })
NORM(sumSquares, sum_squares)
NORM(sumAbs, sum_abs)
NORM(maxAbs, max_abs)

/* ---- random ---------------------------------------------------------------------------------- */

static unsigned *random_state(args *a) {
  unsigned *state = draws(a, 625);
  if (!a->failed && state[624] > 624) fail(a, "the state's next word is %u", state[624]);
  return state;
}

FUNCTION(mtFill, {
  const idx n = size(&a);
  unsigned *state = random_state(&a), *out = draws(&a, n);
  CHECKED;
  k->mt_fill(state, out, n);
})
FUNCTION(uniformFill, {
  const idx n = size(&a);
  unsigned *state = random_state(&a);
  float *out = reals(&a, n);
  const float from = (float)number(&a), width = (float)number(&a);
  CHECKED;
  k->uniform_fill(state, out, n, from, width);
})
FUNCTION(normalFill, {
  const idx n = integer(&a, 16);
  unsigned *state = random_state(&a);
  float *out = reals(&a, n);
  const float mean = (float)number(&a), std = (float)number(&a);
  CHECKED;
  k->normal_fill(state, out, n, mean, std);
})
FUNCTION(bernoulliMask, {
  const idx n = size(&a);
  unsigned *state = random_state(&a);
  float *out = reals(&a, n);
  const double p = number(&a);
  const float scale = (float)number(&a);
  CHECKED;
  k->bernoulli_mask(state, out, n, p, scale);
})

/* ---- the module ------------------------------------------------------------------------------ */

FUNCTION(setThreads, {
  const idx n = integer(&a, 1);
  CHECKED;
  saiki_set_threads((int)n);
})
FUNCTION(workspaceBytes, { return number_value(env, (double)a.own->bytes); })

/* (fail, set?) => the instruction set, the best or the one asked for; null where the processor has it not. */
static napi_value use(napi_env env, napi_callback_info info) {
  args a = read_args(env, info, "use");
  instruction_set sets[4];
  const int n = list_sets(sets);
  char wanted[16] = "";
  napi_value result;
  if (a.count > 1) napi_get_value_string_utf8(env, a.values[1], wanted, sizeof wanted, 0);
  if (a.own->fail) napi_delete_reference(env, a.own->fail);
  napi_create_reference(env, a.values[0], 1, &a.own->fail);
  napi_get_null(env, &result);
  for (int i = 0; i < n; i++)
    if (!*wanted || strcmp(wanted, sets[i].name) == 0) {
      a.own->kernels = sets[i].kernels;
      napi_create_string_utf8(env, sets[i].name, NAPI_AUTO_LENGTH, &result);
      break;
    }
  return result;
}

static void let_go(napi_env env, void *own, void *hint) {
  (void)env, (void)hint;
  free(((environment *)own)->workspace);
  free(own);
}

#define PUBLIC(name) {#name, 0, name, 0, 0, 0, napi_default, 0}
NAPI_MODULE_INIT() {
  const napi_property_descriptor all[] = {
      PUBLIC(use), PUBLIC(setThreads), PUBLIC(workspaceBytes), PUBLIC(gemm),
      PUBLIC(recurrentForward), PUBLIC(recurrentBackward), PUBLIC(sessionFloats), PUBLIC(sessionStep),
      PUBLIC(softmax), PUBLIC(logSoftmax),
      PUBLIC(softmaxBackward), PUBLIC(logSoftmaxBackward), PUBLIC(crossEntropyForward),
      PUBLIC(crossEntropyBackward), PUBLIC(linearCrossEntropy), PUBLIC(layerNormForward), PUBLIC(layerNormBackward),
      PUBLIC(embeddingForward), PUBLIC(embeddingBackward), PUBLIC(unary), PUBLIC(unaryBackward),
      PUBLIC(binary), PUBLIC(axpy), PUBLIC(sum), PUBLIC(sgd), PUBLIC(adam), PUBLIC(sumSquares),
      PUBLIC(sumAbs), PUBLIC(maxAbs), PUBLIC(mtFill), PUBLIC(uniformFill), PUBLIC(normalFill),
      PUBLIC(bernoulliMask)};
  environment *own = calloc(1, sizeof *own);
  if (!own || napi_set_instance_data(env, own, let_go, 0) != napi_ok) return 0;
  napi_define_properties(env, exports, sizeof all / sizeof *all, all);
  napi_value sources;
  napi_create_string_utf8(env, SAIKI_SOURCES, NAPI_AUTO_LENGTH, &sources);
  napi_set_named_property(env, exports, "sources", sources);
  return exports;
}
