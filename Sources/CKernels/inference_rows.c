// Chains of operations on rows of numbers, tile by tile, so that what lies between two operations never leaves the cache.
#include "CKernels.h"
#include "multiversion.h"

// Every function below is inlined, so how vectors would be passed does not matter; and the oldest instruction set has no
// rounding of several numbers at once.
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang diagnostic ignored "-Wpass-failed"

#define BRAID_INLINE static inline __attribute__((always_inline))

// exp: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2]; within 2 units in the last place, 0 and infinity at the ends.
BRAID_INLINE float exponential(float x) {
  float limited = x < -87.3f ? -87.3f : x;
  limited = limited > 88.7f ? 88.7f : limited;
  float n = __builtin_rintf(limited * 1.44269504088896341f);
  float r = limited - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  // Two factors, as 2^128 alone is no number.
  int32_t half = (int32_t)n >> 1, rest = (int32_t)n - half;
  int32_t first = (half + 127) << 23, second = (rest + 127) << 23;
  float a, b;
  __builtin_memcpy(&a, &first, 4);
  __builtin_memcpy(&b, &second, 4);
  float y = p * a * b;
  y = x < -87.3f ? 0.0f : y;
  y = x > 88.72284f ? __builtin_inff() : y;
  return x == x ? y : x;
}

// Abramowitz and Stegun, 7.1.26: absolute error below 2e-7.
BRAID_INLINE float error_function(float x) {
  float a = x < 0 ? -x : x;
  float t = 1.0f / (1.0f + 0.3275911f * a);
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  float y = 1.0f - p * t * exponential(-a * a);
  return x < 0 ? -y : y;
}

BRAID_INLINE float level(float x, float scale, float zero, float low, float high) {
  float l = __builtin_rintf(x / scale) + zero;
  l = l == l ? l : zero;
  l = l < low ? low : l;
  return l > high ? high : l;
}

// Reductions run over 16 explicit lanes, so that a result depends on the values alone.
typedef float lanes __attribute__((vector_size(64), aligned(4)));

BRAID_INLINE lanes lanes_at(const float *x) { return *(const lanes *)x; }

BRAID_INLINE float sum_of_lanes(lanes x) {
  float part[16];
  *(lanes *)part = x;
  for (size_t width = 8; width > 0; width /= 2)
    for (size_t j = 0; j < width; j++) part[j] += part[j + width];
  return part[0];
}

BRAID_INLINE float sum_of(const float *x, size_t n) {
  lanes sum = {0}, other = {0};
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    sum += lanes_at(x + i);
    other += lanes_at(x + i + 16);
  }
  for (; i + 16 <= n; i += 16) sum += lanes_at(x + i);
  float total = sum_of_lanes(sum + other);
  for (; i < n; i++) total += x[i];
  return total;
}

BRAID_INLINE float squares_of(const float *x, size_t n, float mean) {
  lanes sum = {0}, other = {0};
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    lanes a = lanes_at(x + i) - mean, b = lanes_at(x + i + 16) - mean;
    sum += a * a;
    other += b * b;
  }
  for (; i + 16 <= n; i += 16) sum += (lanes_at(x + i) - mean) * (lanes_at(x + i) - mean);
  float total = sum_of_lanes(sum + other);
  for (; i < n; i++) total += (x[i] - mean) * (x[i] - mean);
  return total;
}

BRAID_INLINE float largest_of(const float *x, size_t n) {
  float largest = x[0];
  size_t i = 0;
  if (n >= 16) {
    lanes most = lanes_at(x);
    for (i = 16; i + 16 <= n; i += 16) {
      most = __builtin_elementwise_max(most, lanes_at(x + i));
    }
    float part[16];
    *(lanes *)part = most;
    for (size_t j = 0; j < 16; j++) largest = part[j] > largest ? part[j] : largest;
  }
  for (; i < n; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

BRAID_INLINE void softmax(float *restrict y, const float *restrict x, size_t n) {
  float largest = largest_of(x, n);
  for (size_t i = 0; i < n; i++) y[i] = exponential(x[i] - largest);
  float factor = 1.0f / sum_of(y, n);
  for (size_t i = 0; i < n; i++) y[i] *= factor;
}

BRAID_INLINE void normalise(float *restrict y, const float *restrict x, size_t n, float epsilon) {
  float mean = sum_of(x, n) / (float)n;
  float factor = 1.0f / __builtin_sqrtf(squares_of(x, n, mean) / (float)n + epsilon);
  for (size_t i = 0; i < n; i++) y[i] = (x[i] - mean) * factor;
}

// Source and target of a loop are the same numbers, or apart.
#define BRAID_LOOP _Pragma("clang loop vectorize(assume_safety)")

#define BRAID_LOAD(type, expression)                                                            \
  {                                                                                             \
    const type *base = (const type *)o->base;                                                   \
    if (!o->rows) {                                                                             \
      const type *source = base + first * n;                                                    \
      BRAID_LOOP                                                                                \
      for (size_t i = 0; i < count; i++) { float v = (float)source[i]; y[i] = (expression); }   \
    } else if (o->step) {                                                                       \
      for (size_t r = 0; r < rows; r++) {                                                       \
        const type *source = base + o->rows[first + r];                                         \
        float *row = y + r * n;                                                                 \
        BRAID_LOOP                                                                              \
        for (size_t i = 0; i < n; i++) { float v = (float)source[i]; row[i] = (expression); }   \
      }                                                                                         \
    } else {                                                                                    \
      for (size_t r = 0; r < rows; r++) {                                                       \
        float v = (float)base[o->rows[first + r]], w = (expression);                            \
        for (size_t i = 0; i < n; i++) y[r * n + i] = w;                                        \
      }                                                                                         \
    }                                                                                           \
  }                                                                                             \
  break

#define BRAID_MAP(expression)                                                                   \
  BRAID_LOOP                                                                                    \
  for (size_t i = 0; i < count; i++) { float v = a[i]; y[i] = (expression); }                   \
  break

#define BRAID_JOIN(expression)                                                                  \
  BRAID_LOOP                                                                                    \
  for (size_t i = 0; i < count; i++) { float v = a[i], w = b[i]; y[i] = (expression); }         \
  break

BRAID_INLINE void run_tile(const struct braid_row_stage *stages, size_t stage_count,
                           const struct braid_row_operand *operands, void *const *results, size_t first, size_t rows,
                           size_t n, float *registers, size_t stride) {
  size_t count = rows * n;
  for (size_t s = 0; s < stage_count; s++) {
    const struct braid_row_stage *stage = stages + s;
    const struct braid_row_operand *o = operands + stage->index;
    float *y = registers + (size_t)stage->target * stride;
    const float *a = registers + (size_t)stage->left * stride;
    const float *b = registers + (size_t)stage->right * stride;
    const float p = stage->p, q = stage->q;
    switch (stage->operation) {
      case BRAID_ROW_LOAD_F32: BRAID_LOAD(float, v);
      case BRAID_ROW_LOAD_U8: BRAID_LOAD(uint8_t, (v - q) * p);
      case BRAID_ROW_LOAD_S8: BRAID_LOAD(int8_t, (v - q) * p);
      case BRAID_ROW_STORE_F32: {
        float *target = (float *)results[stage->index] + first * n;
        BRAID_LOOP
        for (size_t i = 0; i < count; i++) target[i] = a[i];
        break;
      }
      case BRAID_ROW_STORE_U8: {
        uint8_t *target = (uint8_t *)results[stage->index] + first * n;
        BRAID_LOOP
        for (size_t i = 0; i < count; i++) target[i] = (uint8_t)(int32_t)level(a[i], p, q, 0, 255);
        break;
      }
      case BRAID_ROW_STORE_S8: {
        int8_t *target = (int8_t *)results[stage->index] + first * n;
        BRAID_LOOP
        for (size_t i = 0; i < count; i++) target[i] = (int8_t)(int32_t)level(a[i], p, q, -128, 127);
        break;
      }
      case BRAID_ROW_ROUND_U8: BRAID_MAP((level(v, p, q, 0, 255) - q) * p);
      case BRAID_ROW_ROUND_S8: BRAID_MAP((level(v, p, q, -128, 127) - q) * p);
      case BRAID_ROW_ADD: BRAID_JOIN(v + w);
      case BRAID_ROW_SUBTRACT: BRAID_JOIN(v - w);
      case BRAID_ROW_MULTIPLY: BRAID_JOIN(v * w);
      case BRAID_ROW_DIVIDE: BRAID_JOIN(v / w);
      case BRAID_ROW_AFFINE: BRAID_MAP(v * p + q);
      case BRAID_ROW_CLIP: BRAID_MAP(v < p ? p : (v > q ? q : v));
      case BRAID_ROW_LEAKY_RELU: BRAID_MAP(v < 0 ? v * p : v);
      case BRAID_ROW_SQUARE_ROOT: BRAID_MAP(__builtin_sqrtf(v));
      case BRAID_ROW_RECIPROCAL: BRAID_MAP(1.0f / v);
      case BRAID_ROW_ABSOLUTE: BRAID_MAP(__builtin_fabsf(v));
      case BRAID_ROW_EXPONENTIAL: BRAID_MAP(exponential(v));
      case BRAID_ROW_ERROR_FUNCTION: BRAID_MAP(error_function(v));
      case BRAID_ROW_SIGMOID: BRAID_MAP(1.0f / (1.0f + exponential(-v)));
      case BRAID_ROW_TANH: BRAID_MAP(1.0f - 2.0f / (1.0f + exponential(2.0f * v)));
      case BRAID_ROW_GELU: BRAID_MAP(0.5f * v * (1.0f + error_function(v * 0.70710678118654752f)));
      case BRAID_ROW_SOFTMAX:
        for (size_t r = 0; r < rows; r++) softmax(y + r * n, a + r * n, n);
        break;
      case BRAID_ROW_NORMALISE:
        for (size_t r = 0; r < rows; r++) normalise(y + r * n, a + r * n, n, p);
        break;
    }
  }
}

BRAID_MULTIVERSION
void braid_rows(const struct braid_row_stage *stages, size_t stage_count, const struct braid_row_operand *operands,
                void *const *results, size_t rows, size_t n, size_t tile, float *registers) {
  size_t stride = (tile * n + 15) / 16 * 16;
  for (size_t first = 0; first < rows; first += tile) {
    size_t some = rows - first < tile ? rows - first : tile;
    run_tile(stages, stage_count, operands, results, first, some, n, registers, stride);
  }
}
