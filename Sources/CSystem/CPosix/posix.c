#define _GNU_SOURCE
#include "CPosix.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void braid_thread_set_name(const char *name) {
  char cut[16];
  strncpy(cut, name, 15);
  cut[15] = 0;
  pthread_setname_np(pthread_self(), cut);
}

void braid_thread_get_name(char *buffer, int capacity) {
  if (capacity <= 0) return;
  buffer[0] = 0;
  pthread_getname_np(pthread_self(), buffer, (size_t)capacity);
}

int braid_thread_set_nice(int nice) {
  return setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice) == 0 ? 0 : errno;
}

int braid_thread_set_realtime(int priority) {
  struct sched_param parameters = {.sched_priority = priority};
  return pthread_setschedparam(pthread_self(), SCHED_RR, &parameters);
}

static int64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t braid_monotonic_nanoseconds(void) { return nanoseconds(CLOCK_MONOTONIC); }

int64_t braid_realtime_nanoseconds(void) { return nanoseconds(CLOCK_REALTIME); }

int64_t braid_peak_resident_bytes(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}

void braid_release_free_memory(void) { malloc_trim(0); }

int braid_event_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Neither can fail in a way that matters: a full counter is readable, an empty one is clear.
void braid_event_notify(int descriptor) {
  eventfd_write(descriptor, 1);
}

void braid_event_clear(int descriptor) {
  eventfd_t count;
  eventfd_read(descriptor, &count);
}
