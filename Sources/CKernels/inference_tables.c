// Functions of one byte, looked up.
#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static void look_up_512(const uint8_t *x, uint8_t *y,
                                                                               size_t count, const uint8_t *table) {
  const __m512i a = _mm512_loadu_si512(table), b = _mm512_loadu_si512(table + 64);
  const __m512i c = _mm512_loadu_si512(table + 128), d = _mm512_loadu_si512(table + 192);
  for (size_t i = 0; i < count; i += 64) {
    size_t left = count - i;
    __mmask64 lanes = left >= 64 ? ~0ull : (1ull << left) - 1;
    __m512i v = _mm512_maskz_loadu_epi8(lanes, x + i);
    __m512i low = _mm512_permutex2var_epi8(a, v, b), high = _mm512_permutex2var_epi8(c, v, d);
    _mm512_mask_storeu_epi8(y + i, lanes, _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), low, high));
  }
}

__attribute__((target("avx2"))) static size_t look_up_256(const uint8_t *x, uint8_t *y, size_t count,
                                                          const uint8_t *table) {
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i v = _mm256_loadu_si256((const __m256i *)(x + i)), sum = _mm256_setzero_si256();
    for (int row = 0; row < 16; row++) {
      __m256i part = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(table + 16 * row)));
      // Bytes of other rows get their highest bit set, which makes the shuffle give zero.
      __m256i at = _mm256_adds_epu8(_mm256_xor_si256(v, _mm256_set1_epi8((char)(row << 4))), _mm256_set1_epi8(0x70));
      sum = _mm256_or_si256(sum, _mm256_shuffle_epi8(part, at));
    }
    _mm256_storeu_si256((__m256i *)(y + i), sum);
  }
  return i;
}
#endif

void braid_look_up(const uint8_t *x, uint8_t *y, size_t count, const uint8_t *table) {
  size_t i = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vbmi")) {
    look_up_512(x, y, count, table);
    return;
  }
  if (__builtin_cpu_supports("avx2")) i = look_up_256(x, y, count, table);
#endif
  for (; i < count; i++) y[i] = table[x[i]];
}

void braid_look_up_apart(const uint8_t *x, uint8_t *y, size_t count, size_t step, const uint8_t *table) {
  if (step == 1)
    braid_look_up(x, y, count, table);
  else
    for (size_t i = 0; i < count; i++) y[i * step] = table[x[i]];
}

void braid_look_up_f32(const uint8_t *x, float *y, size_t count, size_t step, const float *table) {
  if (step == 1) {
    for (size_t i = 0; i < count; i++) y[i] = table[x[i]];
  } else {
    for (size_t i = 0; i < count; i++) y[i * step] = table[x[i]];
  }
}

void braid_look_up_channels(const uint8_t *x, uint8_t *y, size_t outer, size_t channels, size_t inner,
                            const uint8_t *tables) {
  for (size_t o = 0; o < outer; o++) {
    if (inner == 1) {
      for (size_t c = 0; c < channels; c++) y[c] = tables[256 * c + x[c]];
    } else {
      for (size_t c = 0; c < channels; c++) braid_look_up(x + c * inner, y + c * inner, inner, tables + 256 * c);
    }
    x += channels * inner;
    y += channels * inner;
  }
}
