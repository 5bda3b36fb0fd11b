/*
 * Recurrent layers over a whole sequence, forward and backward.
 *
 * One driver walks the steps. Forward: the input product of all rows at once, then step by step the
 * product with h_{t−1}, whose weight is packed once, and the nonlinearity while the rows are in
 * cache. Backward: step by step in reverse only the gate gradients, then every weight gradient and
 * dx as one product over all rows.
 */
#include "saiki_kernels.h"
#include "simd.h"

/* B (k, n) packed whole, block of KC rows after block, to be used many times. */
INLINE long packed_size(int k, int n) { return (long)k * ceil_to(n, NR); }

static void pack_whole(const Matrix *b, int k, int n, float *out) {
  for (int p = 0; p < k; p += KC) {
    pack_b(b, p, min_int(KC, k - p), 0, n, out + (long)p * ceil_to(n, NR));
  }
}

/* C = A · packed + beta C for rows of A that lie lda apart. */
static void product_packed(int m, int n, int k, const float *a, int lda, const float *packed, float *c, int ldc,
                           float beta, float *pa) {
  Matrix ma = matrix(a, lda, 0);
  for (int p = 0; p < k; p += KC) {
    int kb = min_int(KC, k - p);
    Target t = {c, ldc, 1.0f, p > 0 ? 1.0f : beta, 0};
    for (int i = 0; i < m; i += MC) {
      int mb = min_int(MC, m - i);
      pack_a(&ma, i, mb, p, kb, pa);
      panels(mb, n, kb, pa, packed + (long)p * ceil_to(n, NR), &t, i, 0);
    }
  }
}

/* The workspace of a call, cut into its parts. */
typedef struct {
  float *pack;    /* PACK_FLOATS, for whole products */
  float *weight;  /* W_hh, packed */
  float *gates;   /* (N, H): pre-activations, and in backward their gradients */
  float *dh;      /* (B, H) */
  int32_t *start; /* (T): first row of each step */
  int32_t *before; /* (N): the row of the state before, or −1−b for row b of h0 */
} Parts;

static long parts_size(int rows, int batch, int input, int hidden) {
  (void)input;
  return PACK_FLOATS + packed_size(hidden, hidden) + (long)rows * hidden + (long)batch * hidden + 2l * rows + 128;
}

static Parts parts(const SaikiRecurrent *r) {
  int h = r->hidden_size, batch = r->steps ? r->batch_sizes[0] : 0;
  Parts p;
  p.pack = r->ws;
  p.weight = aligned(p.pack + PACK_FLOATS);
  p.gates = aligned(p.weight + packed_size(h, h));
  p.dh = aligned(p.gates + (long)r->rows * h);
  p.start = (int32_t *)(p.dh + (long)batch * h);
  p.before = p.start + r->steps;
  return p;
}

/* Fills start and before: who follows whom, forward in time or in reverse. */
static void timeline(const SaikiRecurrent *r, Parts *p) {
  int row = 0;
  for (int t = 0; t < r->steps; t++) {
    p->start[t] = row;
    row += r->batch_sizes[t];
  }
  for (int t = 0; t < r->steps; t++) {
    int from = r->reverse ? t + 1 : t - 1;
    int known = from < 0 || from >= r->steps ? 0 : r->batch_sizes[from];
    for (int b = 0; b < r->batch_sizes[t]; b++) {
      p->before[p->start[t] + b] = b < known ? p->start[from] + b : -1 - b;
    }
  }
}

/* gates (N, H) = x W_ihᵀ + b_ih, all rows at once. */
static void input_product(const SaikiRecurrent *r, const Parts *p) {
  int h = r->hidden_size;
  Target t = {p->gates, h, 1.0f, 0.0f, r->b_ih};
  Matrix x = matrix(r->x, r->ldx, 0), w = matrix(r->w_ih, r->input_size, 1);
  if (r->input_size == 0) scale_only(r->rows, h, &t);
  else product(r->rows, h, r->input_size, &x, &w, &t, p->pack);
}

/* gates[rows of step t] += h_{t−1} W_hhᵀ: rows that follow a step, then rows that start from h0. */
static void hidden_product(const SaikiRecurrent *r, const Parts *p, int t) {
  int h = r->hidden_size, from = r->reverse ? t + 1 : t - 1, batch = r->batch_sizes[t];
  int known = from < 0 || from >= r->steps ? 0 : min_int(batch, r->batch_sizes[from]);
  float *gates = p->gates + (long)p->start[t] * h, *pa = aligned(p->pack);
  if (known > 0) {
    product_packed(known, h, h, r->y + (long)p->start[from] * r->ldy, r->ldy, p->weight, gates, h, 1.0f, pa);
  }
  if (known < batch && r->h0) {
    long skip = (long)known * h;
    product_packed(batch - known, h, h, r->h0 + skip, h, p->weight, gates + skip, h, 1.0f, pa);
  }
}

/* y = act(gates + b_hh) for one row. */
static void activate(const SaikiRecurrent *r, const float *gates, float *y) {
  int j = 0, h = r->hidden_size;
  for (; j + VL <= h; j += VL) {
    vf v = load(gates + j);
    if (r->b_hh) v = v + load(r->b_hh + j);
    store(y + j, r->relu ? vrelu(v) : vtanh(v));
  }
  if (j < h) {
    vf v = load_some(gates + j, h - j);
    if (r->b_hh) v = v + load_some(r->b_hh + j, h - j);
    store_some(y + j, r->relu ? vrelu(v) : vtanh(v), h - j);
  }
}

/* h_N: each sequence's state after its own last step; in reverse that is step 0 for all. */
static void final_states(const SaikiRecurrent *r, const Parts *p) {
  for (int t = 0; t < r->steps; t++) {
    int first = r->reverse || t + 1 == r->steps ? 0 : r->batch_sizes[t + 1];
    for (int b = first; b < r->batch_sizes[t]; b++) {
      const float *y = r->y + (long)(p->start[t] + b) * r->ldy;
      for (int j = 0; j < r->hidden_size; j++) r->h_n[(long)b * r->hidden_size + j] = y[j];
    }
    if (r->reverse) return;
  }
}

int saiki_rnn_workspace(int rows, int batch, int input_size, int hidden_size) {
  return (int)parts_size(rows, batch, input_size, hidden_size);
}

void saiki_rnn_forward(const SaikiRecurrent *r) {
  Parts p = parts(r);
  int h = r->hidden_size;
  timeline(r, &p);
  Matrix w = matrix(r->w_hh, h, 1);
  pack_whole(&w, h, h, p.weight);
  input_product(r, &p);
  for (int s = 0; s < r->steps; s++) {
    int t = r->reverse ? r->steps - 1 - s : s;
    hidden_product(r, &p, t);
    for (int b = 0; b < r->batch_sizes[t]; b++) {
      int row = p.start[t] + b;
      activate(r, p.gates + (long)row * h, r->y + (long)row * r->ldy);
    }
  }
  final_states(r, &p);
}

/* da = (dh + dy) · act'(y) for one row; dy may be null. */
static void activate_backward(const SaikiRecurrent *r, const float *dh, const float *dy, const float *y, float *da) {
  int j = 0, h = r->hidden_size;
  for (; j + VL <= h; j += VL) {
    vf d = load(dh + j), v = load(y + j);
    if (dy) d = d + load(dy + j);
    store(da + j, r->relu ? choose(v > splat(0.0f), d, splat(0.0f)) : d * (splat(1.0f) - v * v));
  }
  for (; j < h; j++) {
    float d = dh[j] + (dy ? dy[j] : 0.0f), v = y[j];
    da[j] = r->relu ? (v > 0.0f ? d : 0.0f) : d * (1.0f - v * v);
  }
}

/* out[j] (+)= Σ_rows a[row, j]; a second output gets the same sums. */
static void column_sums(const float *a, int rows, int n, float *out, int add, float *out2, int add2) {
  for (int j = 0; j < n; j += VL) {
    int cols = min_int(VL, n - j);
    vf sum = splat(0.0f);
    for (int i = 0; i < rows; i += 128) {
      vf part = splat(0.0f);
      for (int k = i; k < min_int(rows, i + 128); k++) {
        const float *at = a + (long)k * n + j;
        part = part + (cols == VL ? load(at) : load_some(at, cols));
      }
      sum = sum + part;
    }
    for (int c = 0; c < cols; c++) {
      if (out) out[j + c] = sum[c] + (add ? out[j + c] : 0.0f);
      if (out2) out2[j + c] = sum[c] + (add2 ? out2[j + c] : 0.0f);
    }
  }
}

/* With the gate gradients of all rows at hand: dx, dW_ih, dW_hh and the biases, each in one product. */
static void parameter_gradients(const SaikiRecurrent *r, const SaikiRecurrentGrads *g, const Parts *p) {
  int h = r->hidden_size, in = r->input_size, add = g->accumulate;
  Matrix da = matrix(p->gates, h, 0), da_t = matrix(p->gates, h, 1);
  if (g->dx && in > 0) {
    Matrix w = matrix(r->w_ih, in, 0);
    Target t = {g->dx, g->lddx, 1.0f, add & 1 ? 1.0f : 0.0f, 0};
    product(r->rows, in, h, &da, &w, &t, p->pack);
  }
  if (g->dw_ih && in > 0) {
    Matrix x = matrix(r->x, r->ldx, 0);
    Target t = {g->dw_ih, in, 1.0f, add & 4 ? 1.0f : 0.0f, 0};
    product(h, in, r->rows, &da_t, &x, &t, p->pack);
  }
  if (g->dw_hh) {
    Matrix before = {r->y, r->ldy, 1, p->before, r->h0, h};
    Target t = {g->dw_hh, h, 1.0f, add & 8 ? 1.0f : 0.0f, 0};
    product(h, h, r->rows, &da_t, &before, &t, p->pack);
  }
  if (g->db_ih || g->db_hh) column_sums(p->gates, r->rows, h, g->db_ih, add & 16, g->db_hh, add & 32);
}

void saiki_rnn_backward(const SaikiRecurrent *r, const SaikiRecurrentGrads *g) {
  Parts p = parts(r);
  int h = r->hidden_size, batch = r->steps ? r->batch_sizes[0] : 0;
  timeline(r, &p);
  Matrix w = matrix(r->w_hh, h, 0);
  pack_whole(&w, h, h, p.weight);
  for (long i = 0; i < (long)batch * h; i++) p.dh[i] = g->dh_n ? g->dh_n[i] : 0.0f;
  for (int s = r->steps - 1; s >= 0; s--) {
    int t = r->reverse ? r->steps - 1 - s : s, rows = r->batch_sizes[t], start = p.start[t];
    for (int b = 0; b < rows; b++) {
      const float *dy = g->dy ? g->dy + (long)(start + b) * g->lddy : 0;
      activate_backward(r, p.dh + (long)b * h, dy, r->y + (long)(start + b) * r->ldy,
                        p.gates + (long)(start + b) * h);
    }
    product_packed(rows, h, h, p.gates + (long)start * h, h, p.weight, p.dh, h, 0.0f, aligned(p.pack));
  }
  if (g->dh0) {
    for (long i = 0; i < (long)batch * h; i++) g->dh0[i] = p.dh[i] + (g->accumulate & 2 ? g->dh0[i] : 0.0f);
  }
  parameter_gradients(r, g, &p);
}
