#include <string.h>

#include "CKernels.h"
#include "multiversion.h"

enum { BITS = 22, WIDEST = 64 };

static inline uint8_t rounded(int32_t sum) {
  const int32_t value = sum >> BITS;
  return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

BRAID_MULTIVERSION
void braid_resample_rows_u8(const uint8_t *in, size_t width, size_t height, const int32_t *starts,
                            const int32_t *counts, const int32_t *values, size_t taps, size_t size, uint8_t *out) {
  for (size_t y = 0; y < height; ++y)
    for (size_t o = 0; o < size; ++o) {
      const uint8_t *from = in + y * width + starts[o];
      const int32_t *weights = values + o * taps;
      int32_t sum = 1 << (BITS - 1);
      for (int32_t i = 0; i < counts[o]; ++i) sum += from[i] * weights[i];
      out[y * size + o] = rounded(sum);
    }
}

BRAID_MULTIVERSION
void braid_resample_columns_u8(const uint8_t *in, size_t width, const int32_t *starts, const int32_t *counts,
                               const int32_t *values, size_t taps, size_t size, uint8_t *out) {
  if (width > WIDEST) return;
  for (size_t o = 0; o < size; ++o) {
    int32_t sums[WIDEST];
    for (size_t x = 0; x < width; ++x) sums[x] = 1 << (BITS - 1);
    for (int32_t i = 0; i < counts[o]; ++i) {
      const uint8_t *from = in + (size_t)(starts[o] + i) * width;
      const int32_t weight = values[o * taps + i];
      for (size_t x = 0; x < width; ++x) sums[x] += from[x] * weight;
    }
    for (size_t x = 0; x < width; ++x) out[o * width + x] = rounded(sums[x]);
  }
}
