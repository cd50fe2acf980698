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

/// A frame as Kaldi conditions it: with `removes_mean` the mean removed, `y[i] = x[i] - preemphasis * x[i - 1]` with
/// `x[-1] = x[0]`, times the window, then zeros up to `padded`. `source` and `destination` must not overlap.
/// Returns the sum of squares before pre-emphasis.
float braid_kaldi_frame(const float *source, const float *window, size_t count, size_t padded, int removes_mean,
                        float preemphasis, float *destination);

/// `power[i] = re[i]^2 + im[i]^2` of `bins` interleaved complex values.
void braid_power_spectrum(const float *spectrum, size_t bins, float *power);

/// Triangular bands over a power spectrum. Band `b` covers `16 * blocks[b]` bins from `first[b]` on, its weights (zero
/// where the triangle ends) follow those of the band before. `power` must be readable up to the last bin so covered.
/// With `floor` positive, `out[b] = ln(max(energy, floor))`, else the energy itself.
void braid_mel_bands(const float *power, const uint32_t *first, const uint32_t *blocks, const float *weights,
                     size_t bands, float floor, float *out);

/// `x = sqrt(x)` of numbers that are not negative.
void braid_square_roots(float *values, size_t count);

/// `sums += samples * window`, `square_sums += squares`.
void braid_overlap_add(const float *samples, const float *window, const float *squares, size_t count, float *sums,
                       float *square_sums);

/// `out = sums / divisors`, or the sum itself where the divisor is not a normal positive number.
void braid_divide_where_positive(const float *sums, const float *divisors, size_t count, float *out);

// Features: mel. Sixteen frames are handled at once, one in each lane: value `v` of lane `l` is at `16 * v + l`. Every
// lane is computed alike, so that a frame's values do not depend on its lane or on the others.

/// Weighted sums: band `b` covers `counts[b]` values from `first[b]` on; its weights follow those of the band before.
/// `values` `[any, 16]`, `out` `[bands, 16]`.
void braid_band_lanes(const float *values, const uint32_t *first, const uint32_t *counts, const float *weights,
                      size_t bands, float *out);

/// `x = scale * ln(max(x, floor) + offset)`; `floor + offset` is a normal positive number. The logarithm is within 1 unit
/// in the last place.
void braid_scaled_logarithms(float *values, size_t count, float floor, float offset, float scale);

/// `out[r] = sum of matrix[r, c] * x[c]`, columns in order. `x` `[columns, 16]`, `out` `[rows, 16]`.
void braid_matrix_lanes(const float *matrix, size_t rows, size_t columns, const float *x, float *out);

/// The largest value of each lane. `values` `[rows, 16]`, at least one row; `out` `[16]`.
void braid_largest_of_lanes(const float *values, size_t rows, float *out);

/// `x = (max(x, floor) + offset) * scale` with a floor for each lane. `values` `[rows, 16]`, `floors` `[16]`.
void braid_limit_lanes(float *values, size_t rows, const float *floors, float offset, float scale);

/// The first `lanes` lanes of `[columns, 16]` as rows, `stride` apart.
void braid_rows_of_lanes(const float *values, size_t columns, size_t stride, size_t lanes, float *out);

/// `lanes` rows of `columns` values, `stride` apart, into the first lanes of `[columns, 16]`.
void braid_lanes_of_rows(const float *rows, size_t columns, size_t stride, size_t lanes, float *out);

// Features: tone and rhythm. Reductions over 16 explicit lanes, as above.

/// The sum of `max(0, now[i] - before[i])`.
float braid_sum_of_rises(const float *now, const float *before, size_t count);

/// `magnitudes[i] = sqrt(power[i])`.
void braid_magnitudes(const float *power, float *magnitudes, size_t count);

/// The sum of `x[i]`, and that of `i * x[i]`.
void braid_sum_and_moment(const float *x, size_t count, float *sum, float *moment);

/// The sum of `(i - centre)^2 * x[i]`.
float braid_second_moment(const float *x, size_t count, float centre);

/// The first index at which the sum of `x` so far is at least `share` of the whole; values are not negative.
size_t braid_rolloff(const float *x, size_t count, float share);

/// The geometric mean over the arithmetic mean of `max(x[i], floor)`; `floor` is a positive normal number.
float braid_flatness(const float *x, size_t count, float floor);

/// The sum of `(a[i] * scale_a - b[i] * scale_b)^2`.
float braid_squared_distance(const float *a, float scale_a, const float *b, float scale_b, size_t count);

/// The means of the `kept` lowest and the `kept` highest values. `scratch` has room for `2 * kept`; `kept` is 1 to `count`.
void braid_mean_extremes(const float *x, size_t count, size_t kept, float *scratch, float *lowest, float *highest);

/// How often `x[i] < -threshold` differs from one sample to the next.
size_t braid_sign_changes(const float *x, size_t count, float threshold);

/// The largest magnitude.
float braid_largest_magnitude(const float *x, size_t count);

/// `y[i] = x[i] - mean` for `count` samples, then zeros up to `padded`.
void braid_centre(const float *x, float mean, size_t count, size_t padded, float *y);

/// The Hartley spectrum of the correlation of two real signals, from the `length / 2 + 1` bins of each: with `c` the
/// product of `b`'s bin and `a`'s conjugated, `re - im` for a bin and `re + im` for its mirror image. `length` is even.
void braid_correlation_spectrum(const float *a, const float *b, size_t length, float *spectrum);

/// YIN's difference and its cumulative mean normalised form (de Cheveigné and Kawahara 2002, equations 6 and 8).
/// `x` is `window + lags` samples; `bins` the transform (`lags / 2 + 1` bins at least) of what
/// `braid_correlation_spectrum` gave, of `length` samples. Fills `difference` and `normalised` for lags from 0 to `lags`.
/// Where the difference is nothing so far (silence), the normalised form is 1.
void braid_yin(const float *x, size_t window, size_t lags, const float *bins, size_t length, float *difference,
               float *normalised);

// Features: level.

/// Filters each of `channels` interleaved channels by two biquads in double precision, in the transposed direct form II:
/// `y = b0 x + s0; s0 = b1 x - a1 y + s1; s1 = b2 x - a2 y`. Adds the squares of what comes out to `energy[channels]`.
/// `coefficients` are b0, b1, b2, a1, a2 of the first and of the second; `state` is 16 doubles for every 4 channels begun.
void braid_k_weighted_energy(const float *samples, size_t count, size_t channels, const double *coefficients,
                             double *state, double *energy);

/// The largest magnitude between samples: of `y[n] = sum of phase[k] * x[n - k]` over `phases` filters of `taps`
/// coefficients each and `count` samples `x`, which `taps - 1` earlier ones stand before.
float braid_largest_between(const float *x, size_t count, const float *coefficients, size_t phases, size_t taps);

/// Every `channels`-th of `count` interleaved samples, beginning with the first.
void braid_take_channel(const float *samples, size_t count, size_t channels, float *channel);

// Features: pictures. Rows of 8-bit luma follow each other without padding.

/// The sum of `count` bytes.
uint64_t braid_sum_u8(const uint8_t *bytes, size_t count);

/// The sum of every `block` by `block` square of a picture, row by row; squares at the right and lower edge are cut.
/// `sums` has `ceil(width / block) * ceil(height / block)` elements.
void braid_block_sums_u8(const uint8_t *luma, size_t width, size_t height, size_t block, uint32_t *sums);

/// Adds every byte to one of 32 equal bins.
void braid_histogram32_u8(const uint8_t *luma, size_t count, uint32_t *bins);

/// How often each of the 256 values occurs.
void braid_histogram_u8(const uint8_t *bytes, size_t count, uint32_t *bins);

/// How often each bin occurs among the pairs of bytes: pair `i` is in bin `first_bin[first[i]] + second_bin[second[i]]`,
/// below `bin_count`, which is at most 1024. Both tables have 256 elements.
void braid_joint_histogram_u8(const uint8_t *first, const uint8_t *second, size_t count, const uint16_t *first_bin,
                              const uint16_t *second_bin, uint32_t *bins, size_t bin_count);

/// The sum of bytes and of their squares.
struct braid_plane_moments {
  uint64_t sum, squares;
};
void braid_moments_u8(const uint8_t *bytes, size_t count, struct braid_plane_moments *moments);

/// Sums of two planes, of their squares and of their products.
struct braid_chroma_moments {
  uint64_t cb, cr, cb_squares, cr_squares, products;
};
void braid_chroma_moments_u8(const uint8_t *cb, const uint8_t *cr, size_t count,
                             struct braid_chroma_moments *moments);

/// The sum and the sum of squares of the Laplacian: the four neighbours less four times the pixel, where the neighbour
/// beyond an edge is the one on the other side of the pixel (the pixel itself in a picture of one row or column).
struct braid_laplacian_moments {
  int64_t sum, squares;
};
void braid_laplacian_moments_u8(const uint8_t *luma, size_t width, size_t height,
                                struct braid_laplacian_moments *moments);

/// How many bytes are at most `threshold`.
uint64_t braid_count_at_most_u8(const uint8_t *bytes, size_t count, uint8_t threshold);

/// The sum of the absolute differences of two runs of bytes.
uint64_t braid_absolute_difference_u8(const uint8_t *first, const uint8_t *second, size_t count);

/// A picture at half the size, the mean of each 2 by 2 pixels, halves rounded up; an odd last row or column is left out.
void braid_halve_u8(const uint8_t *luma, size_t width, size_t height, uint8_t *half);

/// Where each whole block of 16 by 16 pixels of `luma` was in `previous`: `vectors` [rows, columns, 2] is how many pixels it
/// has moved to the right and down since, at most `range` + 1. See `BlockFlow`.
void braid_match_blocks_u8(const uint8_t *luma, const uint8_t *previous, const uint8_t *half,
                           const uint8_t *previous_half, size_t width, size_t height, size_t range, int32_t *vectors);

/// What moves in each whole block of 8 by 8 pixels between two pictures, `motion` [6, rows, columns]: to the right, left, down
/// and up (products of change and gradient, less what noise makes), and the change of its mean up and down in levels
/// likewise. See `PictureOnsets`. Returns whether anything does.
int braid_block_motion_u8(const uint8_t *luma, const uint8_t *previous, size_t width, size_t height, float *motion);

/// What of `before` is above `after` in its block and the eight around it, summed over the four kinds of motion and over the
/// two changes of the mean. Both are [6, rows, columns].
void braid_stopped_motion(const float *before, const float *after, size_t columns, size_t rows, float *motion,
                          float *light);

/// `sums[i] += factor * x[i]`
void braid_add_scaled(const float *x, float factor, float *sums, size_t count);

/// Pillow's resampling of bytes along rows: `out[y, o] = clamp((2^21 + sum of values[o, i] * in[y, starts[o] + i]) >> 22)`.
/// `values` is [size, taps], of which the first `counts[o]` are used. `out` is [height, size].
void braid_resample_rows_u8(const uint8_t *in, size_t width, size_t height, const int32_t *starts,
                            const int32_t *counts, const int32_t *values, size_t taps, size_t size, uint8_t *out);

/// The same along columns: `in` is [any, width], `out` [size, width]; `width` is at most 64.
void braid_resample_columns_u8(const uint8_t *in, size_t width, const int32_t *starts, const int32_t *counts,
                               const int32_t *values, size_t taps, size_t size, uint8_t *out);

// MARK: Inference

/// Where a window of a convolution or pooling lies: three spatial axes, unused ones of size 1.
struct braid_window {
  int64_t input[3], kernel[3], stride[3], dilation[3], pad[3], output[3];
};

/// Grouped convolution in plain loops, sums in double precision: the meaning of `Conv`.
/// `x` [batch, groups*channels, input], `w` [filters, channels, kernel], `bias` [filters] or null,
/// `y` [batch, filters, output]; `filters` is a multiple of `groups`.
void braid_convolution_f32(const float *x, const float *w, const float *bias, float *y, int64_t batch, int64_t groups,
                           int64_t channels, int64_t filters, const struct braid_window *window);
void braid_convolution_f64(const double *x, const double *w, const double *bias, double *y, int64_t batch,
                           int64_t groups, int64_t channels, int64_t filters, const struct braid_window *window);

/// Grouped transposed convolution in plain loops, sums in double precision: the meaning of `ConvTranspose`.
/// `x` [batch, groups*channels, input], `w` [groups*channels, filters, kernel], `bias` [groups*filters] or null,
/// `y` [batch, groups*filters, output], `sums` working memory for one plane [output].
void braid_transposed_convolution_f32(const float *x, const float *w, const float *bias, float *y, double *sums,
                                      int64_t batch, int64_t groups, int64_t channels, int64_t filters,
                                      const struct braid_window *window);
void braid_transposed_convolution_f64(const double *x, const double *w, const double *bias, double *y, double *sums,
                                      int64_t batch, int64_t groups, int64_t channels, int64_t filters,
                                      const struct braid_window *window);

/// x = 1 / (1 + e^-x) and x = tanh(x), each within 2e-7.
void braid_sigmoid_in_place(float *x, size_t count);
void braid_tanh_in_place(float *x, size_t count);

/// The sum of `count` elements, over 16 lanes in double precision.
double braid_sum_f32(const float *x, size_t count);
double braid_sum_f64(const double *x, size_t count);

/// The sum of (x - mean)^2, as `braid_sum_f32`.
double braid_sum_of_squared_differences_f32(const float *x, size_t count, double mean);
double braid_sum_of_squared_differences_f64(const double *x, size_t count, double mean);

/// y = (x - mean) * factor + shift, in double precision.
void braid_scale_shift_f32(const float *x, float *y, size_t count, double mean, double factor, double shift);
void braid_scale_shift_f64(const double *x, double *y, size_t count, double mean, double factor, double shift);

/// y[i] = (x[i] - mean) * factor * scale[i] + shift[i], in double precision; `scale` and `shift` may be null.
void braid_scale_shift_each_f32(const float *x, float *y, size_t count, double mean, double factor, const float *scale,
                                const float *shift);
void braid_scale_shift_each_f64(const double *x, double *y, size_t count, double mean, double factor,
                                const double *scale, const double *shift);

/// y[m, n] = a[m, k] b[k, n], sums in double precision in the order of k.
void braid_matmul_reference(const float *a, const float *b, float *y, int64_t m, int64_t k, int64_t n);

/// The error function of `count` elements, within 1e-6 of the value. `y` may be `x`.
void braid_erf_f32(const float *x, float *y, size_t count);

/// e^x of `count` elements, within 1e-6 of the value, infinite where it overflows. `y` may be `x`.
void braid_exponential_f32(const float *x, float *y, size_t count);

/// The natural logarithm of `count` elements, within 1e-6 of the value: minus infinity of 0, not a number below. `y` may
/// be `x`.
void braid_logarithm_f32(const float *x, float *y, size_t count);

/// y = x / (1 + exp(-alpha x)) of `count` elements, within 1e-6 of the value. `y` may be `x`.
void braid_swish_f32(const float *x, float *y, size_t count, float alpha);

/// y = ln(1 + exp(x)) of `count` elements, within 1e-6 of the value. `y` may be `x`.
void braid_softplus_f32(const float *x, float *y, size_t count);

/// y = x tanh(ln(1 + exp(x))) of `count` elements, within 1e-6 of |x|. `y` may be `x`.
void braid_mish_f32(const float *x, float *y, size_t count);

/// y = below (exp(rate x) - 1) for x below 0, else above x, of `count` elements, within 1e-6 of the value. `y` may be `x`.
void braid_exponential_unit_f32(const float *x, float *y, size_t count, float above, float below, float rate);

/// y = x / 2 (1 + erf(x / sqrt(2))) of `count` elements, within 1e-6 of |x|. `y` may be `x`.
void braid_gelu_f32(const float *x, float *y, size_t count);

/// y = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) of `count` elements, within 1e-6 of |x|. `y` may be `x`.
void braid_gelu_tanh_f32(const float *x, float *y, size_t count);

/// y = saturate(round(x / scale) + zero_point), ties to even; what is not a number gives the zero point.
void braid_quantise_s8(const float *x, int8_t *y, size_t count, float scale, int32_t zero_point);
void braid_quantise_u8(const float *x, uint8_t *y, size_t count, float scale, int32_t zero_point);

/// y[i] = table[x[i]] for `count` bytes; `table` has 256. `x` and `y` may be the same.
void braid_look_up(const uint8_t *x, uint8_t *y, size_t count, const uint8_t *table);

/// y[i * step] = table[x[i]] for `count` bytes; `table` has 256.
void braid_look_up_f32(const uint8_t *x, float *y, size_t count, size_t step, const float *table);
void braid_look_up_apart(const uint8_t *x, uint8_t *y, size_t count, size_t step, const uint8_t *table);

/// The same as braid_look_up with a table of 256 for each of `channels`: `x` and `y` are [outer, channels, inner].
void braid_look_up_channels(const uint8_t *x, uint8_t *y, size_t outer, size_t channels, size_t inner,
                            const uint8_t *tables);

/// Real planes [channels, plane] to bytes [plane, channels]: saturate(round(x * scale) + zero_point), ties to even; bytes
/// are signed where `is_signed`. What is not a number gives the zero point.
void braid_quantise_planes(const float *x, uint8_t *y, size_t channels, size_t plane, float scale, int32_t zero_point,
                           int is_signed);

/// Planes [channels, plane] to pixels [plane, channels].
void braid_interleave_planes(const float *x, float *y, size_t channels, size_t plane);
void braid_interleave_byte_planes(const uint8_t *x, uint8_t *y, size_t channels, size_t plane);

/// The largest of each window, byte by byte: `x` [rows, columns, channels]. The first spatial axis of `window` is of size
/// 1. A window that holds nothing gives the smallest byte. `scratch` takes one row of `x`.
void braid_maximum_pool(const uint8_t *x, uint8_t *y, size_t channels, const struct braid_window *window,
                        int is_signed, uint8_t *scratch);

/// y[r, c] = x[row_of[r], column_of[c]], pixels of `pixel_bytes`; every row and column lies inside `x`.
void braid_pick_pixels(const uint8_t *x, uint8_t *y, size_t pixel_bytes, size_t input_width, size_t rows,
                       const int32_t *row_of, size_t columns, const int32_t *column_of);

/// Copies `rows` runs of `bytes`, at distances of `x_stride` and `y_stride`.
void braid_copy_rows(const uint8_t *x, size_t x_stride, uint8_t *y, size_t y_stride, size_t rows, size_t bytes);

/// Softmax of `rows` pairs of numbers. `x` and `y` do not overlap.
void braid_softmax_pairs(const float *x, float *y, size_t rows);

/// Softmax along the middle axis of [outer, length, inner]. `x` and `y` do not overlap.
void braid_softmax_columns(const float *x, float *y, size_t outer, size_t length, size_t inner);

/// A depthwise convolution of bytes with its change of scale: result = round(clamp(sum * scale + offset, low, high)), where
/// sum = start + the weighted bytes of the window. Pixels outside count as `zero_point`.
struct braid_depthwise {
  /// The first spatial axis is of size 1.
  struct braid_window window;
  size_t channels;
  /// Rows of the window in groups of four.
  size_t groups;
  /// Bytes of one padded row: at least (last column that a window reaches + 1) * channels.
  size_t line;
  /// A multiple of 16 and, where the stride along a row is 1, of `channels`; else at least `channels`.
  size_t period;
  /// [groups, kernel columns, period, 4]: the four rows' weights side by side, zero behind the last row.
  const int8_t *weights;
  /// [period] each, repeating with the channels.
  const int32_t *start;
  const float *scale, *offset;
  float low, high;
  /// What stands for zero among the bytes of `x`.
  uint8_t zero_point;
  /// 0x80 where those are signed, which makes them unsigned; else 0.
  uint8_t flip;
  /// Whether |sum * scale + offset| is less than 2^31 whatever the bytes are.
  int32_t is_bounded;
};

/// Calls `body` with `context`, the number of a part and how many there are, once for each part: `threads` parts at once,
/// on the calling thread and the threads that oneDNN uses for it, or one part where it uses none. Returns when all have
/// returned.
void braid_parallel(int threads, void (*body)(void *context, int part, int parts), void *context);

/// Whether this machine has the instructions for `braid_depthwise`.
int braid_depthwise_supported(void);

/// Rows `first` to before `last` of `y`, from `x` [rows, columns, channels]; `scratch` (1 + 4 * groups) * line bytes.
void braid_depthwise(const struct braid_depthwise *depthwise, const uint8_t *x, uint8_t *y, uint8_t *scratch,
                     int64_t first, int64_t last);

/// A convolution of bytes whose window is one pixel, with its change of scale, as a product of matrices. With
///
///     v = sum * scale + offset, where sum = start + the weighted bytes of the pixel
///
/// the result is v; with an addend it is clamp(v, inner_low, inner_high) + a * addend_scale, and where `rounds`
/// round(clamp(v, inner_low, inner_high)) * ratio + zero + a * addend_scale, a the addend's byte with `addend_flip` applied.
/// It is rounded, ties to even, and saturated to a byte.
struct braid_pointwise {
  /// Of a pixel of the source; a multiple of 4.
  size_t channels;
  /// Of a pixel of the result; a multiple of 16.
  size_t filters;
  /// Of the result.
  size_t rows, columns;
  /// Bytes of the source from one row, and one column, that is taken to the next.
  size_t row_step, column_step;
  /// For blocks of 64 filters, the rest at the end, one after the other: [channels / 4, filters of the block, 4].
  const int8_t *weights;
  /// [filters] each.
  const int32_t *start;
  const float *scale, *offset;
  float inner_low, inner_high, ratio, zero, addend_scale;
  /// Bounds of the result before it is rounded, where `clamps`; without, it must be less than 2^31 in magnitude.
  float low, high;
  int32_t clamps, rounds;
  /// Bytes from -128 to 127, not 0 to 255. The weights' sums are those of the bytes moved up by 128.
  int32_t is_source_signed, is_signed;
  /// 0x80 where the addend's bytes are from -128 to 127, else 0.
  uint8_t addend_flip;
};

/// Whether this machine has the instructions for `braid_pointwise`.
int braid_pointwise_supported(void);

/// `x` as the steps say, `y` [rows, columns, filters], `addend` likewise or null; `y` may be `addend`.
void braid_pointwise(const struct braid_pointwise *pointwise, const uint8_t *x, const uint8_t *addend, uint8_t *y);

/// What a stage of `braid_rows` does to every number of a tile. `v` is register `left`, `w` register `right`.
enum braid_row_operation {
  /// target = operand `index`; whole numbers become (v - q) * p.
  BRAID_ROW_LOAD_F32,
  BRAID_ROW_LOAD_U8,
  BRAID_ROW_LOAD_S8,
  /// Result `index` = v; whole numbers are saturate(round(v / p) + q), ties to even.
  BRAID_ROW_STORE_F32,
  BRAID_ROW_STORE_U8,
  BRAID_ROW_STORE_S8,
  /// What a store and a load of whole numbers with scale p and zero point q would make of v.
  BRAID_ROW_ROUND_U8,
  BRAID_ROW_ROUND_S8,
  BRAID_ROW_ADD,
  BRAID_ROW_SUBTRACT,
  BRAID_ROW_MULTIPLY,
  BRAID_ROW_DIVIDE,
  /// v * p + q
  BRAID_ROW_AFFINE,
  /// v within p ... q
  BRAID_ROW_CLIP,
  /// v, or v * p below zero
  BRAID_ROW_LEAKY_RELU,
  BRAID_ROW_SQUARE_ROOT,
  BRAID_ROW_RECIPROCAL,
  BRAID_ROW_ABSOLUTE,
  BRAID_ROW_EXPONENTIAL,
  BRAID_ROW_ERROR_FUNCTION,
  BRAID_ROW_SIGMOID,
  BRAID_ROW_TANH,
  /// v / 2 * (1 + erf(v / sqrt 2))
  BRAID_ROW_GELU,
  /// The softmax of each row; target is not `left`.
  BRAID_ROW_SOFTMAX,
  /// (v - mean) / sqrt(variance + p) of each row; target is not `left`.
  BRAID_ROW_NORMALISE,
};

/// One stage: registers by number, an operand or result by its index, two numbers.
struct braid_row_stage {
  int32_t operation, target, left, right, index;
  float p, q;
};

/// An operand: row `r` begins at element `rows[r]`, or at `r * n` where `rows` is null, and moves by `step`, 0 or 1.
struct braid_row_operand {
  const void *base;
  const int64_t *rows;
  int32_t step;
};

/// Runs `stages` on `rows` rows of `n` numbers, `tile` rows at once. `registers` has room for as many numbers as the
/// highest register's number plus one, times tile * n rounded up to 16. Errors: exp 2 units in the last place, erf
/// 2e-7, what is made of them likewise.
void braid_rows(const struct braid_row_stage *stages, size_t stage_count, const struct braid_row_operand *operands,
                void *const *results, size_t rows, size_t n, size_t tile, float *registers);

/// y[i] = x[i] ^ 128: unsigned to signed whole numbers with the zero point moved by 128, and back.
void braid_flip_sign(const uint8_t *x, uint8_t *y, size_t count);

/// The standard's `DynamicQuantizeLinear`: scale = (max - min) / 255 over the range widened to contain 0, zero point =
/// saturate(round(-min / scale)), y = saturate(round(x / scale) + zero point).
void braid_dynamic_quantise(const float *x, uint8_t *y, size_t count, float *scale, uint8_t *zero_point);

/// SHA-256 (FIPS 180-4). `state` is 8 words, which this sets to those of the standard.
void braid_sha256_begin(uint32_t *state);
/// Takes `blocks` times 64 bytes. With `portable` not by the processor's own instructions, where it has them.
void braid_sha256_blocks(uint32_t *state, const uint8_t *bytes, size_t blocks, int portable);
/// Takes the last `count` bytes, less than 64, of `total` in all and writes the digest, 32 bytes.
void braid_sha256_end(uint32_t *state, const uint8_t *rest, size_t count, uint64_t total, uint8_t *digest);

// Inference: statistics of activations.

/// The least and greatest of the values that are finite, and how many those are; infinities turned inwards where none is.
size_t braid_value_range(const float *values, size_t count, float *low, float *high);

/// Adds each value to the bin `floor(value * inverse_width) - first` of `bins`, or to the nearest one outside them. What
/// is not a number is passed over.
void braid_count_in_bins(const float *values, size_t count, float inverse_width, int64_t first, size_t bins,
                         uint64_t *counts);

/// Adds to `sums` the sums of a b, a a, b b and (a - b)^2.
void braid_error_sums(const float *a, const float *b, size_t count, double *sums);

/// Adds to `sums`, one for each channel, the sums of values `[outer, channels, inner]`.
void braid_channel_sums(const float *values, size_t outer, size_t channels, size_t inner, double *sums);

/// The sum of squared errors where the middles of bins of `width`, the first from `first * width` on, are stored in
/// steps of `scale` as 0 to `levels`, `zero` standing for 0.
double braid_histogram_error(const uint64_t *counts, size_t bins, int64_t first, double width, double scale,
                             double zero, double levels);

/// The Kullback-Leibler divergence of a histogram whose outliers are held to bins `begin` to `end` from the same bins in
/// `levels` equal steps (Migacz, "8-bit Inference with TensorRT", 2017).
double braid_histogram_divergence(const uint64_t *counts, size_t bins, size_t begin, size_t end, size_t levels);

#endif
