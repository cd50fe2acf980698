internal import CKernels
import Glibc

/// Triangular bands, equally spaced on the mel scale `1127 ln(1 + f / 700)`, as Kaldi lays them.
///
/// Weights rise and fall linearly in mel, not in hertz. Bin `length / 2` (Nyquist) belongs to no band. Kept sparse: each
/// band holds the bins where it is not zero, in blocks of 16.
@safe
final class MelBands {
  /// How many bands there are.
  let count: Int
  /// How many floats of a power spectrum ``apply(_:floor:into:)`` may read; those past the last bin must be finite.
  private(set) var readableBins = 0

  private var first: [UInt32] = []
  private var blocks: [UInt32] = []
  private let weights: AlignedFloats
  private static let blockLength = 16

  /// Bands from `low` to `high` hertz over the spectrum of an FFT of `fftLength` samples.
  ///
  /// - Throws: ``FeatureError`` if the range is empty or passes Nyquist, or a band is narrower than one bin.
  init(count: Int, low: Float, high: Float, sampleRate: Int, fftLength: Int) throws(FeatureError) {
    try SettingRange.check("mel bands", count, 3...4096, unit: "bands")
    let nyquist = 0.5 * Float(sampleRate)
    guard low >= 0, low < high, high <= nyquist else {
      throw FeatureError(
        .invalidSetting, "mel bands from \(low) to \(high) Hz do not fit below \(nyquist) Hz", location: "mel bands",
        remedy: "Take a low limit below the high one, and both at most half the sample rate")
    }
    self.count = count
    let lowest = Self.mel(low)
    let step = (Self.mel(high) - lowest) / Float(count + 1)
    let binWidth = Float(sampleRate) / Float(fftLength)
    var packed: [Float] = []
    for band in 0..<count {
      let left = lowest + Float(band) * step
      let centre = lowest + Float(band + 1) * step
      let right = lowest + Float(band + 2) * step
      var row: [Float] = []
      var start = 0
      for bin in 0..<(fftLength / 2) {
        let mel = Self.mel(binWidth * Float(bin))
        guard mel > left, mel < right else { continue }
        if row.isEmpty { start = bin }
        row.append(mel <= centre ? (mel - left) / (centre - left) : (right - mel) / (right - centre))
      }
      guard !row.isEmpty else {
        throw FeatureError(
          .invalidSetting, "mel band \(band) of \(count) is narrower than one bin of \(binWidth) Hz",
          location: "mel bands", remedy: "Take fewer bands")
      }
      let blockCount = (row.count + Self.blockLength - 1) / Self.blockLength
      first.append(UInt32(start))
      blocks.append(UInt32(blockCount))
      packed += row + Array(repeating: 0, count: blockCount * Self.blockLength - row.count)
      readableBins = max(readableBins, start + blockCount * Self.blockLength)
    }
    weights = AlignedFloats(packed)
  }

  /// The bands' energies; with `floor` positive the natural logarithm of the energy or the floor, whichever is larger.
  ///
  /// - Parameters:
  ///   - power: squared magnitudes, at least ``readableBins`` floats.
  ///   - floor: the least energy whose logarithm is taken, or 0 for energies.
  ///   - out: room for `count` values.
  func apply(_ power: AlignedFloats, floor: Float, into out: AlignedFloats) {
    precondition(power.count >= readableBins && out.count >= count, "buffers are made for these bands")
    unsafe braid_mel_bands(power.base, first, blocks, weights.base, count, floor, out.base)
  }

  static func mel(_ hertz: Float) -> Float { 1127 * logf(1 + hertz / 700) }
}
