/*
 * A whole sequence, forward and backward, for every kind of recurrent cell.
 *
 * Forward: one product x W_ihᵀ of all rows, in place where the gates will be; then, step by step,
 * the product with h_{t−1}, whose weight was packed once, and the cell's nonlinearity on each strip
 * of columns while it is in cache. Backward: the walk in the other direction finds the gates'
 * gradients only, dh_{t−1} = da_t W_hh; every parameter's gradient, and dx, is one product over all
 * rows afterwards.
 */

/* ---- forward --------------------------------------------------------------------------------- */

static int input_block(const cell *c, int gate) { return (gate + c->shift) % c->gates; }

/* Of the gates that `input_block` maps to blocks in a row: where they begin, in the weights and in a
   row, and how many. Two runs at most. */
typedef struct {
  int gate, block, gates;
} run;
static int runs_of(const cell *c, run *runs) {
  runs[0] = (run){0, c->shift, c->gates - c->shift};
  runs[1] = (run){c->gates - c->shift, 0, c->shift};
  return c->shift ? 2 : 1;
}

static void fill_bias(const sequence *s) {
  const idx H = s->r->hidden_size;
  const cell *c = s->cell;
  for (idx j = 0; j < c->width * H; j++) s->bias[j] = 0;
  for (int g = 0; g < c->gates; g++)
    for (idx j = 0; j < H; j++) {
      if (s->r->b_ih) s->bias[input_block(c, g) * H + j] += s->r->b_ih[g * H + j];
      if (s->r->b_hh) s->bias[(c->shift + g) * H + j] += s->r->b_hh[g * H + j];
    }
}

/* gates = x W_ihᵀ + biases, and biases alone where x has no part. */
static void input_products(const sequence *s) {
  const saiki_recurrent *r = s->r;
  const idx I = r->input_size, H = r->hidden_size, covered = s->cell->gates * H;
  const matrix x = {r->x, r->ldx, 0, 0, 0, 0};
  fill_bias(s);
  run runs[2];
  for (int q = 0, n = runs_of(s->cell, runs); q < n; q++) {
    const matrix w = {r->w_ih + runs[q].gate * H * I, I, 1, 0, 0, 0};
    const idx column = runs[q].block * H;
    const epilogue e = {1, 0, s->bias + column};
    multiply(s->rows, runs[q].gates * H, I, &x, &w, s->gates + column, s->ldg, &e, s->work);
  }
  copy_rows(s->rows, s->cell->width * H - covered, s->bias + covered, 0, s->gates + covered, s->ldg, 0);
}

static void project(const sequence *s, const step *t) {
  const idx H = s->r->hidden_size, ldy = s->r->ldy;
  float *y = s->r->y + t->row * ldy;
  for (idx j = 0, n; j < s->projection.columns; j += n) {
    n = strip_width(&s->projection, j);
    step_product(&s->projection, t->rows, s->out, H, y + j, ldy, j, n, &STORE);
  }
}

/* hn and cn get the strip's columns of the rows whose last step this is. */
static void leave_last(const sequence *s, const step *t, idx column, idx columns, float *hn, float *cn) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size, P = r->state_size, last = t->row + t->kept, rows = t->rows - t->kept;
  if (hn)
    copy_rows(rows, columns, r->y + last * r->ldy + column, r->ldy, hn + t->kept * P + column, P, 0);
  if (cn) copy_rows(rows, columns, r->c + last * H + column, H, cn + t->kept * H + column, H, 0);
}

/* Columns j … j + n of step k. */
static void forward_strip(const walk *w, const sequence *s, idx k, idx j, idx n) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size, P = r->state_size;
  const step t = step_at(s, k);
  const float *before = r->y + t.before * r->ldy, *h0 = r->h0 ? r->h0 + t.known * P : 0;
  for (int g = 0; g < s->cell->gates; g++) {
    float *c = s->gates + t.row * s->ldg + (s->cell->shift + g) * H + j;
    step_product(&s->hidden[g], t.known, before, r->ldy, c, s->ldg, j, n, &ADD);
    c += t.known * s->ldg;
    if (h0) step_product(&s->hidden[g], t.rows - t.known, h0, P, c, s->ldg, j, n, &ADD);
  }
  s->cell->forward(s, &t, j, n);
  leave_last(s, &t, j, n, s->out ? 0 : w->hn, s->cell->memory ? w->cn : 0);
}

/* What follows when all columns of step k are there. */
static void forward_end(const walk *w, const sequence *s, idx k) {
  if (!s->out) return;
  const step t = step_at(s, k);
  project(s, &t);
  leave_last(s, &t, 0, s->r->state_size, w->hn, 0);
}

/* ---- backward -------------------------------------------------------------------------------- */

/* The gates' gradients of a projected step, whose `dh` is complete. */
static void cell_backward(const sequence *s, const step *t) {
  const idx H = s->r->hidden_size, P = s->r->state_size;
  float *d = s->dprojected + t->row * P;
  copy_rows(t->rows, P, s->dh, P, d, P, 0);
  if (s->g->dy) copy_rows(t->rows, P, s->g->dy + t->row * s->g->lddy, s->g->lddy, d, P, 1);
  for (idx j = 0, n; j < H; j += n) {
    n = strip_width(&s->projection, j);
    step_product(&s->projection, t->rows, d, P, s->dout + j, H, j, n, &STORE);
    s->cell->backward(s, t, j, n);
  }
}

/*
 * Stage 0 finds the gates' gradients of the last step, stage q those of the one q before it, from
 * dh = da W_hh of the step between; what the last stage leaves in `dh` and `dc` is the gradient of h0
 * and c0. Columns j … j + n of a stage.
 */
static void backward_strip(const walk *w, const sequence *s, idx q, idx j, idx n) {
  const idx steps = s->r->steps, k = steps - q, P = s->r->state_size;
  (void)w;
  if (q > 0) {
    const step t = step_at(s, k);
    const idx rows = s->g->dh0.data ? t.rows : t.known;
    const float *da = s->gates + t.row * s->ldg + s->cell->shift * s->r->hidden_size;
    const epilogue *e = s->cell->direct ? &ADD : &STORE;
    step_product(&s->hidden[0], rows, da, s->ldg, s->dh + j, P, j, n, e);
  }
  if (q == steps || s->out) return;
  const step t = step_at(s, k - 1);
  s->cell->backward(s, &t, j, n);
}

static void backward_end(const walk *w, const sequence *s, idx q) {
  (void)w;
  if (!s->out || q == s->r->steps) return;
  const step t = step_at(s, s->r->steps - 1 - q);
  cell_backward(s, &t);
}

/* before[row]: the row of y that holds h_{t−1}, or −1 − b for row b of h0. */
static void rows_before(const sequence *s) {
  for (idx k = 0; k < s->r->steps; k++) {
    const step t = step_at(s, k);
    for (idx b = 0; b < t.rows; b++)
      s->before[t.row + b] = (int)(b < t.known ? t.before + b : -1 - b);
  }
}

/* Of x, W_ih and b_ih. */
static void input_gradients(const sequence *s, const run *at, int first) {
  const saiki_recurrent *r = s->r;
  const saiki_recurrent_gradients *g = s->g;
  const idx I = r->input_size, H = r->hidden_size, n = at->gates * H;
  const float *d = s->gates + at->block * H;
  const matrix da = {d, s->ldg, 0, 0, 0, 0}, da_t = {d, s->ldg, 1, 0, 0, 0};
  const matrix x = {r->x, r->ldx, 0, 0, 0, 0}, w = {r->w_ih + at->gate * H * I, I, 0, 0, 0, 0};
  if (g->dx.data)
    multiply(s->rows, I, n, &da, &w, g->dx.data, g->lddx,
             g->dx.accumulate || !first ? &ADD : &STORE, s->work);
  if (g->dw_ih.data)
    multiply(n, I, s->rows, &da_t, &x, g->dw_ih.data + at->gate * H * I, I,
             g->dw_ih.accumulate ? &ADD : &STORE, s->work);
  if (g->db_ih.data)
    column_sums(s->rows, n, d, s->ldg, g->db_ih.data + at->gate * H, g->db_ih.accumulate);
}

/* With the gates' gradients da at hand. */
static void gradients_of_all_rows(const sequence *s) {
  const saiki_recurrent *r = s->r;
  const saiki_recurrent_gradients *g = s->g;
  const idx H = r->hidden_size, P = r->state_size, GH = s->cell->gates * H;
  run runs[2];
  for (int q = 0, n = runs_of(s->cell, runs); q < n; q++) input_gradients(s, &runs[q], q == 0);
  const float *d = s->gates + s->cell->shift * H;
  if (g->dw_hh.data) {
    rows_before(s);
    const matrix da_t = {d, s->ldg, 1, 0, 0, 0}, h = {r->y, r->ldy, 0, s->before, r->h0, P};
    multiply(GH, P, s->rows, &da_t, &h, g->dw_hh.data, P, g->dw_hh.accumulate ? &ADD : &STORE, s->work);
  }
  if (g->db_hh.data) {
    /* The same sums as of b_ih, unless the gates' two sides differ. */
    if (!s->cell->shift && g->db_ih.data && !g->db_ih.accumulate)
      copy_rows(1, GH, g->db_ih.data, 0, g->db_hh.data, 0, g->db_hh.accumulate);
    else column_sums(s->rows, GH, d, s->ldg, g->db_hh.data, g->db_hh.accumulate);
  }
  if (g->dw_hr.data) {
    const matrix dp_t = {s->dprojected, P, 1, 0, 0, 0}, out = {s->out, H, 0, 0, 0, 0};
    multiply(P, H, s->rows, &dp_t, &out, g->dw_hr.data, H, g->dw_hr.accumulate ? &ADD : &STORE, s->work);
  }
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

static idx products_workspace(const sequence *s, int backward) {
  const idx N = s->rows, I = s->r->input_size, H = s->r->hidden_size, P = s->r->state_size;
  idx most = 0;
  run runs[2];
  for (int q = 0, n = runs_of(s->cell, runs); q < n; q++) {
    const idx GH = runs[q].gates * H;
    if (!backward) most = max_idx(most, multiply_workspace(N, GH, I));
    else most = max_idx(most, max_idx(multiply_workspace(N, I, GH), multiply_workspace(GH, I, N)));
  }
  if (!backward) return most;
  most = max_idx(most, multiply_workspace(s->cell->gates * H, P, N));
  return max_idx(most, multiply_workspace(P, H, N));
}

static weight prepare(const sequence *s, pile *p, const float *w, idx ld, int transposed, idx depth,
                      idx columns) {
  float *panels = s->rows <= FEW ? 0 : take(p, depth * padded(columns));
  return (weight){{w, ld, transposed, 0, 0, 0}, depth, columns, panels};
}

static void pack_weight(const weight *w) {
  if (w->panels) pack(&w->w, 0, w->depth, 0, w->columns, w->panels);
}

static sequence begin(const cell *c, const saiki_recurrent *r, int backward, pile *p) {
  const idx H = r->hidden_size, P = r->state_size, GH = c->gates * H;
  sequence s = {.r = r, .cell = c, .rows = count_rows(r), .batch = r->steps ? r->batch_sizes[0] : 0};
  s.count = s.batch;
  s.starts = take(p, r->steps);
  s.turns = take(p, max_idx(H, P) / NR2 + 3); /* strips are narrow panels at least, but for the last */
  s.zeros = take(p, H);
  s.work = take(p, products_workspace(&s, backward));
  s.gates = r->gates;
  s.ldg = c->width * H;
  if (r->w_hr) s.out = take(p, (backward ? s.rows : s.batch) * H);
  if (!backward) {
    s.bias = take(p, c->width * H);
    for (int g = 0; g < c->gates; g++)
      s.hidden[g] = prepare(&s, p, r->w_hh + g * H * P, P, 1, P, H);
    if (r->w_hr) s.projection = prepare(&s, p, r->w_hr, H, 1, H, P);
    return s;
  }
  s.hidden[0] = prepare(&s, p, r->w_hh, P, 0, GH, P);
  s.before = take(p, s.rows);
  s.dout = s.dh = take(p, s.batch * P);
  if (c->memory) s.dc = take(p, s.batch * H);
  if (r->w_hr) {
    s.projection = prepare(&s, p, r->w_hr, H, 0, P, H);
    s.dout = take(p, s.batch * H);
    s.dprojected = take(p, s.rows * P);
  }
  return s;
}

static void fill_tables(const sequence *s) {
  float *zeros = (float *)s->zeros;
  for (idx j = 0; j < s->r->hidden_size; j++) zeros[j] = 0;
  int row = 0;
  for (idx t = 0; t < s->r->steps; t++) {
    s->starts[t] = row;
    row += s->r->batch_sizes[t];
  }
}

static void copy_or_clear(const float *from, float *to, idx n) {
  for (idx i = 0; i < n; i++) to[i] = from ? from[i] : 0;
}

/* ---- the whole sequence ---------------------------------------------------------------------- */

static void sequence_forward(const sequence *s, float *hn, float *cn) {
  fill_tables(s);
  input_products(s);
  if (s->r->steps > 1 || s->r->h0)
    for (int g = 0; g < s->cell->gates; g++) pack_weight(&s->hidden[g]);
  if (s->out) pack_weight(&s->projection);
  const walk w = {s, s->r->steps, forward_strip, forward_end, 1, hn, cn};
  share_walk(&w, s);
}

static void sequence_backward(const sequence *s) {
  const saiki_recurrent_gradients *g = s->g;
  const idx H = s->r->hidden_size, P = s->r->state_size;
  fill_tables(s);
  copy_or_clear(g->dhn, s->dh, s->batch * P);
  if (s->dc) copy_or_clear(g->dcn, s->dc, s->batch * H);
  if (s->r->steps > 1 || g->dh0.data) pack_weight(&s->hidden[0]);
  if (s->out) pack_weight(&s->projection);
  const walk w = {s, s->r->steps + 1, backward_strip, backward_end, 1, 0, 0};
  if (s->r->steps > 0) share_walk(&w, s);
  if (g->dh0.data) copy_rows(s->batch, P, s->dh, P, g->dh0.data, P, g->dh0.accumulate);
  if (g->dc0.data) copy_rows(s->batch, H, s->dc, H, g->dc0.data, H, g->dc0.accumulate);
  gradients_of_all_rows(s);
}
