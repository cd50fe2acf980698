// Real numbers to whole ones with a scale and zero point: round(x / scale) + zero point, ties to even, saturating.
#include "CKernels.h"
#include "multiversion.h"

static inline float quantised(float x, float scale, float zero_point, float low, float high) {
  float level = __builtin_rintf(x / scale) + zero_point;
  level = level == level ? level : zero_point;
  level = level < low ? low : level;
  return level > high ? high : level;
}

BRAID_MULTIVERSION
void braid_quantise_s8(const float *x, int8_t *y, size_t count, float scale, int32_t zero_point) {
  for (size_t i = 0; i < count; i++) y[i] = (int8_t)quantised(x[i], scale, (float)zero_point, -128, 127);
}

BRAID_MULTIVERSION
void braid_quantise_u8(const float *x, uint8_t *y, size_t count, float scale, int32_t zero_point) {
  for (size_t i = 0; i < count; i++) y[i] = (uint8_t)quantised(x[i], scale, (float)zero_point, 0, 255);
}
