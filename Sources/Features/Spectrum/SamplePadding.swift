/// What stands for the samples before the first and after the last, where windows reach there.
public enum SamplePadding: String, Hashable, Sendable, CaseIterable {
  /// Silence (NumPy's `constant`).
  case zeros
  /// The clip mirrored about its first and last samples, which are not repeated (NumPy's `reflect`).
  case reflect
  /// The clip mirrored with its first and last samples repeated (NumPy's `symmetric`; Kaldi).
  case symmetric
  /// The first and the last sample (NumPy's `edge`).
  case edge

  /// How many samples must be known before the `count` that precede the first can be.
  func samplesNeeded(for count: Int) -> Int {
    switch self {
    case .zeros: 0
    case .edge: 1
    case .symmetric: count
    case .reflect: count + 1
    }
  }

  /// The sample that stands for sample `index` of a clip of `count`, at least 1; nil for silence.
  func source(of index: Int, clip count: Int) -> Int? {
    if index >= 0, index < count { return index }
    switch self {
    case .zeros: return nil
    case .edge: return index < 0 ? 0 : count - 1
    case .reflect:
      guard count > 1 else { return 0 }
      let period = 2 * (count - 1)
      let place = (index % period + period) % period
      return place < count ? place : period - place
    case .symmetric:
      let period = 2 * count
      let place = (index % period + period) % period
      return place < count ? place : period - 1 - place
    }
  }
}
