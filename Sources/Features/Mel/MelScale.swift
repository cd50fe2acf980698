import Glibc

/// How mel bands lie over the spectrum.
public enum MelScale: String, Hashable, Sendable, CaseIterable {
  /// `1127 ln(1 + f / 700)`; triangles whose sides are straight in mel, as Kaldi and TensorFlow lay them. Every band must
  /// hold a bin of the spectrum.
  case kaldi
  /// `2595 log10(1 + f / 700)`; triangles whose sides are straight in hertz, as librosa and torchaudio lay them.
  case htk
  /// Slaney's Auditory Toolbox: `3 f / 200` up to 1 kHz, logarithmic above; triangles whose sides are straight in hertz.
  case slaney

  /// Where a frequency lies on the scale.
  public func mel(_ hertz: Double) -> Double {
    switch self {
    case .kaldi: 1127 * log(1 + hertz / 700)
    case .htk: 2595 * log10(1 + hertz / 700)
    case .slaney: hertz < 1000 ? 3 * hertz / 200 : 15 + 27 * log(hertz / 1000) / log(6.4)
    }
  }

  /// The frequency at a place on the scale, in hertz.
  public func hertz(_ mel: Double) -> Double {
    switch self {
    case .kaldi: 700 * (exp(mel / 1127) - 1)
    case .htk: 700 * (pow(10, mel / 2595) - 1)
    case .slaney: mel < 15 ? 200 * mel / 3 : 1000 * exp((mel - 15) * log(6.4) / 27)
    }
  }
}
