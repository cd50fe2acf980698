import BraidCore
import BraidTestSupport
import Testing

@testable import BraidIngest

@Suite("Stamps of live sources")
struct LiveStampsTests {
  private static let ticks = TimeBase(numerator: 1, denominator: 90_000)

  private func stamps(_ count: Int, sparse: Set<Int> = []) -> LiveStamps {
    var stamps = LiveStamps(count: count)
    for index in 0..<count {
      stamps.setStream(index, timeBase: Self.ticks, bits: 33, isSparse: sparse.contains(index))
    }
    return stamps
  }

  private func place(
    _ stamps: inout LiveStamps, _ raw: Int64, of stream: Int = 0, at seconds: Double, delay: Int64 = 0
  ) throws -> (LiveStamps.Place, presentation: Int64?, decoding: Int64?) {
    var decoding: Int64? = raw & (1 << 33 - 1)
    var presentation: Int64? = (raw + delay) & (1 << 33 - 1)
    let arrival = HostTime(nanoseconds: Int64((seconds * 1e9).rounded()))
    let place = stamps.place(&presentation, &decoding, length: 3600, of: stream, at: arrival)
    return (try #require(place), presentation, decoding)
  }

  @Test("Stamps of 33 bits that wrap three times go on without a jump")
  func threeWraps() throws {
    var stamps = stamps(1)
    let first: Int64 = 1 << 33 - 90_000
    // A packet every 100 s for five days: 26.5 hours a turn.
    for number in 0..<Int64(4320) {
      let raw = first + number * 9_000_000
      let (place, presentation, decoding) = try place(&stamps, raw, at: Double(number) * 100, delay: 7200)
      #expect(!place.hasJumped)
      #expect(decoding == raw && presentation == raw + 7200)
      #expect(place.time.nanoseconds == Self.ticks.nanoseconds(raw))
    }
    #expect((first + 4319 * 9_000_000) >> 33 >= 4)
  }

  @Test("A jump is moved so that as much time passes as between the arrivals", arguments: [-90_000 * 50, 90_000 * 50])
  func jump(_ size: Int64) throws {
    var stamps = stamps(2)
    var jumps: [Int] = []
    for number in 0..<Int64(200) {
      let seconds = Double(number) * 0.04
      // Both streams jump by the same, the second one three packets later.
      let raw = 90_000 * 100 + number * 3600
      for stream in 0..<2 {
        let jumped = number >= (stream == 0 ? 100 : 103)
        let (place, _, decoding) = try place(&stamps, raw + (jumped ? size : 0), of: stream, at: seconds)
        #expect((place.time.nanoseconds - Self.ticks.nanoseconds(raw)).magnitude < 1000)
        #expect((try #require(decoding) - raw).magnitude <= 1)
        if place.hasJumped { jumps.append(stream) }
        #expect(place.isFirst == (stream == 0 && number == 100))
      }
    }
    #expect(jumps == [0, 1])
  }

  @Test("A silence, a burst after it and pictures out of order are no jumps")
  func noJump() throws {
    var stamps = stamps(1)
    var seconds = 0.0
    for number in 0..<Int64(400) {
      // Three seconds of nothing, then everything at once; later ten seconds that were lost.
      if number < 100 || number > 175 { seconds = Double(number) * 0.04 }
      if number == 100 { seconds += 3 }
      let lost: Int64 = number >= 300 ? 900_000 : 0
      let (place, _, _) = try place(
        &stamps, number * 3600 + lost, at: seconds + (number >= 300 ? 10 : 0), delay: number % 3 * 3600)
      #expect(!place.hasJumped)
    }
  }

  @Test("Packets without stamps take their arrival's")
  func withoutStamps() throws {
    var stamps = stamps(1)
    for number in 0..<Int64(5) {
      var (presentation, decoding): (Int64?, Int64?) = (nil, nil)
      let arrival = HostTime(nanoseconds: number * 40_000_000)
      let place = stamps.place(&presentation, &decoding, length: 0, of: 0, at: arrival)
      #expect(presentation == number * 3600)
      #expect(place?.time.nanoseconds == arrival.nanoseconds && place?.hasJumped == false)
    }
  }

  @Test("A packet without stamps among others that have some is left to its decoder")
  func someWithoutStamps() throws {
    var stamps = stamps(2)
    for number in 0..<Int64(50) {
      let seconds = 5000 + Double(number) * 0.04
      if number % 2 == 0 {
        let (place, _, decoding) = try place(&stamps, number * 3600, at: seconds)
        #expect(decoding == number * 3600 && !place.hasJumped)
      } else {
        var (presentation, decoding): (Int64?, Int64?) = (nil, nil)
        let arrival = HostTime(nanoseconds: Int64(seconds * 1e9))
        let place = stamps.place(&presentation, &decoding, length: 0, of: 0, at: arrival)
        #expect(place == nil)
        #expect(presentation == nil && decoding == nil)
        // A stream that has never shown one lies where the other has got to.
        let other = try #require(stamps.place(&presentation, &decoding, length: 0, of: 1, at: arrival))
        #expect((other.time.nanoseconds - Self.ticks.nanoseconds(number * 3600)).magnitude < 1000)
      }
    }
  }

  @Test("Stamps that begin after packets without any go on where those had got to")
  func laterStamps() throws {
    var stamps = stamps(2)
    for number in 0..<Int64(20) {
      let seconds = 5000 + Double(number) * 0.04
      let arrival = HostTime(nanoseconds: Int64((seconds * 1e9).rounded()))
      for stream in 0..<2 {
        var place: LiveStamps.Place?
        if number < 10 || (stream == 1 && number < 15) {
          var (presentation, decoding): (Int64?, Int64?) = (nil, nil)
          place = stamps.place(&presentation, &decoding, length: 0, of: stream, at: arrival)
        } else {
          place = try self.place(&stamps, 700 + number * 3600, of: stream, at: seconds).0
        }
        let found = try #require(place)
        #expect((found.time.nanoseconds - arrival.nanoseconds).magnitude < 1000 && !found.hasJumped)
      }
    }
  }
}

@Suite("Time lines of live sources")
struct LiveTimelineTests {
  /// Seconds by which the line puts stamps later than `truth` does, for packets that arrive as `arrivals` says.
  private func run(
    _ timeline: inout LiveTimeline, from first: Int = 0, _ count: Int, spacing: Double = 0.02,
    arrival: (Int) -> Double, stamp: (Int) -> Double
  ) -> (errors: [Double], begun: Int?, jumped: [Int]) {
    var errors: [Double] = []
    var begun: Int?
    var jumped: [Int] = []
    for number in first..<first + count {
      let time = MediaTime(nanoseconds: Int64((stamp(number) * 1e9).rounded()))
      let host = HostTime(nanoseconds: Int64((arrival(number) * 1e9).rounded()))
      switch timeline.observe(time, of: 0, at: host) {
      case .begun: begun = number
      case .jumped: jumped.append(number)
      case .followed: break
      }
      if timeline.hasBegun {
        errors.append(Double(timeline.hostTime(of: time).nanoseconds) / 1e9 - Double(number) * spacing)
      }
    }
    return (errors, begun, jumped)
  }

  @Test("What waited in buffers at the beginning does not shift the line")
  func burst() {
    var timeline = LiveTimeline([.audio], beginsAtOnce: false)
    // 1.5 s of sound at once, then as it comes.
    let (errors, begun, jumped) = run(
      &timeline, 500, arrival: { max(1.5, Double($0) * 0.02) }, stamp: { 500 + Double($0) * 0.02 })
    #expect(begun.map { (75...90).contains($0) } == true)
    #expect(jumped.isEmpty)
    #expect(errors.allSatisfy { $0.magnitude < 0.002 })
  }

  @Test("A stall of three seconds and the burst that makes up for it leave the line where it is")
  func stall() {
    var timeline = LiveTimeline([.audio], beginsAtOnce: false)
    let (errors, _, jumped) = run(
      &timeline, 2000,
      arrival: {
        let time = Double($0) * 0.02
        return (10..<13).contains(time) ? 13 + (time - 10) * 0.01 : time
      }, stamp: { Double($0) * 0.02 })
    #expect(jumped.isEmpty)
    #expect(errors.allSatisfy { $0.magnitude < 0.02 })
  }

  @Test("Jitter is smoothed, and two streams keep their distance exactly")
  func jitter() {
    var generator = SeededGenerator.printed()
    var timeline = LiveTimeline([.audio, .video], beginsAtOnce: false)
    let (errors, _, jumped) = run(
      &timeline, 3000, arrival: { Double($0) * 0.02 + Double.random(in: 0...0.03, using: &generator) },
      stamp: { Double($0) * 0.02 })
    #expect(jumped.isEmpty)
    // Arrivals are late by 15 ms on average; the line lies within the jitter and is still.
    #expect(errors.dropFirst(500).allSatisfy { (0.005...0.025).contains($0) })
    let (one, other) = (MediaTime(nanoseconds: 59_000_000_000), MediaTime(nanoseconds: 59_040_000_000))
    let distance = (timeline.hostTime(of: other) - timeline.hostTime(of: one)).nanoseconds
    #expect((distance - 40_000_000).magnitude < 40_000)
    #expect(timeline.estimate.map { ($0.jitter.seconds - 0.0087).magnitude < 0.004 } == true)
  }

  @Test("A clock that jumps begins another line, and what is before keeps its own")
  func jump() throws {
    var timeline = LiveTimeline([.audio], beginsAtOnce: false)
    _ = run(&timeline, 1000, arrival: { Double($0) * 0.02 }, stamp: { Double($0) * 0.02 })
    let before = timeline.hostTime(of: MediaTime(nanoseconds: 19_000_000_000))
    // From here on everything comes half a second later: the source stood still.
    let (errors, _, jumped) = run(
      &timeline, from: 1000, 500, arrival: { Double($0) * 0.02 + 0.5 }, stamp: { Double($0) * 0.02 })
    #expect(jumped.count == 1 && jumped[0] < 1100)
    #expect(errors.suffix(300).allSatisfy { ($0 - 0.5).magnitude < 0.01 })
    let after = timeline.hostTime(of: MediaTime(nanoseconds: 19_000_000_000))
    #expect((after - before).magnitude < .milliseconds(20))
  }

  @Test("A source that is silent about its sound is followed by its pictures")
  func otherReference() {
    var timeline = LiveTimeline([.video, .audio], beginsAtOnce: false)
    let (errors, begun, _) = run(&timeline, 500, arrival: { Double($0) * 0.02 }, stamp: { Double($0) * 0.02 })
    #expect(begun != nil)
    #expect(errors.allSatisfy { $0.magnitude < 0.001 })
  }

  @Test("Packets of a fast source are due by their stamps, and again from the start after a jump")
  func pacer() {
    var pacer = LivePacer()
    let base = TimeBase(numerator: 1, denominator: 1000)
    func due(_ milliseconds: Int64, _ now: Int64, of stream: Int = 0) -> Int64? {
      pacer.due(nil, milliseconds, timeBase: base, bits: 64, of: stream, now: HostTime(nanoseconds: now * 1_000_000))?
        .nanoseconds
    }
    #expect(due(5000, 100) == nil)
    #expect(due(5040, 101) == 140_000_000)
    #expect(due(5010, 101, of: 1) == nil)
    #expect(due(5080, 200) == nil)
    // Stamps start anew.
    #expect(due(0, 300) == nil)
    #expect(due(40, 300) == 340_000_000)
    // It fell behind by more than a second.
    #expect(due(80, 2000) == nil)
    #expect(due(120, 2000) == 2_040_000_000)
  }
}

@Suite("Coming back")
struct ReconnectScheduleTests {
  @Test("The first attempt is at once, and waits double up to the longest, each drawn from 80 to 120 %")
  func waits() {
    var options = LiveOptions()
    options.reconnects = true
    (options.reconnectWait, options.longestWait) = (.seconds(1), .seconds(5))
    for (random, factor) in [(0.0, 0.8), (0.5, 1.0), (0.999_999, 1.2)] {
      var schedule = ReconnectSchedule(options) { random }
      for expected in [0, 1, 2, 4, 5, 5] as [Double] {
        #expect(schedule.next().map { ($0.seconds - expected * factor).magnitude < 1e-5 } == true)
      }
      schedule.succeeded()
      #expect(schedule.next() == .zero)
      #expect(schedule.next().map { ($0.seconds - factor).magnitude < 1e-5 } == true)
    }
  }

  @Test("As many attempts in a row as are allowed, and no more")
  func limit() {
    var options = LiveOptions()
    options.reconnectLimit = 3
    options.reconnectWait = .zero
    var schedule = ReconnectSchedule(options)
    for _ in 0..<3 { #expect(schedule.next() == .zero) }
    #expect(schedule.next() == nil)
    schedule.succeeded()
    #expect(schedule.next() == .zero)
    options.reconnectLimit = 0
    schedule = ReconnectSchedule(options)
    #expect(schedule.next() == nil)
  }
}
