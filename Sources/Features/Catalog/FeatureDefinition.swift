/// What a feature is called, what it is computed from and what comes out: data, for help, documents and checks.
public struct FeatureDefinition: Hashable, Sendable {
  /// What a feature is computed from.
  public enum Source: String, Hashable, Sendable {
    /// One channel of samples.
    case sound
    /// Luma of pictures.
    case picture
  }

  /// The full name, with the preset after a colon where there is one: `log-mel:kaldi`.
  public let name: String
  /// Other names that mean the same.
  public let aliases: [String]
  /// What it is computed from.
  public let source: Source
  /// The unit of the values.
  public let unit: String
  /// The shape of `values` in a record: `[rows, 80]`.
  public let shape: String
  /// Values in a row by default.
  public let dimension: Int
  /// Window and hop by default, in milliseconds; nil for pictures, which give one row each.
  public let timing: Timing?
  /// What it is, in one sentence.
  public let summary: String

  /// A window and how far it moves.
  public struct Timing: Hashable, Sendable {
    /// Milliseconds that a row is made of.
    public let windowMilliseconds: Double
    /// Milliseconds from one row to the next.
    public let hopMilliseconds: Double
  }
}
