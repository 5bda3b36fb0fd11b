/*
 * Projection and cross entropy together. Logits exist for a block of rows at a time, and become their
 * own gradient in place: what is left in memory is as large as the operands, never (rows, classes).
 */

enum { LOGIT_ROWS = 512 }; /* of a block: a multiple of KC, and enough that packing W costs little */

/* The rows of a block are shared in runs of this many. */
enum { RUN = 16 };

typedef struct {
  const class_loss *c;
  const int *target;
  float *logits, *loss;
  idx rows, classes;
  float scale;
  int backward;
} logit_block;

static void loss_of_run(const void *context, idx part, float *scratch) {
  const logit_block *b = context;
  (void)scratch;
  for (idx r = part * RUN; r < b->rows && r < (part + 1) * RUN; r++) {
    float lse, *row = b->logits + r * b->classes;
    b->loss[r] = b->backward ? loss_and_gradient_of_row(b->c, row, b->target[r], b->scale)
                             : loss_of_row(b->c, row, b->target[r], &lse);
  }
}

EXPORT idx saiki_linear_cross_entropy_workspace(idx rows, idx inputs, idx classes) {
  const idx block = min_idx(rows, LOGIT_ROWS);
  const idx logits = multiply_workspace(block, classes, inputs);
  const idx dx = multiply_workspace(block, inputs, classes);
  const idx dweight = multiply_workspace(classes, inputs, block);
  return bytes_of(block * classes + 15 + max_idx(logits, max_idx(dx, dweight)));
}

EXPORT void saiki_linear_cross_entropy(const float *x, const float *weight, const float *bias,
                                       const int *target, const float *class_weight, idx rows,
                                       idx inputs, idx classes, int ignore_index, double smoothing,
                                       float scale, float *loss, float *dx, float *dweight,
                                       float *dbias, void *workspace) {
  const class_loss c = class_loss_of(class_weight, classes, ignore_index, smoothing);
  const matrix w = {.data = weight, .ld = inputs};
  const matrix w_transposed = {.data = weight, .ld = inputs, .transposed = 1};
  const epilogue add_bias = {1, 0, bias};
  const int backward = dx || dweight || dbias;
  float *d = align64(workspace); /* (block, classes): logits, then their gradient */
  float *work = d + ((min_idx(rows, LOGIT_ROWS) * classes + 15) & ~(idx)15);
  if (rows == 0) { /* no block writes the sums */
    for (idx j = 0; dweight && j < classes * inputs; j++) dweight[j] = 0;
    for (idx j = 0; dbias && j < classes; j++) dbias[j] = 0;
  }
  for (idx i = 0; i < rows; i += LOGIT_ROWS) {
    const idx n = min_idx(rows - i, LOGIT_ROWS);
    const matrix x_rows = {.data = x + i * inputs, .ld = inputs};
    const matrix d_rows = {.data = d, .ld = classes};
    const matrix d_transposed = {.data = d, .ld = classes, .transposed = 1};
    multiply(n, classes, inputs, &x_rows, &w_transposed, d, classes, &add_bias, work);
    const logit_block block = {&c, target + i, d, loss + i, n, classes, scale, backward};
    saiki_parallel((n + RUN - 1) / RUN, loss_of_run, &block, work);
    if (dx) multiply(n, inputs, classes, &d_rows, &w, dx + i * inputs, inputs, &STORE, work);
    if (dweight)
      multiply(classes, inputs, n, &d_transposed, &x_rows, dweight, inputs, i ? &ADD : &STORE, work);
    if (dbias) column_sums(n, classes, d, classes, dbias, i > 0);
  }
}
