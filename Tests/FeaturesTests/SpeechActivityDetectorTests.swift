import BraidCore
import BraidFeatures
import BraidTestSupport
import Foundation
import Testing

@Suite("Speech activity without a model")
struct SpeechActivityDetectorTests {
  private func intervals(_ samples: [Float], pieces: [Int]? = nil) throws -> [DetectedInterval] {
    let detector = try SpeechActivityDetector()
    var found: [DetectedInterval] = []
    var start = 0
    for piece in pieces ?? [samples.count] {
      let count = min(piece, samples.count - start)
      detector.push(samples.span.extracting(start..<(start + count))) { found.append($0) }
      start += count
    }
    detector.finish { found.append($0) }
    return found
  }

  /// Ten seconds of a sound over a soft noise.
  private func sound(seed: UInt64 = 1, _ value: (Double) -> Double) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<160_000).map { index in
      Float(value(Double(index) / 16_000)) + Float.random(in: -0.0005...0.0005, using: &generator)
    }
  }

  /// Syllables as a mouth makes them, roughly: harmonics of a gliding pitch under two formants that move, four a second.
  private func syllables(_ time: Double) -> Double {
    let syllable = floor(time * 4)
    let phase = time * 4 - syllable
    let envelope = phase < 0.75 ? sin(.pi * phase / 0.75) : 0
    let first = 350 + 350 * (sin(syllable * 2.4) + 1) / 2
    let second = 1000 + 1300 * (cos(syllable * 1.7 + phase) + 1) / 2
    var sum = 0.0
    for harmonic in 1...25 {
      let frequency = 130.0 * Double(harmonic)
      let near = exp(-pow((frequency - first) / 120, 2)) + 0.4 * exp(-pow((frequency - second) / 180, 2)) + 0.01
      sum += near * sin(2 * .pi * frequency * time + 0.3 * Double(harmonic) * sin(2 * .pi * 3 * time))
    }
    return 0.15 * envelope * sum
  }

  @Test("what is not speech is not taken for it")
  func negatives() throws {
    var generator = SeededGenerator(seed: 7)
    let white = (0..<160_000).map { _ in Float.random(in: -0.3...0.3, using: &generator) }
    let sounds: [(String, [Float])] = [
      ("silence", Array(repeating: 0, count: 160_000)),
      ("a tone that begins", sound { $0 > 2 ? 0.5 * sin(2 * .pi * 1000 * $0) : 0 }),
      (
        "mains hum",
        sound { time in (1..<20).reduce(0) { $0 + 0.3 * sin(2 * .pi * 50 * Double($1) * time) / Double($1) } }
      ),
      ("noise", white),
      (
        "noise that comes and goes",
        sound { time in time.truncatingRemainder(dividingBy: 2) < 1 ? 0 : Double(white[Int(time * 16_000)]) }
      ),
      ("clicks", sound { $0.truncatingRemainder(dividingBy: 0.5) < 0.001 ? 0.9 : 0 }),
      (
        "hits that ring",
        sound { time in
          let since = time.truncatingRemainder(dividingBy: 0.7)
          return exp(-since * 60) * sin(2 * .pi * 1200 * since)
        }
      ),
      ("beeps", sound { $0.truncatingRemainder(dividingBy: 1) < 0.3 ? 0.5 * sin(2 * .pi * 880 * $0) : 0 }),
    ]
    for (name, samples) in sounds { #expect(try intervals(samples) == [], "\(name)") }
  }

  @Test("syllables over noise are one interval, announced and then ended")
  func positive() throws {
    let found = try intervals(sound { (3..<6).contains($0) ? syllables($0) : 0 })
    #expect(found.count == 2)
    let first = try #require(found.first)
    let last = try #require(found.last)
    #expect(!first.isFinal && last.isFinal && first.start == last.start)
    #expect(abs(last.start.seconds - 3) < 0.3 && abs(last.end.seconds - 6) < 0.3)
    #expect(last.score > 0.4 && last.score <= 1)
  }

  @Test("intervals do not depend on how the samples are cut, nor on a reset before")
  func streaming() throws {
    var generator = SeededGenerator.printed()
    let samples = sound { (1..<3).contains($0) || $0 > 8 ? syllables($0) : 0 }
    let batch = try intervals(samples)
    #expect(batch.filter(\.isFinal).count == 2)
    for _ in 0..<3 {
      #expect(try intervals(samples, pieces: randomPieces(samples.count, using: &generator)) == batch)
    }
    let detector = try SpeechActivityDetector()
    detector.push(samples.span) { _ in }
    detector.reset(time: MediaTime(nanoseconds: 5_000_000_000))
    var shifted: [DetectedInterval] = []
    detector.push(samples.span) { shifted.append($0) }
    detector.finish { shifted.append($0) }
    #expect(shifted.map(\.start) == batch.map { $0.start + .seconds(5) })
  }

  @Test("samples that are not finite do not deafen it")
  func notFinite() throws {
    var samples = sound { (3..<6).contains($0) ? syllables($0) : 0 }
    for index in 0..<160 { samples[8000 + index] = index % 2 == 0 ? .nan : .infinity }
    let last = try #require(try intervals(samples).last)
    #expect(last.isFinal && abs(last.start.seconds - 3) < 0.3 && abs(last.end.seconds - 6) < 0.3)
  }

  /// Where silero_vad_16k_op15 (threshold 0.5, off below 0.35) hears speech in jfk.wav, in seconds.
  private let jfk = [(0.35, 2.24), (3.30, 3.84), (3.97, 4.42), (5.41, 7.65), (8.19, 11.0)]

  @Test("in a real recording it hears what a trained model hears, and little else", .enabled(if: SharedData.isPresent))
  func real() throws {
    let data = try #require(FileManager.default.contents(atPath: SharedData.media("jfk.wav")))
    // Canonical 16-bit PCM at 16 kHz, one channel; the samples are in the chunk named `data`.
    let chunk = try #require(data.range(of: Data("data".utf8)))
    let bytes = data[(chunk.upperBound + 4)...]
    let samples = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map { index in
      Float(Int16(bitPattern: UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8)) / 32768
    }
    let found = try intervals(samples).filter(\.isFinal)
    var both = 0
    var heard = 0
    var spoken = 0
    for step in 0..<1100 {
      let time = Double(step) / 100
      let isHeard = found.contains { $0.start.seconds <= time && time < $0.end.seconds }
      let isSpoken = jfk.contains { $0.0 <= time && time < $0.1 }
      both += isHeard && isSpoken ? 1 : 0
      heard += isHeard ? 1 : 0
      spoken += isSpoken ? 1 : 0
    }
    let recall = Double(both) / Double(spoken)
    let precision = Double(both) / Double(max(1, heard))
    print("jfk.wav: recall \(recall), precision \(precision), \(found.map { ($0.start.seconds, $0.end.seconds) })")
    #expect(recall > 0.9 && precision > 0.85)
  }
}
