public import BraidCore

/// Why a model did not run on a frame that it was offered.
public enum SkipReason: String, Hashable, Sendable, CaseIterable {
  /// It could not have been done by its deadline.
  case budget
  /// A newer picture was waiting.
  case stale
  /// A fixed interval passed over it.
  case interval
  /// Another model said no, or found nothing to look at.
  case gate
  /// A gap in the stream broke its window.
  case gap
  /// The model was given up for a while, or the session ended first.
  case shed
}

extension SkipCounts {
  /// The count of one reason.
  public subscript(reason: SkipReason) -> Int {
    get {
      switch reason {
      case .budget: budget
      case .stale: stale
      case .interval: interval
      case .gate: gate
      case .gap: gap
      case .shed: shed
      }
    }
    set {
      switch reason {
      case .budget: budget = newValue
      case .stale: stale = newValue
      case .interval: interval = newValue
      case .gate: gate = newValue
      case .gap: gap = newValue
      case .shed: shed = newValue
      }
    }
  }

  /// Adds the counts of `other`, reason by reason.
  public mutating func add(_ other: SkipCounts) {
    budget += other.budget
    stale += other.stale
    interval += other.interval
    gate += other.gate
    gap += other.gap
    shed += other.shed
  }
}
