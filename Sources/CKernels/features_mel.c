#include <string.h>

#include "CKernels.h"
#include "lanes.h"
#include "logarithm.h"
#include "multiversion.h"

BRAID_MULTIVERSION
void braid_band_lanes(const float *restrict values, const uint32_t *restrict first, const uint32_t *restrict counts,
                      const float *restrict weights, size_t bands, float *restrict out) {
  for (size_t band = 0; band < bands; ++band) {
    const float *x = values + (size_t)first[band] * LANES;
    const size_t count = counts[band];
    lanes_t even = {0}, odd = {0}, a, b;
    size_t i = 0;
    for (; i + 2 <= count; i += 2) {
      memcpy(&a, x + i * LANES, sizeof a);
      memcpy(&b, x + (i + 1) * LANES, sizeof b);
      even += a * weights[i];
      odd += b * weights[i + 1];
    }
    if (i < count) {
      memcpy(&a, x + i * LANES, sizeof a);
      even += a * weights[i];
    }
    even += odd;
    memcpy(out + band * LANES, &even, sizeof even);
    weights += count;
  }
}

BRAID_MULTIVERSION
void braid_scaled_logarithms(float *values, size_t count, float floor, float offset, float scale) {
  for (size_t i = 0; i < count; ++i) {
    const float x = (values[i] > floor ? values[i] : floor) + offset;
    values[i] = braid_logarithm(x) * scale;
  }
}

BRAID_MULTIVERSION
void braid_matrix_lanes(const float *restrict matrix, size_t rows, size_t columns, const float *restrict x,
                        float *restrict out) {
  for (size_t row = 0; row < rows; row += 4) {
    const size_t count = rows - row < 4 ? rows - row : 4;
    const float *m[4];
    for (size_t k = 0; k < 4; ++k) m[k] = matrix + (row + (k < count ? k : 0)) * columns;
    lanes_t sums[4] = {{0}, {0}, {0}, {0}};
    for (size_t column = 0; column < columns; ++column) {
      lanes_t value;
      memcpy(&value, x + column * LANES, sizeof value);
      for (size_t k = 0; k < 4; ++k) sums[k] += value * m[k][column];
    }
    for (size_t k = 0; k < count; ++k) memcpy(out + (row + k) * LANES, &sums[k], sizeof sums[k]);
  }
}

BRAID_MULTIVERSION
void braid_largest_of_lanes(const float *restrict values, size_t rows, float *restrict out) {
  lanes_t largest;
  memcpy(&largest, values, sizeof largest);
  for (size_t row = 1; row < rows; ++row) {
    lanes_t x;
    memcpy(&x, values + row * LANES, sizeof x);
    const lane_bits_t above = x > largest;
    largest = (lanes_t)(((lane_bits_t)x & above) | ((lane_bits_t)largest & ~above));
  }
  memcpy(out, &largest, sizeof largest);
}

BRAID_MULTIVERSION
void braid_limit_lanes(float *restrict values, size_t rows, const float *restrict floors, float offset, float scale) {
  lanes_t floor;
  memcpy(&floor, floors, sizeof floor);
  for (size_t row = 0; row < rows; ++row) {
    lanes_t x;
    memcpy(&x, values + row * LANES, sizeof x);
    const lane_bits_t above = x > floor;
    x = (lanes_t)(((lane_bits_t)x & above) | ((lane_bits_t)floor & ~above));
    x = (x + offset) * scale;
    memcpy(values + row * LANES, &x, sizeof x);
  }
}

// Four perfect shuffles of 16 vectors of 16 transpose them.
static inline __attribute__((always_inline)) void transpose(lanes_t rows[LANES]) {
  lanes_t shuffled[LANES];
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < LANES / 2; ++i) {
      const lanes_t x = rows[i], y = rows[i + LANES / 2];
      shuffled[2 * i] = __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      shuffled[2 * i + 1] = __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy(rows, shuffled, sizeof shuffled);
  }
}

BRAID_MULTIVERSION
void braid_rows_of_lanes(const float *restrict values, size_t columns, size_t stride, size_t lanes,
                         float *restrict out) {
  size_t column = 0;
  if (lanes == LANES)
    for (; column + LANES <= columns; column += LANES) {
      lanes_t block[LANES];
      memcpy(block, values + column * LANES, sizeof block);
      transpose(block);
      for (size_t lane = 0; lane < LANES; ++lane) memcpy(out + lane * stride + column, &block[lane], sizeof block[lane]);
    }
  for (size_t lane = 0; lane < lanes; ++lane)
    for (size_t rest = column; rest < columns; ++rest) out[lane * stride + rest] = values[rest * LANES + lane];
}

BRAID_MULTIVERSION
void braid_lanes_of_rows(const float *restrict rows, size_t columns, size_t stride, size_t lanes,
                         float *restrict out) {
  size_t column = 0;
  if (lanes == LANES)
    for (; column + LANES <= columns; column += LANES) {
      lanes_t block[LANES];
      for (size_t lane = 0; lane < LANES; ++lane) memcpy(&block[lane], rows + lane * stride + column, sizeof block[lane]);
      transpose(block);
      memcpy(out + column * LANES, block, sizeof block);
    }
  for (size_t lane = 0; lane < lanes; ++lane)
    for (size_t rest = column; rest < columns; ++rest) out[rest * LANES + lane] = rows[lane * stride + rest];
}
