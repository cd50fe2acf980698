import BraidFeatures
import BraidTestSupport
import Foundation
import Testing

@Suite("Loudness by EBU R 128")
struct LoudnessTests {
  /// A 1 kHz sine in both channels, seconds at each level in dBFS.
  private func tone(_ stretches: [(level: Double, seconds: Double)], sampleRate: Int) -> [Float] {
    var samples: [Float] = []
    for (level, seconds) in stretches {
      let amplitude = pow(10, level / 20)
      for _ in 0..<Int(seconds * Double(sampleRate)) {
        let time = Double(samples.count / 2) / Double(sampleRate)
        let value = Float(amplitude * sin(2 * Double.pi * 1000 * time))
        samples.append(value)
        samples.append(value)
      }
    }
    return samples
  }

  private func lastRow(_ samples: [Float], sampleRate: Int, channels: Int) throws -> [Float] {
    try #require(rows(try Loudness(sampleRate: sampleRate, channelCount: channels), samples).last)
  }

  @Test("the tones of EBU Tech 3341 have the integrated loudness that it states, within 0.1 LU")
  func integrated() throws {
    let cases: [[(Double, Double)]] = [
      [(-23, 20)],
      [(-36, 10), (-23, 60), (-36, 10)],
      [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
      [(-26, 20), (-20, 20.1), (-26, 20)],
    ]
    for (stretches, rate) in zip(cases, [44_100, 16_000, 22_050, 32_000]) {
      let row = try lastRow(tone(stretches, sampleRate: rate), sampleRate: rate, channels: 2)
      #expect(abs(row[2] - -23) < 0.1, "\(stretches) at \(rate) Hz: \(row)")
    }
    let row = try lastRow(tone([(-33, 20)], sampleRate: 48_000), sampleRate: 48_000, channels: 2)
    for value in row.prefix(3) { #expect(abs(value - -33) < 0.1) }
  }

  @Test("surround channels count more and the low frequency channel not at all: Tech 3341's case 6")
  func surround() throws {
    // Left, right at -28, centre at -24, both surround channels at -30 dBFS.
    let levels = [5: [-28.0, -28, -24, -30, -30], 6: [-28, -28, -24, 0, -30, -30]]
    for (channels, levels) in levels {
      let amplitudes = levels.map { pow(10, $0 / 20) }
      var samples: [Float] = []
      for index in 0..<(48_000 * 6) {
        let wave = sin(2 * Double.pi * 1000 * Double(index) / 48_000)
        for amplitude in amplitudes { samples.append(Float(amplitude * wave)) }
      }
      let row = try lastRow(samples, sampleRate: 48_000, channels: channels)
      #expect(abs(row[2] - -23) < 0.1, "\(channels) channels")
    }
  }

  @Test(
    "the tones of EBU Tech 3342 have the range that it states, within 1 LU",
    arguments: zip([[-20.0, -30], [-20, -15], [-40, -20], [-50, -35, -20, -35, -50]], [10 as Float, 5, 20, 15]))
  func range(levels: [Double], expected: Float) throws {
    let samples = tone(levels.map { ($0, 20) }, sampleRate: 16_000)
    let row = try lastRow(samples, sampleRate: 16_000, channels: 2)
    print("range of \(levels): \(row[3]) LU")
    #expect(abs(row[3] - expected) < 1)
  }

  @Test("true peaks between samples are found: Tech 3341's cases 15 to 19, within +0.2 and -0.4 dB")
  func truePeak() throws {
    let cases = [
      (4.0, 0.0, 0.5, -6.0), (4, 45, 0.5, -6), (6, 60, 0.5, -6), (8, 67.5, 0.5, -6), (4, 45, 1.41, 3),
    ]
    for (period, phase, amplitude, expected) in cases {
      let samples = (0..<48_000).map { index in
        Float(amplitude * sin(2 * Double.pi * Double(index) / period + phase * Double.pi / 180))
      }
      // Fades, because a sine that begins at once has true peaks of its own.
      let faded = samples.enumerated().map { $1 * min(1, Float($0) / 4800) }
      let row = try lastRow(faded, sampleRate: 48_000, channels: 1)
      #expect(row[4] < Float(expected) + 0.2 && row[4] > Float(expected) - 0.4, "period \(period), phase \(phase)")
    }
  }

  @Test("silence is at the floors, and so is what is not known yet")
  func silence() throws {
    let feature = try Loudness(sampleRate: 8000, channelCount: 1)
    let rows = rows(feature, [Float](repeating: 0, count: 8000))
    #expect(rows.count == 7 && rows.allSatisfy { $0 == [-120, -120, -70, 0, -120] })
    #expect(feature.windowSamples == 3200 && feature.hopSamples == 800 && feature.delaySamples == 1600)
    #expect(feature.centreSample(ofRow: 2) == 3200)
    #expect(throws: FeatureError.self) { try Loudness(sampleRate: 2000, channelCount: 1) }
    #expect(throws: FeatureError.self) { try Loudness(sampleRate: 8000, channelCount: 0) }
  }

  @Test(
    "loudness and true peak are libebur128's, within 1e-3 dB",
    arguments: [(1, 16_000), (2, 8000), (1, 22_050), (1, 48_000), (1, 96_000), (2, 12_000), (1, 11_025)])
  func againstLibrary(channels: Int, rate: Int) throws {
    let once = try Golden.floats("signal")
    let signal = once + once + once
    let golden = try Golden.floats("ebur128-\(channels)-\(rate)")
    let block = (rate + 5) / 10 * channels
    let whole = Array(signal.prefix(signal.count / block * block))
    let row = try lastRow(whole, sampleRate: rate, channels: channels)
    let peak = rows(try Peak(sampleRate: rate, channelCount: channels, hopSamples: whole.count / channels), whole)
    let distances = [row[0] - golden[0], row[2] - golden[1], row[4] - golden[2], peak[0][0] - golden[3]].map { abs($0) }
    print("loudness of \(channels) channels at \(rate) Hz: largest distances \(distances)")
    #expect(distances[0] < 1e-3 && distances[1] < 0.01 && distances[2] < 1e-3 && distances[3] < 1e-4)
  }

  /// Sound whose loudness FFmpeg measures too.
  struct Sound: CustomTestStringConvertible, Sendable {
    let name: String
    let sampleRate: Int
    let channelCount: Int
    var testDescription: String { "\(name), \(channelCount) channels at \(sampleRate) Hz" }

    /// 8 seconds of swelling noise, notes with overtones, or a sine with pauses; every channel something else.
    func samples() -> [Float] {
      var generator = SeededGenerator(seed: 5)
      let rate = Double(sampleRate)
      var samples: [Float] = []
      for index in 0..<(8 * sampleRate) {
        let time = Double(index) / rate
        for channel in 0..<channelCount {
          let level = 0.02 + 0.4 * pow(sin(0.8 * time + Double(channel)), 4)
          switch name {
          case "noise": samples.append(Float(level) * Float.random(in: -1...1, using: &generator))
          case "notes":
            let beat = time.truncatingRemainder(dividingBy: 0.5)
            let pitch = 110 * exp2(Double(Int(time * 2) * 7 % 24 + channel) / 12)
            let wave = (1...6).reduce(0.0) { $0 + sin(2 * Double.pi * pitch * Double($1) * time) / Double($1 * $1) }
            samples.append(Float(level * exp(-5 * beat) * wave))
          default: samples.append(time > 4 && time < 6 ? 0 : Float(level * sin(2 * Double.pi * 997 * time)))
          }
        }
      }
      return samples
    }
  }

  @Test(
    "momentary, short-term, integrated and true peak are those of FFmpeg's ebur128, the range that of Tech 3342",
    arguments: [
      Sound(name: "noise", sampleRate: 48_000, channelCount: 2),
      Sound(name: "notes", sampleRate: 44_100, channelCount: 2),
      Sound(name: "notes", sampleRate: 16_000, channelCount: 1),
      Sound(name: "sine", sampleRate: 96_000, channelCount: 1),
      Sound(name: "noise", sampleRate: 48_000, channelCount: 6),
      Sound(name: "notes", sampleRate: 22_050, channelCount: 4),
      Sound(name: "notes", sampleRate: 12_000, channelCount: 8),
    ])
  func againstFFmpeg(_ sound: Sound) throws {
    try compare(sound.samples(), sampleRate: sound.sampleRate, channels: sound.channelCount, sound.testDescription)
  }

  @Test("speech is as loud as FFmpeg's ebur128 finds it", .enabled(if: SharedData.isPresent))
  func speech() throws {
    let path = SharedData.media("jfk.wav")
    let scratch = try Scratch()
    try Tool.ffmpeg("-i", path, "-ac", "1", "-ar", "16000", "-f", "f32le", scratch.path("speech"))
    try compare(try RawSound.samples(scratch.path("speech")), sampleRate: 16_000, channels: 1, "speech")
  }

  /// The range of short-term values as Tech 3342 defines it.
  private func plainRange(_ shortTerm: some Sequence<Double>) -> Double {
    let loud = shortTerm.filter { $0 >= -70 }
    let mean = 10 * log10(loud.reduce(0) { $0 + pow(10, $1 / 10) } / Double(loud.count))
    let gated = loud.filter { $0 >= mean - 20 }.sorted()
    let last = Double(gated.count - 1)
    return gated[Int((last * 0.95).rounded())] - gated[Int((last * 0.1).rounded())]
  }

  private func compare(_ samples: [Float], sampleRate: Int, channels: Int, _ name: String) throws {
    let scratch = try Scratch()
    try scratch.write("sound", RawSound.data(samples))
    let text = try Tool.run(
      "ffmpeg",
      [
        "-v", "error", "-nostdin", "-f", "f32le", "-ar", "\(sampleRate)", "-ac", "\(channels)", "-i",
        scratch.path("sound"), "-af", "ebur128=peak=true:metadata=1,ametadata=print:file=-", "-f", "null", "-",
      ])
    var reference: [[String: Float]] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("frame:") { reference.append([:]) }
      let parts = line.split(separator: "=")
      if parts.count == 2, !reference.isEmpty {
        reference[reference.count - 1][String(parts[0].dropFirst("lavfi.r128.".count))] = Float(parts[1])
      }
    }
    let rows = rows(try Loudness(sampleRate: sampleRate, channelCount: channels), samples)
    try #require(rows.count > 50 && reference.count >= rows.count + 3)
    var distances = [Float](repeating: 0, count: 5)
    for (index, row) in rows.enumerated() {
      // FFmpeg's frames of 100 ms begin at the start; it prints -120.7 for nothing.
      let frame = reference[index + 3]
      for (column, key) in ["M", "S", "I"].enumerated() {
        let expected = max(-120, try #require(frame[key]))
        distances[column] = max(distances[column], abs(row[column] - expected))
      }
    }
    // FFmpeg rounds the ranks of the percentiles in another way than Tech 3342: of few values that is much.
    let range = plainRange(rows.map { Double($0[1]) }.dropFirst(26))
    distances[3] = abs(rows[rows.count - 1][3] - Float(range))
    let peak = (0..<channels).compactMap { reference[rows.count + 2]["true_peaks_ch\($0)"] }.max() ?? 0
    distances[4] = abs(rows[rows.count - 1][4] - 20 * log10f(peak))
    print("loudness of \(name): largest distances \(distances), last \(rows[rows.count - 1])")
    #expect(distances[0] < 0.02 && distances[1] < 0.02 && distances[2] < 0.02 && distances[3] < 0.03)
    // Between the samples of white noise each filter finds something else.
    #expect(distances[4] < (name.hasPrefix("noise") ? 1.5 : 0.2))
  }
}
