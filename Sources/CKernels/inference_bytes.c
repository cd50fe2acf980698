// A map of 8-bit values, and their making from real numbers whose range is found at run time.
#include "CKernels.h"
#include "multiversion.h"

BRAID_MULTIVERSION
void braid_flip_sign(const uint8_t *x, uint8_t *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] ^ 128;
}

BRAID_MULTIVERSION
void braid_dynamic_quantise(const float *x, uint8_t *y, size_t count, float *scale, uint8_t *zero_point) {
  float low[16] = {0}, high[16] = {0};
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (size_t j = 0; j < 16; j++) {
      low[j] = x[i + j] < low[j] ? x[i + j] : low[j];
      high[j] = x[i + j] > high[j] ? x[i + j] : high[j];
    }
  }
  for (; i < count; i++) {
    low[0] = x[i] < low[0] ? x[i] : low[0];
    high[0] = x[i] > high[0] ? x[i] : high[0];
  }
  for (size_t j = 1; j < 16; j++) {
    low[0] = low[j] < low[0] ? low[j] : low[0];
    high[0] = high[j] > high[0] ? high[j] : high[0];
  }
  float step = (high[0] - low[0]) / 255.0f;
  float zero = step > 0 ? __builtin_rintf(-low[0] / step) : 0;
  zero = zero < 0 ? 0 : (zero > 255 ? 255 : zero);
  *scale = step;
  *zero_point = (uint8_t)zero;
  for (size_t k = 0; k < count; k++) {
    float level = step > 0 ? __builtin_rintf(x[k] / step) + zero : 0;
    level = level == level ? level : zero;
    level = level < 0 ? 0 : level;
    y[k] = (uint8_t)(int32_t)(level > 255 ? 255 : level);
  }
}
