// Convolutions in plain loops, sums in double precision: their meaning.
#include "CKernels.h"
#include "multiversion.h"

#define REAL float
#define NAME(stem) stem##_f32
#include "inference_windows_real.h"
#undef REAL
#undef NAME

#define REAL double
#define NAME(stem) stem##_f64
#include "inference_windows_real.h"
