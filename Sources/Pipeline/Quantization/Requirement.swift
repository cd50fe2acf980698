internal import BraidCore
internal import BraidInference

/// What a second model has to be beside a first one: `faster=1.2,agreement=0.98`.
public struct Requirement: Hashable, Sendable {
  /// How many times faster at least, by the median of runs back to back; nil for any speed.
  public var faster: Double?
  /// How alike at least, from 0 to 1; see ``ModelComparison/agreement``. Nil for any.
  public var agreement: Double?
  /// How often the second is right at least, by classes that were given, from 0 to 1; see ``LabelAccuracy``. Nil for any.
  public var accuracy: Double?

  /// Requires nothing.
  public init() {}

  /// Reads pairs with commas between.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` for unknown names, and numbers out of range.
  public init(_ text: String) throws(PipelineError) {
    func fault(_ message: String, _ remedy: String) -> PipelineError {
      PipelineError(.configuration, message, location: "--require", remedy: remedy)
    }
    var seen: Set<String> = []
    for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let value = Double(parts[1]), value.isFinite else {
        throw fault("'\(pair)' is no name and number", "Write e.g. faster=1.2,agreement=0.98")
      }
      guard seen.insert(parts[0]).inserted else {
        throw fault("\(parts[0]) is required twice", "Give it once")
      }
      switch parts[0] {
      case "faster":
        guard value > 0, value <= 1000 else {
          throw fault("faster=\(parts[1]) is out of range", "Give above 0, up to 1000")
        }
        faster = value
      case "agreement":
        guard value > 0, value <= 1 else {
          throw fault("agreement=\(parts[1]) is out of range", "Give above 0, up to 1")
        }
        agreement = value
      case "accuracy":
        guard value > 0, value <= 1 else {
          throw fault("accuracy=\(parts[1]) is out of range", "Give above 0, up to 1")
        }
        accuracy = value
      default:
        let guess =
          Spelling.guess(parts[0], among: ["faster", "agreement", "accuracy"]).map { "Did you mean \($0)? " } ?? ""
        throw fault("'\(parts[0])' cannot be required", guess + "There are faster, agreement and accuracy")
      }
    }
  }

  /// What of it `comparison` does not reach, in sentences; empty where it reaches all.
  public func missed(by comparison: ModelComparison) -> [String] {
    var missed: [String] = []
    if let faster, !(comparison.times.backToBack.speedUp >= faster) {
      missed.append(
        "it is \(Self.text(comparison.times.backToBack.speedUp)) times as fast, and \(Self.text(faster)) is required")
    }
    if let agreement, !(comparison.agreement.value >= agreement) {
      missed.append(
        "\(comparison.agreement.name) is \(Self.text(comparison.agreement.value)), and \(Self.text(agreement)) is required"
      )
    }
    if let accuracy {
      if let found = comparison.accuracy {
        if !(found.second >= accuracy) {
          missed.append(
            "it is right on \(Self.text(found.second)) of \(found.count) samples, and \(Self.text(accuracy)) is required"
          )
        }
      } else {
        missed.append("an accuracy of \(Self.text(accuracy)) is required, and no sample that was compared has a label")
      }
    }
    return missed
  }

  /// Four significant digits.
  static func text(_ value: Double) -> String {
    let scaled = (value * 10_000).rounded() / 10_000
    return "\(scaled)"
  }
}
