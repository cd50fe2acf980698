// Depthwise convolution of bytes, channels innermost. The rows under a window are interleaved byte by byte, so that one
// instruction sums four of them; the result is rescaled while it is in registers.
#include "CKernels.h"
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

int braid_depthwise_supported(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

#define BRAID_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

// Interleaves four rows of `count` bytes, each byte with `flip` applied, into `to`: four bytes for each place.
BRAID_VNNI static void interleave(const uint8_t *const rows[4], size_t count, uint8_t flip, uint8_t *to) {
  const __m512i change = _mm512_set1_epi8((char)flip);
  for (size_t i = 0; i < count; i += 64) {
    size_t left = count - i;
    __mmask64 lanes = left >= 64 ? ~0ull : (1ull << left) - 1;
    __m512i r[4];
    for (int k = 0; k < 4; k++)
      r[k] = _mm512_xor_si512(left >= 64 ? _mm512_loadu_si512(rows[k] + i) : _mm512_maskz_loadu_epi8(lanes, rows[k] + i),
                              change);
    __m512i low01 = _mm512_unpacklo_epi8(r[0], r[1]), high01 = _mm512_unpackhi_epi8(r[0], r[1]);
    __m512i low23 = _mm512_unpacklo_epi8(r[2], r[3]), high23 = _mm512_unpackhi_epi8(r[2], r[3]);
    __m512i a = _mm512_unpacklo_epi16(low01, low23), b = _mm512_unpackhi_epi16(low01, low23);
    __m512i c = _mm512_unpacklo_epi16(high01, high23), d = _mm512_unpackhi_epi16(high01, high23);
    // Four lanes of each, put in the order of the places.
    __m512i ab = _mm512_shuffle_i32x4(a, b, 0x44), cd = _mm512_shuffle_i32x4(c, d, 0x44);
    __m512i ef = _mm512_shuffle_i32x4(a, b, 0xee), gh = _mm512_shuffle_i32x4(c, d, 0xee);
    __m512i parts[4] = {_mm512_shuffle_i32x4(ab, cd, 0x88), _mm512_shuffle_i32x4(ab, cd, 0xdd),
                        _mm512_shuffle_i32x4(ef, gh, 0x88), _mm512_shuffle_i32x4(ef, gh, 0xdd)};
    if (left >= 64) {
      for (int k = 0; k < 4; k++) _mm512_storeu_si512(to + 4 * i + 64 * k, parts[k]);
    } else {
      uint8_t rest[256];
      for (int k = 0; k < 4; k++) _mm512_storeu_si512(rest + 64 * k, parts[k]);
      memcpy(to + 4 * i, rest, 4 * left);
    }
  }
}

// Narrowing stores with a mask are slow on some processors: whole vectors are stored whole, the rest byte by byte.
BRAID_VNNI static inline void put(__m128i bytes, __mmask16 lanes, uint8_t *y) {
  if (lanes == 0xffff) {
    _mm_storeu_si128((__m128i *)y, bytes);
    return;
  }
  uint8_t rest[16];
  _mm_storeu_si128((__m128i *)rest, bytes);
  for (int i = 0; lanes >> i & 1; i++) y[i] = rest[i];
}

BRAID_VNNI static inline void finish(__m512i sum, const struct braid_depthwise *d, size_t at, __mmask16 lanes,
                                     uint8_t *y) {
  __m512 v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_maskz_loadu_ps(lanes, d->scale + at),
                             _mm512_maskz_loadu_ps(lanes, d->offset + at));
  v = _mm512_min_ps(_mm512_max_ps(v, _mm512_set1_ps(d->low)), _mm512_set1_ps(d->high));
  put(_mm512_cvtepi32_epi8(_mm512_cvtps_epi32(v)), lanes, y);
}

// One row of results from interleaved rows; neighbouring pixels share vectors where the stride is one.
BRAID_VNNI static void flat_row(const struct braid_depthwise *d, const uint8_t *rows, uint8_t *y) {
  const struct braid_window *g = &d->window;
  size_t channels = d->channels, period = d->period, count = (size_t)g->output[2] * channels;
  size_t groups = d->groups, taps = (size_t)g->kernel[2], line = d->line;
  for (size_t i = 0, at = 0; i < count; i += 16) {
    size_t left = count - i;
    __mmask16 lanes = left >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << left) - 1);
    __m512i sum = _mm512_loadu_si512(d->start + at);
    for (size_t group = 0; group < groups; group++) {
      const uint8_t *from = rows + 4 * (group * line + i);
      const int8_t *w = d->weights + 4 * (group * taps * period + at);
      for (size_t k = 0; k < taps; k++, from += 4 * (size_t)g->dilation[2] * channels, w += 4 * period)
        sum = _mm512_dpbusd_epi32(sum, _mm512_maskz_loadu_epi32(lanes, from), _mm512_loadu_si512(w));
    }
    finish(sum, d, at, lanes, y + i);
    at += 16;
    if (at == period) at = 0;
  }
}

BRAID_VNNI static void strided_row(const struct braid_depthwise *d, const uint8_t *rows, uint8_t *y) {
  const struct braid_window *g = &d->window;
  size_t channels = d->channels, period = d->period, groups = d->groups, taps = (size_t)g->kernel[2], line = d->line;
  for (size_t x = 0; x < (size_t)g->output[2]; x++, y += channels) {
    size_t first = x * (size_t)g->stride[2] * channels;
    for (size_t c = 0; c < channels; c += 16) {
      size_t left = channels - c;
      __mmask16 lanes = left >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << left) - 1);
      __m512i sum = _mm512_loadu_si512(d->start + c);
      for (size_t group = 0; group < groups; group++) {
        const uint8_t *from = rows + 4 * (group * line + first + c);
        const int8_t *w = d->weights + 4 * (group * taps * period + c);
        for (size_t k = 0; k < taps; k++, from += 4 * (size_t)g->dilation[2] * channels, w += 4 * period)
          sum = _mm512_dpbusd_epi32(sum, _mm512_maskz_loadu_epi32(lanes, from), _mm512_loadu_si512(w));
      }
      finish(sum, d, c, lanes, y + c);
    }
  }
}

// Windows of three columns over one group of rows, the common case: the places of one vector of channels, its weights
// kept in registers. `step` and `out_step` are the distances between places.
BRAID_VNNI static void places_of_3(const struct braid_depthwise *d, size_t at, const uint8_t *from, size_t step,
                                   uint8_t *y, size_t out_step, size_t places, __mmask16 lanes) {
  size_t tap = 4 * d->channels;
  const int8_t *w = d->weights + 4 * at;
  const __m512i w0 = _mm512_loadu_si512(w), w1 = _mm512_loadu_si512(w + 4 * d->period);
  const __m512i w2 = _mm512_loadu_si512(w + 8 * d->period), start = _mm512_loadu_si512(d->start + at);
  const __m512 scale = _mm512_loadu_ps(d->scale + at), offset = _mm512_loadu_ps(d->offset + at);
  const __m512 low = _mm512_set1_ps(d->low), high = _mm512_set1_ps(d->high);
  for (size_t n = 0; n < places; n++, from += step, y += out_step) {
    __m512i sum;
    if (lanes == 0xffff) {
      sum = _mm512_dpbusd_epi32(start, _mm512_loadu_si512(from), w0);
      sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(from + tap), w1);
      sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(from + 2 * tap), w2);
    } else {
      sum = _mm512_dpbusd_epi32(start, _mm512_maskz_loadu_epi32(lanes, from), w0);
      sum = _mm512_dpbusd_epi32(sum, _mm512_maskz_loadu_epi32(lanes, from + tap), w1);
      sum = _mm512_dpbusd_epi32(sum, _mm512_maskz_loadu_epi32(lanes, from + 2 * tap), w2);
    }
    __m512 v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, offset);
    v = _mm512_min_ps(_mm512_max_ps(v, low), high);
    put(_mm512_cvtepi32_epi8(_mm512_cvtps_epi32(v)), lanes, y);
  }
}

BRAID_VNNI static void row_of_3(const struct braid_depthwise *d, const uint8_t *rows, uint8_t *y) {
  const struct braid_window *g = &d->window;
  size_t channels = d->channels, period = d->period, width = (size_t)g->output[2];
  if (g->stride[2] == 1) {
    size_t count = width * channels;
    for (size_t at = 0; at < period && at < count; at += 16) {
      size_t places = (count - at) / period, rest = (count - at) % period;
      if (rest >= 16) places++, rest = 0;
      places_of_3(d, at, rows + 4 * at, 4 * period, y + at, period, places, 0xffff);
      if (rest > 0)
        places_of_3(d, at, rows + 4 * (at + places * period), 0, y + at + places * period, 0, 1,
                    (__mmask16)((1u << rest) - 1));
    }
    return;
  }
  for (size_t c = 0; c < channels; c += 16) {
    size_t left = channels - c;
    __mmask16 lanes = left >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << left) - 1);
    places_of_3(d, c, rows + 4 * c, 4 * (size_t)g->stride[2] * channels, y + c, channels, width, lanes);
  }
}

// Windows of 3 x 3 in steps of one, two rows of results at once from four interleaved rows of bytes: `vectors` times 16 channels from
// `at` on, `4 / vectors` pixels at a time. The fourth row has no weight in the first result; the second one's weights are the
// first one's, a row further down.
BRAID_VNNI static inline __attribute__((always_inline)) void pairs_of_3(
    const struct braid_depthwise *d, size_t at, const uint8_t *rows, uint8_t *const y[2], const int vectors) {
  const size_t pixels = 4 / (size_t)vectors, channels = d->channels, places = (size_t)d->window.output[2];
  __m512i w[2][3][2], start[2];
  __m512 scale[2], offset[2];
#pragma clang loop unroll(full)
  for (int c = 0; c < vectors; c++) {
    size_t channel = at + 16 * (size_t)c;
    start[c] = _mm512_loadu_si512(d->start + channel);
    scale[c] = _mm512_loadu_ps(d->scale + channel), offset[c] = _mm512_loadu_ps(d->offset + channel);
#pragma clang loop unroll(full)
    for (int k = 0; k < 3; k++) {
      w[0][k][c] = _mm512_loadu_si512(d->weights + 4 * ((size_t)k * d->period + channel));
      w[1][k][c] = _mm512_slli_epi32(w[0][k][c], 8);
    }
  }
  // Rounding keeps the order, so that bounds can be kept after it.
  const __m512i low = _mm512_set1_epi16((int16_t)_mm_cvtss_si32(_mm_set_ss(d->low)));
  const __m512i high = _mm512_set1_epi16((int16_t)_mm_cvtss_si32(_mm_set_ss(d->high)));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const int is_signed = d->low < 0;
  for (size_t n = 0; n < places; n += pixels) {
    // The last ones are made with some that were made already.
    if (n + pixels > places) n = places - pixels;
    __m512i whole[2][4];
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
      const int c = i % vectors;
      const uint8_t *from = rows + 4 * ((n + (size_t)(i / vectors)) * channels + at + 16 * (size_t)c);
      __m512i x[3];
#pragma clang loop unroll(full)
      for (int k = 0; k < 3; k++) x[k] = _mm512_loadu_si512(from + 4 * (size_t)k * channels);
#pragma clang loop unroll(full)
      for (int row = 0; row < 2; row++) {
        __m512i sum = start[c];
#pragma clang loop unroll(full)
        for (int k = 0; k < 3; k++) sum = _mm512_dpbusd_epi32(sum, x[k], w[row][k][c]);
        whole[row][i] = _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale[c], offset[c]));
      }
    }
    // The first row last: it stays where both are the same.
#pragma clang loop unroll(full)
    for (int row = 1; row >= 0; row--) {
      __m512i a = _mm512_packs_epi32(whole[row][0], whole[row][1]), b = _mm512_packs_epi32(whole[row][2], whole[row][3]);
      a = _mm512_min_epi16(_mm512_max_epi16(a, low), high), b = _mm512_min_epi16(_mm512_max_epi16(b, low), high);
      __m512i bytes = is_signed ? _mm512_packs_epi16(a, b) : _mm512_packus_epi16(a, b);
      bytes = _mm512_permutexvar_epi32(order, bytes);
      uint8_t *to = y[row] + n * channels + at;
      if (channels == 16 * (size_t)vectors) {
        _mm512_storeu_si512(to, bytes);
      } else {
        // Two pixels: the vectors are two.
        _mm256_storeu_si256((__m256i *)to, _mm512_castsi512_si256(bytes));
        _mm256_storeu_si256((__m256i *)(to + channels), _mm512_extracti64x4_epi64(bytes, 1));
      }
    }
  }
}

// Whether two rows of results are made at once.
static int makes_pairs(const struct braid_depthwise *d) {
  const struct braid_window *g = &d->window;
  return d->is_bounded && g->output[2] >= 4 && (d->channels == 16 || d->channels % 32 == 0) && g->kernel[1] == 3 &&
         g->kernel[2] == 3 && g->stride[1] == 1 && g->stride[2] == 1 && g->dilation[1] == 1 && g->dilation[2] == 1;
}

BRAID_VNNI static void two_rows_of_3(const struct braid_depthwise *d, const uint8_t *rows, uint8_t *const y[2]) {
  if (d->channels == 16) pairs_of_3(d, 0, rows, y, 1);
  for (size_t at = 0; at + 32 <= d->channels; at += 32) pairs_of_3(d, at, rows, y, 2);
}

void braid_depthwise(const struct braid_depthwise *d, const uint8_t *x, uint8_t *y, uint8_t *scratch, int64_t first,
                     int64_t last) {
  const struct braid_window *g = &d->window;
  size_t row_bytes = (size_t)g->input[2] * d->channels;
  uint8_t *outside = scratch, *rows = scratch + d->line;
  memset(outside, d->zero_point, d->line);
  size_t before = (size_t)g->pad[2] * d->channels;
  // Beside the picture lies the zero point.
  for (size_t group = 0; group < d->groups; group++) memset(rows + 4 * group * d->line, d->zero_point ^ d->flip, 4 * d->line);
  int plain = g->stride[2] == 1;
  int three = d->groups == 1 && g->kernel[2] == 3 && g->dilation[2] == 1;
  size_t used = row_bytes;
  if (before + used > d->line) used = d->line - before;
  // Rows of results that are made at once, from so many rows of bytes.
  int64_t together = makes_pairs(d) ? 2 : 1, reach = g->kernel[1] + together - 1;
  size_t step = (size_t)g->output[2] * d->channels;
  y += (size_t)first * step;
  for (int64_t oh = first; oh < last; oh += together, y += (size_t)together * step) {
    for (size_t group = 0; group < d->groups; group++) {
      const uint8_t *from[4];
      for (int k = 0; k < 4; k++) {
        int64_t kh = (int64_t)group * 4 + k;
        int64_t h = oh * g->stride[1] - g->pad[1] + kh * g->dilation[1];
        from[k] = kh < reach && h >= 0 && h < g->input[1] ? x + (size_t)h * row_bytes : outside;
      }
      interleave(from, used, d->flip, rows + 4 * (group * d->line + before));
    }
    if (together == 2)
      two_rows_of_3(d, rows, (uint8_t *const[2]){y, oh + 1 < last ? y + step : y});
    else if (three)
      row_of_3(d, rows, y);
    else if (plain)
      flat_row(d, rows, y);
    else
      strided_row(d, rows, y);
  }
}
#else
int braid_depthwise_supported(void) { return 0; }
void braid_depthwise(const struct braid_depthwise *d, const uint8_t *x, uint8_t *y, uint8_t *scratch, int64_t first,
                     int64_t last) {
  (void)d, (void)x, (void)y, (void)scratch, (void)first, (void)last;
}
#endif
