import Synchronization

/// A flag that ends FFmpeg's blocking calls: opening, probing and reading.
public final class InputInterruption: Sendable {
  private let flag = Atomic<Bool>(false)
  private let parent: InputInterruption?

  /// Not yet interrupted. One that has a parent is interrupted with it, and by itself.
  public init(parent: InputInterruption? = nil) {
    self.parent = parent
  }

  /// Makes the calls that use this flag return soon. From any thread; safe in a signal handler's thread.
  public func interrupt() {
    flag.store(true, ordering: .releasing)
  }

  /// Whether ``interrupt()`` was called, on this or on its parent.
  public var isInterrupted: Bool { flag.load(ordering: .acquiring) || parent?.isInterrupted == true }
}
