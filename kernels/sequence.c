/*
 * A whole sequence, forward and backward, for every kind of recurrent cell.
 *
 * Forward: the products x W_ihᵀ of many rows at once, in place where the gates will be; then, step by
 * step, the product with h_{t−1}, and the cell's nonlinearity. Backward: the walk in the other direction
 * finds the gates' gradients only, dh_{t−1} = da_t W_hh; every parameter's gradient, and dx, is a product
 * over many rows afterwards. Many are as many steps as a near cache holds. Weights are packed once.
 */

/* ---- forward --------------------------------------------------------------------------------- */

static int input_block(const cell *c, int gate) { return (gate + c->shift) % c->gates; }

/* Of the gates that `input_block` maps to blocks in a row: where they begin, in the weights and in a
   row, and how many. */
typedef struct {
  int gate, block, gates;
} run;
static int count_runs(const cell *c) { return c->shift ? 2 : 1; }
static run run_of(const cell *c, int q) {
  return q == 0 ? (run){0, c->shift, c->gates - c->shift} : (run){c->gates - c->shift, 0, c->shift};
}

/* Rows first … first + count of a sequence. */
typedef struct {
  idx first, count;
} range;

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
static void input_products(const sequence *s, range at) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size, covered = s->cell->gates * H;
  const matrix x = {.data = r->x + at.first * r->ldx, .ld = r->ldx};
  float *gates = gates_at(s, at.first);
  for (int q = 0; q < count_runs(s->cell); q++) {
    const weight *w = &s->input[q];
    const idx column = run_of(s->cell, q).block * H;
    const epilogue e = {1, 0, s->bias + column};
    multiply(at.count, w->columns, w->depth, &x, &w->w, gates + column, s->ldg, &e, s->work);
  }
  copy_rows(at.count, s->cell->width * H - covered, s->bias + covered, 0, gates + covered, s->ldg, 0);
}

static void project(const sequence *s, const step *t) {
  const idx H = s->r->hidden_size, ldy = s->r->ldy;
  float *y = s->r->y + t->row * ldy;
  for (idx j = 0, n; j < s->projection.columns; j += n) {
    n = strip_width(&s->projection, j);
    step_product(&s->projection, t->rows, s->out, H, y + j, ldy, j, n, &STORE);
  }
}

/* hn and cn get the states of the rows whose last step this is. */
static void leave_last(const sequence *s, const step *t, float *hn, float *cn) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size, P = r->state_size, last = t->row + t->kept, rows = t->rows - t->kept;
  if (hn) copy_rows(rows, P, r->y + last * r->ldy, r->ldy, hn + t->kept * P, P, 0);
  if (cn) copy_rows(rows, H, r->c + last * H, H, cn + t->kept * H, H, 0);
}

/* Columns j … j + n of each gate of step k. */
static void forward_product(const sequence *s, idx k, idx j, idx n) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size, P = r->state_size;
  const step t = step_at(s, k);
  const float *before = r->y + t.before * r->ldy, *h0 = r->h0 ? r->h0 + t.known * P : 0;
  for (int g = 0; g < s->cell->gates; g++) {
    float *c = gates_at(s, t.row) + (s->cell->shift + g) * H + j;
    step_product(&s->hidden[g], t.known, before, r->ldy, c, s->ldg, j, n, &ADD);
    c += t.known * s->ldg;
    if (h0) step_product(&s->hidden[g], t.rows - t.known, h0, P, c, s->ldg, j, n, &ADD);
  }
}

static void forward_cells(const walk *w, const sequence *s, idx k) {
  const step t = step_at(s, k);
  s->cell->forward(s, &t);
  if (s->out) project(s, &t);
  leave_last(s, &t, w->hn, s->cell->memory ? w->cn : 0);
}

/* ---- backward -------------------------------------------------------------------------------- */

/* The gradient of what was projected, from that of the states. */
static void project_back(const sequence *s, const step *t) {
  const idx H = s->r->hidden_size, P = s->r->state_size;
  float *d = s->dprojected + t->row * P;
  copy_rows(t->rows, P, s->dh, P, d, P, 0);
  if (s->g->dy) copy_rows(t->rows, P, s->g->dy + t->row * s->g->lddy, s->g->lddy, d, P, 1);
  for (idx j = 0, n; j < H; j += n) {
    n = strip_width(&s->projection, j);
    step_product(&s->projection, t->rows, d, P, s->dout + j, H, j, n, &STORE);
  }
}

/*
 * Stage 0 finds the gates' gradients of the last step, stage q those of the one q before it, from
 * dh = da W_hh of the step between; what the last stage leaves in `dh` and `dc` is the gradient of h0
 * and c0. Columns j … j + n of dh.
 */
static void backward_product(const sequence *s, idx q, idx j, idx n) {
  const idx P = s->r->state_size;
  if (q == 0) return;
  const step t = step_at(s, s->r->steps - q);
  const idx rows = s->g->dh0.data ? t.rows : t.known;
  const float *da = gates_at(s, t.row) + s->cell->shift * s->r->hidden_size;
  const epilogue *e = s->cell->direct ? &ADD : &STORE;
  step_product(&s->hidden[0], rows, da, s->ldg, s->dh + j, P, j, n, e);
}

static void backward_cells(const walk *w, const sequence *s, idx q) {
  (void)w;
  if (q == s->r->steps) return;
  const step t = step_at(s, s->r->steps - 1 - q);
  if (s->out) project_back(s, &t);
  s->cell->backward(s, &t);
}

/* before[row]: the row of y that holds h_{t−1}, or −1 − b for row b of h0. */
static void rows_before(const sequence *s) {
  for (idx k = 0; k < s->r->steps; k++) {
    const step t = step_at(s, k);
    for (idx b = 0; b < t.rows; b++)
      s->before[t.row + b] = (int)(b < t.known ? t.before + b : -1 - b);
  }
}

/* The gradients of both biases are the same sums, unless the gates' two sides differ. */
static int same_biases(const sequence *s) {
  return !s->cell->shift && s->g->db_ih.data && !s->g->db_ih.accumulate;
}

static const epilogue *into(saiki_gradient g, int first) {
  return g.accumulate || !first ? &ADD : &STORE;
}

/* Of x, W_ih and b_ih. `first`: nothing of the same walk was added to them yet. */
static void input_gradients(const sequence *s, range at, int q, int first) {
  const saiki_recurrent *r = s->r;
  const saiki_recurrent_gradients *g = s->g;
  const run run = run_of(s->cell, q);
  const idx I = r->input_size, H = r->hidden_size, n = run.gates * H, N = at.count;
  const float *d = gates_at(s, at.first) + run.block * H;
  const matrix da = {.data = d, .ld = s->ldg}, da_t = {.data = d, .ld = s->ldg, .transposed = 1};
  const matrix x = {.data = r->x + at.first * r->ldx, .ld = r->ldx};
  if (g->dx.data)
    multiply(N, I, n, &da, &s->input[q].w, g->dx.data + at.first * g->lddx, g->lddx,
             into(g->dx, q == 0), s->work);
  if (g->dw_ih.data)
    multiply(n, I, N, &da_t, &x, g->dw_ih.data + run.gate * H * I, I, into(g->dw_ih, first), s->work);
  if (g->db_ih.data)
    column_sums(N, n, d, s->ldg, g->db_ih.data + run.gate * H, g->db_ih.accumulate || !first);
}

/* With the gates' gradients da of these rows at hand. */
static void gradients_of_rows(const sequence *s, range at, int first) {
  const saiki_recurrent *r = s->r;
  const saiki_recurrent_gradients *g = s->g;
  const idx H = r->hidden_size, P = r->state_size, GH = s->cell->gates * H, N = at.count;
  for (int q = 0; q < count_runs(s->cell); q++) input_gradients(s, at, q, first);
  const float *d = gates_at(s, at.first) + s->cell->shift * H;
  if (g->dw_hh.data) {
    const matrix da_t = {.data = d, .ld = s->ldg, .transposed = 1};
    const matrix h = {r->y, r->ldy, 0, s->before + at.first, r->h0, P, 0};
    multiply(GH, P, N, &da_t, &h, g->dw_hh.data, P, into(g->dw_hh, first), s->work);
  }
  if (g->db_hh.data && !same_biases(s))
    column_sums(N, GH, d, s->ldg, g->db_hh.data, g->db_hh.accumulate || !first);
  if (g->dw_hr.data) {
    const matrix dp_t = {.data = s->dprojected + at.first * P, .ld = P, .transposed = 1};
    const matrix out = {.data = s->out + at.first * H, .ld = H};
    multiply(P, H, N, &dp_t, &out, g->dw_hr.data, H, into(g->dw_hr, first), s->work);
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
  for (int q = 0; q < count_runs(s->cell); q++) {
    const idx GH = run_of(s->cell, q).gates * H;
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
  return (weight){{w, ld, transposed, 0, 0, 0, panels}, depth, columns};
}

static void pack_weight(const weight *w) {
  if (w->w.panels) pack(&w->w, 0, w->depth, 0, w->columns, w->w.panels);
}

/* Floats that a core's own cache has room for; and rows so many that products over them are worth a
   walk's interruption: the gradients of large weights are themselves read and written each time. */
enum { NEAR_ROWS = 1 << 16, LEAST_ROWS = 192, LEAST_ROWS_LARGE = KC };

static idx rows_at_once(const sequence *s) {
  const saiki_recurrent *r = s->r;
  const idx row = s->cell->width * r->hidden_size + 2 * (r->input_size + r->state_size);
  return max_idx(count_weights(s) > NEAR ? LEAST_ROWS_LARGE : LEAST_ROWS, NEAR_ROWS / row);
}

/* Rows that lie a power of two apart would share a few lines of the cache. */
static idx padded_row(const sequence *s) { return s->cell->width * s->r->hidden_size + 16; }

/* Whether forward leaves no gates for backward, so that those of the rows at hand are enough. */
static int forgets_gates(const sequence *s) { return !s->r->gates && s->cell->width > 1; }

static sequence begin(const cell *c, const saiki_recurrent *r, int backward, pile *p) {
  const idx I = r->input_size, H = r->hidden_size, P = r->state_size, GH = c->gates * H;
  sequence s = {.r = r, .cell = c, .rows = count_rows(r), .batch = r->steps ? r->batch_sizes[0] : 0};
  s.count = s.batch;
  s.starts = take(p, r->steps);
  s.turns = take(p, count_turns(max_idx(H, P)));
  s.zeros = take(p, H);
  s.work = take(p, products_workspace(&s, backward));
  s.gates = r->gates;
  s.ldg = c->width * H;
  if (r->w_hr) s.out = take(p, (backward ? s.rows : s.batch) * H);
  for (int q = 0; q < count_runs(c); q++) {
    const run run = run_of(c, q);
    const float *w = r->w_ih + run.gate * H * I;
    s.input[q] = backward ? prepare(&s, p, w, I, 0, run.gates * H, I)
                          : prepare(&s, p, w, I, 1, I, run.gates * H);
  }
  if (!backward && forgets_gates(&s)) {
    s.ldg = padded_row(&s);
    s.gates = take(p, min_idx(s.rows, max_idx(rows_at_once(&s), s.batch)) * s.ldg);
  }
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

/*
 * The stages of a walk from k on: as many steps, in walking order, as have their rows in a near cache.
 * So the walk finds there what a product over them left, or such a product what the walk left.
 */
static range next_steps(const sequence *s, walk *w, idx k, int backwards) {
  const saiki_recurrent *r = s->r;
  const idx most = rows_at_once(s);
  const int down = r->reverse != backwards; /* in time */
  const idx t = down ? r->steps - 1 - k : k;
  idx steps = 0, rows = 0;
  for (idx more; k + steps < r->steps; steps++, rows += more) {
    more = r->batch_sizes[down ? t - steps : t + steps];
    if (steps > 0 && rows + more > most) break;
  }
  w->from = k;
  w->to = k + steps;
  w->first = down ? t - steps + 1 : t;
  w->last = w->first + steps - 1;
  w->rows = rows;
  return (range){s->starts[w->first], rows};
}

static void sequence_forward(const sequence *s, float *hn, float *cn) {
  fill_tables(s);
  fill_bias(s);
  for (int q = 0; q < count_runs(s->cell); q++) pack_weight(&s->input[q]);
  if (s->r->steps > 1 || s->r->h0)
    for (int g = 0; g < s->cell->gates; g++) pack_weight(&s->hidden[g]);
  if (s->out) pack_weight(&s->projection);
  sequence now = *s;
  walk w = {.s = &now, .product = forward_product, .cells = forward_cells, .hn = hn, .cn = cn};
  for (idx k = 0; k < s->r->steps; k = w.to) {
    const range rows = next_steps(s, &w, k, 0);
    if (forgets_gates(s)) now.gates_first = rows.first;
    input_products(&now, rows);
    share_walk(&w);
  }
}

static void sequence_backward(const sequence *s) {
  const saiki_recurrent_gradients *g = s->g;
  const idx H = s->r->hidden_size, P = s->r->state_size, GH = s->cell->gates * H, steps = s->r->steps;
  fill_tables(s);
  rows_before(s);
  copy_or_clear(g->dhn, s->dh, s->batch * P);
  if (s->dc) copy_or_clear(g->dcn, s->dc, s->batch * H);
  for (int q = 0; g->dx.data && q < count_runs(s->cell); q++) pack_weight(&s->input[q]);
  if (steps > 1 || g->dh0.data) pack_weight(&s->hidden[0]);
  if (s->out) pack_weight(&s->projection);
  walk w = {.s = s, .product = backward_product, .cells = backward_cells};
  for (idx k = 0; k < steps; k = w.to) {
    const range rows = next_steps(s, &w, k, 1);
    share_walk(&w);
    gradients_of_rows(s, rows, k == 0);
  }
  if (steps == 0) gradients_of_rows(s, (range){0, 0}, 1); /* zeros */
  else { /* through the first step */
    w.from = steps;
    w.to = steps + 1;
    share_walk(&w);
  }
  if (g->db_hh.data && same_biases(s))
    copy_rows(1, GH, g->db_ih.data, 0, g->db_hh.data, 0, g->db_hh.accumulate);
  if (g->dh0.data) copy_rows(s->batch, P, s->dh, P, g->dh0.data, P, g->dh0.accumulate);
  if (g->dc0.data) copy_rows(s->batch, H, s->dc, H, g->dc0.data, H, g->dc0.accumulate);
}
