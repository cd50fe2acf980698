import BraidFeatures
import BraidTestSupport
import Testing

/// Windows that skip or overlap oddly, which no catalogue setting makes; see ``CatalogStreamingTests`` for the rest.
@Suite("Features of sound, streaming")
struct StreamingTests {
  private func features() throws -> [(String, any SoundFeature)] {
    [
      ("rms", try RMS(sampleRate: 16_000)),
      ("rms with a hop of 1", try RMS(sampleRate: 16_000, hopSamples: 1)),
      ("log-mel", try MelFeature(.kaldi(), sampleRate: 16_000)),
      ("log-mel at 44.1 kHz", try MelFeature(.kaldi(sampleRate: 44_100, bands: 64), sampleRate: 44_100)),
      ("mfcc", try MelFeature(.kaldiMFCC(), sampleRate: 16_000)),
      ("stft", try STFT(sampleRate: 8000, windowSamples: 300, hopSamples: 77)),
      ("stft that skips samples", try STFT(sampleRate: 8000, windowSamples: 64, hopSamples: 500, output: .power)),
    ]
  }

  @Test("a stream equals a batch bit for bit, however it is cut")
  func streamEqualsBatch() throws {
    var generator = SeededGenerator.printed()
    let samples = noise(30_000, using: &generator)
    for (name, feature) in try features() {
      let batch = rows(feature, samples)
      #expect(batch.count == 1 + (samples.count - feature.windowSamples) / feature.hopSamples, "\(name)")
      #expect(batch.allSatisfy { $0.count == feature.dimension }, "\(name)")
      for _ in 0..<4 {
        feature.reset()
        let stream = rows(feature, samples, pieces: randomPieces(samples.count, using: &generator))
        #expect(stream == batch, "\(name)")
      }
    }
  }

  @Test(
    "samples that are not finite spoil only the windows that hold them", arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(bad: Float) throws {
    var generator = SeededGenerator.printed()
    let clean = noise(16_000, using: &generator)
    var dirty = clean
    dirty[5000] = bad
    for (name, feature) in try features() {
      let expected = rows(feature, clean)
      feature.reset()
      let rows = rows(feature, dirty)
      #expect(rows.joined().allSatisfy { $0.isFinite }, "\(name)")
      for (index, row) in rows.enumerated() {
        let start = index * feature.hopSamples
        if !(start..<(start + feature.windowSamples)).contains(5000) { #expect(row == expected[index], "\(name)") }
      }
    }
  }

  @Test("features made in many threads at once give the same bits", .timeLimit(.minutes(1)))
  func manyThreads() async throws {
    var generator = SeededGenerator.printed()
    let samples = noise(4000, using: &generator)
    let results = try await withThrowingTaskGroup(of: [[Float]].self) { group in
      for _ in 0..<16 { group.addTask { rows(try MelFeature(.kaldi(), sampleRate: 16_000), samples) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.count == 16)
    for result in results { #expect(result == results[0]) }
  }

  @Test("a row's centre is the middle of its window")
  func centres() throws {
    let feature = try MelFeature(.kaldi(), sampleRate: 16_000)
    #expect(feature.centreSample(ofRow: 0) == 200)
    #expect(feature.centreSample(ofRow: 3) == 680)
  }
}
