import CPosix
import Glibc

/// A descriptor to be polled beside a device's own, which another thread makes readable: what wakes a thread out of `poll`.
///
/// From any thread. Allocates: no, after `init`.
public final class WakeDescriptor: Sendable {
  /// What to poll for POLLIN.
  public let descriptor: Int32

  /// A descriptor that is not readable. Nil where the process has no descriptors left.
  public init?() {
    descriptor = braid_event_create()
    if descriptor < 0 { return nil }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Makes it readable, until ``clear()``.
  public func notify() {
    braid_event_notify(descriptor)
  }

  /// Waits until it is readable, at most `timeout`, and makes it unreadable again. For one thread.
  public func wait(_ timeout: MediaDuration) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let milliseconds = Int32(clamping: max(1, timeout.nanoseconds / 1_000_000))
    if unsafe poll(&entry, 1, milliseconds) > 0 { clear() }
  }

  /// Makes it unreadable again.
  public func clear() {
    braid_event_clear(descriptor)
  }
}
