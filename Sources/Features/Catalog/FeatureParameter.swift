/// A setting of a feature: what it is called, what it may be, and what it is where nobody says.
public struct FeatureParameter: Hashable, Sendable {
  /// What a setting may be.
  public enum Domain: Hashable, Sendable {
    /// A whole number.
    case integer(ClosedRange<Int>)
    /// A number, or one of some words.
    case number(ClosedRange<Double>, words: [String] = [])
    /// One of some words.
    case word([String])
  }

  /// As it is written: `top-db`.
  public let name: String
  /// What it may be.
  public let domain: Domain
  /// What it is where nobody says: the value of the tool that the feature reproduces.
  public let standard: FeatureValue
  /// What it is on streams where nobody says; nil for ``standard``. For what needs a whole clip.
  public let onStreams: FeatureValue?
  /// The unit of the value; empty for none.
  public let unit: String
  /// What it does, in a few words.
  public let summary: String

  /// A setting that may be any of `domain`.
  public init(
    _ name: String, _ domain: Domain, standard: FeatureValue, onStreams: FeatureValue? = nil, unit: String = "",
    _ summary: String
  ) {
    self.name = name
    self.domain = domain
    self.standard = standard
    self.onStreams = onStreams
    self.unit = unit
    self.summary = summary
  }

  /// What `text` stands for.
  ///
  /// - Throws: ``FeatureError/Code/invalidSetting`` with what it may be.
  func value(_ text: String, feature: String) throws(FeatureError) -> FeatureValue {
    switch domain {
    case .integer(let range):
      if let number = Int(text), range.contains(number) { return .integer(number) }
    case .number(let range, let words):
      if let number = Double(text), range.contains(number) { return .number(number) }
      if words.contains(text) { return .word(text) }
    case .word(let words):
      if words.contains(text) { return .word(text) }
    }
    throw FeatureError(
      .invalidSetting, "'\(text.prefix(40))' cannot be its \(name)", location: feature,
      remedy: "Take \(rangeDescription)")
  }

  /// What it may be, in words: `1 to 80`, `0 to 200 dB or none`, `on or off`.
  public var rangeDescription: String {
    let measure = unit.isEmpty ? "" : " \(unit)"
    switch domain {
    case .integer(let range): return "\(range.lowerBound) to \(range.upperBound)\(measure)"
    case .number(let range, let words):
      let span = "\(FeatureValue.number(range.lowerBound)) to \(FeatureValue.number(range.upperBound))\(measure)"
      return ([span] + words).joined(separator: " or ")
    case .word(let words): return words.joined(separator: " or ")
    }
  }
}

/// What a setting is.
public enum FeatureValue: Hashable, Sendable, CustomStringConvertible {
  /// A whole number.
  case integer(Int)
  /// A number.
  case number(Double)
  /// A word.
  case word(String)

  /// As it is written in a feature's name.
  public var description: String {
    switch self {
    case .integer(let value): return "\(value)"
    case .number(let value): return Int(exactly: value).map { "\($0)" } ?? "\(value)"
    case .word(let word): return word
    }
  }
}
