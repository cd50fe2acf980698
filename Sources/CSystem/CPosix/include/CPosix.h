// What Swift's Glibc overlay does not show of POSIX and Linux threads.
#ifndef BRAID_CPOSIX_H
#define BRAID_CPOSIX_H

#include <stdbool.h>
#include <stdint.h>

/// Names the calling thread; longer names are cut at 15 bytes. pthread_setname_np(3).
void braid_thread_set_name(const char *name);

/// Copies the calling thread's name into `buffer`. pthread_getname_np(3).
void braid_thread_get_name(char *buffer, int capacity);

/// Sets the calling thread's nice value (setpriority(2) on its thread id). Returns 0, or errno.
int braid_thread_set_nice(int nice);

/// Asks for SCHED_RR at `priority` for the calling thread. Returns 0, or errno (EPERM without the privilege).
int braid_thread_set_realtime(int priority);

/// CLOCK_MONOTONIC in nanoseconds.
int64_t braid_monotonic_nanoseconds(void);

/// CLOCK_REALTIME in nanoseconds since the Unix epoch.
int64_t braid_realtime_nanoseconds(void);

/// The largest resident set of this process so far, in bytes. getrusage(2).
int64_t braid_peak_resident_bytes(void);

/// Gives free memory of the heap back to the system. malloc_trim(3).
void braid_release_free_memory(void);

/// Sends this process a signal when the thread that made it ends. prctl(2). Returns 0, or errno.
int braid_end_with_parent(int signal);

/// A descriptor that polls as readable from a notification until it is cleared. eventfd(2), not inherited by children. -1 where
/// there are no descriptors left.
int braid_event_create(void);

/// Makes an event's descriptor readable.
void braid_event_notify(int descriptor);

/// Makes an event's descriptor unreadable again.
void braid_event_clear(int descriptor);

/// A counter that threads wait on, by futex(2): a notification is a system call only where a thread waits.
typedef struct {
  /// Of notifications, modulo 2^32.
  uint32_t count;
  /// Threads that wait, or are about to.
  uint32_t waiters;
} braid_signal;

/// The count now; what was written before the notifications it counts can be read after.
uint32_t braid_signal_count(const braid_signal *signal);

/// Adds one to the count and wakes every thread that waits.
void braid_signal_notify(braid_signal *signal);

/// Blocks while the count is `count`, until `deadline` in nanoseconds of CLOCK_MONOTONIC at most; INT64_MAX for ever.
void braid_signal_wait(braid_signal *signal, uint32_t count, int64_t deadline);

#endif
