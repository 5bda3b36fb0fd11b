/*
 * A language model that reads one token at a time: embedding, recurrent layers, projection, with
 * batch 1. Each product is a matrix by a vector, so a step takes as long as reading the weights once.
 *
 * They lie prepared in panels of PANEL rows: column after column of their weights, then the rows'
 * biases; the last panel is filled up with zeros. A product reads a panel in order and holds all its
 * sums in registers; no sum runs across a vector. `src/kernels/session.ts` writes the block:
 *
 *   state    h (L, H); of an LSTM c (L, H) follows
 *   scratch  2 rows of G·H
 *   table    (V, E); or (V, G·H), the first layer's products with each row of the embedding, and
 *            then that layer has no W_ih
 *   layers   of each: panels of W_ih and b_ih, panels of W_hh and b_hh
 *   last     panels of the projection; without layers its depth is E
 *
 * Each part begins at a multiple of LINE floats. An element of a product is PASS chains of
 * multiply-adds over k, added in order: its bits depend on its row and the depth only.
 */

enum {
  LINE = 16,
  PANEL = 32,
  VECTORS = PANEL / VW,
  PASS = 8 / VECTORS, /* columns at once, so that eight sums hide the time of a multiply-add */
};

/* One panel of y = W x + b; `rows` of it exist. */
INLINE void multiply_by_vector(idx rows, idx depth, const float *w, const float *x, float *y) {
  vf sum[PASS][VECTORS];
  UNROLL for (int p = 0; p < PASS; p++)
    UNROLL for (int v = 0; v < VECTORS; v++) sum[p][v] = vset(0);
  idx k = 0;
  for (; k + PASS <= depth; k += PASS)
    UNROLL for (int p = 0; p < PASS; p++, w += PANEL) {
      const vf each = vset(x[k + p]);
      UNROLL for (int v = 0; v < VECTORS; v++) sum[p][v] = vfma(each, vload(w + v * VW), sum[p][v]);
    }
  for (; k < depth; k++, w += PANEL) {
    const vf each = vset(x[k]);
    UNROLL for (int v = 0; v < VECTORS; v++) sum[0][v] = vfma(each, vload(w + v * VW), sum[0][v]);
  }
  UNROLL for (int v = 0; v < VECTORS; v++) {
    UNROLL for (int p = 1; p < PASS; p++) sum[0][v] += sum[p][v];
    vstore_part(y + v * VW, rows - v * VW, sum[0][v] + vload(w + v * VW));
  }
}

/* y (rows) = W x + b; W is (rows, depth), in panels. */
static void matvec(idx rows, idx depth, const float *w, const float *x, float *y) {
  for (idx i = 0; i < rows; i += PANEL)
    multiply_by_vector(rows - i, depth, w + i * (depth + 1), x, y + i);
}

static idx in_panels(idx rows, idx depth) { return (rows + PANEL - 1) / PANEL * PANEL * (depth + 1); }
static idx in_lines(idx floats) { return (floats + LINE - 1) / LINE * LINE; }

static idx gates_of(int kind) { return kind == SAIKI_LSTM ? 4 : kind == SAIKI_GRU ? 3 : 1; }
static idx state_floats(const saiki_session *s) {
  return (s->kind == SAIKI_LSTM ? 2 : 1) * (idx)s->layers * s->hidden;
}

/*
 * The state of a layer, in place, from a = W_ih x + b_ih and q = W_hh h + b_hh. The formulas are
 * those of `recurrent.c`.
 */
static void session_cell(int kind, idx H, const float *a, const float *q, float *h, float *c) {
#define SIDE(x, gate) vload_part(x + gate * H + j, left)
#define GATE(gate) (SIDE(a, gate) + SIDE(q, gate))
  for (idx j = 0, left = H; left > 0; j += VW, left -= VW) {
    vf next;
    if (kind == SAIKI_LSTM) {
      const vf kept = vsigmoid(GATE(1)) * vload_part(c + j, left);
      const vf memory = kept + vsigmoid(GATE(0)) * vtanh(GATE(2));
      vstore_part(c + j, left, memory);
      next = vsigmoid(GATE(3)) * vtanh(memory);
    } else if (kind == SAIKI_GRU) {
      const vf new = vtanh(SIDE(a, 2) + vsigmoid(GATE(0)) * SIDE(q, 2));
      next = (vload_part(h + j, left) - new) * vsigmoid(GATE(1)) + new;
    } else {
      next = kind == SAIKI_RNN_RELU ? vrelu(GATE(0)) : vtanh(GATE(0));
    }
    vstore_part(h + j, left, next);
  }
#undef GATE
#undef SIDE
}

EXPORT idx saiki_session_floats(const saiki_session *s) {
  const idx V = s->vocabulary, E = s->embedding, H = s->hidden, L = s->layers;
  const idx GH = gates_of(s->kind) * H, row = s->folded ? GH : E;
  idx floats = in_lines(state_floats(s)) + in_lines(2 * GH) + in_lines(V * row);
  for (idx l = s->folded ? 1 : 0; l < L; l++) floats += in_panels(GH, l ? H : E);
  return floats + L * in_panels(GH, H) + in_panels(V, L ? H : E);
}

EXPORT void saiki_session_step(const saiki_session *s, float *block, int token, float *scores) {
  const idx E = s->embedding, H = s->hidden, L = s->layers;
  const idx GH = gates_of(s->kind) * H, row = s->folded ? GH : E;
  float *h = block, *a = block + in_lines(state_floats(s)), *q = a + GH;
  const float *table = a + in_lines(2 * GH), *w = table + in_lines(s->vocabulary * row);
  const float *x = table + token * row;
  idx depth = E;
  for (idx l = 0; l < L; l++, h += H) {
    const float *input = a;
    if (l == 0 && s->folded) {
      input = x;
    } else {
      matvec(GH, depth, w, x, a);
      w += in_panels(GH, depth);
    }
    matvec(GH, H, w, h, q);
    w += in_panels(GH, H);
    session_cell(s->kind, H, input, q, h, h + L * H);
    x = h;
    depth = H;
  }
  if (scores) matvec(s->vocabulary, depth, w, x, scores);
}
