/*
 * The kernels' ABI. The formulas stand in src/kernels/backend.ts, which these entries mirror.
 *
 * Matrices are row-major; a leading dimension is the distance between rows, in elements. Pointers
 * that may be null say so. Nothing is allocated: each `…_workspace` tells the bytes that the caller
 * lends to its kernel, at any alignment. In WebAssembly every field of a structure is one word.
 */
#ifndef SAIKI_KERNELS_H
#define SAIKI_KERNELS_H

typedef __PTRDIFF_TYPE__ idx; /* sizes and distances */
#if defined(SAIKI_TABLE) /* native: a unit for each instruction set, of which only a table is seen */
#define EXPORT static
#else
#define EXPORT __attribute__((visibility("default"))) extern
#endif

/* ---- matrix ---------------------------------------------------------------------------------- */

/* C (m, n) = alpha · op(A) (m, k) · op(B) (k, n) + beta · C + bias (n, or null). */
EXPORT void saiki_gemm(idx m, idx n, idx k, float alpha, const float *a, idx lda, int trans_a,
                       const float *b, idx ldb, int trans_b, float beta, float *c, idx ldc,
                       const float *bias, void *workspace);
EXPORT idx saiki_gemm_workspace(idx m, idx n, idx k);

/* ---- recurrent ------------------------------------------------------------------------------- */

enum { SAIKI_RNN_TANH, SAIKI_RNN_RELU, SAIKI_LSTM, SAIKI_GRU }; /* with G = 1, 1, 4, 3 gates */

/* One layer, one direction, a packed sequence of N rows. P = hidden, or less where an LSTM projects. */
typedef struct {
  const int *batch_sizes; /* (steps), non-increasing, at least 1 */
  idx steps;
  int reverse;
  idx input_size, hidden_size, state_size; /* I, H, P */
  const float *x;                          /* (N, I) */
  idx ldx;
  const float *w_ih, *w_hh; /* (G·H, I), (G·H, P) */
  const float *b_ih, *b_hh; /* (G·H), or null */
  const float *w_hr;        /* (P, H): the projection, or null */
  const float *h0, *c0;     /* (B, P), (B, H), or null for zeros */
  float *y;                 /* (N, P): written by forward, read by backward */
  idx ldy;
  /*
   * Written by forward, read by backward, which leaves gradients in `gates`. LSTM: (N, 4H) i, f, g, o
   * and (N, H). GRU: (N, 4H) n, r, z, h_{t−1} W_hnᵀ + b_hn, and no c. RNN: neither. Forward alone needs
   * no gates: null.
   */
  float *gates, *c;
} saiki_recurrent;

typedef struct {
  float *data; /* null: not wanted */
  int accumulate;
} saiki_gradient;

typedef struct {
  const float *dy; /* (N, P), or null for zeros */
  idx lddy;
  const float *dhn, *dcn; /* (B, P), (B, H), or null for zeros */
  saiki_gradient dx;
  idx lddx;
  saiki_gradient dh0, dc0, dw_ih, dw_hh, db_ih, db_hh, dw_hr;
} saiki_recurrent_gradients;

/* hn (B, P); cn (B, H), or null where there is none. */
EXPORT void saiki_recurrent_forward(int kind, const saiki_recurrent *r, float *hn, float *cn,
                                    void *workspace);
EXPORT void saiki_recurrent_backward(int kind, const saiki_recurrent *r,
                                     const saiki_recurrent_gradients *g, void *workspace);
EXPORT idx saiki_recurrent_workspace(int kind, const saiki_recurrent *r, int backward);

/* ---- session --------------------------------------------------------------------------------- */

/* A language model that reads one token at a time. V, E, H; L may be 0, and H then does not matter. */
typedef struct {
  int kind; /* of the layers */
  int vocabulary, embedding, hidden, layers;
  int folded; /* the table has the first layer's products in place of its inputs */
} saiki_session;

/* The length of the block in which weights, state and scratch lie; `session.c` says how. */
EXPORT idx saiki_session_floats(const saiki_session *s);
/* Reads a token: the state changes in place. scores (V), or null. Fastest with an aligned block. */
EXPORT void saiki_session_step(const saiki_session *s, float *block, int token, float *scores);

/* ---- rows ------------------------------------------------------------------------------------ */

/* x and y (rows, cols); y may be x. */
EXPORT void saiki_softmax(const float *x, float *y, idx rows, idx cols);
EXPORT void saiki_log_softmax(const float *x, float *y, idx rows, idx cols);
/* dx may be y or dy. */
EXPORT void saiki_softmax_backward(const float *y, const float *dy, float *dx, idx rows, idx cols);
EXPORT void saiki_log_softmax_backward(const float *y, const float *dy, float *dx, idx rows,
                                       idx cols);

/* weight (classes, or null); lse (rows) is written by forward and read by backward; dx may be x. */
EXPORT void saiki_cross_entropy_forward(const float *x, const int *target, const float *weight,
                                        idx rows, idx classes, int ignore_index, double smoothing,
                                        float *lse, float *loss);
EXPORT void saiki_cross_entropy_backward(const float *x, const int *target, const float *weight,
                                         idx rows, idx classes, int ignore_index, double smoothing,
                                         const float *lse, const float *g, float *dx);

/*
 * x (rows, inputs), weight (classes, inputs), bias and class_weight (classes, or null), loss (rows);
 * dx, dweight, dbias: null where not wanted.
 */
EXPORT void saiki_linear_cross_entropy(const float *x, const float *weight, const float *bias,
                                       const int *target, const float *class_weight, idx rows,
                                       idx inputs, idx classes, int ignore_index, double smoothing,
                                       float scale, float *loss, float *dx, float *dweight,
                                       float *dbias, void *workspace);
EXPORT idx saiki_linear_cross_entropy_workspace(idx rows, idx inputs, idx classes);

/* weight, bias (cols), or null; y may be x. dx (may be dy), dweight, dbias: null where not wanted. */
EXPORT void saiki_layer_norm_forward(const float *x, const float *weight, const float *bias,
                                     float *y, idx rows, idx cols, double eps);
EXPORT void saiki_layer_norm_backward(const float *x, const float *weight, const float *dy, float *dx,
                                      float *dweight, float *dbias, idx rows, idx cols, double eps);

/* ---- table ----------------------------------------------------------------------------------- */

EXPORT void saiki_embedding_forward(const float *weight, const int *index, float *y, idx rows,
                                    idx width);
EXPORT void saiki_embedding_backward(const float *dy, const int *index, float *dweight, idx rows,
                                     idx width, int padding_idx);

/* ---- elementwise ----------------------------------------------------------------------------- */

/* `op` counts the keys of `unaryOps`; log1p, sin and cos are not here. y may be x. */
EXPORT void saiki_unary(int op, const float *x, float *y, idx n);
/* The derivatives of sin and cos are not here. dx may be dy. */
EXPORT void saiki_unary_backward(int op, const float *saved, const float *dy, float *dx, idx n);
/* `op` counts `binaryOps`; pow is not here. `a_one`, `b_one`: that operand is one element. */
EXPORT void saiki_binary(int op, const float *a, int a_one, const float *b, int b_one, float *y,
                         idx n);
EXPORT void saiki_axpy(float s, const float *x, float *y, idx n);
/* x (outer, n, inner), y (outer, inner). */
EXPORT void saiki_sum(const float *x, float *y, idx outer, idx n, idx inner);

/* ---- update ---------------------------------------------------------------------------------- */

/* Scalars are rounded to float32 by the caller. `buf` may be null; `first`: it is written only. */
EXPORT void saiki_sgd(float *p, const float *g, float *buf, idx n, int first, float minus_lr,
                      float momentum, float keep, float weight_decay, int nesterov, int maximize);
/*
 * m = b1 · m + r1 · g, v = b2 · v + r2 · g², p += step · m / (√v / root + eps). `shrink` scales p
 * first (AdamW), 1 if not; v_max may be null.
 */
EXPORT void saiki_adam(float *p, const float *g, float *m, float *v, float *v_max, idx n, float b1,
                       float r1, float b2, float r2, float step, float root, float eps,
                       float weight_decay, float shrink, int maximize);
EXPORT double saiki_sum_squares(const float *x, idx n);
EXPORT double saiki_sum_abs(const float *x, idx n);
EXPORT float saiki_max_abs(const float *x, idx n); /* NaN if there is one */

/* ---- random ---------------------------------------------------------------------------------- */

/* state: 624 words, then the index of the next one. */
EXPORT void saiki_mt_fill(unsigned *state, unsigned *out, idx n);
EXPORT void saiki_uniform_fill(unsigned *state, float *out, idx n, float from, float width);
EXPORT void saiki_normal_fill(unsigned *state, float *out, idx n, float mean, float std);
EXPORT void saiki_bernoulli_mask(unsigned *state, float *out, idx n, double p, float scale);

/* ---- all entries ----------------------------------------------------------------------------- */

#define SAIKI_ENTRIES(X) \
  X(gemm) X(gemm_workspace) \
  X(recurrent_forward) X(recurrent_backward) X(recurrent_workspace) \
  X(session_floats) X(session_step) \
  X(softmax) X(log_softmax) X(softmax_backward) X(log_softmax_backward) \
  X(cross_entropy_forward) X(cross_entropy_backward) \
  X(linear_cross_entropy) X(linear_cross_entropy_workspace) \
  X(layer_norm_forward) X(layer_norm_backward) \
  X(embedding_forward) X(embedding_backward) \
  X(unary) X(unary_backward) X(binary) X(axpy) X(sum) \
  X(sgd) X(adam) X(sum_squares) X(sum_abs) X(max_abs) \
  X(mt_fill) X(uniform_fill) X(normal_fill) X(bernoulli_mask)

#define SAIKI_MEMBER(name) __typeof__(saiki_##name) *name;
typedef struct {
  SAIKI_ENTRIES(SAIKI_MEMBER)
} saiki_kernels;

#endif
