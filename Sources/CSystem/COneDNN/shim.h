#ifndef BRAID_CONEDNN_H
#define BRAID_CONEDNN_H

#include <dlfcn.h>
#include <dnnl.h>
#include <dnnl_debug.h>

/// Sets how many threads oneDNN may use when the calling thread runs it, that thread included. Debian's oneDNN runs on
/// an OpenMP library that is found through it, so that none is needed to build. Does nothing where there is none.
static inline void braid_onednn_set_threads(int count) {
  typedef void (*set_threads)(int);
  static set_threads function;
  static int known;
  if (!__atomic_load_n(&known, __ATOMIC_ACQUIRE)) {
    __atomic_store_n(&function, (set_threads)dlsym(RTLD_DEFAULT, "omp_set_num_threads"), __ATOMIC_RELAXED);
    __atomic_store_n(&known, 1, __ATOMIC_RELEASE);
  }
  set_threads set = __atomic_load_n(&function, __ATOMIC_RELAXED);
  if (set) set(count);
}

#endif
