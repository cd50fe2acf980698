import BraidTestSupport
import CKernels
import Glibc
import Testing

@Suite("Kernels of the features against plain Swift")
struct KernelTests {
  /// Distance relative to the larger of 1 and the expected value.
  private func close(_ value: Float, _ expected: Double, _ tolerance: Double = 1e-5) -> Bool {
    abs(Double(value) - expected) <= tolerance * max(1, abs(expected))
  }

  @Test("sums of squares, of any length")
  func sumOfSquares() {
    var generator = SeededGenerator.printed()
    for count in Array(0...70) + [400, 5000] {
      let samples = noise(count, using: &generator)
      let expected = samples.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(close(unsafe braid_sum_of_squares(samples, count), expected), "\(count)")
    }
  }

  @Test("copies make samples finite and count what they changed")
  func copyFinite() {
    let source: [Float] = [1, -.infinity, .nan, 2e9, -3e38, 0, .signalingNaN, -1e9, .infinity, .leastNonzeroMagnitude]
    let expected: [Float] = [1, 0, 0, 1e9, -1e9, 0, 0, -1e9, 0, .leastNonzeroMagnitude]
    for repeats in [1, 9000] {
      let long = Array(repeatElement(source, count: repeats).joined())
      var copy = [Float](repeating: 7, count: long.count)
      #expect(unsafe braid_copy_finite(long, &copy, long.count) == 6 * repeats)
      #expect(copy == Array(repeatElement(expected, count: repeats).joined()))
    }
  }

  @Test("Kaldi's frames, of any length")
  func kaldiFrame() {
    var generator = SeededGenerator.printed()
    for count in Array(1...40) + [400, 551] {
      let samples = noise(count, using: &generator)
      let window = noise(count, using: &generator)
      var frame = [Float](repeating: 9, count: count + 20)
      let removesMean = count % 2 == 0
      let energy = unsafe braid_kaldi_frame(samples, window, count, count + 20, removesMean ? 1 : 0, 0.97, &frame)
      let mean = removesMean ? samples.reduce(0.0) { $0 + Double($1) } / Double(count) : 0
      let centred = samples.map { Double($0) - mean }
      #expect(close(energy, centred.reduce(0) { $0 + $1 * $1 }))
      for index in 0..<count {
        let before = centred[max(0, index - 1)]
        #expect(close(frame[index], (centred[index] - 0.97 * before) * Double(window[index])))
      }
      #expect(frame[count...].allSatisfy { $0 == 0 })
    }
  }

  @Test("mel bands, with the logarithm and without")
  func melBands() {
    var generator = SeededGenerator.printed()
    let power = noise(64, using: &generator).map { abs($0) }
    let first: [UInt32] = [0, 5, 30]
    let blocks: [UInt32] = [1, 2, 1]
    let weights = noise(64, using: &generator).map { abs($0) }
    var energies = [Float](repeating: 0, count: 3)
    unsafe braid_mel_bands(power, first, blocks, weights, 3, 0, &energies)
    var offset = 0
    for band in 0..<3 {
      let length = 16 * Int(blocks[band])
      let expected = (0..<length).reduce(0.0) {
        $0 + Double(power[Int(first[band]) + $1]) * Double(weights[offset + $1])
      }
      #expect(close(energies[band], expected))
      offset += length
    }
    let floor = (energies[0] + energies[1]) / 2
    var logarithms = energies
    unsafe braid_mel_bands(power, first, blocks, weights, 3, floor, &logarithms)
    for band in 0..<3 { #expect(logarithms[band] == logf(max(energies[band], floor))) }
  }

  @Test("sums of rises, of any length")
  func sumOfRises() {
    var generator = SeededGenerator.printed()
    for count in Array(0...40) + [128, 1000] {
      let (now, before) = (noise(count, using: &generator), noise(count, using: &generator))
      let expected = zip(now, before).reduce(0.0) { $0 + max(0, Double($1.0) - Double($1.1)) }
      #expect(close(unsafe braid_sum_of_rises(now, before, count), expected), "\(count)")
    }
  }

  @Test("roots, moments, distances and flatness of spectra, of any length")
  func spectra() {
    var generator = SeededGenerator.printed()
    for count in Array(1...40) + [513, 1025, 4000] {
      let power = noise(count, using: &generator).map { $0 * $0 }
      let other = noise(count, using: &generator)
      var roots = [Float](repeating: 9, count: count)
      unsafe braid_magnitudes(power, &roots, count)
      for index in power.indices { #expect(close(roots[index], Double(power[index]).squareRoot(), 1e-6)) }
      var sum: Float = 0
      var moment: Float = 0
      unsafe braid_sum_and_moment(power, count, &sum, &moment)
      let exact = power.map { Double($0) }
      let whole = exact.reduce(0, +)
      #expect(close(sum, whole) && close(moment, exact.indices.reduce(0.0) { $0 + Double($1) * exact[$1] }))
      let centre = Double(count) / 3
      let second = exact.indices.reduce(0.0) { $0 + (Double($1) - centre) * (Double($1) - centre) * exact[$1] }
      #expect(close(unsafe braid_second_moment(power, count, Float(centre)), second))
      let distance = zip(power, other).reduce(0.0) {
        $0 + (2 * Double($1.0) - 0.5 * Double($1.1)) * (2 * Double($1.0) - 0.5 * Double($1.1))
      }
      #expect(close(unsafe braid_squared_distance(power, 2, other, 0.5, count), distance))
      let floored = exact.map { max($0, 1e-3) }
      let logarithms = floored.reduce(0.0) { $0 + log($1) } / Double(count)
      let flatness = exp(logarithms) / (floored.reduce(0, +) / Double(count))
      #expect(close(unsafe braid_flatness(power, count, 1e-3), flatness, 2e-6), "\(count)")
      for share in [Float(0.01), 0.5, 0.85, 1] {
        let index = unsafe braid_rolloff(power, count, share)
        let below = exact[..<index].reduce(0, +)
        #expect(below <= Double(share) * whole * (1 + 1e-5))
        #expect(below + exact[index] >= Double(share) * whole * (1 - 1e-5))
      }
    }
    #expect(unsafe braid_rolloff([Float](repeating: 0, count: 20), 20, 0.85) == 0)
  }

  @Test("the means of the lowest and highest values")
  func extremes() {
    var generator = SeededGenerator.printed()
    for (count, kept) in [(1, 1), (9, 1), (9, 9), (500, 10), (513, 40)] {
      let values = noise(count, using: &generator)
      let sorted = values.sorted()
      var scratch = [Float](repeating: 0, count: 2 * kept)
      var low: Float = 0
      var high: Float = 0
      unsafe braid_mean_extremes(values, count, kept, &scratch, &low, &high)
      #expect(close(low, sorted.prefix(kept).reduce(0.0) { $0 + Double($1) } / Double(kept), 1e-6))
      #expect(close(high, sorted.suffix(kept).reduce(0.0) { $0 + Double($1) } / Double(kept), 1e-6))
    }
  }

  @Test("changes of sign and largest magnitudes, of any length")
  func signs() {
    var generator = SeededGenerator.printed()
    for count in Array(0...40) + [2048, 70_000] {
      let samples = noise(count, using: &generator)
      let changes = zip(samples, samples.dropFirst()).count { ($0 < -0.25) != ($1 < -0.25) }
      #expect(unsafe braid_sign_changes(samples, count, 0.25) == changes)
      #expect(unsafe braid_largest_magnitude(samples, count) == samples.map { abs($0) }.max() ?? 0)
    }
  }

  @Test("YIN's differences, with the correlation by any transform")
  func yin() {
    var generator = SeededGenerator.printed()
    for (window, lags, length) in [(20, 15, 64), (33, 32, 66), (400, 268, 1024)] {
      let samples = noise(window + lags, using: &generator)
      // The transform of the correlation's Hartley spectrum, made from the correlation itself.
      let products = (0...lags).map { lag in
        (0..<window).reduce(0.0) { $0 + Double(samples[$1]) * Double(samples[$1 + lag]) }
      }
      let bins = products.flatMap { [Float(0.75 * $0 * Double(length)), Float(-0.25 * $0 * Double(length))] }
      var difference = [Float](repeating: 9, count: lags + 1)
      var normalised = difference
      unsafe braid_yin(samples, window, lags, bins, length, &difference, &normalised)
      var sum = 0.0
      for lag in 1...lags {
        let expected = (0..<window).reduce(0.0) {
          let distance = Double(samples[$1]) - Double(samples[$1 + lag])
          return $0 + distance * distance
        }
        sum += expected
        #expect(close(difference[lag], expected) && close(normalised[lag], expected * Double(lag) / sum))
      }
    }
    let nothing = [Float](repeating: 0, count: 80)
    var difference = nothing
    var normalised = nothing
    unsafe braid_yin(nothing, 20, 15, nothing, 64, &difference, &normalised)
    #expect(normalised.prefix(16).allSatisfy { $0 == 1 })
  }

  @Test("spectra of correlations, and centred samples")
  func correlationSpectrum() {
    var generator = SeededGenerator.printed()
    for length in [2, 8, 30, 64] {
      let (a, b) = (noise(length + 2, using: &generator), noise(length + 2, using: &generator))
      var spectrum = [Float](repeating: 9, count: length)
      unsafe braid_correlation_spectrum(a, b, length, &spectrum)
      for bin in 0..<length {
        let mirror = min(bin, length - bin)
        let re = Double(a[2 * mirror] * b[2 * mirror]) + Double(a[2 * mirror + 1] * b[2 * mirror + 1])
        let im = Double(a[2 * mirror] * b[2 * mirror + 1]) - Double(a[2 * mirror + 1] * b[2 * mirror])
        #expect(close(spectrum[bin], bin <= length / 2 ? re - im : re + im))
      }
      var centred = [Float](repeating: 9, count: length + 3)
      unsafe braid_centre(a, 0.5, length, length + 3, &centred)
      #expect(centred == a.prefix(length).map { $0 - 0.5 } + [0, 0, 0])
    }
  }

  @Test("two biquads in a row, for any number of channels and in pieces")
  func kWeighting() {
    var generator = SeededGenerator.printed()
    let c = [1.5, -2.6, 1.2, -1.7, 0.73, 1, -2, 1, -1.99, 0.99]
    for channels in 1...9 {
      let samples = noise(300 * channels, using: &generator)
      var state = [Double](repeating: 0, count: (channels + 3) / 4 * 16)
      var energy = [Double](repeating: 0, count: channels)
      unsafe braid_k_weighted_energy(samples, 100, channels, c, &state, &energy)
      unsafe braid_k_weighted_energy(Array(samples[(100 * channels)...]), 200, channels, c, &state, &energy)
      for channel in 0..<channels {
        let x = stride(from: channel, to: samples.count, by: channels).map { Double(samples[$0]) }
        let y = biquad(biquad(x, Array(c[..<5])), Array(c[5...]))
        let expected = y.reduce(0) { $0 + $1 * $1 }
        #expect(abs(energy[channel] - expected) < 1e-9 * expected, "\(channel) of \(channels)")
      }
    }
  }

  /// The direct form I.
  private func biquad(_ x: [Double], _ c: [Double]) -> [Double] {
    var y: [Double] = []
    for n in x.indices {
      let fed = c[0] * x[n] + (n > 0 ? c[1] * x[n - 1] : 0) + (n > 1 ? c[2] * x[n - 2] : 0)
      y.append(fed - (n > 0 ? c[3] * y[n - 1] : 0) - (n > 1 ? c[4] * y[n - 2] : 0))
    }
    return y
  }

  @Test("the largest magnitude between samples, and channels taken apart, of any length")
  func between() {
    var generator = SeededGenerator.printed()
    for count in Array(0...40) + [4800] {
      for (phases, taps) in [(1, 24), (3, 12)] {
        let coefficients = noise(phases * taps, using: &generator)
        let x = noise(taps - 1 + count, using: &generator)
        var expected = 0.0
        for phase in 0..<phases {
          for n in 0..<count {
            let sum = (0..<taps).reduce(0.0) {
              $0 + Double(coefficients[phase * taps + $1]) * Double(x[taps - 1 + n - $1])
            }
            expected = max(expected, abs(sum))
          }
        }
        let found = unsafe x.withUnsafeBufferPointer { buffer in
          unsafe buffer.baseAddress.map { base in
            unsafe braid_largest_between(base + taps - 1, count, coefficients, phases, taps)
          }
        }
        #expect(close(found ?? -1, expected))
      }
      let samples = noise(3 * count + 1, using: &generator)
      var channel = [Float](repeating: 0, count: count)
      unsafe braid_take_channel(samples, count, 3, &channel)
      #expect(channel == (0..<count).map { samples[3 * $0] })
    }
  }

  @Test("sums of bytes, of blocks and of histograms, of any size")
  func pictures() {
    var generator = SeededGenerator.printed()
    for (width, height) in [(1, 1), (7, 3), (8, 8), (17, 9), (160, 90), (333, 211)] {
      let luma = (0..<(width * height)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(unsafe braid_sum_u8(luma, luma.count) == luma.reduce(0) { $0 + UInt64($1) })
      let columns = (width + 7) / 8
      var expected = [UInt32](repeating: 0, count: columns * ((height + 7) / 8))
      for (index, value) in luma.enumerated() {
        expected[index / width / 8 * columns + index % width / 8] += UInt32(value)
      }
      var sums = [UInt32](repeating: 3, count: expected.count)
      unsafe braid_block_sums_u8(luma, width, height, 8, &sums)
      #expect(sums == expected)
      var bins = [UInt32](repeating: 0, count: 32)
      unsafe braid_histogram32_u8(luma, luma.count, &bins)
      #expect(bins == (0..<32).map { bin in UInt32(luma.count { $0 / 8 == bin }) })
    }
  }
}
