import BraidCore
import BraidFeatures
import BraidTestSupport
import Foundation
import Testing

@Suite("Hits in sound without a model")
struct HitSoundTests {
  private static let rate = 16_000.0

  private func hits(_ samples: [Float], pieces: [Int]? = nil) -> [DetectedHit] {
    var detector = SoundHitDetector()
    var found: [DetectedHit] = []
    var start = 0
    for piece in pieces ?? [samples.count] {
      let count = min(piece, samples.count - start)
      detector.push(samples.span.extracting(start..<(start + count))) { found.append($0) }
      start += count
    }
    if let last = detector.finish() { found.append(last) }
    return found
  }

  /// Ten seconds of a sound over noise of an amplitude.
  private func sound(noise: Float = 0.001, seed: UInt64 = 1, _ value: (Double) -> Double) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<160_000).map { index in
      Float(value(Double(index) / Self.rate)) + Float.random(in: -noise...noise, using: &generator)
    }
  }

  /// Struck things: partials that die away from each time on.
  private func struck(at times: [Double], pitch: Double = 1200, decay: Double = 0.01) -> (Double) -> Double {
    { time in
      times.reduce(0) { sum, start in
        let since = time - start
        guard since >= 0, since < 0.3 else { return sum }
        return sum + 0.4 * exp(-since / decay)
          * (cos(2 * .pi * pitch * since) + 0.5 * cos(2 * .pi * 2.3 * pitch * since))
      }
    }
  }

  private let times = [0.5, 1.1373, 2.0, 2.4121, 3.5, 5.25, 7.001, 9.4]

  @Test(
    "clicks are found where they begin, whatever their pitch and decay",
    arguments: [(500.0, 0.012), (900, 0.02), (1200, 0.01), (2500, 0.005), (3000, 0.003), (1000, 0.03)])
  func clicks(pitch: Double, decay: Double) {
    let found = hits(sound(struck(at: times, pitch: pitch, decay: decay)))
    #expect(found.count == times.count, "\(found.map(\.time.seconds))")
    for (hit, time) in zip(found, times) {
      #expect(abs(hit.time.seconds - time) < 0.002)
      #expect(hit.score > 0.2 && hit.score <= 1)
    }
  }

  @Test("sound may end at any time after a click: it is a hit, or not known yet")
  func ends() {
    let whole = sound(struck(at: [0.5]))
    for count in stride(from: 7_900, through: 12_000, by: 20) {
      let found = hits(Array(whole[..<count]))
      #expect(found.count <= 1)
      if count > 11_400 { #expect(found.count == 1, "ended after \(count) samples") }
      for hit in found { #expect(abs(hit.time.seconds - 0.5) < 0.002) }
    }
  }

  @Test("clicks are found in noise that is 20 dB below them, and noise alone has none", arguments: 1...4)
  func noise(seed: UInt64) {
    let noisy = sound(noise: 0.02, seed: seed, struck(at: times))
    let found = hits(noisy)
    #expect(found.count == times.count, "\(found.map(\.time.seconds))")
    for (hit, time) in zip(found, times) { #expect(abs(hit.time.seconds - time) < 0.005) }
    #expect(hits(sound(noise: 0.3, seed: seed) { _ in 0 }) == [])
  }

  @Test("what is not a hit is not taken for one")
  func negatives() {
    let sounds: [(String, [Float])] = [
      ("silence", Array(repeating: 0, count: 160_000)),
      ("an offset that stays", Array(repeating: 0.5, count: 160_000)),
      ("a sine", sound { 0.5 * sin(2 * .pi * 1000 * $0) }),
      ("a tone that begins", sound { $0 > 2 ? 0.5 * sin(2 * .pi * 1000 * $0) : 0 }),
      ("beeps of 0.3 s", sound { $0.truncatingRemainder(dividingBy: 1) < 0.3 ? 0.5 * sin(2 * .pi * 880 * $0) : 0 }),
      ("a sweep", sound { 0.5 * sin(2 * .pi * (100 * $0 + 350 * $0 * $0)) }),
      (
        "chirps that swell and fade",
        sound { time in
          let since = time.truncatingRemainder(dividingBy: 0.8)
          return 0.5 * exp(-pow((since - 0.4) / 0.05, 2)) * sin(2 * .pi * (800 + 2000 * since) * since)
        }
      ),
      (
        "a bell that rings",
        sound { time in exp(-time.truncatingRemainder(dividingBy: 2) * 4) * sin(2 * .pi * 1200 * time) }
      ),
      ("a rattle of 20 a second", sound(struck(at: (0..<190).map { Double($0) * 0.05 }))),
    ]
    for (name, samples) in sounds { #expect(hits(samples) == [], "\(name)") }
  }

  @Test("hits do not depend on how the samples are cut, and are moved by a reset")
  func streaming() {
    var generator = SeededGenerator.printed()
    let samples = sound(struck(at: times))
    let batch = hits(samples)
    #expect(batch.count == times.count)
    for _ in 0..<3 { #expect(hits(samples, pieces: randomPieces(samples.count, using: &generator)) == batch) }
    var detector = SoundHitDetector()
    detector.push(samples.span) { _ in }
    detector.reset(time: MediaTime(nanoseconds: 5_000_000_000))
    var shifted: [DetectedHit] = []
    detector.push(samples.span) { shifted.append($0) }
    if let last = detector.finish() { shifted.append(last) }
    #expect(shifted.map(\.time) == batch.map { $0.time + .seconds(5) })
  }

  @Test("samples that are not finite do not deafen it")
  func notFinite() {
    var samples = sound(struck(at: times))
    for index in 12_000..<12_160 { samples[index] = index % 3 == 0 ? .nan : index % 3 == 1 ? .infinity : -1e30 }
    let found = hits(samples).map(\.time.seconds)
    for time in times.dropFirst() { #expect(found.contains { abs($0 - time) < 0.002 }, "\(time)") }
  }

  @Test("speech has no hits", .enabled(if: SharedData.isPresent), arguments: ["jfk.wav", "silero_test.wav"])
  func speech(name: String) throws {
    let data = try #require(FileManager.default.contents(atPath: SharedData.media(name)))
    // Canonical 16-bit PCM at 16 kHz, one channel; the samples are in the chunk named `data`.
    let chunk = try #require(data.range(of: Data("data".utf8)))
    let bytes = [UInt8](data[(chunk.upperBound + 4)...])
    let samples = stride(from: 0, to: bytes.count - 1, by: 2).map { index in
      Float(Int16(bitPattern: UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8)) / 32768
    }
    #expect(samples.count > 160_000)
    #expect(hits(samples) == [])
    // The same recording with something struck in its pauses would be heard: the detector is not deaf to it.
    let quiet = [Float](repeating: 0, count: 8000)
    let knock = (0..<8000).map { Float(struck(at: [0.25])(Double($0) / Self.rate)) }
    #expect(hits(samples + quiet + knock).count == 1)
  }
}
