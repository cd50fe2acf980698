// Functions of each element in single precision, by rational approximations without branches. The coefficients are the
// least relative error of x P(x^2) / Q(x^2) over the range that the argument is held to, found by reweighted least
// squares.
#include "CKernels.h"
#include "multiversion.h"

static inline float error_function(float x) {
  float held = x < -3.92f ? -3.92f : x;
  held = held > 3.92f ? 3.92f : held;
  float u = held * held;
  float p = 2.04659678e-06f;
  p = p * u + 0.000284850131f;
  p = p * u + 0.00377161013f;
  p = p * u + 0.0527665171f;
  p = p * u + 0.190568192f;
  p = p * u + 1.12837915f;
  float q = 3.80539937e-05f;
  q = q * u + 0.0011636808f;
  q = q * u + 0.0149813028f;
  q = q * u + 0.114172699f;
  q = q * u + 0.502219395f;
  q = q * u + 1.0f;
  float y = held * p / q;
  y = x >= 3.92f ? 1.0f : y;
  return x <= -3.92f ? -1.0f : y;
}

static inline float hyperbolic_tangent(float x) {
  float held = x < -9.0f ? -9.0f : x;
  held = held > 9.0f ? 9.0f : held;
  float u = held * held;
  float p = -1.22462249e-11f;
  p = p * u + 3.06424966e-08f;
  p = p * u + 2.80312971e-05f;
  p = p * u + 0.00386950728f;
  p = p * u + 0.136808559f;
  p = p * u + 0.999999999f;
  float q = 1.28903416e-06f;
  q = q * u + 0.000394071215f;
  q = q * u + 0.027250154f;
  q = q * u + 0.47014188f;
  q = q * u + 1.0f;
  float y = held * p / q;
  y = x >= 9.0f ? 1.0f : y;
  return x <= -9.0f ? -1.0f : y;
}

BRAID_MULTIVERSION
void braid_erf_f32(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = error_function(x[i]);
}

BRAID_MULTIVERSION
void braid_gelu_f32(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = 0.5f * x[i] * (1.0f + error_function(x[i] * 0.70710678f));
}

BRAID_MULTIVERSION
void braid_gelu_tanh_f32(const float *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float v = x[i];
    y[i] = 0.5f * v * (1.0f + hyperbolic_tangent(0.79788456f * (v + 0.044715f * v * v * v)));
  }
}
