// Sixteen floats side by side: reductions run over them, so that a sum does not depend on where its terms lie.
#ifndef BRAID_LANES_H
#define BRAID_LANES_H

#include <stdint.h>
#include <string.h>

#define LANES 16

typedef float lanes_t __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t lane_bits_t __attribute__((vector_size(LANES * sizeof(int32_t))));

// Lanes are added pairwise in one fixed order.
#define SUM_LANES(v, sum)                                                   \
  do {                                                                      \
    float lane_[LANES];                                                     \
    memcpy(lane_, &(v), sizeof lane_);                                      \
    for (int width_ = LANES / 2; width_ > 0; width_ /= 2)                   \
      for (int i_ = 0; i_ < width_; ++i_) lane_[i_] += lane_[i_ + width_];  \
    (sum) = lane_[0];                                                       \
  } while (0)

#endif
