#ifndef BRAID_COPENBLAS_H
#define BRAID_COPENBLAS_H

#include <cblas.h>

#endif
