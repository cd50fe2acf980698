// Softmax over short rows: many rows side by side.
#include "CKernels.h"
#include "multiversion.h"

// exp(x) for x <= 0, within 2 units in the last place: x = n ln 2 + r, a polynomial of r, and n put into the exponent.
static inline float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  float n = __builtin_rintf(x * 1.44269504f);
  float r = __builtin_fmaf(n, -0.693359375f, x);
  r = __builtin_fmaf(n, 2.12194440e-4f, r);
  float p = 1.9875691500e-4f;
  p = __builtin_fmaf(p, r, 1.3981999507e-3f);
  p = __builtin_fmaf(p, r, 8.3334519073e-3f);
  p = __builtin_fmaf(p, r, 4.1665795894e-2f);
  p = __builtin_fmaf(p, r, 1.6666665459e-1f);
  p = __builtin_fmaf(p, r, 5.0000001201e-1f);
  p = __builtin_fmaf(p, r * r, r + 1.0f);
  union {
    int32_t bits;
    float value;
  } power = {((int32_t)n + 127) << 23};
  return p * power.value;
}

BRAID_MULTIVERSION
static void pairs(const float *restrict x, float *restrict y, size_t rows) {
  for (size_t i = 0; i < rows; i++) {
    float a = x[2 * i], b = x[2 * i + 1];
    float most = a > b ? a : b;
    float ea = exponential(a - most), eb = exponential(b - most);
    float sum = ea + eb;
    y[2 * i] = ea / sum;
    y[2 * i + 1] = eb / sum;
  }
}

BRAID_MULTIVERSION
static void columns(const float *restrict x, float *restrict y, size_t length, size_t stride, size_t count) {
  float most[64], sum[64];
  for (size_t i = 0; i < count; i++) most[i] = x[i];
  for (size_t k = 1; k < length; k++)
    for (size_t i = 0; i < count; i++) most[i] = x[k * stride + i] > most[i] ? x[k * stride + i] : most[i];
  for (size_t i = 0; i < count; i++) sum[i] = 0;
  for (size_t k = 0; k < length; k++) {
    for (size_t i = 0; i < count; i++) {
      float e = exponential(x[k * stride + i] - most[i]);
      y[k * stride + i] = e;
      sum[i] += e;
    }
  }
  for (size_t i = 0; i < count; i++) sum[i] = 1 / sum[i];
  for (size_t k = 0; k < length; k++)
    for (size_t i = 0; i < count; i++) y[k * stride + i] *= sum[i];
}

void braid_softmax_pairs(const float *x, float *y, size_t rows) { pairs(x, y, rows); }

void braid_softmax_columns(const float *x, float *y, size_t outer, size_t length, size_t inner) {
  for (size_t o = 0; o < outer; o++) {
    const float *from = x + o * length * inner;
    float *to = y + o * length * inner;
    for (size_t start = 0; start < inner; start += 64)
      columns(from + start, to + start, length, inner, inner - start < 64 ? inner - start : 64);
  }
}
