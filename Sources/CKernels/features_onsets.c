#include "CKernels.h"
#include "multiversion.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE, QUANTITIES = 6 };

/// What noise may make of a block: of its motion, and of its mean.
static const float MOTION_FLOOR = 512, LIGHT_FLOOR = 1.5f;

static inline float above(float value, float floor) { return value > floor ? value - floor : 0; }

struct sums {
  int32_t change, across, down, change_across, change_down;
};

/// Sums over a block. Beyond the picture it goes on as at its edge: `left` and `right` say whether the block is there.
static inline __attribute__((always_inline)) struct sums block_sums(const uint8_t *a, const uint8_t *b, size_t width,
                                                                    size_t rows_above, size_t rows_below, int left,
                                                                    int right) {
  struct sums s = {0, 0, 0, 0, 0};
  for (size_t y = 0; y < SIDE; ++y, a += width, b += width) {
    const ptrdiff_t up = y + rows_above > 0 ? -(ptrdiff_t)width : 0;
    const ptrdiff_t under = SIDE - 1 - y + rows_below > 0 ? (ptrdiff_t)width : 0;
    for (ptrdiff_t x = 0; x < SIDE; ++x) {
      const ptrdiff_t before = left && x == 0 ? x : x - 1, after = right && x == SIDE - 1 ? x : x + 1;
      const int32_t d = a[x] - b[x];
      const int32_t gx = a[after] + b[after] - a[before] - b[before];
      const int32_t gy = a[x + under] + b[x + under] - a[x + up] - b[x + up];
      s.change += d;
      s.across += gx;
      s.down += gy;
      s.change_across += d * gx;
      s.change_down += d * gy;
    }
  }
  return s;
}

BRAID_MULTIVERSION
int braid_block_motion_u8(const uint8_t *luma, const uint8_t *previous, size_t width, size_t height, float *motion) {
  const size_t columns = width / SIDE, rows = height / SIDE, blocks = columns * rows;
  int moves = 0;
  for (size_t block = 0; block < blocks; ++block) {
    const size_t left = block % columns * SIDE, top = block / columns * SIDE;
    const uint8_t *a = luma + top * width + left, *b = previous + top * width + left;
    const size_t below = height - top - SIDE;
    const int is_first = left == 0, is_last = left + SIDE == width;
    const struct sums s = is_first || is_last ? block_sums(a, b, width, top, below, is_first, is_last)
                                              : block_sums(a, b, width, top, below, 0, 0);
    // The gradients are four times those of the mean of both pictures.
    const float mean = (float)s.change / PIXELS;
    const float x = ((float)s.change_across - mean * (float)s.across) / 4;
    const float y = ((float)s.change_down - mean * (float)s.down) / 4;
    const float quantities[QUANTITIES] = {above(x, MOTION_FLOOR),  above(-x, MOTION_FLOOR), above(y, MOTION_FLOOR),
                                          above(-y, MOTION_FLOOR), above(mean, LIGHT_FLOOR), above(-mean, LIGHT_FLOOR)};
    for (int i = 0; i < QUANTITIES; ++i) {
      motion[i * blocks + block] = quantities[i];
      moves |= quantities[i] > 0;
    }
  }
  return moves;
}

BRAID_MULTIVERSION
void braid_add_scaled(const float *x, float factor, float *sums, size_t count) {
  for (size_t i = 0; i < count; ++i) sums[i] += factor * x[i];
}

void braid_stopped_motion(const float *before, const float *after, size_t columns, size_t rows, float *motion,
                          float *light) {
  float sums[2] = {0, 0};
  for (int i = 0; i < QUANTITIES; ++i, before += columns * rows, after += columns * rows)
    for (size_t row = 0; row < rows; ++row)
      for (size_t column = 0; column < columns; ++column) {
        float left = before[row * columns + column];
        if (left <= 0) continue;
        float largest = 0;
        for (size_t y = row > 0 ? row - 1 : 0; y < rows && y <= row + 1; ++y)
          for (size_t x = column > 0 ? column - 1 : 0; x < columns && x <= column + 1; ++x)
            if (after[y * columns + x] > largest) largest = after[y * columns + x];
        if (left > largest) sums[i >= 4] += left - largest;
      }
  *motion = sums[0];
  *light = sums[1];
}
