import Glibc

/// The weights that a window's samples are multiplied with before the transform.
public enum WindowFunction: String, Hashable, Sendable, CaseIterable {
  /// All 1.
  case rectangular
  /// Hann, periodic: `0.5 - 0.5 cos(2πi / N)`.
  case hann
  /// Hann, symmetric (SciPy's `sym=True`, Kaldi's `hanning`): `0.5 - 0.5 cos(2πi / (N - 1))`.
  case hannSymmetric
  /// Hamming, symmetric: `0.54 - 0.46 cos(2πi / (N - 1))`.
  case hamming
  /// Kaldi's own: the symmetric Hann window to the power 0.85.
  case povey

  /// The weights of a window of `count` samples, computed in double precision. A single sample weighs 1.
  public func weights(_ count: Int) -> [Float] {
    guard count > 1 else { return Array(repeating: 1, count: max(0, count)) }
    let step = 2 * Double.pi / Double(self == .hann ? count : count - 1)
    return (0..<count).map { index in
      let angle = step * Double(index)
      switch self {
      case .rectangular: return 1
      case .hann, .hannSymmetric: return Float(0.5 - 0.5 * cos(angle))
      case .hamming: return Float(0.54 - 0.46 * cos(angle))
      case .povey: return Float(pow(0.5 - 0.5 * cos(angle), 0.85))
      }
    }
  }
}
