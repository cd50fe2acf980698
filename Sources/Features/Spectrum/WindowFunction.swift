import Glibc

/// The weights that a window's samples are multiplied with before the transform.
///
/// With `N` samples, `i` from 0 and `φ = 2πi / N`, or `2πi / (N - 1)` where a window is symmetric. Periodic windows are what
/// SciPy and librosa take for spectra (`fftbins=True`), symmetric ones what Kaldi takes.
public enum WindowFunction: String, Hashable, Sendable, CaseIterable {
  /// All 1.
  case rectangular
  /// Hann, periodic: `0.5 - 0.5 cos φ`.
  case hann
  /// The root of ``hann``: `|sin(φ / 2)|`, such that window and window again overlap to 1 at half its length.
  case hannRoot = "sqrt-hann"
  /// Hann, symmetric (Kaldi's `hanning`).
  case hannSymmetric = "hann-symmetric"
  /// Hamming, periodic: `0.54 - 0.46 cos φ`.
  case hamming
  /// Hamming, symmetric (Kaldi's `hamming`).
  case hammingSymmetric = "hamming-symmetric"
  /// Blackman, periodic: `0.42 - 0.5 cos φ + 0.08 cos 2φ`.
  case blackman
  /// Blackman, symmetric (Kaldi's `blackman`).
  case blackmanSymmetric = "blackman-symmetric"
  /// Blackman-Harris with four terms, periodic: `0.35875 - 0.48829 cos φ + 0.14128 cos 2φ - 0.01168 cos 3φ`.
  case blackmanHarris = "blackman-harris"
  /// Bartlett, periodic: a triangle from 0 to 1 and back.
  case bartlett
  /// Kaldi's `sine`: `sin(πi / (N - 1))`.
  case sine
  /// Kaldi's own: the symmetric Hann window to the power 0.85.
  case povey

  /// The weights of a window of `count` samples, computed in double precision. A single sample weighs 1.
  public func weights(_ count: Int) -> [Float] {
    guard count > 1 else { return Array(repeating: 1, count: max(0, count)) }
    let step = 2 * Double.pi / Double(isSymmetric ? count - 1 : count)
    return (0..<count).map { Float(weight(step * Double($0))) }
  }

  private var isSymmetric: Bool {
    switch self {
    case .hannSymmetric, .hammingSymmetric, .blackmanSymmetric, .sine, .povey: true
    case .rectangular, .hann, .hannRoot, .hamming, .blackman, .blackmanHarris, .bartlett: false
    }
  }

  private func weight(_ angle: Double) -> Double {
    switch self {
    case .rectangular: 1
    case .hann, .hannSymmetric: 0.5 - 0.5 * cos(angle)
    case .hannRoot: sin(angle / 2)
    case .hamming, .hammingSymmetric: 0.54 - 0.46 * cos(angle)
    case .blackman, .blackmanSymmetric: 0.42 - 0.5 * cos(angle) + 0.08 * cos(2 * angle)
    case .blackmanHarris: 0.35875 - 0.48829 * cos(angle) + 0.14128 * cos(2 * angle) - 0.01168 * cos(3 * angle)
    case .bartlett: 1 - abs(angle / .pi - 1)
    case .sine: sin(angle / 2)
    case .povey: pow(0.5 - 0.5 * cos(angle), 0.85)
    }
  }
}
