import BraidCore
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1))) struct TraceTests {
  /// What a recorder has written so far, in the pieces in which it was.
  private final class Collector: Sendable {
    let pieces = Guarded<[[UInt8]]>([])

    var bytes: [UInt8] { pieces.withLock { $0 }.flatMap(\.self) }

    func take(_ bytes: [UInt8]) { pieces.withLock { $0.append(bytes) } }

    /// The events, by what Foundation reads.
    func events() throws -> [[String: Any]] {
      try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [[String: Any]])
    }
  }

  private func milliseconds(_ count: Int64) -> HostTime { HostTime(nanoseconds: count * 1_000_000) }

  @Test func `by a manual clock the same events are the same lines`() {
    let clock = ManualClock(start: milliseconds(5))
    let written = Collector()
    let recorder = TraceRecorder(clock: clock) { written.take($0) }
    let session = recorder.row("session", order: 2)
    let input = recorder.row("input \"0\"", order: 1)
    let stream = recorder.subject("video:0")
    let start = input.begin()
    clock.advance(by: MediaDuration(nanoseconds: 1_234_567))
    input.span("decode", stream, since: start, .time("pts", MediaTime(nanoseconds: 40_000_000)))
    input.flow(.begins, .frame(stream: 1, time: MediaTime(nanoseconds: 40_000_000)), at: start)
    session.counter("ring", stream, 3)
    session.instant(
      "skip", stream, reason: "budget", .duration("age_ms", .milliseconds(51)), .count("number", 7))
    session.flow(.ends, .frame(stream: 1, time: MediaTime(nanoseconds: 40_000_000)))
    recorder.note("session", row: session) {
      $0.beginObject()
      $0.key("pace")
      $0.value("fast")
      $0.endObject()
      $0.endLine()
    }
    #expect(recorder.finish() == 0)
    // Rows are drained when the recorder's thread comes round to them: which row's events stand first is no promise.
    let expected = #"""
      [
      {"ph":"M","pid":1,"name":"process_name","args":{"name":"braid"}},
      {"ph":"i","pid":1,"tid":1,"name":"session","ts":1234.567,"s":"g","args":{"pace":"fast"}},
      {"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"session"}},
      {"ph":"M","pid":1,"tid":1,"name":"thread_sort_index","args":{"sort_index":2}},
      {"ph":"C","pid":1,"tid":1,"name":"ring video:0","cat":"ring","ts":1234.567,"args":{"level":3}},
      {"ph":"i","pid":1,"tid":1,"name":"skip video:0","cat":"skip","ts":1234.567,"s":"t","args":{"reason":"budget","age_ms":51,"number":7}},
      {"ph":"f","pid":1,"tid":1,"name":"frame","cat":"flow","ts":1234.567,"id":17592186084416,"bp":"e"},
      {"ph":"M","pid":1,"tid":2,"name":"thread_name","args":{"name":"input \"0\""}},
      {"ph":"M","pid":1,"tid":2,"name":"thread_sort_index","args":{"sort_index":1}},
      {"ph":"X","pid":1,"tid":2,"name":"decode video:0","cat":"decode","ts":0,"dur":1234.567,"args":{"pts":0.04}},
      {"ph":"s","pid":1,"tid":2,"name":"frame","cat":"flow","ts":0,"id":17592186084416}
      ]

      """#
    #expect(lines(String(decoding: written.bytes, as: UTF8.self)) == lines(expected))
  }

  /// The lines of a trace without the commas that join them: what stands outside all rows, and each row's in their order.
  private func lines(_ trace: String) -> [String: [String]] {
    Dictionary(
      grouping: trace.split(separator: "\n").map { $0.hasSuffix(",") ? String($0.dropLast()) : String($0) },
      by: { line in line.firstMatch(of: /"tid":([0-9]+)/).map { String($0.1) } ?? "" })
  }

  @Test func `what finds no room is dropped and counted, and nothing else is`() throws {
    let isOpen = Guarded(false)
    let opened = Signal()
    let written = Collector()
    // The recorder's thread hangs in its first write until the rows have overflowed.
    let recorder = TraceRecorder(clock: ManualClock()) { bytes in
      while true {
        let ticket = opened.ticket()
        if isOpen.withLock({ $0 }) { break }
        opened.wait(since: ticket)
      }
      written.take(bytes)
    }
    let row = recorder.row("full", order: 0)
    for number in 0..<100_000 { row.instant("event", .none, .count("number", number)) }
    isOpen.withLock { $0 = true }
    opened.notify()
    let dropped = recorder.finish()
    let events = try written.events()
    let numbers = events.filter { $0["name"] as? String == "event" }
      .compactMap { ($0["args"] as? [String: Any])?["number"] as? Int }
    let told = events.filter { $0["name"] as? String == "entries dropped" }
      .compactMap { ($0["args"] as? [String: Any])?["count"] as? Int }
    #expect(dropped > 80_000)
    #expect(numbers.count + dropped == 100_000)
    #expect(numbers.prefix(8192) == ArraySlice(0..<8192))
    #expect(told.reduce(0, +) == dropped)
  }

  @Test func `two threads write at full speed, and each row keeps its order`() throws {
    let written = Collector()
    let recorder = TraceRecorder(clock: MonotonicClock()) { written.take($0) }
    let threads = (0..<2).map { place in
      let row = recorder.row("thread \(place)", order: place)
      return DedicatedThread(name: "trace-\(place)") {
        for number in 0..<20_000 {
          let start = row.begin()
          row.span("work", since: start, .count("number", number))
        }
      }
    }
    for thread in threads { thread.join() }
    let dropped = recorder.finish()
    let events = try written.events().filter { $0["ph"] as? String == "X" }
    #expect(events.count + dropped == 40_000)
    for row in 1...2 {
      let own = events.filter { $0["tid"] as? Int == row }
      let numbers = own.compactMap { ($0["args"] as? [String: Any])?["number"] as? Int }
      #expect(numbers.count == own.count && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
      let times = own.compactMap { $0["ts"] as? Double }
      #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
    }
  }

  @Test func `whatever has been written needs but a bracket to be whole`() throws {
    let written = Collector()
    let clock = ManualClock()
    let recorder = TraceRecorder(clock: clock) { written.take($0) }
    let row = recorder.row("session", order: 0)
    for number in 0..<5 {
      row.instant("event", .none, .count("number", number))
      clock.waitForSleepers(1)
      clock.advance(by: .milliseconds(200))
    }
    recorder.finish()
    let pieces = written.pieces.withLock { $0 }
    #expect(pieces.count >= 5)
    for count in 1..<pieces.count {
      let text = pieces.prefix(count).flatMap(\.self) + [UInt8(ascii: "]")]
      #expect(try JSONSerialization.jsonObject(with: Data(text)) is [Any], "\(count) pieces")
    }
  }

  /// A frame's way ends where it is taken; a ring ends those that nobody will take.
  @Test func `the way of every element through a ring begins once and ends once`() throws {
    let written = Collector()
    let recorder = TraceRecorder(clock: ManualClock()) { written.take($0) }
    let (input, session) = (recorder.row("input", order: 0), recorder.row("session", order: 1))
    let ring = Ring(
      capacity: RingCapacity(elements: 3, bytes: .max), policy: .dropOldest, ready: Signal(), space: Signal(),
      trace: RingTrace(stream: recorder.subject("sensor:0"), order: 4, producer: input, consumer: session))
    for number in 0..<20 {
      let time = MediaTime(nanoseconds: Int64(number) * 10_000_000)
      #expect(ring.tryPush(.sensor(SensorSample(time: time, captured: nil, epoch: 0, values: []))))
      guard number % 6 == 5, let element = ring.pop() else { continue }
      // A gap has no way of its own: it stands for what was dropped.
      if element.isGap { continue }
      session.flow(.ends, .frame(stream: 4, time: element.time))
    }
    ring.cancel()
    recorder.finish()
    let events = try written.events()
    let begun = events.filter { $0["ph"] as? String == "s" }.compactMap { $0["id"] as? Int }
    let ended = events.filter { $0["ph"] as? String == "f" }.compactMap { $0["id"] as? Int }
    #expect(begun.count == 20 && Set(begun).count == 20)
    #expect(begun.sorted() == ended.sorted())
    let drops = events.filter { $0["name"] as? String == "drop sensor:0" }
    #expect(drops.count == ring.counters.dropped - 3)
    let levels = events.filter { $0["ph"] as? String == "C" }
      .compactMap { ($0["args"] as? [String: Any])?["level"] as? Int }
    #expect(levels.max() == 3 && levels.min().map { $0 >= 1 } == true)
  }
}
