import BraidCore
import Testing

@Suite struct RingTests {
  private func sensor(_ milliseconds: Int64) -> StreamElement {
    .sensor(
      SensorSample(
        time: MediaTime(nanoseconds: milliseconds * 1_000_000), captured: nil, epoch: 0, values: [Double(milliseconds)])
    )
  }

  private func ring(_ elements: Int, bytes: Int = .max, _ policy: RingPolicy) -> Ring {
    Ring(capacity: RingCapacity(elements: elements, bytes: bytes), policy: policy, ready: Signal(), space: Signal())
  }

  /// Every sequence of pushes and pops up to eight steps, on rings of one to four, beside a plain array.
  @Test(arguments: [RingPolicy.block, .dropOldest], [1, 2, 3, 4])
  func `every short sequence behaves as a plain queue does`(policy: RingPolicy, capacity: Int) {
    for pattern in 0..<256 {
      let ring = ring(capacity, policy)
      var model: [Int64] = []
      var dropped = 0
      var next: Int64 = 0
      for step in 0..<8 {
        if pattern >> step & 1 == 0 {
          let admitted = ring.tryPush(sensor(next))
          if model.count < capacity {
            #expect(admitted)
            model.append(next)
          } else if policy == .dropOldest {
            #expect(admitted)
            model.removeFirst()
            model.append(next)
            dropped += 1
          } else {
            #expect(!admitted)
            continue
          }
          next += 1
        } else {
          var element = ring.pop()
          if case .gap(let gap)? = element {
            #expect(gap.reason == .overrun && gap.frames > 0)
            element = ring.pop()
          }
          #expect(element?.time == (model.isEmpty ? nil : MediaTime(nanoseconds: model.removeFirst() * 1_000_000)))
        }
        let counters = ring.counters
        #expect(counters.pushed == counters.popped + counters.dropped + counters.waiting)
        #expect(counters.dropped == dropped)
        #expect(counters.waiting == model.count)
        #expect(ring.depth == model.count)
      }
    }
  }

  @Test func `bytes bound a ring as well, and one element always fits`() {
    let ring = ring(100, bytes: 20, .block)
    #expect(ring.tryPush(sensor(0)))
    #expect(ring.tryPush(sensor(1)))
    #expect(!ring.tryPush(sensor(2)))
    let small = self.ring(100, bytes: 1, .block)
    #expect(small.tryPush(sensor(0)))
    #expect(!small.tryPush(sensor(1)))
  }

  @Test func `what was dropped comes out as one gap before the rest`() {
    let ring = ring(2, .dropOldest)
    for time in 0..<5 { #expect(ring.tryPush(sensor(Int64(time)))) }
    guard case .gap(let gap)? = ring.pop() else {
      Issue.record("no gap")
      return
    }
    #expect(gap.frames == 3)
    #expect(gap.time == .zero)
    #expect(ring.pop()?.time == MediaTime(nanoseconds: 3_000_000))
  }

  @Test func `a gap among what was dropped is counted in the gap that comes out`() {
    let ring = ring(2, .dropOldest)
    let time = MediaTime(nanoseconds: 1_000_000)
    #expect(ring.tryPush(sensor(0)))
    #expect(
      ring.tryPush(
        .gap(
          Gap(
            time: time, duration: .milliseconds(3), epoch: 0, newEpoch: 1, samples: 5, frames: 3, reason: .overrun))))
    for time in 4..<7 { #expect(ring.tryPush(sensor(Int64(time)))) }
    guard case .gap(let gap)? = ring.pop() else {
      Issue.record("no gap")
      return
    }
    #expect(gap.frames == 5 && gap.samples == 5)
    #expect(ring.counters.dropped == 2)
  }

  @Test func `the bound only moves forward, and the end moves it past everything`() {
    let ring = ring(4, .block)
    #expect(ring.bound == .distantPast)
    ring.advance(bound: MediaTime(nanoseconds: 50))
    ring.advance(bound: MediaTime(nanoseconds: 20))
    #expect(ring.bound == MediaTime(nanoseconds: 50))
    ring.finish()
    #expect(ring.bound == .distantFuture)
    #expect(ring.peek().isFinished)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a blocked producer goes on when there is room, and nothing is lost`() {
    let ready = Signal()
    let ring = Ring(
      capacity: RingCapacity(elements: 3, bytes: .max), policy: .block, ready: ready, space: Signal())
    let producer = DedicatedThread(name: "producer") {
      for time in 0..<10_000 {
        ring.push(.sensor(SensorSample(time: MediaTime(nanoseconds: Int64(time)), captured: nil, epoch: 0, values: [])))
      }
      ring.finish()
    }
    var next: Int64 = 0
    while !ring.peek().isFinished {
      let ticket = ready.ticket()
      if let element = ring.pop() {
        #expect(element.time == MediaTime(nanoseconds: next))
        next += 1
      } else if !ring.peek().isFinished {
        ready.wait(since: ticket)
      }
    }
    producer.join()
    #expect(next == 10_000)
    #expect(ring.counters.popped == 10_000)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a producer that waits is let go when the ring is cancelled`() {
    let ring = ring(1, .block)
    let producer = DedicatedThread(name: "producer") {
      while ring.push(.sensor(SensorSample(time: .zero, captured: nil, epoch: 0, values: []))) {}
    }
    ring.cancel()
    producer.join()
    #expect(ring.isEmpty)
  }
}
