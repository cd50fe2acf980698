#include <fftw3.h>
#include <stdlib.h>
#include <time.h>

#include "CBareTransforms.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double braid_bare_transforms(int length, long count) {
  size_t size = (((size_t)length + 2) * sizeof(float) + 63) / 64 * 64;
  float *in = aligned_alloc(64, size), *out = aligned_alloc(64, size);
  double seconds = -1;
  if (in && out) {
    fftwf_plan plan = fftwf_plan_dft_r2c_1d(length, in, (fftwf_complex *)out, FFTW_ESTIMATE);
    if (plan) {
      for (int i = 0; i < length; ++i) in[i] = (float)(i * 7919 % 1000) / 500.0f - 1.0f;
      double start = now();
      for (long i = 0; i < count; ++i) fftwf_execute(plan);
      seconds = now() - start;
      fftwf_destroy_plan(plan);
    }
  }
  free(in);
  free(out);
  return seconds;
}
