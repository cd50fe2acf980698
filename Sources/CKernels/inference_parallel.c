// Work in parts on the threads of the OpenMP library that Debian's oneDNN runs on. It is found through oneDNN, so that none is
// needed to build and no other threads are made.
#define _GNU_SOURCE
#include "CKernels.h"
#include <dlfcn.h>
#include <pthread.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// The OpenMP library is not built for the sanitizer, which cannot see that it orders the parts.
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define BRAID_ACQUIRE(address) __tsan_acquire(address)
#define BRAID_RELEASE(address) __tsan_release(address)
#endif
#endif
#ifndef BRAID_ACQUIRE
#define BRAID_ACQUIRE(address) (void)(address)
#define BRAID_RELEASE(address) (void)(address)
#endif

static void (*gomp_parallel)(void (*)(void *), void *, unsigned, unsigned);
static int (*thread_number)(void);
static int (*thread_count)(void);

static void find(void) {
  thread_number = (int (*)(void))dlsym(RTLD_DEFAULT, "omp_get_thread_num");
  thread_count = (int (*)(void))dlsym(RTLD_DEFAULT, "omp_get_num_threads");
  gomp_parallel = (void (*)(void (*)(void *), void *, unsigned, unsigned))dlsym(RTLD_DEFAULT, "GOMP_parallel");
}

struct work {
  void (*body)(void *, int, int);
  void *context;
};

static void run_part(void *argument) {
  struct work *work = argument;
  BRAID_ACQUIRE(work);
  work->body(work->context, thread_number(), thread_count());
  BRAID_RELEASE(work);
}

void braid_parallel(int threads, void (*body)(void *context, int part, int parts), void *context) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find);
  if (threads <= 1 || !gomp_parallel || !thread_number || !thread_count) {
    body(context, 0, 1);
    return;
  }
  struct work work = {body, context};
  BRAID_RELEASE(&work);
  gomp_parallel(run_part, &work, (unsigned)threads, 0);
  BRAID_ACQUIRE(&work);
}
