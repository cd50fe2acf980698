public import BraidCore

/// What the scheduler of a session is to hold to for one model. Nil where nothing is said.
///
/// As text, `weight=2,min-rate=5,priority=1,budget=40ms`: each setting once, in any order.
public struct ModelSchedule: Hashable, Sendable {
  /// What a result counts beside those of other models: more than 0, 1 without more.
  public var weight: Double?
  /// Runs a second that are kept before anything else.
  public var minimumRate: Double?
  /// Models of a higher priority go first, whatever the weights; 0 without more.
  public var priority: Int?
  /// From capture to result, in place of the session's.
  public var budget: MediaDuration?

  /// The names of all settings.
  public static let names = ["weight", "min-rate", "priority", "budget"]

  /// Nothing is said.
  public init() {}

  /// Settings as text.
  ///
  /// - Parameters:
  ///   - text: `weight=2,min-rate=5`; at least one.
  ///   - location: where errors say it stands.
  /// - Throws: `invalidOption` for unknown names, with what was likely meant, and for values out of range.
  public init(_ text: String, location: String) throws(SchedulingError) {
    for setting in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw SchedulingError(
          .invalidOption, "'\(setting.prefix(80))' is no setting", at: location, remedy: "Write it as weight=2")
      }
      try set(parts[0], to: parts[1], location: location)
    }
  }

  /// Sets one of ``names``.
  ///
  /// - Throws: `invalidOption`, as for text.
  public mutating func set(_ name: String, to value: String, location: String) throws(SchedulingError) {
    func refuse(_ range: String) -> SchedulingError {
      SchedulingError(.invalidOption, "\(name) '\(value.prefix(80))' is out of range", at: location, remedy: range)
    }
    let isRepeated: Bool
    switch name {
    case "weight":
      guard let number = Double(value), number > 0, number <= 1e6 else {
        throw refuse("Give a number above 0, 1000000 at most")
      }
      isRepeated = weight != nil
      weight = number
    case "min-rate":
      guard let number = Double(value), number >= 0, number <= 1e6 else {
        throw refuse("Give runs a second, 0 for none, 1000000 at most")
      }
      isRepeated = minimumRate != nil
      minimumRate = number
    case "priority":
      guard let number = Int(value), (-1000...1000).contains(number) else {
        throw refuse("Give a whole number from -1000 to 1000")
      }
      isRepeated = priority != nil
      priority = number
    case "budget":
      guard let duration = MediaDuration(text: value), duration > .zero else {
        throw refuse("Give a duration above 0, e.g. 40ms")
      }
      isRepeated = budget != nil
      budget = duration
    default:
      let guess = Spelling.guess(name, among: Self.names).map { "Did you mean \($0)? " } ?? ""
      throw SchedulingError(
        .invalidOption, "there is no setting '\(name.prefix(80))'", at: location,
        remedy: guess + "There are \(Self.names.joined(separator: ", "))")
    }
    guard !isRepeated else {
      throw SchedulingError(.invalidOption, "\(name) is given twice", at: location, remedy: "Give it once")
    }
  }

  /// The same, with what is not said taken from another.
  public func filled(from other: ModelSchedule) -> ModelSchedule {
    var filled = self
    filled.weight = weight ?? other.weight
    filled.minimumRate = minimumRate ?? other.minimumRate
    filled.priority = priority ?? other.priority
    filled.budget = budget ?? other.budget
    return filled
  }
}

extension ModelSchedule: CustomStringConvertible {
  /// As text, such that it can be read again.
  public var description: String {
    [
      weight.map { "weight=\($0)" }, minimumRate.map { "min-rate=\($0)" }, priority.map { "priority=\($0)" },
      budget.map { "budget=\($0.nanoseconds)ns" },
    ].compactMap(\.self).joined(separator: ",")
  }
}
