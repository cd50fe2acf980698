import BraidFeatures
import Testing

@Suite("Kaldi's log-mel at other rates")
struct KaldiGoldenTests {
  /// The distance of every value, smallest first, or nil where the shapes differ.
  private func sortedDistances(_ rows: [[Float]], _ golden: [Float]) -> [Float]? {
    let values = rows.flatMap { $0 }
    guard values.count == golden.count, !golden.isEmpty else { return nil }
    return zip(values, golden).map { abs($0 - $1) }.sorted()
  }

  @Test(
    "log-mel is the reference's within 2e-3, and 99.9 % of values within 4e-4",
    arguments: [(22_050, 40, 551, 220, "kaldi-log-mel-40-22k")])
  func logMel(sampleRate: Int, bands: Int, window: Int, hop: Int, golden: String) throws {
    let feature = try MelFeature(.kaldi(sampleRate: sampleRate, bands: bands), sampleRate: sampleRate)
    #expect(feature.windowSamples == window && feature.hopSamples == hop && feature.dimension == bands)
    let rows = rows(feature, try Golden.floats("signal"))
    let distances = try #require(sortedDistances(rows, try Golden.floats(golden)))
    let high = distances[distances.count * 999 / 1000]
    print("\(golden): largest distance \(distances[distances.count - 1]), 99.9 % below \(high)")
    #expect(distances[distances.count - 1] < 2e-3)
    #expect(high < 4e-4)
  }

  @Test("silence sits on the floor of the logarithm")
  func silence() throws {
    let rows = rows(try MelFeature(.kaldi(), sampleRate: 16_000), Array(repeating: 0, count: 800))
    #expect(rows.count == 3)
    for value in rows.joined() { #expect(abs(value - -15.942385) < 1e-5) }
  }
}
