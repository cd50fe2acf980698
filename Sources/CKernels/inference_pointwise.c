// Convolution of bytes whose window is one pixel, channels innermost: a product of matrices in tiles that stay in
// registers, rescaled and stored from there.
#include "CKernels.h"
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define BRAID_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define BRAID_INLINE static inline __attribute__((always_inline))

// What is done with a tile beside the sums of products; constant where a tile is compiled.
struct form {
  int flips, sums, rounds;
};

// 16 sums to whole numbers of the result's scale.
BRAID_VNNI BRAID_INLINE __m512i rescaled(const struct braid_pointwise *p, __m512i sum, size_t at, const uint8_t *addend,
                                         const struct form form) {
  __m512 v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_loadu_ps(p->scale + at), _mm512_loadu_ps(p->offset + at));
  if (form.sums) {
    v = _mm512_min_ps(_mm512_max_ps(v, _mm512_set1_ps(p->inner_low)), _mm512_set1_ps(p->inner_high));
    if (form.rounds) {
      v = _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
      v = _mm512_fmadd_ps(v, _mm512_set1_ps(p->ratio), _mm512_set1_ps(p->zero));
    }
    __m128i bytes = _mm_xor_si128(_mm_loadu_si128((const __m128i *)addend), _mm_set1_epi8((char)p->addend_flip));
    v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)), _mm512_set1_ps(p->addend_scale), v);
  }
  if (p->clamps) v = _mm512_min_ps(_mm512_max_ps(v, _mm512_set1_ps(p->low)), _mm512_set1_ps(p->high));
  return _mm512_cvtps_epi32(v);
}

// The results of `count` pixels by 16 * `vectors` filters, which follow each other: four vectors become one of bytes. `count` times
// `vectors` is a multiple of 4.
BRAID_VNNI BRAID_INLINE void finish_together(const struct braid_pointwise *p, __m512i sum[12][4], size_t at,
                                             const uint8_t *addend, uint8_t *y, const int count, const int vectors,
                                             const struct form form) {
  // Packing works within lanes of 16 bytes: they are put in order.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
#pragma clang loop unroll(full)
  for (int i = 0; i < count * vectors; i += 4) {
    __m512i whole[4];
#pragma clang loop unroll(full)
    for (int k = 0; k < 4; k++) {
      int r = (i + k) / vectors, c = (i + k) % vectors;
      whole[k] = rescaled(p, sum[r][c], at + 16 * (size_t)c, addend + 16 * (i + k), form);
    }
    __m512i a = _mm512_packs_epi32(whole[0], whole[1]), b = _mm512_packs_epi32(whole[2], whole[3]);
    __m512i bytes = p->is_signed ? _mm512_packs_epi16(a, b) : _mm512_packus_epi16(a, b);
    _mm512_storeu_si512(y + 16 * i, _mm512_permutexvar_epi32(order, bytes));
  }
}

// One pixel's results.
BRAID_VNNI BRAID_INLINE void finish_alone(const struct braid_pointwise *p, const __m512i *sum, size_t at,
                                          const uint8_t *addend, uint8_t *y, const int vectors, const struct form form) {
#pragma clang loop unroll(full)
  for (int c = 0; c < vectors; c++) {
    __m512i whole = rescaled(p, sum[c], at + 16 * (size_t)c, addend + 16 * c, form);
    __m128i bytes = p->is_signed ? _mm512_cvtsepi32_epi8(whole)
                                 : _mm512_cvtusepi32_epi8(_mm512_max_epi32(whole, _mm512_setzero_si512()));
    _mm_storeu_si128((__m128i *)(y + 16 * c), bytes);
  }
}

// `count` pixels by 16 * `vectors` filters, beginning at filter `at`, whose weights are `w`.
BRAID_VNNI BRAID_INLINE void tile(const struct braid_pointwise *p, const uint8_t *const *from, const int8_t *w, size_t at,
                                  const uint8_t *addend, uint8_t *y, const int count, const int vectors,
                                  const struct form form) {
  __m512i sum[12][4];
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < vectors; c++) sum[r][c] = _mm512_loadu_si512(p->start + at + 16 * c);
  }
  const __m512i flip = _mm512_set1_epi8((char)0x80);
  for (size_t k = 0; k < p->channels; k += 4, w += 64 * vectors) {
    __m512i weights[4];
#pragma clang loop unroll(full)
    for (int c = 0; c < vectors; c++) weights[c] = _mm512_loadu_si512(w + 64 * c);
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
      int32_t four;
      memcpy(&four, from[r] + k, 4);
      __m512i x = _mm512_set1_epi32(four);
      if (form.flips) x = _mm512_xor_si512(x, flip);
#pragma clang loop unroll(full)
      for (int c = 0; c < vectors; c++) sum[r][c] = _mm512_dpbusd_epi32(sum[r][c], x, weights[c]);
    }
  }
  if (vectors < 3 && count % 4 == 0 && p->filters == 16 * (size_t)vectors) {
    finish_together(p, sum, at, addend, y, count, vectors, form);
    return;
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) {
    const uint8_t *other = addend + (size_t)r * p->filters;
    uint8_t *to = y + (size_t)r * p->filters;
    if (vectors == 4)
      finish_together(p, sum + r, at, other, to, 1, 4, form);
    else
      finish_alone(p, sum[r], at, other, to, vectors, form);
  }
}

// All pixels by 16 * `vectors` filters.
BRAID_VNNI BRAID_INLINE void block(const struct braid_pointwise *p, const uint8_t *x, size_t at, const uint8_t *addend,
                                   uint8_t *y, const int vectors, const struct form form) {
  const int many = vectors > 2 ? 6 : 12;
  const int8_t *w = p->weights + at * p->channels;
  const uint8_t *from[12];
  size_t pixels = p->rows * p->columns, column = 0;
  const uint8_t *row = x;
  addend += at, y += at;
  for (size_t done = 0; done < pixels;) {
    int count = pixels - done >= (size_t)many ? many : 1;
    for (int r = 0; r < count; r++) {
      from[r] = row + column * p->column_step;
      if (++column == p->columns) column = 0, row += p->row_step;
    }
    if (count == many)
      tile(p, from, w, at, addend, y, many, vectors, form);
    else
      tile(p, from, w, at, addend, y, 1, vectors, form);
    done += (size_t)count, addend += (size_t)count * p->filters, y += (size_t)count * p->filters;
  }
}

BRAID_VNNI BRAID_INLINE void run(const struct braid_pointwise *p, const uint8_t *x, const uint8_t *addend, uint8_t *y,
                                 const struct form form) {
  size_t at = 0;
  for (; at + 64 <= p->filters; at += 64) block(p, x, at, addend, y, 4, form);
  switch ((p->filters - at) / 16) {
  case 3: block(p, x, at, addend, y, 3, form); break;
  case 2: block(p, x, at, addend, y, 2, form); break;
  case 1: block(p, x, at, addend, y, 1, form); break;
  default: break;
  }
}

#define BRAID_FORM(name, ...) \
  BRAID_VNNI static void name(const struct braid_pointwise *p, const uint8_t *x, const uint8_t *addend, uint8_t *y) { \
    run(p, x, addend, y, (struct form){__VA_ARGS__}); \
  }
BRAID_FORM(unsigned_alone, 0, 0, 0)
BRAID_FORM(signed_alone, 1, 0, 0)
BRAID_FORM(unsigned_sum, 0, 1, 0)
BRAID_FORM(signed_sum, 1, 1, 0)
BRAID_FORM(unsigned_rounded_sum, 0, 1, 1)
BRAID_FORM(signed_rounded_sum, 1, 1, 1)

int braid_pointwise_supported(void) { return braid_depthwise_supported(); }

void braid_pointwise(const struct braid_pointwise *p, const uint8_t *x, const uint8_t *addend, uint8_t *y) {
  if (!addend)
    (p->is_source_signed ? signed_alone : unsigned_alone)(p, x, y, y);
  else if (p->rounds)
    (p->is_source_signed ? signed_rounded_sum : unsigned_rounded_sum)(p, x, addend, y);
  else
    (p->is_source_signed ? signed_sum : unsigned_sum)(p, x, addend, y);
}
#else
int braid_pointwise_supported(void) { return 0; }
void braid_pointwise(const struct braid_pointwise *p, const uint8_t *x, const uint8_t *addend, uint8_t *y) {
  (void)p, (void)x, (void)addend, (void)y;
}
#endif
