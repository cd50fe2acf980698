import Glibc

/// What TensorFlow's microphone front end makes of the energies of mel bands: smoothed noise taken off, the gain of each band evened out,
/// logarithms; in whole numbers.
///
/// Per-channel energy normalisation is Wang et al., "Trainable frontend for robust and far-field keyword spotting" (2017), with its gain
/// from pieces of parabolas. Allocates: no, after `init`.
struct MicroBands {
  /// What a band's level is divided by in what is told: `10 / 256` of `64 ln`.
  static let scale: Float = 10.0 / 256

  private static let smoothingBits = 10
  private static let gainBits = 21
  /// By how much whole numbers of the spectrum are below those of the samples: of 512 samples and weights of 12 bits.
  private static let correction = 3

  private let isEven: [Bool]
  private let evensOut: Bool
  /// For each power of two the gain there and how it goes on to the next.
  private let gains: [(start: Int, slope: Int, bend: Int)]
  private var noise: [Int]

  /// So many bands; with or without the gain of each evened out (`pcan`).
  init(count: Int, evensOut: Bool) {
    isEven = (0..<count).map { $0 % 2 == 0 }
    self.evensOut = evensOut
    noise = Array(repeating: 0, count: count)
    gains = (1...32).map { bits in
      let from = 1 << (bits - 1)
      let (start, middle, end) = (
        Self.gain(from), Self.gain(from + from / 2), Self.gain(min(2 * from, Int(UInt32.max)))
      )
      let slope = 4 * (middle - start) - (end - start)
      return (start, slope, end - start - slope)
    }
  }

  /// Forgets the noise.
  mutating func reset() { for band in noise.indices { noise[band] = 0 } }

  /// The level of a band whose magnitude is `signal`, to be told times ``scale``.
  mutating func level(_ signal: Int, band: Int) -> Int {
    let scaled = signal << Self.smoothingBits
    // 0.025 and 0.06 of 2^14.
    let weight = isEven[band] ? 409 : 983
    noise[band] = (scaled * weight + noise[band] * ((1 << 14) - weight)) >> 14
    let rest = (scaled - min(noise[band], scaled)) >> Self.smoothingBits
    // At least 0.05 of 2^14 of the signal remains.
    var value = max(rest, (signal * 819) >> 14)
    if evensOut {
      let ratio = (value * gain(noise[band])) >> (Self.gainBits - Self.correction - 12)
      value = ratio < 2 << 12 ? (ratio * ratio) >> 20 : (ratio >> 6) - 64
    }
    value <<= Self.correction
    return value > 1 ? Int((64 * log(Double(value)) + 0.5).rounded(.down)) : 0
  }

  private func gain(_ noise: Int) -> Int {
    let noise = min(noise, Int(UInt32.max))
    guard noise > 2 else { return Self.gain(noise) }
    let bits = Int.bitWidth - noise.leadingZeroBitCount
    let piece = gains[bits - 1]
    let part = (bits < 11 ? noise << (11 - bits) : noise >> (bits - 11)) & 0x3ff
    let bent = ((piece.bend * part) >> 5) + piece.slope << 5
    return ((bent * part + 1 << 14) >> 15) + piece.start
  }

  /// `2^21 (noise + 80)^-0.95`, at most 32767.
  private static func gain(_ noise: Int) -> Int {
    let level = Double(noise) / Double(1 << (smoothingBits - correction))
    return Int(min(32767, Double(1 << gainBits) * pow(level + 80, -0.95) + 0.5))
  }
}
