// Functions of each element in single precision that activations are made of, by polynomials without branches. What is
// not a number stays so; what overflows becomes infinite.
#include "CKernels.h"
#include "multiversion.h"

#define BRAID_INLINE static inline __attribute__((always_inline))

BRAID_INLINE float with_bits(uint32_t bits) {
  union {
    uint32_t bits;
    float value;
  } both = {bits};
  return both.value;
}

BRAID_INLINE uint32_t bits_of(float value) {
  union {
    float value;
    uint32_t bits;
  } both = {value};
  return both.bits;
}

// 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2], over the whole range of `float`; the power in two factors, neither of
// which leaves that range.
BRAID_INLINE float exponential(float x) {
  float held = x < -104.0f ? -104.0f : x;
  held = held > 89.0f ? 89.0f : held;
  float n = __builtin_rintf(held * 1.44269504f);
  float r = held - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + (r + 1.0f);
  int32_t power = (int32_t)(n == n ? n : 0.0f);
  int32_t half = power >> 1;
  return p * with_bits((uint32_t)(half + 127) << 23) * with_bits((uint32_t)(power - half + 127) << 23);
}

// e^x - 1 without loss near 0.
BRAID_INLINE float exponential_minus_one(float x) {
  float p = 1.0f / 40320.0f;
  p = p * x + 1.0f / 5040.0f;
  p = p * x + 1.0f / 720.0f;
  p = p * x + 1.0f / 120.0f;
  p = p * x + 1.0f / 24.0f;
  p = p * x + 1.0f / 6.0f;
  p = p * x + 0.5f;
  p = p * (x * x) + x;
  return x > -0.5f && x < 0.5f ? p : exponential(x) - 1.0f;
}

// The exponent times ln 2, and a polynomial (of Moshier's Cephes library) of the mantissa in [sqrt(1/2), sqrt(2)).
BRAID_INLINE float logarithm(float x) {
  int is_small = x < 1.17549435e-38f;
  float scaled = is_small ? x * 8388608.0f : x;
  uint32_t bits = bits_of(scaled);
  int32_t exponent = (int32_t)(bits - 0x3f3504f3u) >> 23;
  float m = with_bits(bits - ((uint32_t)exponent << 23)) - 1.0f;
  float n = (float)(is_small ? exponent - 23 : exponent);
  float z = m * m;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  float y = p * m * z - n * 2.12194440e-4f - 0.5f * z;
  y = m + y + n * 0.693359375f;
  y = x == 0.0f ? -__builtin_inff() : y;
  y = x < 0.0f ? __builtin_nanf("") : y;
  return x < __builtin_inff() ? y : x;
}

// ln(1 + x) for x from 0 to 1; the rounding of 1 + x is made good by the quotient.
BRAID_INLINE float logarithm_plus_one(float x) {
  float sum = 1.0f + x;
  float y = logarithm(sum) * (x / (sum - 1.0f));
  return sum == 1.0f ? x : y;
}

#define BRAID_EACH(expression)              \
  for (size_t i = 0; i < count; i++) {      \
    float v = x[i];                         \
    y[i] = (expression);                    \
  }

BRAID_MULTIVERSION
void braid_exponential_f32(const float *x, float *y, size_t count) { BRAID_EACH(exponential(v)) }

BRAID_MULTIVERSION
void braid_logarithm_f32(const float *x, float *y, size_t count) { BRAID_EACH(logarithm(v)) }

BRAID_MULTIVERSION
void braid_swish_f32(const float *x, float *y, size_t count, float alpha) {
  BRAID_EACH(v / (1.0f + exponential(-alpha * v)))
}

BRAID_MULTIVERSION
void braid_softplus_f32(const float *x, float *y, size_t count) {
  BRAID_EACH((v < 0.0f ? 0.0f : v) + logarithm_plus_one(exponential(-__builtin_fabsf(v))))
}

// tanh(ln(1 + e)) is e (e + 2) / (e (e + 2) + 2) for e = exp(x); from 20 on it is 1.
BRAID_INLINE float mish(float x) {
  float e = exponential(x > 20.0f ? 20.0f : x);
  float square = e * (e + 2.0f);
  return x * (square / (square + 2.0f));
}

BRAID_MULTIVERSION
void braid_mish_f32(const float *x, float *y, size_t count) { BRAID_EACH(mish(v)) }

BRAID_MULTIVERSION
void braid_exponential_unit_f32(const float *x, float *y, size_t count, float above, float below, float rate) {
  BRAID_EACH(v < 0.0f ? below * exponential_minus_one(v * rate) : above * v)
}
