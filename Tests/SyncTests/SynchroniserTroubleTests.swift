import BraidCore
import BraidSync
import BraidTestSupport
import Testing

@Suite("The synchroniser and what is wrong with streams")
struct SynchroniserTroubleTests {
  private func machine(
    _ policy: SyncPolicy, stream: SyncStream = SyncStream(), wait: SyncWait = .unlimited
  ) throws -> Synchroniser<Int> {
    try Synchroniser(
      SynchroniserConfiguration(
        streams: [stream, stream], tick: .elements(stream: 0), members: [SyncMember(stream: 1, policy: policy)],
        wait: wait))
  }

  private func time(_ milliseconds: Int64) -> MediaTime { .zero + .milliseconds(milliseconds) }

  /// The item that each moment has, nil for none.
  private func drain(_ machine: Synchroniser<Int>) -> [Int?] {
    var items: [Int?] = []
    while machine.next(now: HostTime(nanoseconds: 0)) != nil { items.append(machine.parts[0].item) }
    return items
  }

  @Test("readings that are not numbers or have no time are counted and hold nothing up")
  func unusable() throws {
    let machine = try machine(.hold(.milliseconds(25)))
    for number in 0..<10 {
      let stamp = number % 3 == 1 ? nil : time(Int64(number) * 10)
      machine.feed(number, time: stamp, isUsable: number % 3 != 2, stream: 1)
    }
    for tick in [5, 35, 58] as [Int64] { machine.feed(-1, time: time(tick), stream: 0) }
    #expect(drain(machine) == [0, 3, nil])
    #expect(machine.report(of: 1).timeless == 3)
    #expect(machine.report(of: 1).unusable == 3)
    #expect(machine.report(of: 1).accepted == 4)
  }

  @Test("equal times go to the next nanosecond that is free, in the order of arrival")
  func duplicates() throws {
    let machine = try machine(.window(from: .zero, to: .milliseconds(1), allowing: nil))
    for number in 0..<4 { machine.feed(number, time: time(10), stream: 1) }
    machine.feed(9, time: time(10) + MediaDuration(nanoseconds: 1), stream: 1)
    machine.feed(-1, time: time(10), stream: 0)
    machine.finish(stream: 1)
    #expect(machine.next(now: HostTime(nanoseconds: 0)) != nil)
    var items: [String] = []
    machine.forEachItem(ofMember: 0) { items.append("\($0)+\(($1 - time(10)).nanoseconds)") }
    #expect(items == ["0+0", "1+1", "2+2", "3+3", "9+4"])
    #expect(machine.report(of: 1).duplicates == 4)
  }

  @Test("a time that lies off alone is an outlier, time that stays there has jumped")
  func outliers() throws {
    let machine = try machine(.nearest(.milliseconds(2)))
    for (number, stamp) in ([0, 10, 3_600_000, 20, -3_600_000, 30, 90_000, 90_010] as [Int64]).enumerated() {
      machine.feed(number, time: time(stamp), stream: 1)
    }
    for tick in [10, 20, 30, 89_000, 90_000, 90_010] as [Int64] { machine.feed(-1, time: time(tick), stream: 0) }
    for stream in 0...1 { machine.finish(stream: stream) }
    #expect(drain(machine) == [1, 3, 5, nil, 6, 7])
    #expect(machine.report(of: 1).outliers == 2)
    #expect(machine.report(of: 1).jumps == 1)
    // The tick's own stream has jumped as well.
    #expect(machine.report(of: 0).jumps == 1)
  }

  @Test("time that runs back goes on from the newest item, in an epoch and without one")
  func rewinds() throws {
    let machine = try machine(.nearest(.milliseconds(2)))
    let stamps: [(Int64, Int)] = [(50_000, 0), (50_010, 0), (100, 0), (110, 0), (5, 1), (15, 1), (60_000, 2)]
    for (number, (stamp, epoch)) in stamps.enumerated() {
      machine.feed(number, time: time(stamp), epoch: epoch, stream: 1)
    }
    machine.feed(99, time: time(60_001), epoch: 1, stream: 1)
    for tick in [50_010, 50_020, 50_030, 50_040, 50_050, 60_000] as [Int64] {
      machine.feed(-1, time: time(tick), stream: 0)
    }
    for stream in 0...1 { machine.finish(stream: stream) }
    #expect(drain(machine) == [1, 2, 3, 4, 5, 6])
    #expect(machine.report(of: 1).rewinds == 2)
    #expect(machine.report(of: 1).stale == 1)
  }

  @Test("values are not interpolated from one run to the next")
  func runs() throws {
    let machine = try machine(.interpolate(.milliseconds(100)))
    for (number, (stamp, epoch)) in ([(0, 0), (20, 0), (40, 1), (60, 1)] as [(Int64, Int)]).enumerated() {
      machine.feed(number, time: time(stamp), epoch: epoch, stream: 1)
    }
    for tick in [10, 30, 50] as [Int64] { machine.feed(-1, time: time(tick), stream: 0) }
    #expect(drain(machine) == [0, nil, 2])
  }

  @Test("a feed that floods is counted, nothing grows, and the newest is there")
  func flood() throws {
    let machine = try machine(.hold(.seconds(1)), stream: SyncStream(capacity: 16))
    for number in 0..<10_000 { machine.feed(number, time: time(0) + MediaDuration(nanoseconds: 7), stream: 1) }
    machine.feed(-1, time: time(1), stream: 0)
    machine.finish(stream: 1)
    #expect(drain(machine) == [9999])
    #expect(machine.report(of: 1).dropped == 10_000 - 16)
  }

  @Test("ticks that flood make room and are counted")
  func tickFlood() throws {
    let machine = try Synchroniser<Int>(
      SynchroniserConfiguration(
        streams: [SyncStream(), SyncStream()], tick: .elements(stream: 0),
        members: [SyncMember(stream: 1, policy: .hold(.seconds(1)))], tickCapacity: 8))
    for number in 0..<100 { machine.feed(number, time: time(Int64(number)), stream: 0) }
    machine.finish(stream: 1)
    #expect(drain(machine).count == 8)
    #expect(machine.droppedTicks == 92)
  }

  @Test("hops far from everything are left out, not counted through")
  func desert() throws {
    let machine = try Synchroniser<Int>(
      SynchroniserConfiguration(
        streams: [SyncStream(jumpLimit: nil)], tick: .hop(.seconds(1), first: .zero),
        members: [SyncMember(stream: 0, policy: .hold(.seconds(1)))]))
    let century = MediaDuration.seconds(3_155_760_000)
    machine.feed(0, time: time(0), stream: 0)
    machine.feed(1, time: time(0) + century, stream: 0)
    machine.finish(stream: 0)
    let moments = drain(machine)
    #expect(moments.count < 4 * 3600)
    #expect(moments.first == 0 && moments.last == 1)
    #expect(machine.skippedHops + moments.count == 3_155_760_001)
  }

  @Test("whatever comes, nothing traps, everything is accounted for and every wait ends")
  func garbage() throws {
    var generator = SeededGenerator.printed()
    for round in 0..<60 {
      let origin = HostTime(nanoseconds: 0)
      let wait: SyncWait = round % 2 == 0 ? .unlimited : .atMost(.milliseconds(40), origin: origin)
      let policies: [SyncPolicy] = [
        .exact, .nearest(.unlimited), .hold(.unlimited), .interpolate(.unlimited),
        .window(from: .seconds(-1), to: .seconds(1), allowing: .milliseconds(1)),
        .window(from: .seconds(-1), to: .seconds(1), allowing: nil),
      ]
      let stream = SyncStream(
        lateness: .milliseconds(Int64(round % 3) * 20), jumpLimit: round % 5 == 0 ? nil : .seconds(1), capacity: 8)
      let machine = try Synchroniser<Int>(
        SynchroniserConfiguration(
          streams: Array(repeating: stream, count: 3), tick: .elements(stream: 0),
          members: policies.enumerated().map { SyncMember(stream: $0.offset % 3, policy: $0.element) }, wait: wait,
          corrections: round % 4 < 2 ? nil : .seconds(1), tickCapacity: 4))
      var (now, fed, moments) = (origin, Array(repeating: 0, count: 3), 0)
      for number in 0..<400 {
        let stream = Int.random(in: -1...3, using: &generator)
        let odd = Int.random(in: 0..<12, using: &generator)
        let stamps: [Int64] = [.min, .max, .max - 1, .min + 1, 0]
        let stamp = odd < 5 ? stamps[odd] : Int64(number) * 10_000_000 + Int64.random(in: -5...5, using: &generator)
        let duration = MediaDuration(nanoseconds: odd == 7 ? .max : odd == 8 ? .min : 10_000_000)
        now = now + MediaDuration(nanoseconds: Int64.random(in: 0...20_000_000, using: &generator))
        machine.feed(
          number, time: odd == 6 ? nil : MediaTime(nanoseconds: stamp), duration: duration,
          epoch: number / 90 + (odd == 9 ? -1 : 0), isUsable: odd != 10, stream: stream, now: now)
        if fed.indices.contains(stream) { fed[stream] += 1 }
        var calls = 0
        while calls < 30, machine.next(now: now) != nil { calls += 1 }
        moments += calls
      }
      for stream in fed.indices { machine.finish(stream: stream) }
      for stream in fed.indices {
        let report = machine.report(of: stream)
        let refused = report.timeless + report.unusable + report.outliers + report.stale + report.crowded
        #expect(report.accepted + refused == fed[stream])
      }
      while machine.next(now: now) != nil { moments += 1 }
      #expect(moments < 10_000)
      #expect(machine.next(now: now) == nil)
    }
  }
}
