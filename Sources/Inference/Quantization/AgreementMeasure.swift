/// How alike answers are, by what they mean: what ways of quantising a model are chosen by before anything else.
public struct AgreementMeasure {
  /// How many of the answers are the same.
  public struct Value: Sendable, Hashable {
    /// From 0 to 1, all.
    public let share: Double
    /// How many answers there are, at least 1.
    public let count: Int

    /// A share of so many answers.
    public init(share: Double, count: Int) {
      self.share = share
      self.count = max(1, count)
    }

    /// By how much shares of so many answers differ by chance: the standard deviation of a binomial distribution's share, two answers
    /// of either kind being added, so that it is not nothing where all agree.
    ///
    /// Agresti and Coull, "Approximate is better than 'exact' for interval estimation of binomial proportions" (1998).
    func chance(_ other: Value) -> Double {
      let all = Double(min(count, other.count))
      let middle = (min(1, max(0, (share + other.share) / 2)) * all + 2) / (all + 4)
      return (middle * (1 - middle) / (all + 4)).squareRoot()
    }
  }

  /// Compares the outputs of two models for the same samples, the first being taken for the truth: for each sample a tensor for
  /// each output in the model's order. Nil where the first finds nothing that could be counted.
  public let compare: ([[Tensor]], [[Tensor]]) -> Value?

  /// A measure.
  public init(_ compare: @escaping ([[Tensor]], [[Tensor]]) -> Value?) { self.compare = compare }
}

/// How good a way of quantising a model is.
struct QuantisationScore {
  /// How alike the answers are; nil where that is not known.
  let agreement: AgreementMeasure.Value?
  /// The mean over outputs, in decibels.
  let signalToNoise: Double
  /// The mean coefficient of identity over outputs.
  let identity: Double

  init(_ outputs: ModelAgreement, _ agreement: AgreementMeasure.Value?) {
    (signalToNoise, identity) = (outputs.signalToNoise, outputs.identity)
    self.agreement = agreement ?? outputs.topClassValue
  }

  /// Whether answers agree more often than with `other`, by more than chance explains, or else the outputs have less noise by more
  /// than `gain` decibels.
  func isBetter(than other: QuantisationScore, by gain: Double) -> Bool {
    if let own = agreement, let its = other.agreement, abs(own.share - its.share) > own.chance(its) {
      return own.share > its.share
    }
    return signalToNoise > other.signalToNoise + gain
  }

  /// The place of the best: of those that agree as often as any, but for what chance explains, the one with the least noise.
  static func best(_ scores: [QuantisationScore]) -> Int? {
    let top = scores.compactMap(\.agreement).max { $0.share < $1.share }
    let close = scores.indices.filter { place in
      guard let top, let own = scores[place].agreement else { return top == nil }
      return top.share - own.share <= top.chance(own)
    }
    return close.max { scores[$0].signalToNoise < scores[$1].signalToNoise }
  }
}
