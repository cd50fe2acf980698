internal import CPosix

/// A counter that threads wait on: "something has changed since I last looked".
///
/// A waiter takes a ticket, looks at the shared state, and waits since that ticket; a notification between the look and
/// the wait is never lost. One signal may stand for any number of states, so that one thread can wait for all its rings.
/// Notifying neither allocates nor blocks, and is no system call where nobody waits.
///
/// Source: futex(2); an event count. A mutex with a condition takes twice the calls: who is woken takes the mutex as if others
/// waited for it, and must wake them when it lets go.
@safe
public final class Signal: @unchecked Sendable {
  // SAFETY: the state is only touched by atomic operations, and lives at a fixed address until `deinit`, which runs when no
  // thread can hold a reference any more.

  /// What the count was at a moment. One that is 2^32 notifications old is taken for new.
  public struct Ticket: Hashable, Sendable {
    fileprivate let count: UInt32
  }

  private let state: UnsafeMutablePointer<braid_signal>

  /// A signal that nobody has notified yet.
  public init() {
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: braid_signal())
  }

  deinit { unsafe state.deallocate() }

  /// The count now. Take it before looking at the state that the signal stands for.
  public func ticket() -> Ticket { Ticket(count: unsafe braid_signal_count(state)) }

  /// Wakes every thread that waits. Allocates: no.
  public func notify() { unsafe braid_signal_notify(state) }

  /// Blocks until a notification that came after `ticket`, or until `deadline` on CLOCK_MONOTONIC.
  /// A deadline of `Int64.max` nanoseconds waits for ever.
  public func wait(since ticket: Ticket, until deadline: HostTime = HostTime(nanoseconds: .max)) {
    unsafe braid_signal_wait(state, ticket.count, deadline.nanoseconds)
  }
}
