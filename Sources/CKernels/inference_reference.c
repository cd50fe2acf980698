// What a matrix product means.
#include "CKernels.h"
#include "multiversion.h"

// The products of `width` neighbouring columns with one row; each is exact in double precision, so that fused
// multiply-add changes nothing.
static inline __attribute__((always_inline)) void product_columns(const float *row, const float *b, float *y, int64_t k,
                                                                  int64_t n, int64_t width) {
  double sums[32] = {0};
  for (int64_t l = 0; l < k; l++) {
    double factor = row[l];
    for (int64_t c = 0; c < width; c++) sums[c] += factor * (double)b[l * n + c];
  }
  for (int64_t c = 0; c < width; c++) y[c] = (float)sums[c];
}

BRAID_MULTIVERSION
void braid_matmul_reference(const float *a, const float *b, float *y, int64_t m, int64_t k, int64_t n) {
  for (int64_t i = 0; i < m; i++) {
    int64_t j = 0;
    for (; j + 32 <= n; j += 32) product_columns(a + i * k, b + j, y + i * n + j, k, n, 32);
    for (; j + 8 <= n; j += 8) product_columns(a + i * k, b + j, y + i * n + j, k, n, 8);
    for (; j < n; j++) product_columns(a + i * k, b + j, y + i * n + j, k, n, 1);
  }
}
