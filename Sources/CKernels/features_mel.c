#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "lanes.h"
#include "logarithm.h"
#include "multiversion.h"

BRAID_MULTIVERSION
void braid_power_to_lane(const float *restrict spectrum, size_t bins, int magnitude, size_t lane, float *restrict out) {
  out += lane;
  if (magnitude)
    for (size_t i = 0; i < bins; ++i) {
      const float re = spectrum[2 * i], im = spectrum[2 * i + 1];
      out[i * LANES] = sqrtf(re * re + im * im);
    }
  else
    for (size_t i = 0; i < bins; ++i) {
      const float re = spectrum[2 * i], im = spectrum[2 * i + 1];
      out[i * LANES] = re * re + im * im;
    }
}

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
  memcpy(out, values, LANES * sizeof *out);
  for (size_t row = 1; row < rows; ++row)
    for (size_t lane = 0; lane < LANES; ++lane) {
      const float x = values[row * LANES + lane];
      out[lane] = x > out[lane] ? x : out[lane];
    }
}

BRAID_MULTIVERSION
void braid_limit_lanes(float *restrict values, size_t rows, const float *restrict floors, float offset, float scale) {
  for (size_t row = 0; row < rows; ++row)
    for (size_t lane = 0; lane < LANES; ++lane) {
      float x = values[row * LANES + lane];
      x = x > floors[lane] ? x : floors[lane];
      values[row * LANES + lane] = (x + offset) * scale;
    }
}

BRAID_MULTIVERSION
void braid_rows_of_lanes(const float *restrict values, size_t columns, size_t stride, size_t lanes,
                         float *restrict out) {
  for (size_t lane = 0; lane < lanes; ++lane)
    for (size_t column = 0; column < columns; ++column) out[lane * stride + column] = values[column * LANES + lane];
}

BRAID_MULTIVERSION
void braid_lanes_of_rows(const float *restrict rows, size_t columns, size_t lanes, float *restrict out) {
  for (size_t lane = 0; lane < lanes; ++lane)
    for (size_t column = 0; column < columns; ++column) out[column * LANES + lane] = rows[lane * columns + column];
}
