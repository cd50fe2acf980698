import BraidFeatures
import Testing

@Suite("Rhythm against librosa 0.11.0")
struct LibrosaRhythmTests {
  @Test("onset strength is the reference's within 2e-3 dB", arguments: [16_000, 22_050, 48_000])
  func onsetStrength(rate: Int) throws {
    let feature = try OnsetStrength(sampleRate: rate)
    let values = rows(feature, try Golden.floats("signal")).flatMap { $0 }
    let golden = try Golden.floats("librosa-onset-strength-\(rate)")
    try #require(values.count == golden.count)
    let distance = zip(values, golden).map { abs($0 - $1) }.max() ?? .infinity
    print("onset-strength at \(rate) Hz: largest distance \(distance) dB of up to \(golden.max() ?? 0)")
    #expect(distance < 2e-3)
  }

  @Test("rows are about the end of their window where the hop divides it, and wait for the rest where not")
  func delay() throws {
    #expect(try OnsetStrength(sampleRate: 22_050).delaySamples == 0)
    #expect(try OnsetStrength(sampleRate: 22_050, hopSamples: 441).delaySamples == 142)
    #expect(try OnsetStrength(sampleRate: 22_050, fftLength: 512, hopSamples: 441).delaySamples == 256)
    #expect(try OnsetStrength(sampleRate: 22_050).centreSample(ofRow: 7) == 3584)
  }
}
