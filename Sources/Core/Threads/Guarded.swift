import Glibc

/// A value that one thread at a time may touch, behind a pthread mutex.
///
/// As `Synchronization.Mutex`, but for its lock: that one's slow path is hidden from ThreadSanitizer, which then takes
/// every contended access for a race (docs/design/0005). Allocates: only in `init`.
@safe
public final class Guarded<Value>: @unchecked Sendable {
  // SAFETY: `value` is only touched with `mutex` held; the mutex lives at a fixed address until `deinit`, which runs when
  // no thread can hold a reference any more.

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  /// Takes the value, which nobody else may keep.
  public init(_ value: sending Value) {
    self.value = value
    unsafe mutex = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(mutex, nil)
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  /// Calls `body` with the value while no other thread can touch it. Do not call it again from `body`.
  public func withLock<Result, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
