#ifndef BRAID_CFFTW_H
#define BRAID_CFFTW_H

#include <fftw3.h>

// An array of unknown size, which Swift cannot import.
static inline const char *braid_fftwf_version(void) { return fftwf_version; }

#endif
