/// Settings that several presets have.
extension FeatureParameter {
  static func bands(_ standard: Int) -> FeatureParameter {
    FeatureParameter("bands", .integer(3...256), standard: .integer(standard), "mel bands")
  }

  static func coefficients(_ standard: Int) -> FeatureParameter {
    FeatureParameter(
      "coefficients", .integer(1...256), standard: .integer(standard), "coefficients kept, at most as many as bands")
  }

  static let deltas = FeatureParameter(
    "deltas", .integer(0...2), standard: .integer(0), "derivatives over time that follow each row")

  /// Decibels below the largest level; on streams there is no whole clip.
  static func topDecibels(standard: FeatureValue) -> FeatureParameter {
    FeatureParameter(
      "top-db", .number(0...200, words: ["running", "none"]), standard: standard, onStreams: .word("none"), unit: "dB",
      "levels are held to this far below the clip's largest; running: 80 below the largest so far")
  }
}

extension FeatureSettings {
  /// What ``FeatureParameter/topDecibels(standard:)`` says.
  func range(_ name: String) -> MelSettings.Range {
    if let depth = number(name) { return .clip(depth) }
    return word(name) == "running" ? .running(80) : .unlimited
  }
}
