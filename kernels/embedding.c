/* Rows of a table. */
#include "saiki_kernels.h"
#include "simd.h"

void saiki_embedding_forward(const float *weight, const int32_t *index, float *y, int rows, int width) {
  for (int r = 0; r < rows; r++, y += width) {
    const float *from = weight + (long)index[r] * width;
    for (int j = 0; j < width; j++) y[j] = from[j];
  }
}

void saiki_embedding_backward(const float *dy, const int32_t *index, float *dweight, int rows, int width,
                              int padding_idx) {
  for (int r = 0; r < rows; r++, dy += width) {
    if (index[r] == padding_idx) continue;
    float *to = dweight + (long)index[r] * width;
    for (int j = 0; j < width; j++) to[j] += dy[j];
  }
}
