#include <math.h>
#include <string.h>

#include "CKernels.h"
#include "lanes.h"
#include "multiversion.h"

BRAID_MULTIVERSION
float braid_sum_of_rises(const float *now, const float *before, size_t count) {
  lanes_t sums = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes_t x, y;
    memcpy(&x, now + i, sizeof x);
    memcpy(&y, before + i, sizeof y);
    x -= y;
    const lane_bits_t rises = x > 0;
    sums += (lanes_t)((lane_bits_t)x & rises);
  }
  float sum;
  SUM_LANES(sums, sum);
  for (; i < count; ++i) sum += now[i] > before[i] ? now[i] - before[i] : 0;
  return sum;
}
