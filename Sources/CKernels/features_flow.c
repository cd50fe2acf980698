#include "CKernels.h"
#include "multiversion.h"

enum { SIDE = 16 };

BRAID_MULTIVERSION
void braid_halve_u8(const uint8_t *luma, size_t width, size_t height, uint8_t *half) {
  const size_t across = width / 2, down = height / 2;
  for (size_t y = 0; y < down; ++y) {
    const uint8_t *upper = luma + 2 * y * width, *lower = upper + width;
    for (size_t x = 0; x < across; ++x)
      half[y * across + x] = (uint8_t)((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) >> 2);
  }
}

/// The sum of absolute differences of two blocks; `side` is a constant where this is used.
static inline __attribute__((always_inline)) uint32_t difference(const uint8_t *a, const uint8_t *b, size_t stride,
                                                                 int side) {
  uint32_t sum = 0;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const int d = a[y * stride + x] - b[y * stride + x];
      sum += d < 0 ? -d : d;
    }
  return sum;
}

struct match {
  int32_t x, y;
  uint32_t difference;
};

/// Looks at the places within `reach` of (`x`, `y`) from the block at (`left`, `top`), as far as they lie in the picture.
static inline __attribute__((always_inline)) void look(const uint8_t *picture, const uint8_t *previous, int32_t width,
                                                       int32_t height, int32_t left, int32_t top, int32_t x,
                                                       int32_t y, int32_t reach, int side, struct match *best) {
  const uint8_t *block = picture + (size_t)top * width + left;
  for (int32_t dy = y - reach; dy <= y + reach; ++dy) {
    if (top + dy < 0 || top + dy + side > height) continue;
    for (int32_t dx = x - reach; dx <= x + reach; ++dx) {
      if (left + dx < 0 || left + dx + side > width) continue;
      const uint32_t sum = difference(block, previous + (size_t)(top + dy) * width + left + dx, width, side);
      if (sum > best->difference) continue;
      if (sum == best->difference && dx * dx + dy * dy >= best->x * best->x + best->y * best->y) continue;
      *best = (struct match){dx, dy, sum};
    }
  }
}

BRAID_MULTIVERSION
void braid_match_blocks_u8(const uint8_t *luma, const uint8_t *previous, const uint8_t *half,
                           const uint8_t *previous_half, size_t width, size_t height, size_t range, int32_t *vectors) {
  const int32_t w = (int32_t)width, h = (int32_t)height;
  for (int32_t top = 0; top + SIDE <= h; top += SIDE)
    for (int32_t left = 0; left + SIDE <= w; left += SIDE) {
      struct match best = {0, 0, 0};
      const size_t place = (size_t)top * width + left;
      const uint32_t still = difference(luma + place, previous + place, width, SIDE);
      best.difference = still;
      if (still > SIDE * SIDE) {
        const size_t half_place = (size_t)(top / 2) * (width / 2) + left / 2;
        struct match coarse = {0, 0, difference(half + half_place, previous_half + half_place, width / 2, SIDE / 2)};
        look(half, previous_half, w / 2, h / 2, left / 2, top / 2, 0, 0, (int32_t)range / 2, SIDE / 2, &coarse);
        look(luma, previous, w, h, left, top, 2 * coarse.x, 2 * coarse.y, 1, SIDE, &best);
        if (best.difference + SIDE * SIDE > still) best = (struct match){0, 0, still};
      }
      *vectors++ = -best.x;
      *vectors++ = -best.y;
    }
}
