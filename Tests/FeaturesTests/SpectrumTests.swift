import BraidCore
import BraidFeatures
import BraidTestSupport
import Foundation
import Testing

@Suite("Spectra and levels")
struct SpectrumTests {
  @Test("the STFT is the discrete Fourier transform of the weighted window", arguments: WindowFunction.allCases)
  func againstDefinition(function: WindowFunction) throws {
    var generator = SeededGenerator.printed()
    let samples = noise(150, using: &generator)
    let feature = try STFT(
      sampleRate: 8000, windowSamples: 50, hopSamples: 30, fftLength: 64, function: function, output: .complex)
    let weights = function.weights(50)
    for (row, values) in rows(feature, samples).enumerated() {
      for bin in 0...32 {
        var real = 0.0
        var imaginary = 0.0
        for index in 0..<50 {
          let angle = 2 * Double.pi * Double(bin * index) / 64
          let value = Double(samples[row * 30 + index] * weights[index])
          real += value * cos(angle)
          imaginary -= value * sin(angle)
        }
        #expect(abs(Double(values[2 * bin]) - real) < 1e-5)
        #expect(abs(Double(values[2 * bin + 1]) - imaginary) < 1e-5)
      }
    }
  }

  @Test("power is the squared magnitude")
  func power() throws {
    var generator = SeededGenerator.printed()
    let samples = noise(256, using: &generator)
    let complex = rows(try STFT(sampleRate: 8000, windowSamples: 256, hopSamples: 256), samples)[0]
    let power = rows(try STFT(sampleRate: 8000, windowSamples: 256, hopSamples: 256, output: .power), samples)[0]
    for bin in power.indices {
      let expected = complex[2 * bin] * complex[2 * bin] + complex[2 * bin + 1] * complex[2 * bin + 1]
      #expect(abs(power[bin] - expected) <= 1e-6 * max(1, expected))
    }
  }

  @Test("levels are dB below a square wave at full scale, and silence is at the floor")
  func levels() throws {
    let sine = (0..<1600).map { Float(sin(2 * Double.pi * 1000 * Double($0) / 16_000)) }
    let square = (0..<160).map { $0 % 2 == 0 ? Float(0.1) : -0.1 }
    let rows = rows(try RMS(sampleRate: 16_000), sine + square + Array(repeating: 0, count: 160))
    #expect(abs(rows[0][0] - -3.0103) < 1e-3)
    #expect(abs(rows[10][0] - -20) < 1e-4)
    #expect(rows[11][0] == -120)
  }

  @Test("settings out of range are refused with what would be right")
  func settings() throws {
    #expect(throws: FeatureError.self) { try STFT(sampleRate: 8000, windowSamples: 0, hopSamples: 1) }
    #expect(throws: FeatureError.self) { try STFT(sampleRate: 8000, windowSamples: 9, hopSamples: .max) }
    #expect(throws: FeatureError.self) { try STFT(sampleRate: 8000, windowSamples: 65, hopSamples: 1, fftLength: 64) }
    #expect(throws: FeatureError.self) { try RMS(sampleRate: -1) }
    #expect(throws: FeatureError.self) { try MelFeature(.kaldiMFCC(coefficients: 24), sampleRate: 16_000) }
    let error = #expect(throws: FeatureError.self) {
      try MelFeature(.kaldi(sampleRate: 8000, bands: 200), sampleRate: 8000)
    }
    #expect(error?.code == .invalidSetting)
    #expect(error?.description.contains("Take fewer bands") == true)
  }
}
