#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "lanes.h"
#include "multiversion.h"

typedef double quad_t __attribute__((vector_size(4 * sizeof(double))));

// Four channels side by side, of which `width` are there: the recursion's latency is paid once for all four.
static inline __attribute__((always_inline)) void k_weight(const float *samples, size_t count, size_t channels, int width,
                                                           const double *c, double *state, double *energy) {
  quad_t s[4], sum = {0};
  memcpy(s, state, sizeof s);
  for (size_t n = 0; n < count; ++n) {
    quad_t x = {0};
    for (int lane = 0; lane < width; ++lane) x[lane] = (double)samples[n * channels + lane];
    const quad_t y = c[0] * x + s[0];
    s[0] = c[1] * x - c[3] * y + s[1];
    s[1] = c[2] * x - c[4] * y;
    const quad_t z = c[5] * y + s[2];
    s[2] = c[6] * y - c[8] * z + s[3];
    s[3] = c[7] * y - c[9] * z;
    sum += z * z;
  }
  memcpy(state, s, sizeof s);
  for (int lane = 0; lane < width; ++lane) energy[lane] += sum[lane];
}

BRAID_MULTIVERSION
void braid_k_weighted_energy(const float *samples, size_t count, size_t channels, const double *coefficients,
                             double *state, double *energy) {
  for (size_t first = 0; first < channels; first += 4, state += 16) {
    switch (channels - first) {
      case 1: k_weight(samples + first, count, channels, 1, coefficients, state, energy + first); break;
      case 2: k_weight(samples + first, count, channels, 2, coefficients, state, energy + first); break;
      case 3: k_weight(samples + first, count, channels, 3, coefficients, state, energy + first); break;
      default: k_weight(samples + first, count, channels, 4, coefficients, state, energy + first); break;
    }
  }
}

BRAID_MULTIVERSION
float braid_largest_between(const float *x, size_t count, const float *coefficients, size_t phases, size_t taps) {
  lanes_t largest = {0};
  float rest = 0;
  for (size_t phase = 0; phase < phases; ++phase) {
    const float *c = coefficients + phase * taps;
    size_t n = 0;
    for (; n + LANES <= count; n += LANES) {
      lanes_t sum = {0};
      for (size_t k = 0; k < taps; ++k) {
        lanes_t v;
        memcpy(&v, x + n - k, sizeof v);
        sum += c[k] * v;
      }
      sum = (lanes_t)((lane_bits_t)sum & 0x7fffffff);
      const lane_bits_t higher = sum > largest;
      largest = (lanes_t)(((lane_bits_t)sum & higher) | ((lane_bits_t)largest & ~higher));
    }
    for (; n < count; ++n) {
      float sum = 0;
      for (size_t k = 0; k < taps; ++k) sum += c[k] * x[(ptrdiff_t)n - (ptrdiff_t)k];
      sum = fabsf(sum);
      rest = sum > rest ? sum : rest;
    }
  }
  for (int lane = 0; lane < LANES; ++lane) rest = largest[lane] > rest ? largest[lane] : rest;
  return rest;
}

BRAID_MULTIVERSION
void braid_take_channel(const float *samples, size_t count, size_t channels, float *channel) {
  for (size_t n = 0; n < count; ++n) channel[n] = samples[n * channels];
}
