/// The ranges that settings of features are held to, so that no configuration can ask for endless memory.
enum SettingRange {
  /// Samples that a window or a hop may have.
  static let longestWindow = 1 << 22

  static func check(
    _ setting: String, _ value: Int, _ range: ClosedRange<Int>, unit: String
  ) throws(FeatureError) {
    guard !range.contains(value) else { return }
    throw FeatureError(
      .invalidSetting, "\(value) \(unit) is out of range", location: setting,
      remedy: "Take \(range.lowerBound) to \(range.upperBound) \(unit)")
  }

  static func check(sampleRate: Int) throws(FeatureError) {
    try check("sample rate", sampleRate, 1000...768_000, unit: "Hz")
  }

  /// The smallest power of two that is at least `count`.
  static func powerOfTwo(holding count: Int) -> Int {
    var power = 1
    while power < count { power *= 2 }
    return power
  }
}
