// Rows brought to a mean and a deviation, in double precision.
#include "CKernels.h"
#include "multiversion.h"

#define REAL float
#define NAME(stem) stem##_f32
#include "inference_normalise_real.h"
#undef REAL
#undef NAME

#define REAL double
#define NAME(stem) stem##_f64
#include "inference_normalise_real.h"
