import BraidFeatures
import Testing

@Suite("Tone against librosa 0.11.0")
struct LibrosaToneTests {
  /// A feature of the catalogue and how far it may be off, at most, on values of up to about `scale`.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let tolerance: Float
    var testDescription: String { name }
  }

  @Test(
    "values are the reference's within the tolerance, at 16, 22.05 and 48 kHz",
    arguments: [
      Case(name: "zero-crossings", tolerance: 0),
      Case(name: "centroid", tolerance: 0.05),
      Case(name: "bandwidth", tolerance: 0.05),
      Case(name: "rolloff", tolerance: 0.01),
      Case(name: "flatness", tolerance: 1e-6),
      Case(name: "flux", tolerance: 1e-5),
      Case(name: "contrast", tolerance: 2e-3),
      Case(name: "chroma", tolerance: 1e-5),
    ], [16_000, 22_050, 48_000])
  func values(_ subject: Case, rate: Int) throws {
    let selection = FeatureSelection(try FeatureCatalog.definition(named: subject.name), onStreams: true)
    let feature = try selection.soundFeature(SoundFormat(sampleRate: rate))
    let values = rows(feature, try Golden.floats("signal")).flatMap { $0 }
    let golden = try Golden.floats("librosa-\(subject.name)-\(rate)")
    try #require(values.count == golden.count)
    let distances = zip(values, golden).map { abs($0 - $1) }
    print("\(subject.name) at \(rate) Hz: largest distance \(distances.max() ?? 0) of up to \(golden.max() ?? 0)")
    #expect((distances.max() ?? .infinity) <= subject.tolerance)
  }

  @Test("bands of contrast that do not fit below Nyquist, and shares out of range, are refused")
  func refused() throws {
    let error = #expect(throws: FeatureError.self) {
      try SpectralShape(.contrast(octaves: 6, lowest: 200), sampleRate: 8000)
    }
    #expect(error?.remedy == "Take fewer bands or a lower frequency")
    #expect(throws: FeatureError.self) {
      try SpectralShape(.contrast(octaves: 6, lowest: 20), sampleRate: 48_000, fftLength: 64)
    }
    #expect(throws: FeatureError.self) { try SpectralShape(.rolloff(share: 1), sampleRate: 8000) }
    #expect(throws: FeatureError.self) { try SpectralShape(.centroid, sampleRate: 8000, hopSamples: 0) }
    #expect(throws: FeatureError.self) { try ZeroCrossings(sampleRate: 8000, windowSamples: 1) }
    #expect(throws: FeatureError.self) { try Peak(sampleRate: 8000, channelCount: 0) }
  }

  @Test("what silence has: 0, but flatness 1")
  func silence() throws {
    let silence = [Float](repeating: 0, count: 6000)
    for definition in FeatureCatalog.definitions {
      let isShape = ["centroid", "bandwidth", "rolloff", "flux", "contrast", "chroma"].contains(definition.name)
      guard isShape || definition.name == "flatness" else { continue }
      let feature = try FeatureSelection(definition, onStreams: true).soundFeature(SoundFormat(sampleRate: 22_050))
      let expected: Float = isShape ? 0 : 1
      for value in rows(feature, silence).joined() { #expect(abs(value - expected) < 1e-6, "\(definition.name)") }
    }
  }

  @Test("a chord's notes are the strongest pitch classes")
  func chord() throws {
    let feature = try SpectralShape(.chroma, sampleRate: 22_050)
    // C major in three octaves: C, E, G.
    let notes = [261.63, 329.63, 392.0, 523.25, 659.26, 783.99]
    let samples = sines(notes, sampleRate: 22_050, count: 22_050)
    let row = rows(feature, samples)[20]
    let strongest = row.indices.sorted { row[$0] > row[$1] }.prefix(3).sorted()
    #expect(strongest == [0, 4, 7])
  }

  @Test("the largest magnitude of any channel is the peak")
  func peak() throws {
    let feature = try Peak(sampleRate: 1000, channelCount: 2)
    var samples = [Float](repeating: 0, count: 60)
    samples[3] = -0.5
    samples[22] = 0.25
    samples[23] = -1
    let levels = rows(feature, samples).joined()
    #expect(levels.count == 3)
    for (level, expected) in zip(levels, [-6.0206, 0, -120] as [Float]) { #expect(abs(level - expected) < 1e-4) }
    #expect(feature.hopSamples == 10 && feature.windowSamples == 10)
  }
}
