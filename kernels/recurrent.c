/*
 * Recurrent layers over a whole sequence, forward and backward.
 *
 * One driver walks the steps for every kind of cell. Forward: one product x W_ihᵀ of all rows, in
 * place where the gates will be; then, step by step, the product with h_{t−1}, whose weight was
 * packed once, and the cell's nonlinearity on each strip of columns while it is in cache. Backward:
 * the walk in the other direction finds the gates' gradients only, dh_{t−1} = da_t W_hh; every
 * parameter's gradient, and dx, is one product over all rows afterwards.
 *
 * A cell is a number of gates and two functions, which work on a strip: some columns of all rows of
 * a step. Steps are numbered in walking order, so that `reverse` matters nowhere but in `step_at`.
 */

struct sequence;
struct step;
typedef void strip_function(const struct sequence *s, const struct step *t, idx column, idx columns);

typedef struct {
  int gates;
  strip_function *forward;  /* from gates before the nonlinearity to y */
  strip_function *backward; /* from dh and dy to the gates' gradients, in place of the gates */
} cell;

typedef struct sequence {
  const saiki_recurrent *r;
  const saiki_recurrent_gradients *g;
  const cell *cell;
  idx rows, batch;
  const int *starts; /* (steps): the first row of each step in time */
  float *gates;      /* (N, G·H), or y itself */
  idx ldg;
  float *dh;           /* (B, H): what flows into the step at hand from those after it */
  const float *packed; /* W_hhᵀ gate by gate, or in backward W_hh; null for few rows */
  float *work;         /* for whole products */
} sequence;

/* Rows [row, row + rows). The first `known` go on from rows at `before`, the others from h0; the
   first `kept` go on in the next step, for the others this was the last. */
typedef struct step {
  idx row, rows, before, known, kept;
} step;

static step step_at(const sequence *s, idx k) {
  const saiki_recurrent *r = s->r;
  const idx direction = r->reverse ? -1 : 1, t = r->reverse ? r->steps - 1 - k : k;
  const idx rows = r->batch_sizes[t];
  step at = {s->starts[t], rows, 0, 0, 0};
  if (k > 0) {
    at.before = s->starts[t - direction];
    at.known = min_idx(rows, r->batch_sizes[t - direction]);
  }
  if (k + 1 < r->steps) at.kept = min_idx(rows, r->batch_sizes[t + direction]);
  return at;
}

/* C += or = A · (columns of w), whose packed form is at `panels` if there is one. */
static void step_product(const sequence *s, const matrix *w, const float *panels, idx rows, idx depth,
                         const float *a, idx lda, float *c, idx ldc, idx column, idx columns,
                         const epilogue *e) {
  if (s->packed) {
    const int width = panel_width(s->r->hidden_size - column);
    multiply_panel(rows, depth, a, lda, panels + column * depth, width, c, ldc, (int)columns, e);
  } else {
    multiply_few(rows, columns, depth, a, lda, w, c, ldc, e);
  }
}

/* The strip of columns from j on that is worked on at once: a panel, or all where none is packed. */
static idx strip_width(const sequence *s, idx j) {
  const idx rest = s->r->hidden_size - j;
  return s->packed ? min_idx(panel_width(rest), rest) : rest;
}

static void walk_forward(const sequence *s, float *hn) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size;
  for (idx k = 0; k < r->steps; k++) {
    const step t = step_at(s, k);
    const float *before = r->y + t.before * r->ldy, *h0 = r->h0 ? r->h0 + t.known * H : 0;
    for (idx j = 0, n; j < H; j += n) {
      n = strip_width(s, j);
      for (int g = 0; g < s->cell->gates; g++) {
        const matrix w = {r->w_hh + g * H * H, H, 1, 0, 0, 0};
        const float *panels = s->packed + g * H * padded(H);
        float *c = s->gates + t.row * s->ldg + g * H + j;
        step_product(s, &w, panels, t.known, H, before, r->ldy, c, s->ldg, j, n, &ADD);
        c += t.known * s->ldg;
        if (h0) step_product(s, &w, panels, t.rows - t.known, H, h0, H, c, s->ldg, j, n, &ADD);
      }
      s->cell->forward(s, &t, j, n);
    }
    copy_rows(t.rows - t.kept, H, r->y + (t.row + t.kept) * r->ldy, r->ldy, hn + t.kept * H, H, 0);
  }
}

/* The gates' gradients of all steps; what remains in `dh` is the gradient of h0. */
static void walk_backward(const sequence *s) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size, depth = s->cell->gates * H;
  const matrix w = {r->w_hh, H, 0, 0, 0, 0};
  step t = step_at(s, r->steps - 1);
  s->cell->backward(s, &t, 0, H);
  for (idx k = r->steps - 1; k >= 0; k--) {
    const idx rows = s->g->dh0.data ? t.rows : t.known;
    const float *da = s->gates + t.row * s->ldg;
    const step before = k > 0 ? step_at(s, k - 1) : t;
    for (idx j = 0, n; j < H; j += n) {
      n = strip_width(s, j);
      step_product(s, &w, s->packed, rows, depth, da, s->ldg, s->dh + j, H, j, n, &STORE);
      if (k > 0) s->cell->backward(s, &before, j, n);
    }
    t = before;
  }
}

/* before[row]: the row of y that holds h_{t−1}, or −1 − b for row b of h0. */
static void rows_before(const sequence *s, int *before) {
  for (idx k = 0; k < s->r->steps; k++) {
    const step t = step_at(s, k);
    for (idx b = 0; b < t.rows; b++)
      before[t.row + b] = (int)(b < t.known ? t.before + b : -1 - b);
  }
}

/* With the gates' gradients da (N, G·H) at hand. */
static void parameter_gradients(const sequence *s, int *before) {
  const saiki_recurrent *r = s->r;
  const saiki_recurrent_gradients *g = s->g;
  const idx I = r->input_size, H = r->hidden_size, GH = s->cell->gates * H;
  const matrix da = {s->gates, s->ldg, 0, 0, 0, 0}, da_t = {s->gates, s->ldg, 1, 0, 0, 0};
  if (g->dx.data) {
    const matrix w = {r->w_ih, I, 0, 0, 0, 0};
    multiply(s->rows, I, GH, &da, &w, g->dx.data, g->lddx, g->dx.accumulate ? &ADD : &STORE, s->work);
  }
  if (g->dw_ih.data) {
    const matrix x = {r->x, r->ldx, 0, 0, 0, 0};
    multiply(GH, I, s->rows, &da_t, &x, g->dw_ih.data, I, g->dw_ih.accumulate ? &ADD : &STORE, s->work);
  }
  if (g->dw_hh.data) {
    rows_before(s, before);
    const matrix h = {r->y, r->ldy, 0, before, r->h0, H};
    multiply(GH, H, s->rows, &da_t, &h, g->dw_hh.data, H, g->dw_hh.accumulate ? &ADD : &STORE, s->work);
  }
  if (g->db_ih.data) column_sums(s->rows, GH, s->gates, s->ldg, g->db_ih.data, g->db_ih.accumulate);
  if (g->db_hh.data) column_sums(s->rows, GH, s->gates, s->ldg, g->db_hh.data, g->db_hh.accumulate);
}

/* ---- the workspace --------------------------------------------------------------------------- */

/* Memory handed out piece by piece; from null, only counted. */
typedef struct {
  char *at;
} pile;

static void *take(pile *p, idx words) {
  void *piece = p->at;
  p->at += (4 * words + 63) & ~(idx)63;
  return piece;
}

static idx count_rows(const saiki_recurrent *r) {
  idx rows = 0;
  for (idx t = 0; t < r->steps; t++) rows += r->batch_sizes[t];
  return rows;
}

/* What all cells need; `gates` floats a row are taken for the gates where the caller has none. */
static sequence begin(const saiki_recurrent *r, const cell *c, pile *p) {
  const idx H = r->hidden_size, I = r->input_size, GH = c->gates * H;
  sequence s = {.r = r, .cell = c, .rows = count_rows(r), .batch = r->steps ? r->batch_sizes[0] : 0};
  int *starts = take(p, r->steps);
  s.starts = starts;
  s.packed = take(p, GH * (padded(H) + NR));
  idx work = multiply_workspace(s.rows, GH, I);
  work = max_idx(work, multiply_workspace(s.rows, I, GH));
  work = max_idx(work, multiply_workspace(GH, max_idx(I, H), s.rows));
  s.work = take(p, work);
  return s;
}

static void fill_starts(const sequence *s) {
  int *starts = (int *)s->starts, row = 0;
  for (idx t = 0; t < s->r->steps; t++) {
    starts[t] = row;
    row += s->r->batch_sizes[t];
  }
}

/* W_hh for the walk: its transpose gate by gate for forward, itself for backward. */
static void pack_hidden(sequence *s, int transposed) {
  const idx H = s->r->hidden_size, depth = transposed ? H : s->cell->gates * H;
  float *to = (float *)s->packed;
  if (s->rows <= FEW) s->packed = 0;
  else
    for (int g = 0; g < (transposed ? s->cell->gates : 1); g++) {
      const matrix w = {s->r->w_hh + g * H * H, H, transposed, 0, 0, 0};
      pack(&w, 0, depth, 0, H, to + g * H * padded(H));
    }
}

/* ---- RNN: h_t = act(a_t), da_t = dh_t · act'(h_t); the gates live in y ------------------------- */

INLINE void rnn_forward_strip(const sequence *s, const step *t, idx column, idx columns,
                              const int relu) {
  for (idx i = 0; i < t->rows; i++) {
    float *y = s->r->y + (t->row + i) * s->r->ldy + column;
    for (idx j = 0; j < columns; j += VW) {
      const vf a = vload_part(y + j, columns - j);
      vstore_part(y + j, columns - j, relu ? vrelu(a) : vtanh(a));
    }
  }
}

INLINE void rnn_backward_strip(const sequence *s, const step *t, idx column, idx columns,
                               const int relu) {
  const saiki_recurrent_gradients *g = s->g;
  for (idx i = 0; i < t->rows; i++) {
    const float *dh = s->dh + i * s->r->hidden_size + column;
    const float *y = s->r->y + (t->row + i) * s->r->ldy + column;
    const float *dy = g->dy ? g->dy + (t->row + i) * g->lddy + column : 0;
    float *da = s->gates + (t->row + i) * s->ldg + column;
    for (idx j = 0; j < columns; j += VW) {
      const idx left = columns - j;
      vf d = vload_part(dh + j, left);
      if (dy) d += vload_part(dy + j, left);
      const vf h = vload_part(y + j, left);
      vstore_part(da + j, left, relu ? vselect(h <= 0.0f, vset(0), d) : d * (1.0f - h * h));
    }
  }
}

static void tanh_forward(const sequence *s, const step *t, idx j, idx n) { rnn_forward_strip(s, t, j, n, 0); }
static void relu_forward(const sequence *s, const step *t, idx j, idx n) { rnn_forward_strip(s, t, j, n, 1); }
static void tanh_backward(const sequence *s, const step *t, idx j, idx n) { rnn_backward_strip(s, t, j, n, 0); }
static void relu_backward(const sequence *s, const step *t, idx j, idx n) { rnn_backward_strip(s, t, j, n, 1); }

static const cell TANH_CELL = {1, tanh_forward, tanh_backward};
static const cell RELU_CELL = {1, relu_forward, relu_backward};

static sequence rnn_begin(const saiki_recurrent *r, int relu, pile *p) {
  const idx H = r->hidden_size;
  sequence s = begin(r, relu ? &RELU_CELL : &TANH_CELL, p);
  s.dh = take(p, max_idx(s.batch, 1) * H);
  s.gates = take(p, s.rows * H);
  s.ldg = H;
  return s;
}

EXPORT idx saiki_rnn_workspace(const saiki_recurrent *r) {
  pile p = {0};
  const sequence s = rnn_begin(r, 0, &p);
  take(&p, s.rows); /* rows_before */
  return (idx)p.at + 64;
}

EXPORT void saiki_rnn_forward(const saiki_recurrent *r, int relu, float *hn, void *workspace) {
  const idx I = r->input_size, H = r->hidden_size;
  pile p = {align64(workspace)};
  sequence s = rnn_begin(r, relu, &p);
  float *bias = s.dh; /* free in forward */
  fill_starts(&s);
  for (idx j = 0; j < H; j++) bias[j] = (r->b_ih ? r->b_ih[j] : 0) + (r->b_hh ? r->b_hh[j] : 0);
  s.gates = r->y;
  s.ldg = r->ldy;
  const matrix x = {r->x, r->ldx, 0, 0, 0, 0}, w = {r->w_ih, I, 1, 0, 0, 0};
  const epilogue e = {1, 0, r->b_ih || r->b_hh ? bias : 0};
  multiply(s.rows, H, I, &x, &w, r->y, r->ldy, &e, s.work);
  if (r->steps > 1 || r->h0) pack_hidden(&s, 1);
  walk_forward(&s, hn);
}

EXPORT void saiki_rnn_backward(const saiki_recurrent *r, int relu,
                               const saiki_recurrent_gradients *g, void *workspace) {
  const idx H = r->hidden_size;
  pile p = {align64(workspace)};
  sequence s = rnn_begin(r, relu, &p);
  s.g = g;
  fill_starts(&s);
  for (idx i = 0; i < s.batch * H; i++) s.dh[i] = g->dhn ? g->dhn[i] : 0;
  if (r->steps > 1 || g->dh0.data) pack_hidden(&s, 0);
  if (r->steps > 0) walk_backward(&s);
  if (g->dh0.data) copy_rows(s.batch, H, s.dh, H, g->dh0.data, H, g->dh0.accumulate);
  parameter_gradients(&s, take(&p, s.rows));
}
