#define _GNU_SOURCE
#include "CPosix.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
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

int braid_end_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, (unsigned long)signal) == 0 ? 0 : errno; }

int braid_event_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Neither can fail in a way that matters: a full counter is readable, an empty one is clear.
void braid_event_notify(int descriptor) {
  eventfd_write(descriptor, 1);
}

void braid_event_clear(int descriptor) {
  eventfd_t count;
  eventfd_read(descriptor, &count);
}

uint32_t braid_signal_count(const braid_signal *signal) { return __atomic_load_n(&signal->count, __ATOMIC_SEQ_CST); }

// One total order of the four accesses: either the notifier sees the waiter, or the waiter the count.
void braid_signal_notify(braid_signal *signal) {
  __atomic_fetch_add(&signal->count, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&signal->waiters, __ATOMIC_SEQ_CST) > 0) {
    syscall(SYS_futex, &signal->count, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT_MAX, NULL, NULL, 0);
  }
}

void braid_signal_wait(braid_signal *signal, uint32_t count, int64_t deadline) {
  if (deadline < 0) deadline = 0;
  struct timespec until = {.tv_sec = deadline / 1000000000, .tv_nsec = deadline % 1000000000};
  const struct timespec *limit = deadline == INT64_MAX ? NULL : &until;
  __atomic_fetch_add(&signal->waiters, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&signal->count, __ATOMIC_SEQ_CST) == count) {
    // A bit set, because its time is absolute. Interrupted, or woken for nothing: look again.
    long result = syscall(
        SYS_futex, &signal->count, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, count, limit, NULL, FUTEX_BITSET_MATCH_ANY);
    if (result == 0 || errno == EAGAIN || errno == EINTR) continue;
    if (errno == ETIMEDOUT) break;
    // No futexes here, as under a filter of system calls: poll.
    const struct timespec pause = {.tv_nsec = 1000000};
    nanosleep(&pause, NULL);
    if (limit && nanoseconds(CLOCK_MONOTONIC) >= deadline) break;
  }
  __atomic_fetch_sub(&signal->waiters, 1, __ATOMIC_SEQ_CST);
}
