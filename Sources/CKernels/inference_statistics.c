// Statistics of activations, for quantisation.
#include "CKernels.h"
#include "multiversion.h"

#include <math.h>

BRAID_MULTIVERSION
size_t braid_value_range(const float *values, size_t count, float *low, float *high) {
  float least = INFINITY, most = -INFINITY;
  size_t finite = 0;
  for (size_t i = 0; i < count; i++) {
    float x = values[i];
    int good = fabsf(x) <= 3.4028234e38f;
    finite += (size_t)good;
    least = good && x < least ? x : least;
    most = good && x > most ? x : most;
  }
  *low = least;
  *high = most;
  return finite;
}

void braid_count_in_bins(const float *values, size_t count, float inverse_width, int64_t first, size_t bins,
                         uint64_t *counts) {
  for (size_t i = 0; i < count; i++) {
    float place = floorf(values[i] * inverse_width);
    if (!(fabsf(place) < 4.6e18f)) continue;
    int64_t bin = (int64_t)place - first;
    if (bin < 0) bin = 0;
    if (bin >= (int64_t)bins) bin = (int64_t)bins - 1;
    counts[bin]++;
  }
}

void braid_error_sums(const float *a, const float *b, size_t count, double *sums) {
  double dot = 0, aa = 0, bb = 0, ee = 0;
  for (size_t i = 0; i < count; i++) {
    double x = a[i], y = b[i], e = x - y;
    dot += x * y;
    aa += x * x;
    bb += y * y;
    ee += e * e;
  }
  sums[0] += dot;
  sums[1] += aa;
  sums[2] += bb;
  sums[3] += ee;
}

void braid_channel_sums(const float *values, size_t outer, size_t channels, size_t inner, double *sums) {
  for (size_t o = 0; o < outer; o++) {
    for (size_t c = 0; c < channels; c++) {
      double sum = 0;
      const float *row = values + (o * channels + c) * inner;
      for (size_t i = 0; i < inner; i++) sum += row[i];
      sums[c] += sum;
    }
  }
}

double braid_histogram_error(const uint64_t *counts, size_t bins, int64_t first, double width, double scale,
                             double zero, double levels) {
  double sum = 0;
  for (size_t i = 0; i < bins; i++) {
    if (counts[i] == 0) continue;
    double x = ((double)(first + (int64_t)i) + 0.5) * width;
    double level = rint(x / scale) + zero;
    level = level < 0 ? 0 : level > levels ? levels : level;
    double error = (level - zero) * scale - x;
    sum += error * error * (double)counts[i];
  }
  return sum;
}

double braid_histogram_divergence(const uint64_t *counts, size_t bins, size_t begin, size_t end, size_t levels) {
  if (end > bins) end = bins;
  if (begin >= end || levels == 0) return INFINITY;
  double before = 0, after = 0, inside = 0;
  for (size_t i = 0; i < begin; i++) before += (double)counts[i];
  for (size_t i = end; i < bins; i++) after += (double)counts[i];
  for (size_t i = begin; i < end; i++) inside += (double)counts[i];
  double total = before + inside + after;
  if (inside == 0) return INFINITY;
  const double least = 1e-7;
  size_t count = end - begin;
  double divergence = 0;
  for (size_t level = 0; level < levels; level++) {
    size_t from = begin + count * level / levels, to = begin + count * (level + 1) / levels;
    double sum = 0;
    size_t filled = 0;
    for (size_t i = from; i < to; i++) {
      sum += (double)counts[i];
      filled += counts[i] != 0 || (i == begin && before > 0) || (i == end - 1 && after > 0);
    }
    if (filled == 0) continue;
    double q = sum / (double)filled / inside;
    if (q < least) q = least;
    for (size_t i = from; i < to; i++) {
      double p = (double)counts[i];
      if (i == begin) p += before;
      if (i == end - 1) p += after;
      if (p > 0) divergence += p / total * log(p / total / q);
    }
  }
  return divergence;
}
