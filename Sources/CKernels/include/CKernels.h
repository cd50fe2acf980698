// The few loops over samples, pixels and values that no library has. Each is compiled for several instruction sets
// and chosen when the program is loaded; each is tested against a plain Swift reference.
#ifndef BRAID_CKERNELS_H
#define BRAID_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// MARK: Inference

/// Where a window of a convolution or pooling lies: three spatial axes, unused ones of size 1.
struct braid_window {
  int64_t input[3], kernel[3], stride[3], dilation[3], pad[3], output[3];
};

/// Grouped convolution in plain loops, sums in double precision: the meaning of `Conv`.
/// `x` [batch, groups*channels, input], `w` [filters, channels, kernel], `bias` [filters] or null,
/// `y` [batch, filters, output]; `filters` is a multiple of `groups`.
void braid_convolution_reference(const float *x, const float *w, const float *bias, float *y, int64_t batch,
                                 int64_t groups, int64_t channels, int64_t filters,
                                 const struct braid_window *window);

/// y[m, n] = a[m, k] b[k, n] in plain loops, sums in double precision.
void braid_matmul_reference(const float *a, const float *b, float *y, int64_t m, int64_t k, int64_t n);

/// SHA-256 (FIPS 180-4) of `count` bytes into `digest`, 32 bytes.
void braid_sha256(const uint8_t *bytes, size_t count, uint8_t *digest);

#endif
