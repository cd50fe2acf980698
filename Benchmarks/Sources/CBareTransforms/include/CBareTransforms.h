#ifndef BRAID_BARE_TRANSFORMS_H
#define BRAID_BARE_TRANSFORMS_H

/// Runs a real FFTW transform of `length` samples `count` times over the same memory and does nothing else; planned with
/// FFTW_ESTIMATE on memory at 64-byte boundaries, as Braid plans. Returns the seconds of the runs alone, or -1.
double braid_bare_transforms(int length, long count);

#endif
