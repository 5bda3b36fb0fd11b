/* Recurrent cells, each beside its derivative, and the entries. `walk.c` and `sequence.c` call them. */

/* Where the cell's h of row i goes, and where its gradient comes from: dout, and dy where not null. */
INLINE float *state_row(const sequence *s, const step *t, idx i) {
  return s->out ? s->out + i * s->r->hidden_size : s->r->y + (t->row + i) * s->r->ldy;
}
INLINE const float *dout_row(const sequence *s, idx i) { return s->dout + i * s->r->hidden_size; }
INLINE const float *dy_row(const sequence *s, const step *t, idx i) {
  return s->dy ? s->dy + (t->row + i) * s->g->lddy : 0;
}
INLINE vf state_gradient(const float *dout, const float *dy, idx j, idx left) {
  const vf d = vload_part(dout + j, left);
  return dy ? d + vload_part(dy + j, left) : d;
}
INLINE float *gates_row(const sequence *s, const step *t, idx i) { return gates_at(s, t->row + i); }
INLINE vf sigmoid_back(vf dy, vf y) { return dy * (y - y * y); }
INLINE vf tanh_back(vf dy, vf y) { return dy * (1.0f - y * y); }

/* A step's rows, and the vectors of a row's H columns. Pointers are found once a row: stores of vectors
   may alias anything, so the compiler would find them again after each. The body stands twice: of whole
   vectors it is known that they are. Where a row is gone through twice, it is so that the processor
   finds more that does not wait for each other. */
#define EACH_ROW for (idx i = 0; i < t->rows; i++)
#define EACH_VECTOR(...) \
  for (idx j = 0, rest = s->r->hidden_size; rest > 0; j += VW, rest -= VW) { \
    if (rest >= VW) { \
      enum { left = VW }; \
      __VA_ARGS__ \
    } else { \
      const idx left = rest; \
      __VA_ARGS__ \
    } \
  }

/* ---- RNN: h_t = act(a_t), da_t = dh_t · act'(h_t); forward's gates live in y ------------------ */

INLINE void rnn_forward(const sequence *s, const step *t, const int relu) {
  EACH_ROW {
    float *y = gates_row(s, t, i);
    EACH_VECTOR(
      const vf a = vload_part(y + j, left);
      vstore_part(y + j, left, relu ? vrelu(a) : vtanh(a));
    )
  }
}

INLINE void rnn_backward(const sequence *s, const step *t, const int relu) {
  EACH_ROW {
    const float *dout = dout_row(s, i), *dy = dy_row(s, t, i);
    const float *y = state_row(s, t, i);
    float *da = gates_row(s, t, i);
    EACH_VECTOR(
      const vf d = state_gradient(dout, dy, j, left), h = vload_part(y + j, left);
      vstore_part(da + j, left, relu ? vselect(h <= 0.0f, vset(0), d) : tanh_back(d, h));
    )
  }
}

static void tanh_forward(const sequence *s, const step *t) { rnn_forward(s, t, 0); }
static void relu_forward(const sequence *s, const step *t) { rnn_forward(s, t, 1); }
static void tanh_backward(const sequence *s, const step *t) { rnn_backward(s, t, 0); }
static void relu_backward(const sequence *s, const step *t) { rnn_backward(s, t, 1); }

/* ---- LSTM: c_t = f c_{t−1} + i g, h_t = o tanh(c_t) ------------------------------------------- */

static void lstm_forward(const sequence *s, const step *t) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size;
  EACH_ROW {
    float *gates = gates_row(s, t, i), *h = state_row(s, t, i);
    const float *before = state_before(s, t, i, r->c, H, r->c0);
    float *after = r->c + (t->row + i) * H;
    EACH_VECTOR(
      const vf in = vsigmoid(vload_part(gates + j, left));
      const vf forget = vsigmoid(vload_part(gates + H + j, left));
      const vf new = vtanh(vload_part(gates + 2 * H + j, left));
      const vf out = vsigmoid(vload_part(gates + 3 * H + j, left));
      const vf c = forget * vload_part(before + j, left) + in * new;
      vstore_part(gates + j, left, in);
      vstore_part(gates + H + j, left, forget);
      vstore_part(gates + 2 * H + j, left, new);
      vstore_part(gates + 3 * H + j, left, out);
      vstore_part(after + j, left, c);
    )
    EACH_VECTOR(
      vstore_part(h + j, left, vload_part(gates + 3 * H + j, left) * vtanh(vload_part(after + j, left)));
    )
  }
}

/* dc_t += dh_t o (1 − tanh²(c_t)), dc_{t−1} = dc_t f. */
static void lstm_backward(const sequence *s, const step *t) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size;
  EACH_ROW {
    const float *dout = dout_row(s, i), *dy = dy_row(s, t, i);
    const float *before = state_before(s, t, i, r->c, H, r->c0);
    const float *after = r->c + (t->row + i) * H;
    float *gates = gates_row(s, t, i), *dc = s->dc + i * H;
    float *projected = s->out ? s->out + (t->row + i) * H : 0;
    EACH_VECTOR(
      const vf in = vload_part(gates + j, left), forget = vload_part(gates + H + j, left);
      const vf new = vload_part(gates + 2 * H + j, left), out = vload_part(gates + 3 * H + j, left);
      const vf c = vtanh(vload_part(after + j, left)), dh = state_gradient(dout, dy, j, left);
      const vf d = vload_part(dc + j, left) + tanh_back(dh * out, c);
      vstore_part(gates + j, left, sigmoid_back(d * new, in));
      vstore_part(gates + H + j, left, sigmoid_back(d * vload_part(before + j, left), forget));
      vstore_part(gates + 2 * H + j, left, tanh_back(d * in, new));
      vstore_part(gates + 3 * H + j, left, sigmoid_back(dh * c, out));
      vstore_part(dc + j, left, d * forget);
      if (projected) vstore_part(projected + j, left, out * c);
    )
  }
}

/* ---- GRU: n = tanh(a_n + r q), h_t = (h_{t−1} − n) z + n; a row is n, r, z, q ------------------ */

static void gru_forward(const sequence *s, const step *t) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size;
  EACH_ROW {
    float *gates = gates_row(s, t, i), *h = state_row(s, t, i);
    const float *before = state_before(s, t, i, r->y, r->ldy, r->h0);
    EACH_VECTOR(
      vstore_part(gates + H + j, left, vsigmoid(vload_part(gates + H + j, left)));
      vstore_part(gates + 2 * H + j, left, vsigmoid(vload_part(gates + 2 * H + j, left)));
    )
    EACH_VECTOR(
      const vf reset = vload_part(gates + H + j, left), update = vload_part(gates + 2 * H + j, left);
      const vf new = vtanh(vload_part(gates + j, left) + reset * vload_part(gates + 3 * H + j, left));
      vstore_part(gates + j, left, new);
      vstore_part(h + j, left, (vload_part(before + j, left) - new) * update + new);
    )
  }
}

/* In place of the gates: dn, dr, dz, dq. Of h_{t−1} directly: dh_t z. */
static void gru_backward(const sequence *s, const step *t) {
  const saiki_recurrent *r = s->r;
  const idx H = r->hidden_size;
  EACH_ROW {
    const float *dy = dy_row(s, t, i);
    const float *before = state_before(s, t, i, r->y, r->ldy, r->h0);
    float *gates = gates_row(s, t, i), *dh = s->dh + i * H;
    EACH_VECTOR(
      const vf new = vload_part(gates + j, left), reset = vload_part(gates + H + j, left);
      const vf update = vload_part(gates + 2 * H + j, left), q = vload_part(gates + 3 * H + j, left);
      const vf d = state_gradient(dh, dy, j, left), dn = tanh_back(d * (1.0f - update), new);
      const vf dz = sigmoid_back(d * (vload_part(before + j, left) - new), update);
      vstore_part(gates + j, left, dn);
      vstore_part(gates + H + j, left, sigmoid_back(dn * q, reset));
      vstore_part(gates + 2 * H + j, left, dz);
      vstore_part(gates + 3 * H + j, left, dn * reset);
      vstore_part(dh + j, left, d * update);
    )
  }
}
#undef EACH_ROW
#undef EACH_VECTOR

/* ---- entries --------------------------------------------------------------------------------- */

/* By kind. */
static const cell CELLS[] = {
    {.gates = 1, .width = 1, .forward = tanh_forward, .backward = tanh_backward},
    {.gates = 1, .width = 1, .forward = relu_forward, .backward = relu_backward},
    {.gates = 4, .width = 4, .memory = 1, .forward = lstm_forward, .backward = lstm_backward},
    {.gates = 3, .width = 4, .shift = 1, .direct = 1, .forward = gru_forward, .backward = gru_backward},
};

static int is_rnn(int kind) { return kind == SAIKI_RNN_TANH || kind == SAIKI_RNN_RELU; }

EXPORT idx saiki_recurrent_workspace(int kind, const saiki_recurrent *r, int backward) {
  pile p = {0};
  const sequence s = begin(&CELLS[kind], r, backward, &p);
  if (is_rnn(kind) && backward) take(&p, s.rows * padded_row(&s));
  return (idx)p.at + 64;
}

EXPORT void saiki_recurrent_forward(int kind, const saiki_recurrent *r, float *hn, float *cn,
                                    void *workspace) {
  pile p = {align64(workspace)};
  sequence s = begin(&CELLS[kind], r, 0, &p);
  if (is_rnn(kind)) {
    s.gates = r->y;
    s.ldg = r->ldy;
  }
  sequence_forward(&s, hn, cn);
}

EXPORT void saiki_recurrent_backward(int kind, const saiki_recurrent *r,
                                     const saiki_recurrent_gradients *g, void *workspace) {
  pile p = {align64(workspace)};
  sequence s = begin(&CELLS[kind], r, 1, &p);
  if (is_rnn(kind)) { /* y is not to be overwritten */
    s.ldg = padded_row(&s);
    s.gates = take(&p, s.rows * s.ldg);
  }
  s.g = g;
  s.dy = s.out ? 0 : g->dy;
  sequence_backward(&s);
}
