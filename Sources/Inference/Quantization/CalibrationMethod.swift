/// How the range of an activation is chosen from what it was on the calibration samples.
public enum CalibrationMethod: String, Sendable, Hashable, CaseIterable {
  /// From the least to the greatest value.
  case minMax = "min-max"
  /// From the moving average of each sample's least value to that of its greatest, the newest counting 1 %.
  case movingAverage = "moving-average"
  /// So that a share of the values, half of it on each side, lies outside: see ``QuantisationSettings/percentile``.
  case percentile
  /// The range with the least Kullback-Leibler divergence between the values and what is stored of them.
  ///
  /// Migacz, "8-bit Inference with TensorRT" (2017).
  case entropy
  /// The range with the least mean squared error of what is stored.
  case meanSquaredError = "mse"
}

/// What of a model is quantised, and how.
public struct QuantisationSettings: Sendable {
  /// How ranges are chosen; nil tries all and takes the best on samples that ranges were not made of.
  public var method: CalibrationMethod?
  /// For the method of that name: the per cent of values inside the range, above 50, at most 100.
  public var percentile = 99.99
  /// Nodes that stay in floating point, by name, or by that of their first output where they have none.
  public var keptNodes: Set<String> = []
  /// Whether the mean error of each channel is taken off the bias, where that helps.
  public var correctsBias = true
  /// Whether channels of neighbouring layers are scaled to alike ranges, where that helps.
  public var equalisesWeights = true
  /// Whether layers stay in floating point that cost accuracy and little time.
  public var sparesSensitiveLayers = true
  /// Whether layers stay in floating point that would take longer in bytes, with the conversions that they need. Where all would,
  /// their weights alone are stored in bytes.
  public var sparesSlowLayers = true
  /// How often answers are to agree with the real model's on samples for choices, from 0 to 1, or where what they mean is not known
  /// the mean coefficient of identity: layers stay in floating point until it is reached. Nil asks for nothing.
  public var agreement: Double?
  /// The greatest magnitude of stored weights, 127, or 64 where two products must not saturate 16 bits.
  public var weightLimit = InferenceLibraries.current.int8IsExact ? 127 : 64

  /// Everything is tried, and what is best is taken.
  public init() {}
}
