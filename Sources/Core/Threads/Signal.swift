import Glibc

/// A counter that threads wait on: "something has changed since I last looked".
///
/// A waiter takes a ticket, looks at the shared state, and waits since that ticket; a notification between the look and
/// the wait is never lost. One signal may stand for any number of states, so that one thread can wait for all its rings.
/// Notifying does not allocate and blocks only for the length of an increment.
@safe
public final class Signal: @unchecked Sendable {
  // SAFETY: `count` is only touched with `mutex` held; both pthread objects live at a fixed address until `deinit`,
  // which runs when no thread can hold a reference any more.

  /// What the count was at a moment.
  public struct Ticket: Hashable, Sendable {
    fileprivate let count: UInt64
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var count: UInt64 = 0

  /// A signal that nobody has notified yet.
  public init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe condition.initialize(to: pthread_cond_t())
    unsafe pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// The count now. Take it before looking at the state that the signal stands for.
  public func ticket() -> Ticket {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return Ticket(count: count)
  }

  /// Wakes every thread that waits. Allocates: no.
  public func notify() {
    unsafe pthread_mutex_lock(mutex)
    count &+= 1
    unsafe pthread_mutex_unlock(mutex)
    // Not before: who wakes takes the mutex first.
    unsafe pthread_cond_broadcast(condition)
  }

  /// Blocks until a notification that came after `ticket`, or until `deadline` on CLOCK_MONOTONIC.
  /// A deadline of `Int64.max` nanoseconds waits for ever.
  public func wait(since ticket: Ticket, until deadline: HostTime = HostTime(nanoseconds: .max)) {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    if deadline.nanoseconds == .max {
      while count == ticket.count { unsafe pthread_cond_wait(condition, mutex) }
      return
    }
    let nanoseconds = max(0, deadline.nanoseconds)
    var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    while count == ticket.count {
      if unsafe pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return }
    }
  }
}
