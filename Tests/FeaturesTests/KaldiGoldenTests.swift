import BraidFeatures
import Testing

@Suite("Kaldi presets against kaldi-native-fbank 1.22.5")
struct KaldiGoldenTests {
  /// The largest distance of any value, or nil where the shapes differ.
  private func distance(_ rows: [[Float]], _ golden: [Float]) -> Float? {
    let values = rows.flatMap { $0 }
    guard values.count == golden.count, !golden.isEmpty else { return nil }
    return zip(values, golden).map { abs($0 - $1) }.max()
  }

  @Test("log-mel of 80 bands at 16 kHz is the reference's within 2e-4")
  func logMel() throws {
    let feature = try LogMel(sampleRate: 16_000)
    let rows = rows(feature, try Golden.floats("signal"))
    #expect(feature.windowSamples == 400 && feature.hopSamples == 160 && feature.dimension == 80)
    let distance = try #require(distance(rows, try Golden.floats("kaldi-log-mel-80")))
    print("log-mel 80: largest distance \(distance)")
    #expect(distance < 2e-4)
  }

  @Test("log-mel of 40 bands at a rate that divides badly is the reference's within 2e-4")
  func logMelOddRate() throws {
    let feature = try LogMel(sampleRate: 22_050, bands: 40)
    #expect(feature.windowSamples == 551 && feature.hopSamples == 220)
    let rows = rows(feature, try Golden.floats("signal"))
    let distance = try #require(distance(rows, try Golden.floats("kaldi-log-mel-40-22k")))
    print("log-mel 40 at 22.05 kHz: largest distance \(distance)")
    #expect(distance < 2e-4)
  }

  @Test("MFCC is the reference's within 2e-3, with the energy or without", arguments: [true, false])
  func mfcc(usesEnergy: Bool) throws {
    let feature = try MFCC(sampleRate: 16_000, usesEnergy: usesEnergy)
    let rows = rows(feature, try Golden.floats("signal"))
    let golden = try Golden.floats(usesEnergy ? "kaldi-mfcc-13" : "kaldi-mfcc-13-c0")
    let distance = try #require(distance(rows, golden))
    print("MFCC, energy \(usesEnergy): largest distance \(distance)")
    #expect(distance < 2e-3)
  }

  @Test("silence sits on the floor of the logarithm")
  func silence() throws {
    let rows = rows(try LogMel(sampleRate: 16_000), Array(repeating: 0, count: 800))
    #expect(rows.count == 3)
    for value in rows.joined() { #expect(abs(value - -15.942385) < 1e-5) }
  }
}
