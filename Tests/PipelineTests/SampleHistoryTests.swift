import BraidCore
import Testing

@testable import BraidPipeline

/// The sound that moments are cut from: every sample is its own number, so that a window says which it has.
@Suite("The newest sound")
struct SampleHistoryTests {
  private static let rate = 16_000

  /// Takes `milliseconds` of sound that begins at `start` ms; sample k of the test is k.
  private func append(
    _ history: inout SampleHistory, _ milliseconds: Int, at start: Double, from first: Int, startsRun: Bool = false
  ) {
    let samples = (0..<milliseconds * 16).map { Float(first + $0) }
    history.append(
      samples.span, channels: 1, time: MediaTime(nanoseconds: Int64(start * 1e6)), startsRun: startsRun)
  }

  private func window(
    _ history: SampleHistory, endingAt milliseconds: Double, count: Int = 160
  ) -> (samples: [Float], window: SampleHistory.Window) {
    var out = [Float](repeating: -1, count: count)
    let found = history.copyWindow(
      endingAt: MediaTime(nanoseconds: Int64(milliseconds * 1e6)), tolerance: .milliseconds(20), into: &out)
    return (out, found)
  }

  @Test("a window is the samples that end at its time, whichever blocks they came in")
  func whole() {
    var history = SampleHistory(sampleRate: Self.rate, capacity: 1600)
    for block in 0..<5 { append(&history, 10, at: Double(block) * 10, from: block * 160, startsRun: block == 0) }
    let (samples, found) = window(history, endingAt: 25)
    #expect(found.missing == 0 && found.end == .zero + .milliseconds(25))
    #expect(samples == (240..<400).map(Float.init))
  }

  @Test("where the run ends within the tolerance it slides, where it ends further off it lacks the rest")
  func early() {
    var history = SampleHistory(sampleRate: Self.rate, capacity: 1600)
    append(&history, 50, at: 0, from: 0, startsRun: true)
    let (slid, end) = window(history, endingAt: 70)
    #expect(end.missing == 0 && end.end == .zero + .milliseconds(50) && slid.last == 799)
    let (cut, late) = window(history, endingAt: 75, count: 480)
    #expect(late.missing == 400 && cut[79] == 799 && cut[80...].allSatisfy { $0 == 0 })
  }

  @Test("a window is never put together across a hole or a new run, and what was overwritten is missing")
  func holes() {
    var history = SampleHistory(sampleRate: Self.rate, capacity: 1600)
    append(&history, 40, at: 0, from: 0, startsRun: true)
    append(&history, 40, at: 62, from: 2000, startsRun: true)
    let (samples, found) = window(history, endingAt: 67)
    #expect(found.missing == 80 && samples[79] == 0 && samples[80] == 2000)
    append(&history, 90, at: 102, from: 2640)
    #expect(window(history, endingAt: 80).window.missing == 160)
    history.clear()
    #expect(history.end == .distantPast && window(history, endingAt: 100).window.missing == 160)
  }

  @Test("channels are averaged, and times that drift from the nominal rate are followed")
  func drift() {
    var history = SampleHistory(sampleRate: Self.rate, capacity: 64_000)
    let pairs: [Float] = [1, 3, 5, 7]
    history.append(pairs.span, channels: 2, time: .zero, startsRun: true)
    #expect(window(history, endingAt: 0.125, count: 2).samples == [2, 6])
    // The device is 1000 ppm slow: 160 samples take 10.01 ms.
    for block in 0..<3000 { append(&history, 10, at: 1000 + Double(block) * 10.01, from: block * 160) }
    let (samples, found) = window(history, endingAt: 1000 + 28_028, count: 16)
    #expect(found.missing == 0 && (samples[15] - 447_999).magnitude <= 1)
  }
}
