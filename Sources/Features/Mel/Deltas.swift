internal import CKernels

/// A feature's rows, followed by their first and second derivatives over time.
///
/// Rows are `[base, base', base'']`: each derivative is a weighted sum of the rows around. Where a clip has fewer rows than a
/// derivative is made of, ``Style/librosa`` gives zeros.
@safe
public final class Deltas: SoundFeature {
  /// How derivatives are taken.
  public enum Style: String, Hashable, Sendable, CaseIterable {
    /// `librosa.feature.delta` with its defaults: Savitzky-Golay over 9 rows, a straight line for the first derivative, a
    /// parabola for the second; the ends have the derivative of the first and last 9 rows (`mode='interp'`).
    case librosa
    /// Kaldi's `add-deltas` with its defaults: the regression over 2 rows on each side, once and on itself; the first and the
    /// last row stand for those beyond. Tested against its description written down in NumPy, not against Kaldi.
    case kaldi
  }

  /// Samples a second, in hertz.
  public var sampleRate: Int { base.sampleRate }
  /// Interleaved channels that it takes.
  public var channelCount: Int { base.channelCount }
  /// Samples that a row and its derivatives are made of.
  public var windowSamples: Int { base.windowSamples + 2 * reach * base.hopSamples }
  /// Samples from one row to the next.
  public var hopSamples: Int { base.hopSamples }
  /// The base's delay and the rows that a derivative waits for.
  public var delaySamples: Int? { base.delaySamples.map { $0 + (style == .librosa ? 2 : 1) * reach * base.hopSamples } }
  /// Whether the base needs the whole clip.
  public var keepsWholeClip: Bool { base.keepsWholeClip }
  /// Values in a row.
  public let dimension: Int
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { base.replacedSamples }

  private let base: any SoundFeature
  private let style: Style
  /// Rows on each side that a derivative is made of.
  private let reach: Int
  /// `[order, 2 * reach + 1]`.
  private let weights: [[Float]]
  /// The last `2 * reach + 1` rows of the base, by index modulo that.
  private let ring: AlignedFloats
  private let out: AlignedFloats
  private var received = 0
  private var released = 0

  /// The derivatives of `base` up to `order`, 1 or 2.
  ///
  /// - Throws: ``FeatureError`` if the order is another.
  public init(of base: any SoundFeature, order: Int, style: Style) throws(FeatureError) {
    try SettingRange.check("deltas", order, 1...2, unit: "derivatives")
    self.base = base
    self.style = style
    weights = (1...order).map { Self.weights(style, order: $0, of: order) }
    reach = weights[0].count / 2
    dimension = base.dimension * (1 + order)
    ring = AlignedFloats(count: base.dimension * (2 * reach + 1))
    out = AlignedFloats(count: dimension)
  }

  /// `base` with derivatives up to `order`, 0 for none.
  static func adding(
    _ order: Int, _ style: Style, to base: any SoundFeature
  ) throws(FeatureError) -> any SoundFeature {
    order == 0 ? base : try Deltas(of: base, order: order, style: style)
  }

  /// The sample that a row is about.
  public func centreSample(ofRow row: Int) -> Int { base.centreSample(ofRow: row) }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    base.push(samples) { values, _ in take(values, row) }
  }

  /// Hands out the rows that reach past the end.
  public func finish(row: (Span<Float>, Int) -> Void) {
    base.finish { values, _ in take(values, row) }
    while released < received { release(row) }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() {
    base.reset()
    received = 0
    released = 0
  }

  private func take(_ values: Span<Float>, _ row: (Span<Float>, Int) -> Void) {
    let width = base.dimension
    let place = received % (2 * reach + 1) * width
    for index in 0..<width { unsafe ring.base[place + index] = values[index] }
    received += 1
    // librosa's first rows need as many rows as the derivative is made of.
    guard received >= (style == .librosa ? 2 * reach + 1 : reach + 1) else { return }
    while released + reach < received { release(row) }
  }

  /// Hands out the oldest row not yet told.
  private func release(_ row: (Span<Float>, Int) -> Void) {
    let width = base.dimension
    let length = 2 * reach + 1
    unsafe out.base.update(from: ring.base + released % length * width, count: width)
    for (order, weights) in weights.enumerated() {
      let target = unsafe out.base + (order + 1) * width
      unsafe target.update(repeating: 0, count: width)
      if style == .librosa, received < length { continue }
      for (step, weight) in weights.enumerated() where weight != 0 {
        var source = released - reach + step
        switch style {
        case .kaldi: source = min(max(source, 0), received - 1)
        case .librosa: source = min(max(released, reach), received - 1 - reach) - reach + step
        }
        let values = unsafe ring.base + source % length * width
        for index in 0..<width { unsafe target[index] += unsafe weight * values[index] }
      }
    }
    released += 1
    out.withSpan(dimension) { row($0, released - 1) }
  }

  /// The weights of a derivative, over as many rows as the highest of `highest` needs.
  private static func weights(_ style: Style, order: Int, of highest: Int) -> [Float] {
    switch style {
    case .librosa:
      // Least squares over -4...4: the slope of a line, the second derivative of a parabola.
      let places = (-4...4).map(Double.init)
      if order == 1 { return places.map { Float($0 / 60) } }
      return places.map { Float(2 * (9 * $0 * $0 - 60) / 2772) }
    case .kaldi:
      let slope = (-2...2).map { Double($0) / 10 }
      guard highest == 2 else { return slope.map { Float($0) } }
      if order == 1 { return ([0, 0] + slope + [0, 0]).map { Float($0) } }
      var twice = [Double](repeating: 0, count: 9)
      for (first, weight) in slope.enumerated() {
        for (second, other) in slope.enumerated() { twice[first + second] += weight * other }
      }
      return twice.map { Float($0) }
    }
  }
}
