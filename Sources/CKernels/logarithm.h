// The natural logarithm for loops over many numbers.
#ifndef BRAID_LOGARITHM_H
#define BRAID_LOGARITHM_H

#include <stdint.h>
#include <string.h>

// x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2); log(1 + f) by the polynomial of FreeBSD's logf in
// s = f / (2 + f). Within 1 unit in the last place for normal positive numbers; others are not meant.
static inline __attribute__((always_inline)) float braid_logarithm(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const int32_t k = (bits - 0x3f3504f3) >> 23;
  bits -= k * (1 << 23);
  float f;
  memcpy(&f, &bits, sizeof f);
  f -= 1.0f;
  const float s = f / (2.0f + f), z = s * s, w = z * z;
  const float r = z * (0.66666662693f + w * 0.28498786688f) + w * (0.40000972152f + w * 0.24279078841f);
  const float half = 0.5f * f * f;
  const float n = (float)k;
  return s * (half + r) + n * 9.0580006145e-06f - half + f + n * 6.9313812256e-01f;
}

#endif
