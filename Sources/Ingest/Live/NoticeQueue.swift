import BraidCore

/// What has happened to a live input and was not taken yet: the newest, up to a bound. Any thread.
final class NoticeQueue: Sendable {
  private static let capacity = 64
  private let pending: Guarded<[InputNotice]>

  init() {
    var notices: [InputNotice] = []
    notices.reserveCapacity(Self.capacity)
    pending = Guarded(notices)
  }

  func append(_ notice: InputNotice) {
    pending.withLock { pending in
      if pending.count == Self.capacity { pending.removeFirst() }
      pending.append(notice)
    }
  }

  /// All that wait, in order.
  func take() -> [InputNotice] {
    pending.withLock { pending in
      guard !pending.isEmpty else { return [] }
      let taken = pending
      pending.removeAll(keepingCapacity: true)
      return taken
    }
  }
}
