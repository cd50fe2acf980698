public import BraidCore

/// What can go wrong in setting up a feature. Computing one cannot fail.
public struct FeatureError: DescribedError, Hashable {
  /// Sorted by what the caller can do.
  public struct Code: Hashable, Sendable {
    /// The code's stable name.
    public let name: String

    /// No feature of that name.
    public static let unknownFeature = Code(name: "unknown-feature")
    /// A setting out of its range.
    public static let invalidSetting = Code(name: "invalid-setting")
    /// FFTW gave no plan.
    public static let planning = Code(name: "fft-planning")
  }

  /// What kind of error it is.
  public let code: Code
  /// What went wrong, with the values that matter.
  public let message: String
  /// The feature, or the setting.
  public let location: String
  /// What to do about it.
  public let remedy: String
  /// FFTW has no words of its own: always nil.
  public var cause: String? { nil }
  /// The code's name.
  public var name: String { code.name }

  /// An error of this module.
  public init(_ code: Code, _ message: String, location: String, remedy: String = "") {
    self.code = code
    self.message = message
    self.location = location
    self.remedy = remedy
  }
}
