/*
 * How the steps of a sequence are walked, for every kind of recurrent cell: what a step is, its product
 * with the recurrent weight, and how threads share a walk.
 *
 * A cell says where its gates lie, and has two functions, which work on the rows of a step. Steps are
 * numbered in walking order, so that `reverse` matters in `step_at` and `next_steps` only.
 */

struct sequence;
struct step;
typedef void step_function(const struct sequence *s, const struct step *t);

/*
 * A row of gates is `width` blocks of H columns. The products with x go into the first G blocks, but
 * rotated: gate g lies in block (g + shift) mod G. Those with h_{t−1} are added to G blocks from
 * `shift` on. They are the same blocks, unless a gate needs the two apart.
 */
typedef struct {
  int gates, width, shift;
  int direct; /* h_{t−1} reaches h_t not through the gates alone: backward leaves its share in dh */
  int memory; /* there is a second state, c */
  step_function *forward;  /* from gates before the nonlinearity to states */
  step_function *backward; /* from the states' gradients to the gates', in place of the gates */
} cell;

/* op(W) as rows are multiplied with it: packed once for all, or read in place where rows are few. */
typedef struct {
  matrix w;
  idx depth, columns;
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
  float *gates;      /* (N, width·H); where forward leaves none behind, those of one walk's rows */
  idx ldg, gates_first; /* the distance of rows, and which comes first */
  weight input[2];  /* W_ihᵀ, in backward W_ih: of each of the `runs` of gates */
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
  unsigned *turns; /* of a walk by strips: see there */
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

INLINE float *gates_at(const sequence *s, idx row) { return s->gates + (row - s->gates_first) * s->ldg; }

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
  return w->w.panels ? min_idx(panel_width(rest), rest) : rest;
}

/* C (+)= A · (a strip of w), as deep at a time as a panel fits the first cache. */
static void step_product(const weight *w, idx rows, const float *a, idx lda, float *c, idx ldc,
                         idx column, idx columns, const epilogue *e) {
  if (!w->w.panels) {
    multiply_few(rows, columns, w->depth, a, lda, &w->w, c, ldc, e);
    return;
  }
  const int width = panel_width(w->columns - column);
  const float *panel = w->w.panels + column * w->depth;
  const idx block = depth_of_block(w->depth);
  for (idx k = 0; k < w->depth; k += block) {
    const idx depth = min_idx(block, w->depth - k);
    multiply_panel(rows, depth, a + k, lda, panel + k * width, width, c, ldc, (int)columns,
                   k ? &ADD : e);
  }
}

/* ---- walks ----------------------------------------------------------------------------------- */

/*
 * A walk goes through stages, one a step: a product with the recurrent weight, strip by strip, then the
 * cells, row by row, for which memory is read in order. Threads share it in one of two ways. By rows of
 * the batch: each part walks all stages for its rows and waits for nobody. Or by strips, and then by
 * rows in each stage: each weight is then read by one thread and not by all, but nobody goes on before
 * all are there.
 */
typedef struct walk walk;
struct walk {
  const sequence *s;
  idx from, to; /* stages */
  void (*product)(const sequence *s, idx stage, idx column, idx columns);
  void (*cells)(const walk *w, const sequence *s, idx stage);
  float *hn, *cn; /* forward's */
  /* The steps in time that it walks, and the rows of all these. */
  idx first, last, rows;
  idx parts;
};

static void walk_alone(const walk *w, const sequence *s) {
  for (idx k = w->from; k < w->to; k++) {
    for (idx j = 0, n; j < s->hidden[0].columns; j += n) {
      n = strip_width(&s->hidden[0], j);
      w->product(s, k, j, n);
    }
    w->cells(w, s, k);
  }
}

/* ---- by rows */

/* Where part q begins: rows are shared by equal summed length. */
static idx first_row(const walk *w, idx q) {
  const saiki_recurrent *r = w->s->r;
  idx row = 0, end = w->last + 1;
  if (q == w->parts) return w->s->batch;
  for (idx sum = 0; sum < w->rows * q / w->parts; row++) {
    while (r->batch_sizes[end - 1] <= row) end--;
    sum += end - w->first;
  }
  return row;
}

INLINE float *offset(const float *p, idx n) { return p ? (float *)p + n : 0; }

/* A walk as it is for some rows of the batch alone. */
typedef struct {
  walk w;
  sequence s;
  saiki_recurrent r;
} share;

static void share_of(const walk *w, idx begin, idx end, share *its) {
  const idx H = w->s->r->hidden_size, P = w->s->r->state_size;
  *its = (share){*w, *w->s, *w->s->r};
  its->w.hn = offset(w->hn, begin * P);
  its->w.cn = offset(w->cn, begin * H);
  its->r.h0 = offset(its->r.h0, begin * P);
  its->r.c0 = offset(its->r.c0, begin * H);
  sequence *s = &its->s;
  s->r = &its->r;
  s->begin = begin;
  s->count = end - begin;
  s->dh = offset(s->dh, begin * P);
  s->dc = offset(s->dc, begin * H);
  s->dout = offset(s->dout, begin * (s->out ? H : P));
  if (!s->g) s->out = offset(s->out, begin * H);
}

static void walk_rows(const void *context, idx part, float *scratch) {
  const walk *w = context;
  share its;
  (void)scratch;
  share_of(w, first_row(w, part), first_row(w, part + 1), &its);
  walk_alone(&its.w, &its.s);
}

/* ---- by strips */

static idx count_strips(const weight *w) {
  idx strips = 0;
  for (idx j = 0; j < w->columns; j += strip_width(w, j)) strips++;
  return strips;
}

/* Words of `turns`: the stage that each strip is at and the one that the rows of each part are at, of
   which there are no more than strips; then how many strips and parts were done in all. */
static idx count_turns(idx columns) { return 2 * (columns / NR2 + 2) + 2; }

/* Whether this thread is the one to do what is at `turn`. */
static int takes(unsigned *at, unsigned turn) {
  return __atomic_compare_exchange_n(at, &turn, turn + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Each part begins with strips and rows of its own, which stay in its cache, and then helps with the
   others; so it ends even where no other thread is. */
static void walk_strips(const void *context, idx part, float *scratch) {
  const walk *w = context;
  const sequence *s = w->s;
  const weight *hidden = &s->hidden[0];
  const idx strips = count_strips(hidden), own = strips * part / w->parts;
  const idx batch = s->r->batch_sizes[w->first];
  unsigned *strip = s->turns, *rows = strip + strips, *done = rows + w->parts;
  (void)scratch;
  for (idx k = w->from; k < w->to; k++) {
    const unsigned turn = (unsigned)(k - w->from);
    for (int pass = 0; pass < 2; pass++)
      for (idx i = 0, j = 0, n; i < strips; i++, j += n) {
        n = strip_width(hidden, j);
        if ((i < own) != pass || !takes(&strip[i], turn)) continue;
        w->product(s, k, j, n);
        __atomic_add_fetch(&done[0], 1, __ATOMIC_SEQ_CST);
      }
    saiki_wait_for(&done[0], (turn + 1) * (unsigned)strips);
    for (idx i = 0; i < w->parts; i++) {
      const idx q = (part + i) % w->parts;
      share its;
      if (!takes(&rows[q], turn)) continue;
      share_of(w, batch * q / w->parts, batch * (q + 1) / w->parts, &its);
      w->cells(&its.w, &its.s, k);
      __atomic_add_fetch(&done[1], 1, __ATOMIC_SEQ_CST);
    }
    saiki_wait_for(&done[1], (turn + 1) * (unsigned)w->parts);
  }
}

/* Floats of a recurrent weight that a core keeps in its own cache beside the rest. */
enum { NEAR = 1 << 17 };

static idx count_weights(const sequence *s) {
  return s->cell->gates * s->r->hidden_size * s->r->state_size;
}

static void share_walk(walk *w) {
  const sequence *s = w->s;
  const idx threads = saiki_threads();
  if (threads < 2 || (double)s->rows * (double)count_weights(s) < WORTH_SHARING) walk_alone(w, s);
  else if (count_weights(s) > NEAR && s->hidden[0].w.panels) {
    w->parts = min_idx(threads, count_strips(&s->hidden[0]));
    for (idx i = 0; i < count_turns(s->hidden[0].columns); i++) s->turns[i] = 0;
    saiki_parallel(w->parts, walk_strips, w, s->work);
  } else {
    w->parts = max_idx(1, min_idx(threads, s->r->batch_sizes[w->first] / 2));
    saiki_parallel(w->parts, walk_rows, w, s->work);
  }
}
