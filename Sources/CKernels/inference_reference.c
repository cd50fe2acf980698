// Plain loops that define what a matrix product means. Not for speed.
#include "CKernels.h"

void braid_matmul_reference(const float *a, const float *b, float *y, int64_t m, int64_t k, int64_t n) {
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) {
      double sum = 0;
      for (int64_t l = 0; l < k; l++) sum += (double)a[i * k + l] * (double)b[l * n + j];
      y[i * n + j] = (float)sum;
    }
  }
}
