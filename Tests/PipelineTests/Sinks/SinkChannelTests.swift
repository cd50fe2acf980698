import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// The queue and the thread of a sink: nothing is held up, and everything is counted.
@Suite("Sink channels", .timeLimit(.minutes(1)))
struct SinkChannelTests {
  /// A writer that does as it is told.
  private final class Writer: SinkWriter, @unchecked Sendable {
    // SAFETY: what is shared is guarded; `fill` is constant.
    let fill: SinkFill
    /// Holds every batch up until it is opened.
    let gate: Guarded<Bool>
    let items = Guarded<[String]>([])
    let batches = Guarded<[Int]>([])
    /// Fails from this item on.
    let failsAt: Int?

    init(fill: SinkFill = SinkFill(), isOpen: Bool = true, failsAt: Int? = nil) {
      self.fill = fill
      gate = Guarded(isOpen)
      self.failsAt = failsAt
    }

    func open() { gate.withLock { $0 = true } }

    func write(_ batch: SinkBatch, for channel: SinkChannel) throws(PipelineError) {
      while !gate.withLock({ $0 }) {
        guard channel.pause(.milliseconds(1)) else { return }
      }
      batches.withLock { $0.append(batch.count) }
      for item in 0..<batch.count {
        if items.withLock({ $0.count }) == failsAt { throw PipelineError(.outputFailed, "told to fail") }
        let text = String(decoding: batch.bytes[batch.start(of: item)..<batch.ends[item]], as: UTF8.self)
        items.withLock { $0.append(text) }
        channel.wrote(1, bytes: batch.ends[item] - batch.start(of: item))
      }
    }

    func finish(_ channel: SinkChannel) {}
  }

  private func channel(_ writer: Writer, capacity: Int = 64000, _ drop: SinkSetting.Drop) -> SinkChannel {
    SinkChannel(
      SinkChannel.Settings(id: "test", capacity: capacity, drop: drop), writer: writer, clock: MonotonicClock(),
      ready: Signal(), place: 0, note: { _ in })
  }

  private func soon() -> HostTime? { MonotonicClock().now + .seconds(20) }

  @Test("A batch larger than the queue is not waited for, and an end by the writer is told after many faults")
  func fullQueueAndEnd() {
    let fill = SinkFill(items: 10_000, bytes: 1 << 20, wanted: 10_000, wait: .seconds(3600))
    let writer = Writer(fill: fill, failsAt: 900)
    let channel = channel(writer, capacity: 1000, .none)
    for fault in 0..<20 { channel.tell(PipelineError(.outputFailed, "fault \(fault)")) }
    // Ten times the queue, which nothing would empty within the hour.
    for item in 0..<1000 where channel.failure == nil { channel.offer(Array("\(item)\n".utf8), tag: 0) { false } }
    #expect(writer.items.withLock { $0.count } >= 800)
    channel.end(until: soon)
    #expect(channel.failure != nil && channel.takeFaults().last == channel.failure)
    let account = channel.account
    #expect(account.offered == account.lines + account.dropped)
  }

  @Test("The queue gives back what it was given, whatever the lengths, and keeps to its size")
  func queue() {
    var generator = SeededGenerator.printed()
    for _ in 0..<50 {
      var queue = SinkQueue(capacity: Int.random(in: 100...5000, using: &generator))
      var expected: [([UInt8], Int64)] = []
      var batch = SinkBatch()
      var taken: [([UInt8], Int64)] = []
      for _ in 0..<500 {
        let item = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
        if queue.hasRoom(for: item.count) {
          let tag = Int64.random(in: .min ... .max, using: &generator)
          queue.append(item, tag: tag)
          expected.append((item, tag))
        }
        #expect(queue.count <= 1 || queue.byteCount <= queue.capacity)
        while queue.count > 0, Int.random(in: 0..<3, using: &generator) > 0 {
          if Int.random(in: 0..<8, using: &generator) == 0 {
            queue.removeFirst()
            expected.remove(at: taken.count)
          } else {
            batch.removeAll()
            queue.moveFirst(to: &batch)
            taken.append((batch.bytes, batch.tags[0]))
          }
        }
      }
      while queue.count > 0 {
        batch.removeAll()
        queue.moveFirst(to: &batch)
        taken.append((batch.bytes, batch.tags[0]))
      }
      #expect(taken.map(\.0) == expected.map(\.0))
      #expect(taken.map(\.1) == expected.map(\.1))
    }
  }

  @Test("Of what a stalled writer has no room for, the oldest, or the newest, is dropped and counted")
  func drops() {
    for drop in [SinkSetting.Drop.oldest, .newest] {
      let writer = Writer(isOpen: false)
      let channel = channel(writer, capacity: 1000, drop)
      let started = MonotonicClock().now
      for number in 0..<5000 { channel.offer(Array("item \(number)\n".utf8), tag: 0) { false } }
      channel.flush()
      // The one who offers was not held up.
      #expect(MonotonicClock().now - started < .seconds(5))
      writer.open()
      channel.end(until: soon)
      let account = channel.account
      let items = writer.items.withLock { $0 }
      #expect(account.offered == 5000)
      #expect(account.lines == items.count && account.lines > 0)
      #expect(account.lines + account.dropped == 5000)
      #expect(account.bytes == items.reduce(0) { $0 + $1.utf8.count })
      if drop == .oldest { #expect(items.last == "item 4999\n") } else { #expect(items.first == "item 0\n") }
    }
  }

  @Test("Where nothing is to be dropped everything arrives in order, however slow the writer")
  func waits() {
    let writer = Writer(isOpen: false)
    let channel = channel(writer, capacity: 500, .none)
    let opener = DedicatedThread(name: "opener") {
      usleep(50000)
      writer.open()
    }
    for number in 0..<2000 { channel.offer(Array("\(number)".utf8), tag: 0) { false } }
    channel.drain { nil }
    #expect(channel.account.lines == 2000)
    channel.end(until: soon)
    opener.join()
    #expect(writer.items.withLock { $0 } == (0..<2000).map(String.init))
    #expect(channel.account.dropped == 0 && channel.account.offered == 2000)
  }

  @Test("One who waits for room is let go when it is given up, and what was not taken is counted")
  func givenUp() {
    let writer = Writer(isOpen: false)
    let channel = channel(writer, capacity: 100, .none)
    let clock = MonotonicClock()
    let limit = clock.now + .milliseconds(200)
    for number in 0..<100 { channel.offer(Array("item \(number)".utf8), tag: 0) { clock.now >= limit } }
    channel.end { limit }
    let account = channel.account
    #expect(account.offered == 100 && account.lines == 0 && account.dropped == 100)
    #expect(clock.now - limit < .seconds(3))
  }

  @Test("A writer that fails is told once; what comes later is dropped and counted")
  func failure() {
    let writer = Writer(failsAt: 10)
    let channel = channel(writer, .none)
    for number in 0..<100 { channel.offer(Array("\(number)".utf8), tag: 0) { false } }
    channel.drain { nil }
    channel.offer([1], tag: 0) { false }
    channel.end(until: soon)
    let account = channel.account
    #expect(account.offered == 101 && account.lines == 10 && account.dropped == 91 && account.errors == 1)
    #expect(channel.takeFaults().map(\.message) == ["told to fail"])
    #expect(channel.takeFaults().isEmpty)
    #expect(channel.failure != nil)
  }

  @Test("A batch is waited for until it is full or its time is over, and not at the end")
  func fill() {
    let writer = Writer(fill: SinkFill(items: 10, bytes: 1000, wanted: 10, wait: .seconds(3600)))
    let channel = channel(writer, .none)
    for number in 0..<25 {
      channel.offer(Array("\(number)".utf8), tag: 0) { false }
      channel.flush()
    }
    channel.drain { nil }
    channel.end(until: soon)
    #expect(writer.batches.withLock { $0 } == [10, 10, 5])
    let timed = Writer(fill: SinkFill(items: 10, bytes: 1000, wanted: 10, wait: .milliseconds(20)))
    let second = self.channel(timed, .none)
    second.offer([1], tag: 0) { false }
    second.flush()
    while second.account.lines == 0 { usleep(1000) }
    second.end(until: soon)
    #expect(timed.batches.withLock { $0 } == [1])
  }
}
