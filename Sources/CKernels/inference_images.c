// Pictures between planes (channel, row, column) and pixels (row, column, channel), pooled and enlarged.
#include "CKernels.h"
#include "multiversion.h"
#include <string.h>

static inline float level(float x, float scale, float zero_point, float low, float high) {
  float v = __builtin_rintf(x * scale) + zero_point;
  v = v == v ? v : zero_point;
  v = v < low ? low : v;
  return v > high ? high : v;
}

enum { block = 512 };

BRAID_MULTIVERSION
static void levels(const float *restrict x, uint8_t *restrict y, size_t count, float scale, float zero_point, float low,
                   float high) {
  for (size_t i = 0; i < count; i++) y[i] = (uint8_t)(int32_t)level(x[i], scale, zero_point, low, high);
}

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int8_t signed16 __attribute__((vector_size(16)));

BRAID_MULTIVERSION
static void join3(const uint8_t *restrict a, const uint8_t *restrict b, const uint8_t *restrict c, uint8_t *restrict y,
                  size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    bytes16 r, g, u, t;
    memcpy(&r, a + i, 16);
    memcpy(&g, b + i, 16);
    memcpy(&u, c + i, 16);
    t = __builtin_shufflevector(r, g, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
    t = __builtin_shufflevector(t, u, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
    memcpy(y + 3 * i, &t, 16);
    t = __builtin_shufflevector(r, g, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
    t = __builtin_shufflevector(t, u, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
    memcpy(y + 3 * i + 16, &t, 16);
    t = __builtin_shufflevector(r, g, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
    t = __builtin_shufflevector(t, u, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
    memcpy(y + 3 * i + 32, &t, 16);
  }
  for (; i < count; i++) {
    y[3 * i] = a[i];
    y[3 * i + 1] = b[i];
    y[3 * i + 2] = c[i];
  }
}

void braid_quantise_planes(const float *x, uint8_t *y, size_t channels, size_t plane, float scale, int32_t zero_point,
                           int is_signed) {
  float low = is_signed ? -128 : 0, high = is_signed ? 127 : 255, zero = (float)zero_point;
  uint8_t part[3][block];
  for (size_t start = 0; start < plane; start += block) {
    size_t count = plane - start < block ? plane - start : block;
    uint8_t *out = y + start * channels;
    if (channels == 1) {
      levels(x + start, out, count, scale, zero, low, high);
    } else if (channels == 3) {
      for (size_t c = 0; c < 3; c++) levels(x + c * plane + start, part[c], count, scale, zero, low, high);
      join3(part[0], part[1], part[2], out, count);
    } else {
      for (size_t c = 0; c < channels; c++) {
        levels(x + c * plane + start, part[0], count, scale, zero, low, high);
        for (size_t i = 0; i < count; i++) out[i * channels + c] = part[0][i];
      }
    }
  }
}

BRAID_MULTIVERSION
static void interleave3(const float *restrict a, const float *restrict b, const float *restrict c, float *restrict y,
                        size_t count) {
  for (size_t i = 0; i < count; i++) {
    y[3 * i] = a[i];
    y[3 * i + 1] = b[i];
    y[3 * i + 2] = c[i];
  }
}

void braid_interleave_planes(const float *x, float *y, size_t channels, size_t plane) {
  if (channels == 3) {
    interleave3(x, x + plane, x + 2 * plane, y, plane);
    return;
  }
  for (size_t start = 0; start < plane; start += 16) {
    size_t end = start + 16 < plane ? start + 16 : plane;
    for (size_t c = 0; c < channels; c++)
      for (size_t i = start; i < end; i++) y[i * channels + c] = x[c * plane + i];
  }
}

void braid_interleave_byte_planes(const uint8_t *x, uint8_t *y, size_t channels, size_t plane) {
  if (channels == 3) {
    join3(x, x + plane, x + 2 * plane, y, plane);
    return;
  }
  for (size_t i = 0; i < plane; i++)
    for (size_t c = 0; c < channels; c++) y[i * channels + c] = x[c * plane + i];
}

// The largest of two lines, byte by byte.
BRAID_MULTIVERSION
static void largest_u8(uint8_t *restrict y, const uint8_t *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] > y[i] ? x[i] : y[i];
}

BRAID_MULTIVERSION
static void largest_s8(int8_t *restrict y, const int8_t *restrict x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] > y[i] ? x[i] : y[i];
}

static inline bytes16 most(bytes16 a, bytes16 b, int is_signed) {
  bytes16 first = is_signed ? (bytes16)((signed16)a > (signed16)b) : (bytes16)(a > b);
  return (a & first) | (b & ~first);
}

// The largest of the pixels under each window, from one line of largest rows.
static void pool_line(const uint8_t *line, uint8_t *y, size_t channels, const struct braid_window *g, int is_signed) {
  for (int64_t ow = 0; ow < g->output[2]; ow++, y += channels) {
    int64_t from = ow * g->stride[2] - g->pad[2], step = g->dilation[2], count = g->kernel[2];
    while (count > 0 && from < 0) from += step, count--;
    while (count > 0 && from + (count - 1) * step >= g->input[2]) count--;
    if (count == 0) {
      memset(y, is_signed ? 0x80 : 0, channels);
      continue;
    }
    const uint8_t *pixel = line + (size_t)from * channels;
    size_t distance = (size_t)step * channels, c = 0;
    for (; c + 16 <= channels; c += 16) {
      bytes16 best, next;
      memcpy(&best, pixel + c, 16);
      for (int64_t k = 1; k < count; k++) {
        memcpy(&next, pixel + (size_t)k * distance + c, 16);
        best = most(best, next, is_signed);
      }
      memcpy(y + c, &best, 16);
    }
    for (; c < channels; c++) {
      uint8_t flip = is_signed ? 0x80 : 0, best = pixel[c] ^ flip;
      for (int64_t k = 1; k < count; k++) {
        uint8_t next = pixel[(size_t)k * distance + c] ^ flip;
        best = next > best ? next : best;
      }
      y[c] = best ^ flip;
    }
  }
}

void braid_maximum_pool(const uint8_t *x, uint8_t *y, size_t channels, const struct braid_window *window,
                        int is_signed, uint8_t *scratch) {
  const struct braid_window *g = window;
  size_t row = (size_t)g->input[2] * channels;
  for (int64_t oh = 0; oh < g->output[1]; oh++, y += (size_t)g->output[2] * channels) {
    int first = 1;
    for (int64_t kh = 0; kh < g->kernel[1]; kh++) {
      int64_t h = oh * g->stride[1] - g->pad[1] + kh * g->dilation[1];
      if (h < 0 || h >= g->input[1]) continue;
      if (first)
        memcpy(scratch, x + (size_t)h * row, row);
      else if (is_signed)
        largest_s8((int8_t *)scratch, (const int8_t *)(x + (size_t)h * row), row);
      else
        largest_u8(scratch, x + (size_t)h * row, row);
      first = 0;
    }
    if (first) memset(scratch, is_signed ? 0x80 : 0, row);
    pool_line(scratch, y, channels, g, is_signed);
  }
}

void braid_pick_pixels(const uint8_t *x, uint8_t *y, size_t pixel_bytes, size_t input_width, size_t rows,
                       const int32_t *row_of, size_t columns, const int32_t *column_of) {
  size_t line = columns * pixel_bytes;
  for (size_t r = 0; r < rows; r++, y += line) {
    if (r > 0 && row_of[r] == row_of[r - 1]) {
      memcpy(y, y - line, line);
      continue;
    }
    const uint8_t *source = x + (size_t)row_of[r] * input_width * pixel_bytes;
    for (size_t c = 0; c < columns; c++)
      memcpy(y + c * pixel_bytes, source + (size_t)column_of[c] * pixel_bytes, pixel_bytes);
  }
}

void braid_copy_rows(const uint8_t *x, size_t x_stride, uint8_t *y, size_t y_stride, size_t rows, size_t bytes) {
  for (size_t r = 0; r < rows; r++) memcpy(y + r * y_stride, x + r * x_stride, bytes);
}
