#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "lanes.h"
#include "multiversion.h"

BRAID_MULTIVERSION
float braid_sum_of_rises(const float *now, const float *before, size_t count) {
  lanes_t sums = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes_t x, y;
    memcpy(&x, now + i, sizeof x);
    memcpy(&y, before + i, sizeof y);
    x -= y;
    const lane_bits_t rises = x > 0;
    sums += (lanes_t)((lane_bits_t)x & rises);
  }
  float sum;
  SUM_LANES(sums, sum);
  for (; i < count; ++i) sum += now[i] > before[i] ? now[i] - before[i] : 0;
  return sum;
}

BRAID_MULTIVERSION
void braid_magnitudes(const float *restrict x, float *restrict roots, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes_t v;
    memcpy(&v, x + i, sizeof v);
    v = __builtin_elementwise_sqrt(v);
    memcpy(roots + i, &v, sizeof v);
  }
  for (; i < count; ++i) roots[i] = sqrtf(x[i]);
}

static const lanes_t ramp = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

BRAID_MULTIVERSION
void braid_sum_and_moment(const float *x, size_t count, float *sum, float *moment) {
  lanes_t sums = {0}, moments = {0}, index = ramp;
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes_t v;
    memcpy(&v, x + i, sizeof v);
    sums += v;
    moments += v * index;
    index += (float)LANES;
  }
  SUM_LANES(sums, *sum);
  SUM_LANES(moments, *moment);
  for (; i < count; ++i) {
    *sum += x[i];
    *moment += x[i] * (float)i;
  }
}

BRAID_MULTIVERSION
float braid_second_moment(const float *x, size_t count, float centre) {
  lanes_t sums = {0}, distance = ramp - centre;
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes_t v;
    memcpy(&v, x + i, sizeof v);
    sums += distance * distance * v;
    distance += (float)LANES;
  }
  float sum;
  SUM_LANES(sums, sum);
  for (; i < count; ++i) sum += ((float)i - centre) * ((float)i - centre) * x[i];
  return sum;
}

// The sum of a block, the last one cut.
static inline __attribute__((always_inline)) float block_sum(const float *x, size_t count) {
  lanes_t v = {0};
  if (count >= LANES) {
    memcpy(&v, x, sizeof v);
  } else {
    memcpy(&v, x, count * sizeof(float));
  }
  float sum;
  SUM_LANES(v, sum);
  return sum;
}

BRAID_MULTIVERSION
size_t braid_rolloff(const float *x, size_t count, float share) {
  float total = 0;
  for (size_t i = 0; i < count; i += LANES) total += block_sum(x + i, count - i);
  const float wanted = share * total;
  float sum = 0;
  for (size_t i = 0; i < count; i += LANES) {
    const float block = block_sum(x + i, count - i);
    if (sum + block < wanted) {
      sum += block;
      continue;
    }
    const size_t end = count - i < LANES ? count : i + LANES;
    for (size_t j = i; j < end; ++j) {
      sum += x[j];
      if (sum >= wanted) return j;
    }
    return end - 1;
  }
  return count - 1;
}

// The logarithm of a product is that of its mantissas' product and the sum of its exponents: 64 mantissas below 2 stay
// far from overflow.
BRAID_MULTIVERSION
float braid_flatness(const float *x, size_t count, float floor) {
  lanes_t sums = {0}, product = {0};
  lane_bits_t exponents = {0};
  product += 1.0f;
  size_t i = 0;
  for (size_t step = 1; i + LANES <= count; i += LANES, ++step) {
    lanes_t v;
    memcpy(&v, x + i, sizeof v);
    const lane_bits_t high = v > floor;
    v = (lanes_t)(((lane_bits_t)v & high) | ((lane_bits_t)(floor - (lanes_t){0}) & ~high));
    sums += v;
    const lane_bits_t bits = (lane_bits_t)v;
    exponents += (bits >> 23) - 127;
    product *= (lanes_t)((bits & 0x007fffff) | 0x3f800000);
    if (step % 64 == 0) {
      const lane_bits_t whole = (lane_bits_t)product;
      exponents += (whole >> 23) - 127;
      product = (lanes_t)((whole & 0x007fffff) | 0x3f800000);
    }
  }
  float sum;
  SUM_LANES(sums, sum);
  double logarithm = 0;
  for (int lane = 0; lane < LANES; ++lane) logarithm += (double)exponents[lane] + log2((double)product[lane]);
  for (; i < count; ++i) {
    const float v = x[i] > floor ? x[i] : floor;
    sum += v;
    logarithm += log2((double)v);
  }
  return (float)(exp2(logarithm / (double)count) * (double)count / (double)sum);
}

BRAID_MULTIVERSION
float braid_squared_distance(const float *a, float scale_a, const float *b, float scale_b, size_t count) {
  lanes_t sums = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes_t v, w;
    memcpy(&v, a + i, sizeof v);
    memcpy(&w, b + i, sizeof w);
    v = v * scale_a - w * scale_b;
    sums += v * v;
  }
  float sum;
  SUM_LANES(sums, sum);
  for (; i < count; ++i) {
    const float v = a[i] * scale_a - b[i] * scale_b;
    sum += v * v;
  }
  return sum;
}

// Most blocks are passed over with two comparisons; the values that are kept stay sorted.
BRAID_MULTIVERSION
void braid_mean_extremes(const float *restrict x, size_t count, size_t kept, float *restrict scratch, float *lowest,
                         float *highest) {
  float *low = scratch, *high = scratch + kept;
  for (size_t i = 0; i < kept; ++i) {
    low[i] = INFINITY;
    high[i] = -INFINITY;
  }
  float bottom = INFINITY, top = -INFINITY;
  for (size_t begin = 0; begin < count; begin += LANES) {
    const size_t end = count - begin < LANES ? count : begin + LANES;
    if (end - begin == LANES) {
      lanes_t v;
      memcpy(&v, x + begin, sizeof v);
      const lane_bits_t below = v < bottom, above = v > top;
      if (__builtin_reduce_or(below | above) == 0) continue;
    }
    for (size_t i = begin; i < end; ++i) {
      const float v = x[i];
      if (v < bottom) {
        size_t j = kept - 1;
        for (; j > 0 && low[j - 1] > v; --j) low[j] = low[j - 1];
        low[j] = v;
        bottom = low[kept - 1];
      }
      if (v > top) {
        size_t j = kept - 1;
        for (; j > 0 && high[j - 1] < v; --j) high[j] = high[j - 1];
        high[j] = v;
        top = high[kept - 1];
      }
    }
  }
  float below = 0, above = 0;
  for (size_t i = 0; i < kept; ++i) {
    below += low[i];
    above += high[i];
  }
  *lowest = below / (float)kept;
  *highest = above / (float)kept;
}

BRAID_MULTIVERSION
size_t braid_sign_changes(const float *x, size_t count, float threshold) {
  size_t total = 0;
  for (size_t begin = 1; begin < count; begin += 1 << 16) {
    const size_t end = count - begin < (1 << 16) ? count : begin + (1 << 16);
    uint32_t changes = 0;
    for (size_t i = begin; i < end; ++i) changes += (x[i] < -threshold) != (x[i - 1] < -threshold);
    total += changes;
  }
  return total;
}

BRAID_MULTIVERSION
float braid_largest_magnitude(const float *x, size_t count) {
  uint32_t largest = 0;
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    bits &= 0x7fffffffu;
    largest = bits > largest ? bits : largest;
  }
  float magnitude;
  memcpy(&magnitude, &largest, sizeof magnitude);
  return magnitude;
}

BRAID_MULTIVERSION
void braid_centre(const float *restrict x, float mean, size_t count, size_t padded, float *restrict y) {
  for (size_t i = 0; i < count; ++i) y[i] = x[i] - mean;
  for (size_t i = count; i < padded; ++i) y[i] = 0;
}

BRAID_MULTIVERSION
void braid_correlation_spectrum(const float *restrict a, const float *restrict b, size_t length,
                                float *restrict spectrum) {
  for (size_t k = 0; k <= length / 2; ++k) {
    const float re = a[2 * k] * b[2 * k] + a[2 * k + 1] * b[2 * k + 1];
    const float im = a[2 * k] * b[2 * k + 1] - a[2 * k + 1] * b[2 * k];
    spectrum[k] = re - im;
    if (k > 0) spectrum[length - k] = k == length / 2 ? re - im : re + im;
  }
}

BRAID_MULTIVERSION
void braid_yin(const float *x, size_t window, size_t lags, const float *bins, size_t length, float *difference,
               float *normalised) {
  double first = 0;
  for (size_t i = 0; i < window; ++i) first += (double)x[i] * (double)x[i];
  const double scale = 1.0 / (double)length;
  double energy = first, sum = 0;
  difference[0] = 0;
  normalised[0] = 1;
  for (size_t lag = 1; lag <= lags; ++lag) {
    const double entering = x[window + lag - 1], leaving = x[lag - 1];
    energy += entering * entering - leaving * leaving;
    const double correlation = ((double)bins[2 * lag] - (double)bins[2 * lag + 1]) * scale;
    double d = first + energy - 2 * correlation;
    // What the rounding of the transforms leaves of nothing is nothing.
    d = d > 1e-7 * (first + energy) ? d : 1e-7 * (first + energy);
    sum += d;
    difference[lag] = (float)d;
    normalised[lag] = sum > 1e-30 ? (float)(d * (double)lag / sum) : 1.0f;
  }
}
