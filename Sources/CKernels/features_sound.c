#include <float.h>
#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "lanes.h"
#include "multiversion.h"

BRAID_MULTIVERSION
size_t braid_copy_finite(const float *source, float *destination, size_t count) {
  const float limit = 1e9f;
  uint32_t changed = 0;
  size_t total = 0;
  for (size_t begin = 0; begin < count; begin += 1 << 16) {
    const size_t end = count - begin < (1 << 16) ? count : begin + (1 << 16);
    changed = 0;
    for (size_t i = begin; i < end; ++i) {
      const float x = source[i];
      uint32_t bits;
      memcpy(&bits, &x, sizeof bits);
      const int infinite = (bits & 0x7f800000u) == 0x7f800000u;
      float y = x > limit ? limit : x;
      y = y < -limit ? -limit : y;
      y = infinite ? 0.0f : y;
      changed += infinite | (x > limit) | (x < -limit);
      destination[i] = y;
    }
    total += changed;
  }
  return total;
}

BRAID_MULTIVERSION
float braid_sum_of_squares(const float *samples, size_t count) {
  lanes_t sums = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes_t x;
    memcpy(&x, samples + i, sizeof x);
    sums += x * x;
  }
  float sum;
  SUM_LANES(sums, sum);
  for (; i < count; ++i) sum += samples[i] * samples[i];
  return sum;
}

BRAID_MULTIVERSION
void braid_apply_window(const float *samples, const float *window, size_t count, size_t padded, float *destination) {
  for (size_t i = 0; i < count; ++i) destination[i] = samples[i] * window[i];
  for (size_t i = count; i < padded; ++i) destination[i] = 0;
}

BRAID_MULTIVERSION
float braid_kaldi_frame(const float *restrict source, const float *restrict window, size_t count, size_t padded,
                        int removes_mean, float preemphasis, float *restrict destination) {
  if (count == 0) return 0;
  float mean = 0;
  size_t i = 0;
  if (removes_mean) {
    lanes_t sums = {0};
    for (; i + LANES <= count; i += LANES) {
      lanes_t x;
      memcpy(&x, source + i, sizeof x);
      sums += x;
    }
    SUM_LANES(sums, mean);
    for (; i < count; ++i) mean += source[i];
    mean /= (float)count;
  }

  lanes_t squares = {0};
  for (i = 0; i + LANES <= count; i += LANES) {
    lanes_t x;
    memcpy(&x, source + i, sizeof x);
    x -= mean;
    squares += x * x;
  }
  float energy;
  SUM_LANES(squares, energy);
  for (; i < count; ++i) energy += (source[i] - mean) * (source[i] - mean);

  const float first = source[0] - mean;
  destination[0] = (first - preemphasis * first) * window[0];
  for (i = 1; i < count; ++i) {
    const float x = source[i] - mean, before = source[i - 1] - mean;
    destination[i] = (x - preemphasis * before) * window[i];
  }
  for (i = count; i < padded; ++i) destination[i] = 0;
  return energy;
}

BRAID_MULTIVERSION
void braid_power_spectrum(const float *restrict spectrum, size_t bins, float *restrict power) {
  for (size_t i = 0; i < bins; ++i) {
    const float re = spectrum[2 * i], im = spectrum[2 * i + 1];
    power[i] = re * re + im * im;
  }
}

BRAID_MULTIVERSION
void braid_mel_bands(const float *restrict power, const uint32_t *restrict first, const uint32_t *restrict blocks,
                     const float *restrict weights, size_t bands, float floor, float *restrict out) {
  for (size_t band = 0; band < bands; ++band) {
    const float *bins = power + first[band];
    lanes_t sums = {0};
    for (uint32_t block = 0; block < blocks[band]; ++block) {
      lanes_t x, w;
      memcpy(&x, bins, sizeof x);
      memcpy(&w, weights, sizeof w);
      sums += x * w;
      bins += LANES;
      weights += LANES;
    }
    SUM_LANES(sums, out[band]);
  }
  if (floor > 0)
    for (size_t band = 0; band < bands; ++band) out[band] = logf(out[band] > floor ? out[band] : floor);
}

BRAID_MULTIVERSION
void braid_square_roots(float *values, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes_t x;
    memcpy(&x, values + i, sizeof x);
    x = __builtin_elementwise_sqrt(x);
    memcpy(values + i, &x, sizeof x);
  }
  for (; i < count; ++i) values[i] = sqrtf(values[i]);
}

BRAID_MULTIVERSION
void braid_overlap_add(const float *restrict samples, const float *restrict window, const float *restrict squares,
                       size_t count, float *restrict sums, float *restrict square_sums) {
  for (size_t i = 0; i < count; ++i) {
    sums[i] += samples[i] * window[i];
    square_sums[i] += squares[i];
  }
}

BRAID_MULTIVERSION
void braid_divide_where_positive(const float *restrict sums, const float *restrict divisors, size_t count,
                                 float *restrict out) {
  for (size_t i = 0; i < count; ++i) {
    const int divides = divisors[i] > FLT_MIN;
    out[i] = sums[i] / (divides ? divisors[i] : 1.0f);
  }
}
