import Glibc

/// TensorFlow's microphone front end for small devices (`audio_microfrontend`, TensorFlow Lite Micro's `micro_speech`) at 16 kHz: log-mel
/// levels of 40 bands in whole numbers, with smoothed noise taken off, told as `10 / 256` of `64 ln`.
///
/// Windows of 30 ms, Hann's in 12 bits; a transform of 512 in 16-bit fixed point, scaled up as far as the window's largest sample
/// allows; bands from 125 to 7500 Hz. The noise of each band is carried from row to row, from none at the start. Rows are `[40]`.
public final class MicroFrontEnd: SoundFeature {
  static let definition = FeatureDefinition(
    "log-mel:micro", unit: "1",
    parameters: [
      FeatureParameter("hop", .number(1...1000), standard: .number(20), unit: "ms", "from row to row"),
      FeatureParameter(
        "pcan", .word(["on", "off"]), standard: .word("off"),
        "the gain of each band is evened out, as on the devices themselves"),
    ],
    "log-mel features of TensorFlow's microphone front end, 40 bands, noise taken off",
    maker: .sound(.fixed(sampleRate), .mean) { settings, _ throws(FeatureError) in
      try MicroFrontEnd(
        hopSamples: max(1, Int((settings.number("hop") ?? 20) * Double(sampleRate) / 1000)),
        evensOut: settings.word("pcan") == "on")
    })

  /// 16 kHz.
  public static let sampleRate = 16_000
  private static let length = 480
  private static let count = 40

  /// 16 kHz.
  public var sampleRate: Int { Self.sampleRate }
  /// 30 ms in samples.
  public var windowSamples: Int { window.length }
  /// Samples from one row to the next.
  public var hopSamples: Int { window.hop }
  /// 40.
  public var dimension: Int { Self.count }
  /// Samples replaced so far because they were not finite or too large.
  public var replacedSamples: Int { window.replaced }

  private let window: SlidingWindow
  private let weights: [Int]
  private var transform = FixedPointTransform(passes: 4)
  private var bands: MicroBands
  /// For each bin from ``firstBin`` on the band that begins to rise there, and its weight in 12 bits; the rest is the band before.
  private let shares: [(band: Int, weight: Int, rest: Int)]
  private let firstBin: Int
  private var samples: [Int]
  private var sums: [Int]
  private let row = AlignedFloats(count: MicroFrontEnd.count)

  /// Rows every `hopSamples`.
  ///
  /// - Throws: ``FeatureError`` if the hop is out of range.
  public init(hopSamples: Int = 320, evensOut: Bool = false) throws(FeatureError) {
    try SettingRange.check("hop", hopSamples, 1...SettingRange.longestWindow, unit: "samples")
    window = SlidingWindow(length: Self.length, hop: hopSamples)
    weights = (0..<Self.length).map { place in
      let hann = 0.5 - 0.5 * cos(2 * .pi * (Double(place) + 0.5) / Double(Self.length))
      return Int((hann * 4096 + 0.5).rounded(.down))
    }
    bands = MicroBands(count: Self.count, evensOut: evensOut)
    samples = Array(repeating: 0, count: transform.length)
    sums = Array(repeating: 0, count: Self.count)
    let binWidth = Double(Self.sampleRate) / Double(transform.length)
    let (lowest, highest) = (MelScale.kaldi.mel(125), MelScale.kaldi.mel(7500))
    let step = (highest - lowest) / Double(Self.count + 1)
    firstBin = Int(1.5 + 125 / binWidth)
    shares = (firstBin...transform.length / 2).compactMap { bin in
      let place = (MelScale.kaldi.mel(Double(bin) * binWidth) - lowest) / step
      // Places between two centres: part of the band before, part of the one after. Behind the last nothing counts.
      let band = max(0, Int(place.rounded(.up)) - 1)
      guard place <= Double(Self.count + 1) else { return nil }
      let rest = Double(band + 1) - place
      return (band, Int(((1 - rest) * 4096 + 0.5).rounded(.down)), Int((rest * 4096 + 0.5).rounded(.down)))
    }
  }

  /// Takes the next samples; see ``SoundFeature``.
  public func push(_ samples: Span<Float>, row take: (Span<Float>, Int) -> Void) {
    unsafe window.push(samples) { frame, index in
      unsafe fill(frame)
      row.withSpan(Self.count) { take($0, index) }
    }
  }

  /// Forgets all samples and the noise: the next one begins row 0.
  public func reset() {
    window.reset()
    bands.reset()
  }

  private func fill(_ frame: UnsafePointer<Float>) {
    var largest = 0
    for place in 0..<Self.length {
      let sample = Int(max(-32767, min(32767, unsafe (frame[place] * 32768).rounded())))
      samples[place] = (sample * weights[place]) >> 12
      largest = max(largest, abs(samples[place]))
    }
    let shift = max(0, 15 - (Int.bitWidth - largest.leadingZeroBitCount))
    for place in 0..<Self.length { samples[place] <<= shift }
    transform.run(samples)
    for band in sums.indices { sums[band] = 0 }
    for (offset, share) in shares.enumerated() {
      let (x, y) = (transform.real[firstBin + offset], transform.imaginary[firstBin + offset])
      let energy = x * x + y * y
      if share.band < Self.count { sums[share.band] += energy * share.weight }
      if share.band > 0 { sums[share.band - 1] += energy * share.rest }
    }
    for band in sums.indices {
      let level = bands.level(Int(Double(sums[band]).squareRoot().rounded()) >> shift, band: band)
      unsafe row.base[band] = Float(level) * MicroBands.scale
    }
  }
}
