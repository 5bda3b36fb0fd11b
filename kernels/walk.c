/*
 * How the steps of a sequence are walked, for every kind of recurrent cell: what a step is, its product
 * with the recurrent weight, and how threads share a walk.
 *
 * A cell says where its gates lie, and has two functions, which work on a strip: some columns of all
 * rows of a step. Steps are numbered in walking order, so that `reverse` matters in `step_at` only.
 */

struct sequence;
struct step;
typedef void strip_function(const struct sequence *s, const struct step *t, idx column, idx columns);

/*
 * A row of gates is `width` blocks of H columns. The products with x go into the first G blocks, but
 * rotated: gate g lies in block (g + shift) mod G. Those with h_{t−1} are added to G blocks from
 * `shift` on. They are the same blocks, unless a gate needs the two apart.
 */
typedef struct {
  int gates, width, shift;
  int direct; /* h_{t−1} reaches h_t not through the gates alone: backward leaves its share in dh */
  int memory; /* there is a second state, c */
  strip_function *forward;  /* from gates before the nonlinearity to states */
  strip_function *backward; /* from the states' gradients to the gates', in place of the gates */
} cell;

/* op(W) as it is multiplied with rows of states: packed, or read in place where rows are few. */
typedef struct {
  matrix w;
  idx depth, columns;
  float *panels; /* or null */
} weight;

typedef struct sequence {
  const saiki_recurrent *r;
  const saiki_recurrent_gradients *g;
  const cell *cell;
  idx rows, batch;
  /* The rows of the batch at work, from `begin` on: a part of a walk has some. Pointers to what has a
     row for each of the batch point to the first of these. */
  idx begin, count;
  int *starts;       /* (steps): the first row of each step in time */
  const float *zeros; /* (H) */
  float *gates;      /* (N, width·H) */
  idx ldg;
  weight hidden[4]; /* W_hhᵀ gate by gate; in backward hidden[0] is W_hh */
  weight projection; /* W_hrᵀ; in backward W_hr */
  float *bias;      /* forward: (width·H), what the gates begin with */
  /* What the cell makes, and its gradient: rows of y, unless it is projected to them. */
  float *out; /* forward (B, H), backward (N, H); null where nothing is projected */
  float *dout;       /* (B, H): what flows into the step at hand */
  const float *dy;   /* to be added to it, or null */
  float *dh, *dc;    /* (B, P), (B, H): what flows into the step at hand from those after it */
  float *dprojected; /* (N, P): dy and dh together */
  int *before;
  unsigned *turns; /* a walk by strips: the stage that each strip is at, and the strips done in all */
  float *work; /* for whole products */
} sequence;

/* Rows [row, row + rows). The first `known` go on from rows at `before`, the others from h0; the
   first `kept` go on in the next step, for the others this was the last. */
typedef struct step {
  idx row, rows, before, known, kept;
} step;

/* Of the rows at work, those that step t in time has. */
static idx rows_at(const sequence *s, idx t) {
  return max_idx(0, min_idx(s->r->batch_sizes[t] - s->begin, s->count));
}

static step step_at(const sequence *s, idx k) {
  const saiki_recurrent *r = s->r;
  const idx direction = r->reverse ? -1 : 1, t = r->reverse ? r->steps - 1 - k : k;
  const idx rows = rows_at(s, t);
  step at = {s->starts[t] + s->begin, rows, 0, 0, 0};
  if (k > 0) {
    at.before = s->starts[t - direction] + s->begin;
    at.known = min_idx(rows, rows_at(s, t - direction));
  }
  if (k + 1 < r->steps) at.kept = min_idx(rows, rows_at(s, t + direction));
  return at;
}

/* The state before that of row i of the step. */
INLINE const float *state_before(const sequence *s, const step *t, idx i, const float *states,
                                 idx ld, const float *first) {
  if (i < t->known) return states + (t->before + i) * ld;
  return first ? first + i * s->r->hidden_size : s->zeros;
}

/* ---- products of a step ---------------------------------------------------------------------- */

/* The strip of columns from j on that is worked on at once: a panel, or all where none is packed. */
static idx strip_width(const weight *w, idx j) {
  const idx rest = w->columns - j;
  return w->panels ? min_idx(panel_width(rest), rest) : rest;
}

/* C (+)= A · (a strip of w), as deep at a time as a panel fits the first cache. */
static void step_product(const weight *w, idx rows, const float *a, idx lda, float *c, idx ldc,
                         idx column, idx columns, const epilogue *e) {
  if (!w->panels) {
    multiply_few(rows, columns, w->depth, a, lda, &w->w, c, ldc, e);
    return;
  }
  const int width = panel_width(w->columns - column);
  const float *panel = w->panels + column * w->depth;
  const idx block = depth_of_block(w->depth);
  for (idx k = 0; k < w->depth; k += block) {
    const idx depth = min_idx(block, w->depth - k);
    multiply_panel(rows, depth, a + k, lda, panel + k * width, width, c, ldc, (int)columns,
                   k ? &ADD : e);
  }
}

/* ---- walks ----------------------------------------------------------------------------------- */

/*
 * A walk goes through stages, one a step, each strip by strip; `end` follows the last strip. Threads
 * share it in one of two ways. By rows of the batch: each part walks all stages for its rows and waits
 * for nobody. Or by strips, all rows at once: each weight is then read by one thread and not by all,
 * but nobody begins a stage before the one before it is done.
 */
typedef struct walk walk;
struct walk {
  const sequence *s;
  idx stages;
  void (*strip)(const walk *w, const sequence *s, idx stage, idx column, idx columns);
  void (*end)(const walk *w, const sequence *s, idx stage);
  idx parts;
  float *hn, *cn; /* forward's */
};

static void walk_alone(const walk *w, const sequence *s) {
  for (idx k = 0; k < w->stages; k++) {
    for (idx j = 0, n; j < s->hidden[0].columns; j += n) {
      n = strip_width(&s->hidden[0], j);
      w->strip(w, s, k, j, n);
    }
    w->end(w, s, k);
  }
}

/* ---- by rows */

/* Where part q begins: rows are shared by equal summed length. */
static idx first_row(const walk *w, idx q) {
  const saiki_recurrent *r = w->s->r;
  idx row = 0, steps = r->steps;
  for (idx sum = 0; row < w->s->batch && sum < w->s->rows * q / w->parts; row++) {
    while (steps > 0 && r->batch_sizes[steps - 1] <= row) steps--;
    sum += steps;
  }
  return row;
}

INLINE float *offset(const float *p, idx n) { return p ? (float *)p + n : 0; }

static void walk_rows(const void *context, idx part, float *scratch) {
  walk w = *(const walk *)context;
  sequence s = *w.s;
  saiki_recurrent r = *s.r;
  const idx H = r.hidden_size, P = r.state_size;
  (void)scratch;
  s.begin = first_row(&w, part);
  s.count = first_row(&w, part + 1) - s.begin;
  r.h0 = offset(r.h0, s.begin * P);
  r.c0 = offset(r.c0, s.begin * H);
  w.hn = offset(w.hn, s.begin * P);
  w.cn = offset(w.cn, s.begin * H);
  s.dh = offset(s.dh, s.begin * P);
  s.dc = offset(s.dc, s.begin * H);
  s.dout = offset(s.dout, s.begin * (s.out ? H : P));
  if (!s.g) s.out = offset(s.out, s.begin * H);
  s.r = &r;
  walk_alone(&w, &s);
}

/* ---- by strips */

static idx count_strips(const weight *w) {
  idx strips = 0;
  for (idx j = 0; j < w->columns; j += strip_width(w, j)) strips++;
  return strips;
}

/* Each part begins with strips of its own, which stay in its cache, and then helps with the others. */
static void walk_strips(const void *context, idx part, float *scratch) {
  const walk *w = context;
  const sequence *s = w->s;
  const weight *hidden = &s->hidden[0];
  const idx strips = count_strips(hidden), own = strips * part / w->parts;
  unsigned *stage_of = s->turns, *done = s->turns + strips;
  (void)scratch;
  for (idx k = 0; k < w->stages; k++) {
    for (int pass = 0; pass < 2; pass++) {
      idx j = 0;
      for (idx i = 0; i < strips; i++) {
        const idx n = strip_width(hidden, j);
        unsigned expected = (unsigned)k;
        if ((i < own) == pass && __atomic_compare_exchange_n(&stage_of[i], &expected, expected + 1, 0,
                                                             __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
          w->strip(w, s, k, j, n);
          __atomic_add_fetch(done, 1, __ATOMIC_SEQ_CST);
        }
        j += n;
      }
    }
    saiki_wait_for(done, (unsigned)((k + 1) * strips));
  }
}

/* Floats of a recurrent weight that a core keeps in its own cache beside the rest. */
enum { NEAR = 1 << 17 };

static void share_walk(const walk *given, const sequence *s) {
  const double weights = (double)s->cell->gates * (double)s->r->hidden_size * (double)s->r->state_size;
  const idx threads = saiki_threads();
  walk w = *given;
  if (threads < 2 || (double)s->rows * weights < WORTH_SHARING) {
    walk_alone(&w, s);
    return;
  }
  if (weights > NEAR && !s->out && s->hidden[0].panels) {
    const idx strips = count_strips(&s->hidden[0]);
    for (idx i = 0; i <= strips; i++) s->turns[i] = 0;
    w.parts = min_idx(threads, strips);
    saiki_parallel(w.parts, walk_strips, &w, s->work);
    return;
  }
  w.parts = max_idx(1, min_idx(threads, s->batch / 2));
  saiki_parallel(w.parts, walk_rows, &w, s->work);
}
