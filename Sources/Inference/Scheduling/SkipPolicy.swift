/// Which frames a model may pass over.
public enum SkipPolicy: Hashable, Sendable {
  /// Those that cannot make their deadline, and pictures for which a newer one waits. At fast pace: none.
  case adaptive
  /// None, however late they are.
  case none
  /// All but the first of every `n` (at least 1); the rest is adaptive.
  case every(Int)
  /// So many that at most this many a second of media time are left (more than 0); the rest is adaptive.
  case maxFPS(Double)

  /// A policy as the command line writes it: `adaptive`, `none`, `every:3`, `max-fps:7.5`. Nil for anything else and for
  /// numbers out of range.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("adaptive", 1): self = .adaptive
    case ("none", 1): self = .none
    case ("every", 2):
      guard let count = Int(parts[1]), count >= 1 else { return nil }
      self = .every(count)
    case ("max-fps", 2):
      guard let rate = Double(parts[1]), rate >= 1e-6, rate <= 1e6 else { return nil }
      self = .maxFPS(rate)
    default: return nil
    }
  }
}

extension SkipPolicy: CustomStringConvertible {
  /// As the command line writes it.
  public var description: String {
    switch self {
    case .adaptive: "adaptive"
    case .none: "none"
    case .every(let count): "every:\(count)"
    case .maxFPS(let rate): "max-fps:\(rate)"
    }
  }
}
