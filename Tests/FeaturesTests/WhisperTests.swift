import BraidFeatures
import BraidTestSupport
import Testing

@Suite("Whisper's log-mel in windows of 30 s")
struct WhisperTests {
  @Test("a clip filled up to 30 s is WhisperFeatureExtractor's within 2e-5", arguments: [80, 128])
  func window(bands: Int) throws {
    let golden = try Golden.floats("whisper-\(bands)")
    let rows = rows(try WhisperWindows(bands: bands), try Golden.floats("signal"))
    try #require(rows.count == 3000 && golden.count == 113 * bands)
    // The golden has the first 112 rows and one for the silence that fills the window up.
    let expected = (0..<3000).flatMap { row in golden[(min(row, 112) * bands)..<(min(row, 112) * bands + bands)] }
    let distance = zip(rows.joined(), expected).map { abs($0 - $1) }.max() ?? 1
    print("whisper, \(bands) bands: largest distance \(distance)")
    #expect(distance < 2e-5)
  }

  @Test("windows follow each other, each with its own largest, however the stream is cut")
  func windows() throws {
    var generator = SeededGenerator.printed()
    let quiet = noise(WhisperWindows.samples, using: &generator).map { $0 * 0.001 }
    let loud = noise(20_000, using: &generator)
    let feature = try WhisperWindows()
    let batch = rows(feature, quiet + loud)
    #expect(batch.count == 6000)
    let alone = try MelFeature(.whisper(), sampleRate: 16_000)
    #expect(Array(batch[..<3000]) == rows(alone, quiet))
    feature.reset()
    #expect(rows(feature, quiet + loud, pieces: [7001]) == batch)
    feature.reset()
    #expect(rows(feature, []).isEmpty)
  }

  @Test("the running maximum is the clip's once the loudest row has come")
  func running() throws {
    let signal = try Golden.floats("signal")
    let clip = rows(try MelFeature(.whisper(), sampleRate: 16_000), signal)
    let running = rows(try MelFeature(.whisper(range: .running(8)), sampleRate: 16_000), signal)
    let loudest = try #require(clip.indices.max { clip[$0].max() ?? 0 < clip[$1].max() ?? 0 })
    #expect(Array(running[loudest...]) == Array(clip[loudest...]))
    // Before, less was cut off.
    for (before, after) in zip(running.joined(), clip.joined()) { #expect(before <= after) }
  }
}
