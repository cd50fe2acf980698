import BraidFeatures
import BraidTestSupport
import Glibc
import Testing

@Suite("Pitch by YIN")
struct PitchTests {
  private func cents(_ frequency: Float, _ expected: Double) -> Double { 1200 * log2(Double(frequency) / expected) }

  /// Harmonics of `frequency(time)` that fall off, as far as they stay below Nyquist.
  private func voice(_ seconds: Double, sampleRate: Int, harmonics: Int = 8, frequency: (Double) -> Double) -> [Float] {
    var phase = 0.0
    return (0..<Int(seconds * Double(sampleRate))).map { index in
      let pitch = frequency(Double(index) / Double(sampleRate))
      phase += 2 * Double.pi * pitch / Double(sampleRate)
      var sum = 0.0
      for harmonic in 1...harmonics where pitch * Double(harmonic) < 0.45 * Double(sampleRate) {
        sum += sin(Double(harmonic) * phase) / Double(harmonic)
      }
      return Float(0.3 * sum)
    }
  }

  @Test(
    "tones have their pitch within 3 cents, at every usual rate",
    arguments: [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
  func tones(rate: Int) throws {
    var largest = 0.0
    for frequency in [65.4, 110, 146.8, 220, 311.1, 440, 659.3, 880] {
      for harmonics in [1, 8] {
        let samples = voice(0.2, sampleRate: rate, harmonics: harmonics) { _ in frequency }
        let rows = rows(try Pitch(sampleRate: rate), samples)
        #expect(rows.count > 10)
        for row in rows {
          #expect(row[1] > 0.9, "\(frequency) Hz at \(rate): \(row)")
          largest = max(largest, abs(cents(row[0], frequency)))
        }
      }
    }
    print("pitch of tones at \(rate) Hz: largest distance \(largest) cents")
    #expect(largest < 3)
  }

  @Test("singing with vibrato is followed within cents", arguments: [16_000, 22_050, 48_000])
  func singing(rate: Int) throws {
    for note in [98.0, 196, 392, 784] {
      // Half a semitone up and down, 5.5 times a second.
      func pitch(_ time: Double) -> Double { note * exp2(0.5 / 12 * sin(2 * Double.pi * 5.5 * time)) }
      let feature = try Pitch(sampleRate: rate)
      let rows = rows(feature, voice(2, sampleRate: rate, frequency: pitch))
      var distances: [Double] = []
      for (index, row) in rows.enumerated() {
        let time = Double(feature.centreSample(ofRow: index)) / Double(rate)
        distances.append(row[0] > 0 ? abs(cents(row[0], pitch(time))) : 1200)
      }
      distances.sort()
      let (median, largest) = (distances[distances.count / 2], distances[distances.count - 1])
      print("pitch of vibrato about \(note) Hz at \(rate) Hz: median \(median), largest distance \(largest) cents")
      #expect(median < 5 && largest < 20)
    }
  }

  @Test("noise, clicks, silence and steady offsets have no pitch", arguments: [8000, 16_000, 48_000])
  func noPitch(rate: Int) throws {
    var generator = SeededGenerator(seed: 11)
    let hiss = rows(try Pitch(sampleRate: rate), noise(rate, using: &generator))
    let voiced = hiss.count { $0[0] > 0 }
    let surest = hiss.map { $0[1] }.max() ?? 1
    print("pitch of noise at \(rate) Hz: \(voiced) of \(hiss.count) rows, largest confidence \(surest)")
    #expect(voiced == 0 && surest < 0.7)
    for samples in [[Float](repeating: 0, count: rate / 2), [Float](repeating: 0.7, count: rate / 2)] {
      for row in rows(try Pitch(sampleRate: rate), samples) { #expect(row == [0, 0]) }
    }
  }

  @Test("an offset and a change of level leave the pitch as it is")
  func offset() throws {
    let samples = voice(0.2, sampleRate: 16_000) { _ in 150 }
    let plain = rows(try Pitch(sampleRate: 16_000), samples)
    let moved = rows(try Pitch(sampleRate: 16_000), samples.map { 0.001 * $0 + 0.5 })
    for (row, other) in zip(plain, moved) { #expect(abs(cents(row[0], Double(other[0]))) < 1) }
  }

  @Test("ranges that cannot be are refused with those that can, and the window follows the lowest pitch")
  func settings() throws {
    let feature = try Pitch(sampleRate: 16_000)
    #expect(feature.windowSamples == 400 + 267 + 8 && feature.hopSamples == 160)
    #expect(try Pitch(sampleRate: 16_000, low: 20).windowSamples == 808 + 808)
    #expect(throws: FeatureError.self) { try Pitch(sampleRate: 8000, high: 3000) }
    #expect(throws: FeatureError.self) { try Pitch(sampleRate: 8000, low: 500, high: 400) }
    #expect(throws: FeatureError.self) { try Pitch(sampleRate: 8000, threshold: 0) }
    #expect(throws: FeatureError.self) { try Pitch(sampleRate: 8000, hopSamples: 0) }
    let list = try FeatureSelection.parse("pitch,low=80,high=400", onStreams: true)
    #expect(try list[0].soundFeature(SoundFormat(sampleRate: 48_000)).windowSamples == 1200 + 608)
  }

  @Test("the pitch of speech is that of librosa's pYIN where both find a voice", .enabled(if: SharedData.isPresent))
  func speech() throws {
    let golden = try Golden.floats("librosa-pyin-jfk")
    let scratch = try Scratch()
    try Tool.ffmpeg(
      "-i", SharedData.media("jfk.wav"), "-ac", "1", "-ar", "16000", "-f", "f32le", scratch.path("speech"))
    let feature = try Pitch(sampleRate: 16_000, low: 60, high: 400)
    let rows = rows(feature, try RawSound.samples(scratch.path("speech")))
    var distances: [Double] = []
    var octaves = 0
    var onlyHere = 0
    var onlyThere = 0
    for (index, row) in rows.enumerated() {
      let frame = (feature.centreSample(ofRow: index) + 80) / 160
      guard frame < golden.count else { continue }
      let expected = golden[frame]
      if row[0] > 0, expected > 0 {
        let distance = abs(cents(row[0], Double(expected)))
        distances.append(distance)
        if distance > 600 { octaves += 1 }
      } else if row[0] > 0 {
        onlyHere += 1
      } else if expected > 0 {
        onlyThere += 1
      }
    }
    distances.sort()
    try #require(distances.count > 300)
    let median = distances[distances.count / 2]
    print(
      "pitch of speech: median distance \(median) cents from pYIN in \(distances.count) rows, \(octaves) octave errors;",
      "a voice only here in \(onlyHere), only there in \(onlyThere) of \(rows.count)")
    #expect(median < 15)
    #expect(octaves * 50 < distances.count)
  }
}
