// Normalisation of rows of elements of type REAL. Included once for each type; NAME gives its functions their names.

// Sums run over 16 lanes, so that they do not depend on the instruction set's width.
#define SUM(result, count, term)                                        \
  double lanes[16] = {0};                                               \
  size_t i = 0;                                                         \
  for (; i + 16 <= count; i += 16) {                                    \
    for (size_t lane = 0; lane < 16; lane++) {                          \
      double v = x[i + lane];                                           \
      lanes[lane] += term;                                              \
    }                                                                   \
  }                                                                     \
  for (size_t lane = 0; i < count; i++, lane++) {                       \
    double v = x[i];                                                    \
    lanes[lane] += term;                                                \
  }                                                                     \
  double result = 0;                                                    \
  for (size_t lane = 0; lane < 16; lane++) result += lanes[lane];

BRAID_MULTIVERSION
double NAME(braid_sum)(const REAL *x, size_t count) {
  SUM(sum, count, v)
  return sum;
}

BRAID_MULTIVERSION
double NAME(braid_sum_of_squared_differences)(const REAL *x, size_t count, double mean) {
  SUM(sum, count, (v - mean) * (v - mean))
  return sum;
}

BRAID_MULTIVERSION
void NAME(braid_scale_shift)(const REAL *x, REAL *y, size_t count, double mean, double factor, double shift) {
  for (size_t i = 0; i < count; i++) y[i] = (REAL)((x[i] - mean) * factor + shift);
}

BRAID_MULTIVERSION
void NAME(braid_scale_shift_each)(const REAL *x, REAL *y, size_t count, double mean, double factor, const REAL *scale,
                                  const REAL *shift) {
  if (scale && shift) {
    for (size_t i = 0; i < count; i++) y[i] = (REAL)((x[i] - mean) * factor * scale[i] + shift[i]);
  } else if (scale) {
    for (size_t i = 0; i < count; i++) y[i] = (REAL)((x[i] - mean) * factor * scale[i]);
  } else if (shift) {
    for (size_t i = 0; i < count; i++) y[i] = (REAL)((x[i] - mean) * factor + shift[i]);
  } else {
    for (size_t i = 0; i < count; i++) y[i] = (REAL)((x[i] - mean) * factor);
  }
}

#undef SUM
