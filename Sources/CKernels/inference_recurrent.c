// The activations of recurrent layers' gates.
#include "CKernels.h"
#include "exponential.h"
#include "multiversion.h"

BRAID_MULTIVERSION
void braid_sigmoid_in_place(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float y = 1.0f / (1.0f + braid_exponential(-x[i]));
    x[i] = x[i] == x[i] ? y : x[i];
  }
}

BRAID_MULTIVERSION
void braid_tanh_in_place(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) {
    float y = 1.0f - 2.0f / (1.0f + braid_exponential(2.0f * x[i]));
    x[i] = x[i] == x[i] ? y : x[i];
  }
}
