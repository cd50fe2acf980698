#ifndef BRAID_CFFTW_H
#define BRAID_CFFTW_H

#include <fftw3.h>

#endif
