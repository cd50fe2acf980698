// Plain loops that define what convolution and matrix product mean. Not for speed.
#include "CKernels.h"

static double window_sum(const float *x, const float *w, const struct braid_window *g, int64_t od, int64_t oh,
                         int64_t ow) {
  double sum = 0;
  for (int64_t kd = 0; kd < g->kernel[0]; kd++) {
    int64_t d = od * g->stride[0] - g->pad[0] + kd * g->dilation[0];
    if (d < 0 || d >= g->input[0]) continue;
    for (int64_t kh = 0; kh < g->kernel[1]; kh++) {
      int64_t h = oh * g->stride[1] - g->pad[1] + kh * g->dilation[1];
      if (h < 0 || h >= g->input[1]) continue;
      const float *row = x + (d * g->input[1] + h) * g->input[2];
      const float *taps = w + (kd * g->kernel[1] + kh) * g->kernel[2];
      for (int64_t kw = 0; kw < g->kernel[2]; kw++) {
        int64_t i = ow * g->stride[2] - g->pad[2] + kw * g->dilation[2];
        if (i >= 0 && i < g->input[2]) sum += (double)row[i] * (double)taps[kw];
      }
    }
  }
  return sum;
}

void braid_convolution_reference(const float *x, const float *w, const float *bias, float *y, int64_t batch,
                                 int64_t groups, int64_t channels, int64_t filters,
                                 const struct braid_window *window) {
  const struct braid_window *g = window;
  int64_t plane = g->input[0] * g->input[1] * g->input[2];
  int64_t taps = g->kernel[0] * g->kernel[1] * g->kernel[2];
  int64_t per_group = filters / groups;
  for (int64_t b = 0; b < batch; b++) {
    for (int64_t f = 0; f < filters; f++) {
      const float *group = x + (b * groups + f / per_group) * channels * plane;
      const float *filter = w + f * channels * taps;
      for (int64_t d = 0; d < g->output[0]; d++) {
        for (int64_t h = 0; h < g->output[1]; h++) {
          for (int64_t i = 0; i < g->output[2]; i++) {
            double sum = bias ? bias[f] : 0;
            for (int64_t c = 0; c < channels; c++)
              sum += window_sum(group + c * plane, filter + c * taps, g, d, h, i);
            *y++ = (float)sum;
          }
        }
      }
    }
  }
}

void braid_matmul_reference(const float *a, const float *b, float *y, int64_t m, int64_t k, int64_t n) {
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) {
      double sum = 0;
      for (int64_t l = 0; l < k; l++) sum += (double)a[i * k + l] * (double)b[l * n + j];
      y[i * n + j] = (float)sum;
    }
  }
}
