// Convolutions of elements of type REAL. Included once for each type; NAME gives its functions their names.

// The places of an axis whose windows' tap at `offset` lies within `size` elements: [first, last).
#define FIRST(offset, stride) ((offset) >= 0 ? 0 : (-(offset) + (stride)-1) / (stride))
#define LAST(offset, stride, size) ((size) > (offset) ? ((size)-1 - (offset)) / (stride) + 1 : 0)

BRAID_MULTIVERSION
void NAME(braid_convolution)(const REAL *x, const REAL *w, const REAL *bias, REAL *y, int64_t batch, int64_t groups,
                             int64_t channels, int64_t filters, const struct braid_window *g) {
  enum { chunk = 256 };
  double sums[chunk];
  int64_t plane = g->input[0] * g->input[1] * g->input[2];
  int64_t taps = g->kernel[0] * g->kernel[1] * g->kernel[2];
  int64_t per_group = filters / groups, stride = g->stride[2];
  for (int64_t bf = 0; bf < batch * filters; bf++) {
    int64_t f = bf % filters;
    const REAL *group = x + (bf / filters * groups + f / per_group) * channels * plane;
    for (int64_t dh = 0; dh < g->output[0] * g->output[1]; dh++) {
      int64_t d0 = dh / g->output[1] * g->stride[0] - g->pad[0], h0 = dh % g->output[1] * g->stride[1] - g->pad[1];
      for (int64_t start = 0; start < g->output[2]; start += chunk) {
        int64_t end = g->output[2] - start < chunk ? g->output[2] : start + chunk;
        for (int64_t i = 0; i < end - start; i++) sums[i] = bias ? bias[f] : 0;
        for (int64_t c = 0; c < channels; c++) {
          const REAL *filter = w + (f * channels + c) * taps;
          for (int64_t kd = 0; kd < g->kernel[0]; kd++) {
            int64_t d = d0 + kd * g->dilation[0];
            if (d < 0 || d >= g->input[0]) continue;
            for (int64_t kh = 0; kh < g->kernel[1]; kh++) {
              int64_t h = h0 + kh * g->dilation[1];
              if (h < 0 || h >= g->input[1]) continue;
              const REAL *row = group + c * plane + (d * g->input[1] + h) * g->input[2];
              for (int64_t kw = 0; kw < g->kernel[2]; kw++) {
                double tap = filter[(kd * g->kernel[1] + kh) * g->kernel[2] + kw];
                int64_t offset = kw * g->dilation[2] - g->pad[2];
                int64_t first = FIRST(offset, stride), last = LAST(offset, stride, g->input[2]);
                if (first < start) first = start;
                if (last > end) last = end;
                if (stride == 1) {
                  for (int64_t i = first; i < last; i++) sums[i - start] += tap * row[i + offset];
                } else {
                  for (int64_t i = first; i < last; i++) sums[i - start] += tap * row[i * stride + offset];
                }
              }
            }
          }
        }
        for (int64_t i = start; i < end; i++) *y++ = (REAL)sums[i - start];
      }
    }
  }
}

BRAID_MULTIVERSION
void NAME(braid_transposed_convolution)(const REAL *x, const REAL *w, const REAL *bias, REAL *y, double *sums,
                                        int64_t batch, int64_t groups, int64_t channels, int64_t filters,
                                        const struct braid_window *g) {
  int64_t plane = g->input[0] * g->input[1] * g->input[2], places = g->output[0] * g->output[1] * g->output[2];
  int64_t taps = g->kernel[0] * g->kernel[1] * g->kernel[2], stride = g->stride[2];
  for (int64_t bgf = 0; bgf < batch * groups * filters; bgf++) {
    int64_t bg = bgf / filters, f = bgf % filters;
    for (int64_t i = 0; i < places; i++) sums[i] = bias ? bias[bg % groups * filters + f] : 0;
    for (int64_t c = 0; c < channels; c++) {
      const REAL *filter = w + ((bg % groups * channels + c) * filters + f) * taps;
      for (int64_t dh = 0; dh < g->input[0] * g->input[1]; dh++) {
        const REAL *row = x + (bg * channels + c) * plane + dh * g->input[2];
        for (int64_t kd = 0; kd < g->kernel[0]; kd++) {
          int64_t d = dh / g->input[1] * g->stride[0] - g->pad[0] + kd * g->dilation[0];
          if (d < 0 || d >= g->output[0]) continue;
          for (int64_t kh = 0; kh < g->kernel[1]; kh++) {
            int64_t h = dh % g->input[1] * g->stride[1] - g->pad[1] + kh * g->dilation[1];
            if (h < 0 || h >= g->output[1]) continue;
            double *line = sums + (d * g->output[1] + h) * g->output[2];
            for (int64_t kw = 0; kw < g->kernel[2]; kw++) {
              double tap = filter[(kd * g->kernel[1] + kh) * g->kernel[2] + kw];
              int64_t offset = kw * g->dilation[2] - g->pad[2];
              int64_t first = FIRST(offset, stride), last = LAST(offset, stride, g->output[2]);
              if (last > g->input[2]) last = g->input[2];
              if (stride == 1) {
                for (int64_t i = first; i < last; i++) line[i + offset] += tap * row[i];
              } else {
                for (int64_t i = first; i < last; i++) line[i * stride + offset] += tap * row[i];
              }
            }
          }
        }
      }
    }
    for (int64_t i = 0; i < places; i++) *y++ = (REAL)sums[i];
  }
}

#undef FIRST
#undef LAST
