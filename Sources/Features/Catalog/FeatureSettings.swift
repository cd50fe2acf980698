/// The settings of one feature, each within its range.
public struct FeatureSettings: Hashable, Sendable {
  private var values: [String: FeatureValue]

  /// What the parameters are where nobody says.
  init(standard parameters: [FeatureParameter], onStreams: Bool) {
    values = [:]
    for parameter in parameters {
      values[parameter.name] = onStreams ? parameter.onStreams ?? parameter.standard : parameter.standard
    }
  }

  /// The value of a parameter that the feature has; nil for others.
  public subscript(name: String) -> FeatureValue? { values[name] }

  mutating func set(_ name: String, to value: FeatureValue) { values[name] = value }

  /// The whole number that a parameter of the definition is.
  func integer(_ name: String) -> Int {
    guard case .integer(let value)? = values[name] else { preconditionFailure("no whole number called \(name)") }
    return value
  }

  /// The number that a parameter of the definition is; nil where it is a word.
  func number(_ name: String) -> Double? {
    guard case .number(let value)? = values[name] else { return nil }
    return value
  }

  /// The word that a parameter of the definition is; nil where it is a number.
  func word(_ name: String) -> String? {
    guard case .word(let word)? = values[name] else { return nil }
    return word
  }

  /// Whether a parameter that may be `on` or `off` is on.
  func isOn(_ name: String) -> Bool { word(name) == "on" }
}

extension FeatureParameter {
  /// A setting that is `on` or `off`.
  static func flag(_ name: String, standard: Bool, _ summary: String) -> FeatureParameter {
    FeatureParameter(name, .word(["on", "off"]), standard: .word(standard ? "on" : "off"), summary)
  }
}
