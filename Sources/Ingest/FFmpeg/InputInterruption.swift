import Synchronization

/// A flag that ends FFmpeg's blocking calls: opening, probing and reading.
public final class InputInterruption: Sendable {
  private let flag = Atomic<Bool>(false)

  /// Not yet interrupted.
  public init() {}

  /// Makes the calls that use this flag return soon. From any thread; safe in a signal handler's thread.
  public func interrupt() {
    flag.store(true, ordering: .releasing)
  }

  /// Whether ``interrupt()`` was called.
  public var isInterrupted: Bool { flag.load(ordering: .acquiring) }
}
