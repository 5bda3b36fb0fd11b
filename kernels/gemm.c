/*
 * Matrix products.
 *
 * `op(B)` is packed into panels: NR columns wide, all of the block's K deep, one row of the panel
 * after the other, so that the inner loop reads it in order. `A` is read in place, row by row; only
 * a transposed one is copied into rows first. The inner loop holds an MR × NR tile of C in
 * registers. Blocks are so deep (KC) that C is seldom read and written again, yet a panel streams from
 * the second cache; as tall as A fits that too (MC), and as wide as B fits the third (NC).
 *
 * An element of C is one chain of multiply-adds over k within a block, and blocks are added in
 * order: its bits depend on the shape of the problem, never on the tile that held it.
 */

enum { KC = 512, MC = 144, NC = 960 };

/* Tiles: wide ones of MR × NV vectors, and ones of MR2 × NV2 for what wide ones do not divide. */
#if VW == 4
enum { MR = 3, NV = 3, MR2 = 4, NV2 = 2 }; /* 15 vector registers: what V8 leaves of x86's 16 */
#elif VW == 8
enum { MR = 6, NV = 2, MR2 = 6, NV2 = 1 };
#else
enum { MR = 12, NV = 2, MR2 = 12, NV2 = 1 };
#endif
enum { NR = NV * VW, NR2 = NV2 * VW };

/* The width of the next panel when `rest` columns remain: as few idle columns as two widths allow. */
INLINE int panel_width(idx rest) {
  if (NV == 3) return rest > 16 || (rest > 8 && rest <= 12) ? NR : NR2;
  return rest > NR2 ? NR : NR2;
}
/* Columns of all panels together; each panel begins at its column times the depth. */
static idx padded(idx columns) {
  idx j = 0;
  while (j < columns) j += panel_width(columns - j);
  return j;
}

/* What becomes of a product AB: C = alpha · AB + beta · C + bias. */
typedef struct {
  float alpha, beta;
  const float *bias; /* at the first column of the tile, or null */
} epilogue;

static const epilogue STORE = {1, 0, 0}, ADD = {1, 1, 0};

/* ---- tiles ----------------------------------------------------------------------------------- */

/* A vector of AB, of which `left` columns exist, to C. */
INLINE void finish(vf sum, float *c, idx left, const float *bias, float alpha, float beta) {
  vf y = alpha * sum;
  if (beta != 0) y += beta * vload_part(c, left);
  if (bias) y += vload_part(bias, left);
  vstore_part(c, left, y);
}

/* rows × (vectors · VW) of C, of which `columns` exist. Rows of B lie `ldb` apart. */
INLINE void tile(const int rows, const int vectors, idx depth, const float *a, idx lda, const float *b,
                 idx ldb, float *c, idx ldc, int columns, const epilogue *given) {
  const epilogue e = *given; /* a copy, for all that the compiler knows is that C might overlap it */
  vf sum[12][6];
  UNROLL for (int i = 0; i < rows; i++) {
    for (int j = 0; j < vectors * VW; j += 16) __builtin_prefetch(c + i * ldc + j, 1);
    UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = vset(0);
  }
  UNROLL_BY_4 for (idx k = 0; k < depth; k++) {
    vf row[6];
    UNROLL for (int j = 0; j < vectors; j++) row[j] = vload(b + j * VW);
    UNROLL for (int i = 0; i < rows; i++) {
      const vf x = vset(a[i * lda]);
      UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = vfma(x, row[j], sum[i][j]);
    }
    a++;
    b += ldb;
  }
#define FINISH(left, bias, alpha, beta) \
  UNROLL for (int i = 0; i < rows; i++) \
    UNROLL for (int j = 0; j < vectors; j++) \
      if ((left) > 0) finish(sum[i][j], c + i * ldc + j * VW, left, bias, alpha, beta)
  if (columns < vectors * VW || e.bias || e.alpha != 1) {
    FINISH(columns - j * VW, e.bias ? e.bias + j * VW : 0, e.alpha, e.beta);
  } else if (e.beta == 1) {
    FINISH(VW, 0, 1, 1);
  } else {
    FINISH(VW, 0, 1, e.beta);
  }
#undef FINISH
}

/* m rows of C, one panel wide, of which `columns` exist; tiles as equal as can be. */
static void multiply_panel(idx m, idx depth, const float *a, idx lda, const float *panel, int width,
                           float *c, idx ldc, int columns, const epilogue *e) {
  const int most = width == NR ? MR : MR2;
  for (idx tiles = (m + most - 1) / most; tiles > 0; tiles--) {
    const int rows = (int)((m + tiles - 1) / tiles);
#define ROWS(r) \
  case r: \
    if (width == NR) tile(r <= MR ? r : 1, NV, depth, a, lda, panel, NR, c, ldc, columns, e); \
    else tile(r <= MR2 ? r : 1, NV2, depth, a, lda, panel, NR2, c, ldc, columns, e); \
    break;
    switch (rows) {
      ROWS(1) ROWS(2) ROWS(3) ROWS(4)
#if VW > 4
      ROWS(5) ROWS(6)
#endif
#if VW > 8
      ROWS(7) ROWS(8) ROWS(9) ROWS(10) ROWS(11) ROWS(12)
#endif
    }
#undef ROWS
    m -= rows;
    a += rows * lda;
    c += rows * ldc;
  }
}

/* ---- packing --------------------------------------------------------------------------------- */

/*
 * A matrix operand. With `rows`, row k is row `rows[k]` of `data`, or where that is negative, row
 * `−1 − rows[k]` of `first`, or zeros where that is null. With `panels`, a right operand was packed
 * before, each panel as deep as the whole.
 */
typedef struct {
  const float *data;
  idx ld;
  int transposed;
  const int *rows;
  const float *first;
  idx first_ld;
  float *panels;
} matrix;

INLINE const float *matrix_row(const matrix *b, idx k) {
  if (!b->rows) return b->data + k * b->ld;
  const int r = b->rows[k];
  if (r >= 0) return b->data + r * b->ld;
  return b->first ? b->first + (-1 - r) * b->first_ld : 0;
}

/* 4 × 4: to[j][i] = from[i][j]. */
INLINE void transpose4(const float *r0, const float *r1, const float *r2, const float *r3,
                       float *to, idx ld) {
  const f4 a = load4(r0), b = load4(r1), c = load4(r2), d = load4(r3);
  const f4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const f4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const f4 AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const f4 CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  store4(to, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
  store4(to + ld, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
  store4(to + 2 * ld, __builtin_shufflevector(AB, CD, 0, 1, 4, 5));
  store4(to + 3 * ld, __builtin_shufflevector(AB, CD, 2, 3, 6, 7));
}

#if defined(__AVX2__)
/* 8 × 8. */
INLINE void transpose8(const float *from, idx ld, float *to, idx to_ld) {
  __m256 a[8], b[8];
  /* Row i with row i + 4: their first halves, then their second. */
  UNROLL for (int i = 0; i < 4; i++)
    UNROLL for (int half = 0; half < 2; half++)
      a[4 * half + i] = _mm256_insertf128_ps(
          _mm256_castps128_ps256(_mm_loadu_ps(from + i * ld + 4 * half)),
          _mm_loadu_ps(from + (i + 4) * ld + 4 * half), 1);
  UNROLL for (int q = 0; q < 8; q += 4) { /* 4 × 4 in both halves */
    b[q] = _mm256_unpacklo_ps(a[q], a[q + 1]);
    b[q + 1] = _mm256_unpackhi_ps(a[q], a[q + 1]);
    b[q + 2] = _mm256_unpacklo_ps(a[q + 2], a[q + 3]);
    b[q + 3] = _mm256_unpackhi_ps(a[q + 2], a[q + 3]);
    _mm256_storeu_ps(to + q * to_ld, _mm256_shuffle_ps(b[q], b[q + 2], 0x44));
    _mm256_storeu_ps(to + (q + 1) * to_ld, _mm256_shuffle_ps(b[q], b[q + 2], 0xee));
    _mm256_storeu_ps(to + (q + 2) * to_ld, _mm256_shuffle_ps(b[q + 1], b[q + 3], 0x44));
    _mm256_storeu_ps(to + (q + 3) * to_ld, _mm256_shuffle_ps(b[q + 1], b[q + 3], 0xee));
  }
}
#endif

/* to[j][i] = from[i][j] for i < rows, j < columns. */
static void transpose(idx rows, idx columns, const float *from, idx ld, float *to, idx to_ld) {
  idx i = 0;
#if defined(__AVX2__)
  for (; i + 8 <= rows; i += 8) {
    idx j = 0;
    for (; j + 8 <= columns; j += 8)
      transpose8(from + i * ld + j, ld, to + j * to_ld + i, to_ld);
    for (; j < columns; j++)
      for (int q = 0; q < 8; q++) to[j * to_ld + i + q] = from[(i + q) * ld + j];
  }
#endif
  for (; i + 4 <= rows; i += 4) {
    const float *r = from + i * ld;
    idx j = 0;
    for (; j + 4 <= columns; j += 4)
      transpose4(r + j, r + j + ld, r + j + 2 * ld, r + j + 3 * ld, to + j * to_ld + i, to_ld);
    for (; j < columns; j++)
      for (int q = 0; q < 4; q++) to[j * to_ld + i + q] = r[q * ld + j];
  }
  for (; i < rows; i++)
    for (idx j = 0; j < columns; j++) to[j * to_ld + i] = from[i * ld + j];
}

/* The next panel's part of a row of op(B), of which `columns` are left; the rest zeros. */
INLINE void pack_row(const float *row, idx columns, const int width, float *to) {
  if (columns >= width)
    for (int j = 0; j < width; j += 4) store4(to + j, load4(row + j));
  else
    for (int j = 0; j < width; j++) to[j] = j < columns ? row[j] : 0;
}

/* Rows k0 … k0 + depth and columns j0 … j0 + n of op(B) into panels: depth × padded(n) floats. B is read
   row by row. */
static void pack(const matrix *b, idx k0, idx depth, idx j0, idx n, float *to) {
  if (b->transposed) {
    for (idx j = 0; j < n;) {
      const int width = panel_width(n - j);
      const idx columns = min_idx(n - j, width);
      float *panel = to + j * depth;
      for (idx i = 0; columns < width && i < depth * width; i++) panel[i] = 0;
      transpose(columns, depth, b->data + (j0 + j) * b->ld + k0, b->ld, panel, width);
      j += width;
    }
    return;
  }
  for (idx k = 0; k < depth; k++) {
    const float *row = matrix_row(b, k0 + k);
    for (idx j = 0; j < n;) {
      const int width = panel_width(n - j);
      const float *from = row ? row + j0 + j : 0;
      float *panel_row = to + j * depth + k * width;
      if (width == NR) pack_row(from, row ? n - j : 0, NR, panel_row);
      else pack_row(from, row ? n - j : 0, NR2, panel_row);
      j += width;
    }
  }
}

/* C, m rows, += or = A · (rows q … q + depth of the packed B, whose panels are `deep`), n columns. */
static void multiply_packed(idx m, idx n, idx depth, const float *a, idx lda, const float *b, idx deep,
                            idx q, float *c, idx ldc, const epilogue *e) {
  epilogue at = *e;
  for (idx j = 0; j < n;) {
    const int width = panel_width(n - j), columns = (int)(n - j < width ? n - j : width);
    if (e->bias) at.bias = e->bias + j;
    multiply_panel(m, depth, a, lda, b + j * deep + q * width, width, c + j, ldc, columns, &at);
    j += width;
  }
}

/* ---- few rows: B is read in place ------------------------------------------------------------ */

enum { FEW = 4 }; /* rows of A up to which packing B costs more than it saves */

/* rows × 4 of C, where op(B) = Bᵀ: dot products of rows. */
INLINE void dots(const int rows, const int columns, idx depth, const float *a, idx lda,
                 const float *b, idx ldb, float *c, idx ldc, const epilogue *e) {
  vf sum[2][4];
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < columns; j++) sum[i][j] = vset(0);
  idx k = 0;
  for (; k + VW <= depth; k += VW) {
    vf x[2];
    UNROLL for (int i = 0; i < rows; i++) x[i] = vload(a + i * lda + k);
    UNROLL for (int j = 0; j < columns; j++) {
      const vf y = vload(b + j * ldb + k);
      UNROLL for (int i = 0; i < rows; i++) sum[i][j] = vfma(x[i], y, sum[i][j]);
    }
  }
  for (; k < depth; k++)
    UNROLL for (int i = 0; i < rows; i++)
      UNROLL for (int j = 0; j < columns; j++) sum[i][j][0] += a[i * lda + k] * b[j * ldb + k];
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < columns; j++) {
      float *at = c + i * ldc + j;
      float y = e->alpha * hsum(sum[i][j]);
      if (e->beta != 0) y += e->beta * *at;
      *at = e->bias ? y + e->bias[j] : y;
    }
}

static void multiply_few(idx m, idx n, idx depth, const float *a, idx lda, const matrix *b,
                         float *c, idx ldc, const epilogue *e) {
  const int across = 4 * VW;
  for (idx i = 0; i < m; i += 2) {
    const float *x = a + i * lda;
    float *y = c + i * ldc;
    epilogue at = *e;
#define BOTH(f, ...) if (m - i >= 2) f(2, __VA_ARGS__); else f(1, __VA_ARGS__)
    if (b->transposed) {
      idx j = 0;
      for (; j < n; j += n - j >= 4 ? 4 : 1) {
        const float *row = b->data + j * b->ld;
        if (e->bias) at.bias = e->bias + j;
        if (n - j >= 4) { BOTH(dots, 4, depth, x, lda, row, b->ld, y + j, ldc, &at); }
        else { BOTH(dots, 1, depth, x, lda, row, b->ld, y + j, ldc, &at); }
      }
    } else {
      idx j = 0;
      for (; j + VW <= n; j += n - j >= across ? across : VW) {
        if (e->bias) at.bias = e->bias + j;
        if (n - j >= across) { BOTH(tile, 4, depth, x, lda, b->data + j, b->ld, y + j, ldc, across, &at); }
        else { BOTH(tile, 1, depth, x, lda, b->data + j, b->ld, y + j, ldc, VW, &at); }
      }
      for (; j < n; j++)
        for (int q = 0; q < 2 && i + q < m; q++) {
          float s = 0;
          for (idx k = 0; k < depth; k++) s += x[q * lda + k] * b->data[k * b->ld + j];
          s *= e->alpha;
          if (e->beta != 0) s += e->beta * y[q * ldc + j];
          y[q * ldc + j] = e->bias ? s + e->bias[j] : s;
        }
    }
#undef BOTH
  }
}

/* ---- the whole product ----------------------------------------------------------------------- */

/* Multiply-adds below which one thread is as quick as several. */
enum { WORTH_SHARING = 1 << 20 };

static idx depth_of_block(idx k) {
  const idx blocks = (k + KC - 1) / KC;
  return blocks <= 1 ? k : ((k + blocks - 1) / blocks + 3) & ~(idx)3;
}

/* So that panels are the same ones whether all of B or a block of it is packed, what is left of a
   block's width is more than a panel. */
static idx columns_of_block(idx rest) { return rest < NC + 16 ? rest : NC; }

/* Floats that `multiply` works in; a thread's scratch holds the largest. */
static idx multiply_workspace(idx m, idx n, idx k) {
  const idx depth = min_idx(k, KC); /* at most */
  return depth * padded(min_idx(n, NC + 16)) + 16 + (depth + 16) * min_idx(m, MC);
}
_Static_assert(SCRATCH_FLOATS >= KC * (NC + 32) + 16 + (KC + 16) * MC,
               "blocks of a product fit a thread's scratch");

typedef struct {
  idx m, n, k;
  const matrix *a, *b;
  float *c;
  idx ldc;
  const epilogue *e;
  int few;   /* B is read in place */
  idx rows, columns; /* of a part */
} product;

/* Rows i … i + m and columns j … j + n of C, block by block. */
static void multiply_blocks(const product *p, idx i0, idx m, idx j0, idx n, float *work) {
  const matrix *a = p->a, *b = p->b;
  const idx k = p->k, ldc = p->ldc, depth = depth_of_block(k);
  /* Rows of A by themselves lie off powers of two, which would share a few lines of the cache. */
  float *packed_a = work + depth * padded(min_idx(n, NC + 16));
  packed_a += -(idx)((__UINTPTR_TYPE__)packed_a / 4) & 15;
  for (idx j = j0, columns; j < j0 + n; j += columns) {
    columns = columns_of_block(j0 + n - j);
    epilogue at = *p->e;
    if (at.bias) at.bias += j;
    for (idx q = 0; q < k || q == 0; q += depth) {
      const idx deep = min_idx(k - q, depth);
      const float *panels = b->panels ? b->panels + j * k : work;
      const idx panel_depth = b->panels ? k : deep, first = b->panels ? q : 0;
      if (!b->panels) pack(b, q, deep, j, columns, work);
      for (idx i = i0; i < i0 + m; i += MC) {
        const idx rows = min_idx(i0 + m - i, MC);
        const float *x = a->data + i * a->ld + q;
        if (a->transposed) {
          transpose(deep, rows, a->data + q * a->ld + i, a->ld, packed_a, deep + 16);
          x = packed_a;
        }
        multiply_packed(rows, columns, deep, x, a->transposed ? deep + 16 : a->ld,
                        panels, panel_depth, first, p->c + i * ldc + j, ldc, &at);
      }
      at = (epilogue){p->e->alpha, 1, 0};
      if (depth == 0) break;
    }
  }
}

static void multiply_part(const void *context, idx part, float *work) {
  const product *p = context;
  const idx across = (p->n + p->columns - 1) / p->columns;
  const idx i = part / across * p->rows, j = part % across * p->columns;
  const idx m = min_idx(p->m - i, p->rows), n = min_idx(p->n - j, p->columns);
  if (!p->few) {
    multiply_blocks(p, i, m, j, n, work);
    return;
  }
  matrix b = *p->b;
  epilogue e = *p->e;
  b.data += b.transposed ? j * b.ld : j;
  if (e.bias) e.bias += j;
  multiply_few(m, n, p->k, p->a->data, p->a->ld, &b, p->c + j, p->ldc, &e);
}

/*
 * A product is shared by columns, or by rows where that copies less twice: each part packs the
 * columns of B that it needs, and the rows of a transposed A. Parts are more than threads, so that
 * one that falls behind is helped; they end where panels do.
 */
static void share_product(product *p) {
  const idx threads = saiki_threads();
  p->rows = p->m;
  p->columns = p->n;
  if (threads < 2 || (double)p->m * (double)p->n * (double)p->k < WORTH_SHARING) return;
  const idx unit = p->few ? 4 * VW : NR;
  const idx wide = (p->n / (4 * threads) + unit) / unit * unit;
  const idx tall = (p->m / (4 * threads) + MR) / MR * MR;
  const double twice_by_columns = p->a->transposed ? (double)p->m : 0, twice_by_rows = (double)p->n;
  const int too_narrow = p->n < 2 * unit * threads && p->m >= 2 * MR * threads;
  const int by_rows = p->b->panels || too_narrow || twice_by_columns > twice_by_rows;
  if (!p->few && by_rows) p->rows = max_idx(tall, 2 * MR);
  else p->columns = max_idx(wide, 2 * unit);
}

static void multiply(idx m, idx n, idx k, const matrix *a, const matrix *b, float *c, idx ldc,
                     const epilogue *e, float *work) {
  if (m == 0 || n == 0) return;
  product p = {m, n, k, a, b, c, ldc, e, m <= FEW && !a->transposed && !b->rows && !b->panels, 0, 0};
  share_product(&p);
  const idx parts = ((m + p.rows - 1) / p.rows) * ((n + p.columns - 1) / p.columns);
  saiki_parallel(parts, multiply_part, &p, work);
}

/* ---- entries --------------------------------------------------------------------------------- */

/* Kernels align the memory that they are lent; sizes in bytes leave room for it. */
static void *align64(void *p) { return (void *)(((__UINTPTR_TYPE__)p + 63) & ~(__UINTPTR_TYPE__)63); }
static idx bytes_of(idx floats) { return 4 * floats + 64; }

EXPORT idx saiki_gemm_workspace(idx m, idx n, idx k) { return bytes_of(multiply_workspace(m, n, k)); }

EXPORT void saiki_gemm(idx m, idx n, idx k, float alpha, const float *a, idx lda, int trans_a,
                       const float *b, idx ldb, int trans_b, float beta, float *c, idx ldc,
                       const float *bias, void *workspace) {
  const matrix ma = {.data = a, .ld = lda, .transposed = trans_a};
  const matrix mb = {.data = b, .ld = ldb, .transposed = trans_b};
  const epilogue e = {alpha, beta, bias};
  multiply(m, n, k, &ma, &mb, c, ldc, &e, align64(workspace));
}
