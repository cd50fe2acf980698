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

void braid_histogram_u8(const uint8_t *bytes, size_t count, uint32_t *bins) {
  // Four tables: equal neighbours do not wait for each other.
  uint32_t part[4][256];
  memset(part, 0, sizeof part);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    ++part[0][bytes[i]];
    ++part[1][bytes[i + 1]];
    ++part[2][bytes[i + 2]];
    ++part[3][bytes[i + 3]];
  }
  for (; i < count; ++i) ++part[0][bytes[i]];
  for (int bin = 0; bin < 256; ++bin) bins[bin] = part[0][bin] + part[1][bin] + part[2][bin] + part[3][bin];
}

void braid_joint_histogram_u8(const uint8_t *first, const uint8_t *second, size_t count, const uint16_t *first_bin,
                              const uint16_t *second_bin, uint32_t *bins, size_t bin_count) {
  uint32_t part[4][1024];
  if (bin_count > 1024) return;
  for (int table = 0; table < 4; ++table) memset(part[table], 0, bin_count * sizeof part[0][0]);
  size_t i = 0;
  for (; i + 4 <= count; i += 4)
    for (int table = 0; table < 4; ++table) ++part[table][first_bin[first[i + table]] + second_bin[second[i + table]]];
  for (; i < count; ++i) ++part[0][first_bin[first[i]] + second_bin[second[i]]];
  for (size_t bin = 0; bin < bin_count; ++bin) bins[bin] = part[0][bin] + part[1][bin] + part[2][bin] + part[3][bin];
}

BRAID_MULTIVERSION
void braid_moments_u8(const uint8_t *bytes, size_t count, struct braid_plane_moments *moments) {
  uint64_t total = 0, squares = 0;
  for (size_t begin = 0; begin < count; begin += 1 << 15) {
    const size_t end = count - begin < (1 << 15) ? count : begin + (1 << 15);
    uint32_t sum = 0, square = 0;
    for (size_t i = begin; i < end; ++i) {
      sum += bytes[i];
      square += (uint32_t)bytes[i] * bytes[i];
    }
    total += sum;
    squares += square;
  }
  moments->sum = total;
  moments->squares = squares;
}

BRAID_MULTIVERSION
void braid_chroma_moments_u8(const uint8_t *cb, const uint8_t *cr, size_t count,
                             struct braid_chroma_moments *moments) {
  struct braid_chroma_moments all = {0, 0, 0, 0, 0};
  for (size_t begin = 0; begin < count; begin += 1 << 15) {
    const size_t end = count - begin < (1 << 15) ? count : begin + (1 << 15);
    uint32_t b = 0, r = 0, bb = 0, rr = 0, br = 0;
    for (size_t i = begin; i < end; ++i) {
      const uint32_t x = cb[i], y = cr[i];
      b += x;
      r += y;
      bb += x * x;
      rr += y * y;
      br += x * y;
    }
    all.cb += b;
    all.cr += r;
    all.cb_squares += bb;
    all.cr_squares += rr;
    all.products += br;
  }
  *moments = all;
}

BRAID_MULTIVERSION
void braid_laplacian_moments_u8(const uint8_t *luma, size_t width, size_t height,
                                struct braid_laplacian_moments *moments) {
  int64_t total = 0, squares = 0;
  for (size_t y = 0; y < height; ++y) {
    const uint8_t *row = luma + y * width;
    const uint8_t *above = y > 0 ? row - width : height > 1 ? row + width : row;
    const uint8_t *below = y + 1 < height ? row + width : height > 1 ? row - width : row;
    for (size_t begin = 0; begin < width; begin += 1 << 10) {
      const size_t end = width - begin < (1 << 10) ? width : begin + (1 << 10);
      int32_t sum = 0;
      uint32_t square = 0;
      const size_t first = begin > 0 ? begin : 1, last = end < width ? end : width - 1;
      for (size_t x = first; x < last; ++x) {
        const int32_t value = row[x - 1] + row[x + 1] + above[x] + below[x] - 4 * row[x];
        sum += value;
        square += (uint32_t)(value * value);
      }
      total += sum;
      squares += square;
    }
    for (int edge = 0; edge < (width > 1 ? 2 : 1); ++edge) {
      const size_t x = edge == 0 ? 0 : width - 1;
      const size_t beside = width == 1 ? 0 : edge == 0 ? 1 : width - 2;
      const int64_t value = 2 * row[beside] + above[x] + below[x] - 4 * row[x];
      total += value;
      squares += value * value;
    }
  }
  moments->sum = total;
  moments->squares = squares;
}

BRAID_MULTIVERSION
uint64_t braid_count_at_most_u8(const uint8_t *bytes, size_t count, uint8_t threshold) {
  uint64_t total = 0;
  for (size_t begin = 0; begin < count; begin += 1 << 16) {
    const size_t end = count - begin < (1 << 16) ? count : begin + (1 << 16);
    uint32_t sum = 0;
    for (size_t i = begin; i < end; ++i) sum += bytes[i] <= threshold;
    total += sum;
  }
  return total;
}

BRAID_MULTIVERSION
uint64_t braid_absolute_difference_u8(const uint8_t *first, const uint8_t *second, size_t count) {
  uint64_t total = 0;
  for (size_t begin = 0; begin < count; begin += 1 << 16) {
    const size_t end = count - begin < (1 << 16) ? count : begin + (1 << 16);
    uint32_t sum = 0;
    for (size_t i = begin; i < end; ++i) {
      const int difference = first[i] - second[i];
      sum += difference < 0 ? -difference : difference;
    }
    total += sum;
  }
  return total;
}
