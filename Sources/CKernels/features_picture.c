#include <string.h>

#include "CKernels.h"
#include "multiversion.h"

BRAID_MULTIVERSION
uint64_t braid_sum_u8(const uint8_t *bytes, size_t count) {
  uint64_t total = 0;
  for (size_t begin = 0; begin < count; begin += 1 << 16) {
    const size_t end = count - begin < (1 << 16) ? count : begin + (1 << 16);
    uint32_t sum = 0;
    for (size_t i = begin; i < end; ++i) sum += bytes[i];
    total += sum;
  }
  return total;
}

BRAID_MULTIVERSION
void braid_block_sums_u8(const uint8_t *luma, size_t width, size_t height, size_t block, uint32_t *sums) {
  if (block == 0) return;
  const size_t across = (width + block - 1) / block, down = (height + block - 1) / block;
  memset(sums, 0, across * down * sizeof *sums);
  for (size_t y = 0; y < height; ++y) {
    const uint8_t *row = luma + y * width;
    uint32_t *out = sums + (y / block) * across;
    for (size_t b = 0; b < across; ++b) {
      const size_t begin = b * block, end = width - begin < block ? width : begin + block;
      uint32_t sum = 0;
      for (size_t x = begin; x < end; ++x) sum += row[x];
      out[b] += sum;
    }
  }
}

void braid_histogram32_u8(const uint8_t *luma, size_t count, uint32_t *bins) {
  uint32_t part[4][32];
  memset(part, 0, sizeof part);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    ++part[0][luma[i] >> 3];
    ++part[1][luma[i + 1] >> 3];
    ++part[2][luma[i + 2] >> 3];
    ++part[3][luma[i + 3] >> 3];
  }
  for (; i < count; ++i) ++part[0][luma[i] >> 3];
  for (int bin = 0; bin < 32; ++bin) bins[bin] += part[0][bin] + part[1][bin] + part[2][bin] + part[3][bin];
}
