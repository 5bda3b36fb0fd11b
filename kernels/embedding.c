/* Rows of a table. */

EXPORT void saiki_embedding_forward(const float *weight, const int *index, float *y, idx rows,
                                    idx width) {
  for (idx r = 0; r < rows; r++)
    copy_rows(1, width, weight + index[r] * width, width, y + r * width, width, 0);
}

/* Rows in order, so that sums over equal indices have equal bits. */
EXPORT void saiki_embedding_backward(const float *dy, const int *index, float *dweight, idx rows,
                                     idx width, int padding_idx) {
  for (idx r = 0; r < rows; r++)
    if (index[r] != padding_idx)
      copy_rows(1, width, dy + r * width, width, dweight + index[r] * width, width, 1);
}
