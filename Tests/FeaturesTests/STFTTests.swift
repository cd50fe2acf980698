import BraidFeatures
import BraidTestSupport
import Foundation
import Testing

/// librosa.stft, librosa.istft and scipy.signal.stft of the first 4000 samples of the signal; see tools/make_mel_goldens.py.
@Suite("STFT and its inverse")
struct STFTTests {
  /// The lengths, window and padding of a golden.
  struct Layout: CustomTestStringConvertible, Sendable {
    let golden: String
    let fftLength: Int
    let hop: Int
    let window: Int
    let function: WindowFunction
    let padding: SamplePadding

    var testDescription: String { "\(golden): \(fftLength), hop \(hop), \(function) of \(window), \(padding)" }

    func forward(_ output: STFT.Output = .complex) throws -> STFT {
      try STFT(
        sampleRate: 16_000, windowSamples: window, hopSamples: hop, fftLength: fftLength, function: function,
        padding: padding, output: output)
    }

    func inverse() throws -> InverseSTFT {
      try InverseSTFT(windowSamples: window, hopSamples: hop, fftLength: fftLength, function: function)
    }
  }

  static let layouts = [
    Layout(golden: "even", fftLength: 256, hop: 100, window: 256, function: .hann, padding: .reflect),
    Layout(golden: "odd", fftLength: 255, hop: 90, window: 255, function: .hamming, padding: .zeros),
    Layout(golden: "short", fftLength: 300, hop: 128, window: 200, function: .blackman, padding: .edge),
    Layout(golden: "harris", fftLength: 128, hop: 64, window: 128, function: .blackmanHarris, padding: .symmetric),
  ]

  private func signal() throws -> [Float] { Array(try Golden.floats("signal").prefix(4000)) }

  /// The samples that an inverse gives for rows, taken one after the other.
  private func samples(_ inverse: InverseSTFT, _ rows: [[Float]]) -> [Float] {
    var samples: [Float] = []
    for row in rows { inverse.push(row.span) { for index in $0.indices { samples.append($0[index]) } } }
    inverse.finish { for index in $0.indices { samples.append($0[index]) } }
    return samples
  }

  private func largestDistance(_ values: [Float], _ expected: [Float]) throws -> Float {
    try #require(values.count == expected.count, "\(values.count) values, the reference has \(expected.count)")
    return zip(values, expected).map { abs($0 - $1) }.max() ?? 0
  }

  @Test("the transform is librosa's within 2e-5, of values to 30", arguments: layouts)
  func librosa(_ layout: Layout) throws {
    let values = rows(try layout.forward(), try signal()).flatMap { $0 }
    let distance = try largestDistance(values, try Golden.floats("stft-\(layout.golden)"))
    print("\(layout.golden): largest distance \(distance)")
    #expect(distance < 2e-5)
  }

  @Test("without padding it is SciPy's within 2e-5")
  func scipy() throws {
    let feature = try STFT(sampleRate: 16_000, windowSamples: 200, hopSamples: 120, fftLength: 201, function: .bartlett)
    let distance = try largestDistance(
      rows(feature, try signal()).flatMap { $0 }, try Golden.floats("stft-scipy"))
    print("scipy: largest distance \(distance)")
    #expect(distance < 2e-5)
  }

  @Test("the inverse is librosa's within 2e-6, and gives back what went in", arguments: layouts)
  func inverse(_ layout: Layout) throws {
    let signal = try signal()
    let spectra = rows(try layout.forward(), signal)
    let back = samples(try layout.inverse(), spectra)
    let distance = try largestDistance(back, try Golden.floats("istft-\(layout.golden)"))
    let error = zip(back, signal).map { abs($0 - $1) }.max() ?? 0
    print("\(layout.golden): largest distance \(distance), from the signal \(error)")
    #expect(distance < 2e-6)
    #expect(error < 2e-6)
  }

  @Test("the inverse of other rows than a transform's is that of librosa's formula, in any number of rows")
  func anyRows() throws {
    var generator = SeededGenerator.printed()
    for (length, hop) in [(16, 4), (15, 5), (16, 8), (9, 5), (8, 1)] {
      let inverse = try InverseSTFT(windowSamples: length, hopSamples: hop, fftLength: length)
      let weights = WindowFunction.hann.weights(length).map(Double.init)
      for count in [1, 2, 3, 11] {
        let rows = (0..<count).map { _ in noise(inverse.dimension, using: &generator) }
        let total = length + hop * (count - 1)
        var (sums, squares) = ([Double](repeating: 0, count: total), [Double](repeating: 0, count: total))
        for (index, row) in rows.enumerated() {
          for place in 0..<length {
            sums[index * hop + place] += sample(of: row, at: place, length: length) * weights[place]
            squares[index * hop + place] += weights[place] * weights[place]
          }
        }
        let kept = length / 2..<(total - length / 2)
        let found = samples(inverse, rows)
        try #require(found.count == kept.count)
        for (value, index) in zip(found, kept) where squares[index] > 1e-6 {
          #expect(abs(Double(value) - sums[index] / squares[index]) < 1e-4)
        }
      }
    }
  }

  /// One sample of the inverse transform of half a spectrum, by its definition.
  private func sample(of row: [Float], at place: Int, length: Int) -> Double {
    var sum = Double(row[0])
    for bin in 1...(length / 2) {
      let angle = 2 * Double.pi * Double(bin * place) / Double(length)
      if 2 * bin == length {
        sum += Double(row[2 * bin]) * cos(angle)
      } else {
        sum += 2 * (Double(row[2 * bin]) * cos(angle) - Double(row[2 * bin + 1]) * sin(angle))
      }
    }
    return sum / Double(length)
  }

  @Test("the transform is linear", arguments: layouts)
  func linear(_ layout: Layout) throws {
    var generator = SeededGenerator.printed()
    let (first, second) = (noise(2000, using: &generator), noise(2000, using: &generator))
    let sum = zip(first, second).map { 0.5 * $0 - 2 * $1 }
    let parts = [first, second, sum].map { samples in
      (try? layout.forward()).map { rows($0, samples).flatMap { $0 } } ?? []
    }
    for (index, value) in parts[2].enumerated() {
      #expect(abs(value - (0.5 * parts[0][index] - 2 * parts[1][index])) < 2e-4)
    }
  }

  @Test("a row's power is that of its weighted samples (Parseval)", arguments: [256, 255, 200, 7, 2])
  func parseval(length: Int) throws {
    var generator = SeededGenerator.printed()
    let samples = noise(length * 3, using: &generator)
    let weights = WindowFunction.hamming.weights(length)
    let feature = try STFT(
      sampleRate: 8000, windowSamples: length, hopSamples: length, fftLength: length, function: .hamming, output: .power
    )
    for (row, power) in rows(feature, samples).enumerated() {
      var spectrum = 0.0
      for (bin, value) in power.enumerated() {
        spectrum += Double(value) * (bin == 0 || 2 * bin == length ? 1 : 2)
      }
      let time = (0..<length).reduce(0.0) { sum, index in
        let value = Double(samples[row * length + index] * weights[index])
        return sum + value * value
      }
      #expect(abs(spectrum / Double(length) - time) < 1e-5 * max(1, time))
    }
  }

  @Test("a delay by whole hops delays the rows", arguments: layouts)
  func shift(_ layout: Layout) throws {
    var generator = SeededGenerator.printed()
    let samples = noise(3000, using: &generator)
    let plain = rows(try layout.forward(.power), samples)
    let late = rows(try layout.forward(.power), noise(5 * layout.hop, using: &generator) + samples)
    // Rows that reach before the first sample see other things there.
    let first = layout.fftLength / layout.hop + 1
    for row in first..<plain.count { #expect(late[row + 5] == plain[row]) }
  }

  @Test("magnitudes are the roots of powers")
  func magnitudes() throws {
    let power = rows(try Self.layouts[0].forward(.power), try signal()).flatMap { $0 }
    let magnitude = rows(try Self.layouts[0].forward(.magnitude), try signal()).flatMap { $0 }
    for (power, magnitude) in zip(power, magnitude) { #expect(abs(magnitude - power.squareRoot()) <= magnitude.ulp) }
  }

  /// In a process of its own: planning is the whole process's, and FFTW remembers what it measured.
  @Test("measured plans agree with estimated ones, and are off unless asked for")
  func measured() async {
    await #expect(processExitsWith: .success) {
      try #require(FFTPlanning.current == .estimated)
      let samples = (0..<4000).map { Float(sin(Double($0 * $0) * 1e-4)) }
      func spectra() throws -> [Float] {
        rows(try STFT(sampleRate: 8000, windowSamples: 486, hopSamples: 100, fftLength: 486), samples).flatMap { $0 }
      }
      let estimated = try spectra()
      FFTPlanning.current = .measured
      let measured = try spectra()
      try #require(FFTPlanning.current == .measured && measured.count == estimated.count)
      for (first, second) in zip(measured, estimated) { try #require(abs(first - second) < 1e-4) }
    }
  }

  @Test("settings out of range are refused")
  func settings() {
    #expect(throws: FeatureError.self) { try InverseSTFT(windowSamples: 0, hopSamples: 1) }
    #expect(throws: FeatureError.self) { try InverseSTFT(windowSamples: 16, hopSamples: 9, fftLength: 16) }
    #expect(throws: FeatureError.self) { try InverseSTFT(windowSamples: 17, hopSamples: 4, fftLength: 16) }
  }
}
