import BraidTestSupport
import Glibc
import Testing

@testable import BraidFeatures

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

  /// A low drum on each beat, a hiss between beats, faint noise: `drums` of tools/make_tone_goldens.py.
  private func drums(_ tempo: Double) -> [Float] {
    let rate = 22_050
    let count = 12 * rate
    var state: UInt32 = 1
    let noise = (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Double(state) / 2_147_483_648 - 1
    }
    var samples = noise.map { 0.002 * $0 }
    var beat = 0
    while true {
      let start = Int((Double(beat) * 30 / tempo * Double(rate)).rounded(.toNearestOrEven))
      guard start < count else { return samples.map { Float($0) } }
      for index in start..<min(count, start + rate / 5) {
        let time = Double(index - start) / Double(rate)
        let isBeat = beat % 2 == 0
        samples[index] +=
          isBeat
          ? 0.8 * sin(2 * Double.pi * 60 * time) * exp(-20 * time) : 0.2 * noise[index] * exp(-60 * time)
      }
      beat += 1
    }
  }

  /// The frames of onsets, by their centres.
  private func frames(_ feature: Onsets, _ samples: [Float]) -> [Int] {
    var frames: [Int] = []
    var pushed = 0
    func take(_ values: Span<Float>, _ row: Int) {
      #expect(row == frames.count && values[0] > 0)
      frames.append(feature.centreSample(ofRow: row) / 512)
    }
    for start in stride(from: 0, to: samples.count, by: 300) {
      let end = min(start + 300, samples.count)
      feature.push(samples.span.extracting(start..<end)) { values, row in
        take(values, row)
        // A row comes with the samples that complete its delay.
        let due = feature.centreSample(ofRow: row) + (feature.delaySamples ?? 0)
        #expect(pushed < due && due <= end)
      }
      pushed = end
    }
    feature.finish(row: take)
    return frames
  }

  @Test("onsets are at the reference's frames", arguments: [16_000, 22_050, 48_000])
  func onsets(rate: Int) throws {
    let found = frames(try Onsets(sampleRate: rate), try Golden.floats("signal"))
    #expect(found == (try Golden.floats("librosa-onsets-\(rate)")).map { Int($0) })
    #expect(!found.isEmpty)
  }

  @Test("onsets of drums are the reference's, one for each stroke and none else")
  func onsetsOfDrums() throws {
    let found = frames(try Onsets(sampleRate: 22_050), drums(100))
    #expect(found == (try Golden.floats("librosa-onsets-drums")).map { Int($0) })
    // Strokes every 0.3 s from 0 on; the first sounds with the stream itself and has nothing to rise from.
    let strokes = (1..<40).map { Double($0) * 0.3 * 22_050 / 512 }
    for stroke in strokes { #expect(found.contains { abs(Double($0) - stroke) < 3 }, "\(stroke)") }
    for onset in found { #expect(strokes.contains { abs(Double(onset) - $0) < 3 } || onset < 4, "\(onset)") }
  }

  @Test("the tempo of drums is the reference's to half a hop of the period, and finer")
  func tempoOfDrums() throws {
    let golden = try Golden.floats("librosa-tempo-drums")
    let tempos = [60.0, 72, 84, 95, 100, 120, 133, 150, 180]
    try #require(golden.count == 5 * tempos.count)
    let rate = 60 * 22_050.0 / 512
    var offOctave = 0
    for (index, tempo) in tempos.enumerated() {
      let rows = rows(try Tempo(sampleRate: 22_050), drums(tempo))
      try #require(rows.count == 13)
      for (row, expected) in zip(rows[4...8], golden[(5 * index)...]) {
        let distance = abs(rate / Double(row[0]) - rate / Double(expected))
        #expect(distance <= 0.75, "\(tempo) bpm: \(row), librosa \(expected)")
        #expect(row[1] > 0.5, "\(tempo) bpm: \(row)")
        // Half or twice the tempo is an error that the reference makes too.
        let ratio = Double(row[0]) / tempo
        let octave = exp2(log2(ratio).rounded())
        if octave != 1 { offOctave += 1 }
        #expect(abs(ratio / octave - 1) < 0.01, "\(tempo) bpm: \(row)")
      }
      print("tempo of drums at \(tempo): \(rows[6]), librosa \(golden[5 * index + 2])")
    }
    print("tempo of drums: \(offOctave) of \(golden.count) rows at half or twice the tempo")
  }

  @Test("noise and a steady tone have no sure tempo, silence none, and short clips a row a second")
  func noTempo() throws {
    var generator = SeededGenerator(seed: 3)
    let hiss = rows(try Tempo(sampleRate: 22_050), noise(12 * 22_050, using: &generator).map { 0.3 * $0 })
    for row in hiss[4...8] { #expect(row[1] < 0.4, "\(row)") }
    let silence = rows(try Tempo(sampleRate: 22_050), [Float](repeating: 0, count: 44_100))
    #expect(silence == [[0, 0], [0, 0], [0, 0]])
    #expect(throws: FeatureError.self) { try Tempo(sampleRate: 22_050, windowSeconds: 0) }
    #expect(throws: FeatureError.self) { try Onsets(sampleRate: 22_050, threshold: -1) }
    let feature = try Tempo(sampleRate: 22_050)
    #expect(feature.windowSamples == 344 * 512 && feature.hopSamples == 43 * 512 && feature.delaySamples == 171 * 512)
  }

  @Test("faint noise after digital silence is an onset as for librosa, and none with a higher floor")
  func floor() throws {
    var generator = SeededGenerator(seed: 9)
    let faint = noise(22_050, using: &generator).map { 1e-5 * $0 }
    let samples = [Float](repeating: 0, count: 22_050) + faint
    #expect(frames(try Onsets(sampleRate: 22_050), samples).count == 1)
    let list = try FeatureSelection.parse("onsets,floor=-60", onStreams: true)
    #expect(rows(try list[0].soundFeature(SoundFormat(sampleRate: 22_050)), samples).isEmpty)
    #expect(rows(try OnsetStrength(sampleRate: 22_050, floor: -60), samples).joined().allSatisfy { $0 == 0 })
    #expect(throws: FeatureError.self) { try OnsetStrength(sampleRate: 22_050, floor: .nan) }
  }

  @Test("peaks are those of the rule in plain loops, however long its stretches are")
  func peakPicking() throws {
    var generator = SeededGenerator.printed()
    for _ in 0..<200 {
      let values = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
        (Float.random(in: 0...1, using: &generator) * 8).rounded() / 8
      }
      let lengths = (0..<5).map { _ in Int.random(in: 0...6, using: &generator) }
      let delta = Float.random(in: 0...0.5, using: &generator)
      var picker = PeakPicker(
        preMax: lengths[0], postMax: lengths[1] + 1, preAverage: lengths[2], postAverage: lengths[3] + 1, delta: delta,
        wait: lengths[4])
      var found: [Int] = []
      for value in values {
        if let peak = picker.push(value) { found.append(peak.index) }
      }
      while let peak = picker.finish() { found.append(peak.index) }
      var expected: [Int] = []
      var n = 0
      while n < values.count {
        let near = values[max(0, n - lengths[0])..<min(n + lengths[1] + 1, values.count)]
        let around = values[max(0, n - lengths[2])..<min(n + lengths[3] + 1, values.count)]
        let mean = around.reduce(0.0) { $0 + Double($1) } / Double(around.count)
        if values[n] == near.max(), values[n] >= Float(mean) + delta {
          expected.append(n)
          n += lengths[4]
        }
        n += 1
      }
      #expect(found == expected)
    }
  }
}
