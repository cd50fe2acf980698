internal import CKernels
import Glibc

/// The energy of each pitch class, C to B, the strongest being 1, as librosa's `chroma_stft` has it at tuning 0.
///
/// Every bin belongs to the classes near its frequency by a Gaussian bump, its weights having a sum of squares of 1, and
/// weighs the less the further it is from five octaves above A0 (27.5 Hz): `exp(-((octave - 5) / 2)² / 2)`. Applied to squared
/// magnitudes. Silence is 0. Source: Ellis 2007, as librosa's `filters.chroma` has it.
final class Chroma: SpectralMeasure {
  static let names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]

  let dimension = names.count
  private let bands: BandMatrix

  init(sampleRate: Int, fftLength: Int) {
    let weights = Self.weights(sampleRate: sampleRate, fftLength: fftLength)
    bands = BandMatrix(weights.map { BandMatrix.Band(first: 0, weights: $0) }, binCount: fftLength / 2 + 1)
  }

  func measure(_ power: AlignedFloats, bins: Int, into values: AlignedFloats) {
    bands.apply(power, into: values)
    var largest: Float = 0
    for index in 0..<dimension { unsafe largest = max(largest, values.base[index]) }
    guard largest >= .leastNormalMagnitude else { return }
    for index in 0..<dimension { unsafe values.base[index] /= largest }
  }

  /// Weights `[12][fftLength / 2 + 1]`.
  private static func weights(sampleRate: Int, fftLength: Int) -> [[Float]] {
    let classes = Double(names.count)
    let binCount = fftLength / 2 + 1
    func pitch(_ bin: Int) -> Double {
      classes * log2(Double(bin) * Double(sampleRate) / Double(fftLength) / 27.5)
    }
    // Bin 0 has no pitch: it stands 1.5 octaves below bin 1.
    let pitches = [pitch(1) - 1.5 * classes] + (1...binCount).map(pitch)
    var rows = Array(repeating: [Float](repeating: 0, count: binCount), count: names.count)
    for bin in 0..<binCount {
      let width = max(pitches[bin + 1] - pitches[bin], 1)
      let column = (0..<names.count).map { index in
        let offset = pitches[bin] - Double(index) + classes / 2 + 10 * classes
        let distance = offset - classes * floor(offset / classes) - classes / 2
        return exp(-0.5 * (2 * distance / width) * (2 * distance / width))
      }
      let length = sqrt(column.reduce(0) { $0 + $1 * $1 })
      let octave = (pitches[bin] / classes - 5) / 2
      let weight = exp(-0.5 * octave * octave) / max(length, .leastNormalMagnitude)
      // Classes are counted from A; the row begins with C.
      for index in column.indices { rows[(index + 9) % names.count][bin] = Float(column[index] * weight) }
    }
    return rows
  }
}
