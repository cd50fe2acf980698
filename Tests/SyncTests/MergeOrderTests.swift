import BraidCore
import BraidSync
import BraidTestSupport
import Testing

@Suite("The order in which streams are merged")
struct MergeOrderTests {
  private func head(_ time: Int64?, bound: Int64 = .min, finished: Bool = false) -> MergeOrder.Head {
    MergeOrder.Head(
      time: time.map(MediaTime.init(nanoseconds:)), bound: MediaTime(nanoseconds: bound), isFinished: finished)
  }

  @Test("the earliest is taken, of two at one time the lower stream's")
  func earliest() {
    #expect(MergeOrder.next([head(5), head(3), head(9)]) == .take(1))
    #expect(MergeOrder.next([head(5), head(5)]) == .take(0))
    #expect(MergeOrder.next([head(nil, finished: true), head(5)]) == .take(1))
  }

  @Test("a stream that may still bring something earlier is waited for")
  func waits() {
    #expect(MergeOrder.next([head(nil, bound: 4), head(5)]) == .wait(0))
    #expect(MergeOrder.next([head(nil, bound: 5), head(5)]) == .wait(0))
    #expect(MergeOrder.next([head(5), head(nil, bound: 5)]) == .take(0))
    #expect(MergeOrder.next([head(nil, bound: 6), head(5)]) == .take(1))
    #expect(MergeOrder.next([head(nil, bound: 3), head(nil, bound: 2)]) == .wait(1))
  }

  @Test("the end is the end")
  func finished() {
    #expect(MergeOrder.next([head(nil, finished: true), head(nil, finished: true)]) == .finished)
    #expect(MergeOrder.next([]) == .finished)
  }

  @Test("whatever the producers' speeds, the order is that of time and stream, and it never stalls")
  func property() {
    var generator = SeededGenerator.printed()
    for _ in 0..<100 {
      let count = Int.random(in: 1...5, using: &generator)
      let streams = (0..<count).map { _ in
        (0..<Int.random(in: 0...20, using: &generator)).map { _ in Int64.random(in: 0...30, using: &generator) }
          .sorted()
      }
      let expected = streams.enumerated().flatMap { stream, times in times.map { [$0, Int64(stream)] } }
        .sorted { $0.lexicographicallyPrecedes($1) }
      var produced = Array(repeating: 0, count: count)
      var consumed = Array(repeating: 0, count: count)
      var ended = Array(repeating: false, count: count)
      var merged: [[Int64]] = []
      var decision = MergeOrder.Decision.wait(0)
      while decision != .finished {
        // Producers move at random; the one that is waited for always does.
        for stream in 0..<count {
          let isAwaited = decision == .wait(stream)
          guard isAwaited || Int.random(in: 0..<3, using: &generator) == 0 else { continue }
          if produced[stream] < streams[stream].count { produced[stream] += 1 } else { ended[stream] = true }
        }
        let heads = (0..<count).map { stream -> MergeOrder.Head in
          let waiting = consumed[stream] < produced[stream]
          let bound = ended[stream] ? .max : produced[stream] > 0 ? streams[stream][produced[stream] - 1] : .min
          return head(
            waiting ? streams[stream][consumed[stream]] : nil, bound: bound, finished: ended[stream] && !waiting)
        }
        decision = MergeOrder.next(heads)
        if case .take(let stream) = decision {
          merged.append([streams[stream][consumed[stream]], Int64(stream)])
          consumed[stream] += 1
        }
      }
      #expect(merged == expected)
    }
  }
}
