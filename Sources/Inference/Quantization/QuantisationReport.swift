/// What was done to a model when it was quantised.
public struct QuantisationReport: Sendable {
  /// A way that was tried.
  public struct Attempt: Sendable {
    /// The way: a method, or what was done besides.
    public let name: String
    /// The mean signal-to-noise ratio of the outputs on the samples for choices, in decibels.
    public let signalToNoise: Double
    /// How alike the answers are there, from 0 to 1, by what they mean; nil where that is not known.
    public let agreement: Double?

    init(_ name: String, _ score: QuantisationScore) {
      self.name = name
      signalToNoise = score.signalToNoise
      agreement = score.agreement?.share
    }
  }

  /// A layer.
  public struct Layer: Sendable {
    /// The node's name.
    public let name: String
    /// The operator.
    public let operation: String
    /// Multiplications with an addition in one run.
    public let multiplyAdds: Int
    /// The signal-to-noise ratio of the outputs with this layer alone quantised, in decibels; nil where that was not
    /// measured.
    public let signalToNoise: Double?
    /// Whether it stays in floating point, and why.
    public let kept: Kept?
  }

  /// Why a layer stays in floating point.
  public enum Kept: String, Sendable {
    /// It was asked for.
    case asked
    /// It costs accuracy and little time.
    case sensitive
    /// It would take longer in bytes, by its size.
    case slower
    /// What was asked for was not reached with it.
    case agreement
  }

  /// A stored activation.
  public struct Activation: Sendable {
    /// The value's name.
    public let name: String
    /// What it was on the samples.
    public let seen: ValueRange
    /// What is stored of it.
    public let stored: ValueRange
    /// How what is stored is to be read.
    public let quantization: Quantization
  }

  /// How ranges were chosen; nil where no layer is computed in bytes, and only weights are stored so.
  public let method: CalibrationMethod?
  /// Everything that was tried, in order; what stands after the forms of all methods is tried on the best so far.
  public let attempts: [Attempt]
  /// Which of them the file is; nil where nothing was tried.
  public let taken: Int?
  /// Whether channels were scaled to alike ranges.
  public let isEqualised: Bool
  /// Whether biases were corrected.
  public let isBiasCorrected: Bool
  /// All layers in order.
  public let layers: [Layer]
  /// All stored activations in order.
  public let activations: [Activation]
  /// On samples that nothing was chosen by.
  public let heldOut: ModelAgreement
  /// How many samples ranges were made of, choices went by (each half by the ranges of the other), and were held out.
  public let samples: (calibration: Int, selection: Int, heldOut: Int)
  /// What should be known, in sentences.
  public let notes: [String]
}
