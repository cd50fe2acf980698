// The few loops over samples, pixels and values that no library has. Each is compiled for several instruction sets
// and chosen when the program is loaded; each is tested against a plain Swift reference.
#ifndef BRAID_CKERNELS_H
#define BRAID_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Features: sound. Reductions run over 16 explicit lanes, so that a result depends on the values alone and not on where
// they lie in memory; the levels of x86-64 differ in the last bits (fused multiply-add).

/// Copies `count` samples; those that are not finite become 0 and magnitudes are held to 1e9.
/// Returns how many were changed.
size_t braid_copy_finite(const float *source, float *destination, size_t count);

/// The sum of squares of `count` samples.
float braid_sum_of_squares(const float *samples, size_t count);

/// `destination[i] = samples[i] * window[i]` for `count` samples, then zeros up to `padded`.
void braid_apply_window(const float *samples, const float *window, size_t count, size_t padded, float *destination);

/// A frame as Kaldi conditions it: the mean removed, `y[i] = x[i] - preemphasis * x[i - 1]` with `x[-1] = x[0]`, times the
/// window, then zeros up to `padded`. `source` and `destination` must not overlap.
/// Returns the sum of squares before pre-emphasis.
float braid_kaldi_frame(const float *source, const float *window, size_t count, size_t padded, float preemphasis,
                        float *destination);

/// `power[i] = re[i]^2 + im[i]^2` of `bins` interleaved complex values.
void braid_power_spectrum(const float *spectrum, size_t bins, float *power);

/// Triangular bands over a power spectrum. Band `b` covers `16 * blocks[b]` bins from `first[b]` on, its weights (zero
/// where the triangle ends) follow those of the band before. `power` must be readable up to the last bin so covered.
/// With `floor` positive, `out[b] = ln(max(energy, floor))`, else the energy itself.
void braid_mel_bands(const float *power, const uint32_t *first, const uint32_t *blocks, const float *weights,
                     size_t bands, float floor, float *out);

/// `out[r] = sum of matrix[r, c] * x[c]`, row by row, columns in order.
void braid_matrix_vector(const float *matrix, size_t rows, size_t columns, const float *x, float *out);

// Features: pictures. Rows of 8-bit luma follow each other without padding.

/// The sum of `count` bytes.
uint64_t braid_sum_u8(const uint8_t *bytes, size_t count);

/// The sum of every `block` by `block` square of a picture, row by row; squares at the right and lower edge are cut.
/// `sums` has `ceil(width / block) * ceil(height / block)` elements.
void braid_block_sums_u8(const uint8_t *luma, size_t width, size_t height, size_t block, uint32_t *sums);

/// Adds every byte to one of 32 equal bins.
void braid_histogram32_u8(const uint8_t *luma, size_t count, uint32_t *bins);

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

/// y = saturate(round(x / scale) + zero_point), ties to even; what is not a number gives the zero point.
void braid_quantise_s8(const float *x, int8_t *y, size_t count, float scale, int32_t zero_point);
void braid_quantise_u8(const float *x, uint8_t *y, size_t count, float scale, int32_t zero_point);

/// SHA-256 (FIPS 180-4) of `count` bytes into `digest`, 32 bytes.
void braid_sha256(const uint8_t *bytes, size_t count, uint8_t *digest);

#endif
