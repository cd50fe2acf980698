internal import CKernels
import Glibc

/// Mel-frequency cepstral coefficients as Kaldi computes them (`mfcc:kaldi`).
///
/// The orthonormal DCT-II of 23 log mel energies (see ``LogMel``), the first 13 kept, each times the lifter
/// `1 + 11 sin(πk / 22)`. By default coefficient 0 is instead the logarithm of the frame's energy before pre-emphasis,
/// its mean removed. Rows are `[coefficients]`.
public final class MFCC: SoundFeature {
  static let definition = FeatureDefinition(
    "mfcc:kaldi", aliases: ["mfcc"], unit: "1",
    parameters: [
      FeatureParameter("coefficients", .integer(1...256), standard: .integer(13), "coefficients kept"),
      FeatureParameter("bands", .integer(3...256), standard: .integer(23), "mel bands under the cosine transform"),
      .flag("energy", standard: true, "coefficient 0 is the frame's log energy"),
    ],
    "cepstral coefficients of mel bands, as kaldi-native-fbank computes them without dither",
    maker: .sound(.fixed(16_000), .mean) { settings, format throws(FeatureError) in
      try MFCC(
        sampleRate: format.sampleRate, coefficients: settings.integer("coefficients"), bands: settings.integer("bands"),
        usesEnergy: settings.isOn("energy"))
    })

  /// Samples a second, in hertz.
  public var sampleRate: Int { frames.sampleRate }
  /// 25 ms in samples.
  public var windowSamples: Int { frames.window.length }
  /// 10 ms in samples.
  public var hopSamples: Int { frames.window.hop }
  /// Coefficients in a row.
  public let dimension: Int
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { frames.window.replaced }
  /// Whether coefficient 0 is the frame's log energy.
  public let usesEnergy: Bool

  private let frames: KaldiMelFrames
  /// `[coefficients, bands]`, the lifter included.
  private let cosines: AlignedFloats
  private let coefficients: AlignedFloats

  private static let lifter = 22.0

  /// The `kaldi` preset at any sample rate from 1 to 768 kHz.
  ///
  /// - Parameters:
  ///   - sampleRate: in hertz.
  ///   - coefficients: 1 to `bands`.
  ///   - bands: mel bands under the cosine transform.
  ///   - usesEnergy: whether coefficient 0 is the frame's log energy.
  /// - Throws: ``FeatureError`` if there are more coefficients than bands, or so many bands that one is empty.
  public init(sampleRate: Int, coefficients: Int = 13, bands: Int = 23, usesEnergy: Bool = true) throws(FeatureError) {
    frames = try KaldiMelFrames(sampleRate: sampleRate, bandCount: bands)
    try SettingRange.check("MFCC", coefficients, 1...bands, unit: "coefficients")
    dimension = coefficients
    self.usesEnergy = usesEnergy
    cosines = AlignedFloats(Self.cosines(rows: coefficients, columns: bands))
    self.coefficients = AlignedFloats(count: coefficients)
  }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void) {
    frames.push(samples) { energy, index in
      unsafe braid_matrix_vector(
        cosines.base, dimension, frames.bands.count, frames.logEnergies.base, coefficients.base)
      if usesEnergy { unsafe coefficients.base[0] = logf(max(energy, .ulpOfOne)) }
      coefficients.withSpan(dimension) { row($0, index) }
    }
  }

  /// Forgets all samples: the next one begins row 0.
  public func reset() { frames.window.reset() }

  private static func cosines(rows: Int, columns: Int) -> [Float] {
    var matrix: [Float] = []
    for row in 0..<rows {
      let scale = (Double(row == 0 ? 1 : 2) / Double(columns)).squareRoot()
      let lift = 1 + 0.5 * lifter * sin(.pi * Double(row) / lifter)
      for column in 0..<columns {
        matrix.append(Float(lift * scale * cos(.pi / Double(columns) * (Double(column) + 0.5) * Double(row))))
      }
    }
    return matrix
  }
}
