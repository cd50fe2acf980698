// The exponential function for loops over many numbers.
#ifndef BRAID_EXPONENTIAL_H
#define BRAID_EXPONENTIAL_H

#include <stdint.h>

// 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2]; within 2 units in the last place. What is beyond the range of
// `float` counts as its end.
static inline __attribute__((always_inline)) float braid_exponential(float x) {
  float limited = x < -87.0f ? -87.0f : x;
  limited = limited > 88.0f ? 88.0f : limited;
  float n = __builtin_rintf(limited * 1.44269504f);
  float r = limited - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + (r + 1.0f);
  union {
    int32_t bits;
    float value;
  } power = {((int32_t)n + 127) << 23};
  return p * power.value;
}

#endif
