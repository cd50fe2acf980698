import BraidCore
import Testing

@testable import BraidInference
@testable import BraidPipeline

/// From probabilities over time to events.
@Suite("Event decoders")
struct EventDecoderTests {
  private func time(_ milliseconds: Int64) -> MediaTime { .zero + .milliseconds(milliseconds) }

  /// Instants of scores that come every 10 ms.
  private func instants(_ scores: [Float], threshold: Float = 0.5, gap: Int64 = 100) -> [Int64] {
    var decoder = InstantEventDecoder(threshold: threshold, minimumGap: .milliseconds(gap))
    var found: [InstantEventDecoder.Instant] = []
    for (index, score) in scores.enumerated() {
      if let instant = decoder.push(score, at: time(Int64(index) * 10)) { found.append(instant) }
    }
    if let instant = decoder.end() { found.append(instant) }
    return found.map { ($0.time - MediaTime.zero).nanoseconds / 1_000_000 }
  }

  @Test("An instant is the peak of its stretch; of equal ones the first")
  func peaks() {
    #expect(instants([0, 0.6, 0.9, 0.7, 0]) == [20])
    #expect(instants([0, 0.8, 0.8, 0]) == [10])
    #expect(instants([0.1, 0.49, 0.2]) == [])
    #expect(instants([0, 0.5, 0]) == [10])
    #expect(instants([0, 0.7]) == [10])
    #expect(instants([0, 0.7, .nan, 0.8, 0]) == [10])
  }

  @Test("Instants keep their distance, counted from the last one that was told")
  func distance() {
    var scores = [Float](repeating: 0, count: 40)
    for index in [2, 8, 12, 22] { scores[index] = 0.9 }
    #expect(instants(scores) == [20, 120, 220])
    #expect(instants(scores, gap: 0) == [20, 80, 120, 220])
  }

  private func intervals(_ scores: [Float], _ change: (inout IntervalEventDecoder.Settings) -> Void = { _ in })
    -> [IntervalEventDecoder.Interval]
  {
    var settings = IntervalEventDecoder.Settings()
    change(&settings)
    var decoder = IntervalEventDecoder(settings)
    var found: [IntervalEventDecoder.Interval] = []
    for (index, score) in scores.enumerated() {
      let told = decoder.push(score, from: time(Int64(index) * 40), length: .milliseconds(40))
      if let told { found.append(told) }
    }
    if let told = decoder.end(at: time(Int64(scores.count) * 40)) { found.append(told) }
    return found
  }

  @Test("An interval is told when it is long enough and when it has ended, under one number")
  func told() throws {
    let scores = [Float](repeating: 0, count: 5) + [Float](repeating: 0.8, count: 10) + .init(repeating: 0, count: 10)
    let found = intervals(scores)
    #expect(found.count == 2)
    #expect(found.map(\.isFinal) == [false, true])
    #expect(Set(found.map(\.number)).count == 1)
    #expect(found[1].start == time(170) && found[1].end == time(630))
    #expect(abs(found[1].score - 0.8) < 1e-6)
  }

  @Test("What is short is not told; a short pause ends nothing; between the thresholds an interval goes on")
  func lengths() {
    let on = [Float](repeating: 0.8, count: 6)
    #expect(intervals([0, 0.8, 0.8, 0, 0, 0, 0, 0, 0]).isEmpty)
    #expect(intervals(on + [0, 0, 0] + on + .init(repeating: 0, count: 8)).filter(\.isFinal).count == 1)
    #expect(intervals(on + .init(repeating: 0, count: 8) + on).filter(\.isFinal).count == 2)
    #expect(intervals(on + .init(repeating: 0.4, count: 20) + on).filter(\.isFinal).count == 1)
    #expect(intervals(.init(repeating: 0.4, count: 20)).isEmpty)
  }

  @Test("However wide the padding, intervals follow one another, and the end of each begins where it was told to begin")
  func padded() {
    let on = [Float](repeating: 0.8, count: 6)
    for pause in 6...20 {
      for padding: Int64 in [30, 150, 200, 300, 2000] {
        let off = [Float](repeating: 0, count: pause)
        let found = intervals(off + on + off + on + off + on + off) { $0.padding = .milliseconds(padding) }
        let final = found.filter(\.isFinal)
        #expect(final.count == 3 && found.count == 6)
        for (one, next) in zip(final, final.dropFirst()) { #expect(one.end <= next.start && next.start < next.end) }
        for one in found where !one.isFinal {
          #expect(final.contains { $0.number == one.number && $0.start == one.start && $0.end >= one.end })
        }
        // What was found stays inside.
        for (number, one) in final.enumerated() {
          let begun = time(Int64((number + 1) * pause + number * 6) * 40)
          #expect(one.start <= begun && one.end >= begun + .milliseconds(240))
        }
      }
    }
  }

  @Test("The mean of an interval that lasts for hours is exact")
  func long() {
    var decoder = IntervalEventDecoder(IntervalEventDecoder.Settings())
    for index in 0..<500_000 { _ = decoder.push(0.6, from: time(Int64(index) * 30), length: .milliseconds(30)) }
    let score = decoder.end(at: time(15_000_000))?.score ?? 0
    #expect(abs(score - 0.6) < 1e-6, "\(score)")
  }

  @Test("A word that never ends is told in parts of half a minute, of a model that gives no space")
  func endless() throws {
    let settings = ModelDescription.CTC(output: "c", labels: ["-", "|", "a", "b"], space: "|")
    var decoder = try CTCDecoder(
      settings,
      outputs: ModelOutputs(
        id: "test@1.0.0", outputs: [ModelOutputs.Output(name: "c", shape: [1, 2, 4])], picture: nil))
    var told: [DecodedEvent] = []
    // Two symbols a second for two minutes, and silence.
    let (spoken, silent): ([Float], [Float]) = ([0, 0, 9, 0, 0, 0, 0, 9], [9, 0, 0, 0, 9, 0, 0, 0])
    for second in 0..<150 {
      let start = time(Int64(second) * 1000)
      decoder.push(
        [second < 120 ? spoken : silent], window: (start, .seconds(1)),
        times: { step in start + .milliseconds(Int64(step) * 500) }, length: .milliseconds(500),
        { told.append($0) }, then: { _, _ in })
    }
    #expect(told.count == 4 && told.allSatisfy { $0.name == String(repeating: "ab", count: 30) && $0.isFinal })
    #expect(
      told.map(\.time) == [0, 30_000, 60_000, 90_000].map(time) && told.allSatisfy { $0.duration == .seconds(30) })
  }

  @Test("The end of the run ends what is open, and padding stays within the run")
  func ends() {
    let found = intervals(.init(repeating: 0.9, count: 10))
    #expect(found.last?.isFinal == true)
    #expect(found.last?.start == .zero && found.last?.end == time(400))
  }
}
