import BraidCore
import BraidTestSupport
import Testing

@testable import BraidIngest

/// Order within a lateness, and the clock of a live feed, without any input.
@Suite("Order and clock of feeds", .timeLimit(.minutes(1)))
struct FeedOrderTests {
  private func element(_ milliseconds: Int64, _ number: Int) -> StreamElement {
    .sensor(SensorSample(time: .zero + .milliseconds(milliseconds), captured: nil, epoch: 0, values: [Double(number)]))
  }

  private func number(_ element: StreamElement) -> Int {
    if case .sensor(let sample) = element { Int(sample.values[0]) } else { -1 }
  }

  @Test("What is late by no more than the lateness comes out in the order that sorting gives; what is later is refused")
  func sorted() {
    var random = SeededGenerator.printed()
    for _ in 0..<200 {
      let lateness = Int64.random(in: 0...50, using: &random)
      var buffer = ReorderBuffer(lateness: .milliseconds(lateness))
      var kept: [(time: Int64, number: Int)] = []
      var newest = Int64.min
      var out: [Int] = []
      for number in 0..<300 {
        let time = Int64(number) * 2 + Int64.random(in: -40...40, using: &random)
        let isLate = newest != .min && time < newest - lateness
        let isTaken = buffer.insert(element(time, number), arrival: nil)
        #expect(isTaken == !isLate)
        if !isLate { kept.append((time, number)) }
        newest = max(newest, time)
        while let next = buffer.next() { out.append(self.number(next)) }
      }
      while let next = buffer.next(atEnd: true) { out.append(number(next)) }
      #expect(out == kept.sorted { ($0.time, $0.number) < ($1.time, $1.number) }.map(\.number))
    }
  }

  @Test("An element of a live feed waits no longer than the lateness, though nothing follows it")
  func waiting() {
    var buffer = ReorderBuffer(lateness: .milliseconds(100))
    let arrival = HostTime(nanoseconds: 1_000_000_000)
    func insert(_ milliseconds: Int64, _ number: Int) -> Bool {
      buffer.insert(element(milliseconds, number), arrival: arrival)
    }
    func next(after milliseconds: Int64) -> Int? { buffer.next(at: arrival + .milliseconds(milliseconds)).map(number) }
    #expect(insert(500, 1))
    #expect(next(after: 99) == nil)
    #expect(buffer.deadline == arrival + .milliseconds(100))
    #expect(next(after: 100) == 1)
    // What it has overtaken is too late now.
    #expect(!insert(499, 2))
    #expect(insert(500, 3))
  }

  @Test("A buffer that is full lets its earliest element go: memory is bounded")
  func bounded() {
    var buffer = ReorderBuffer(lateness: .seconds(60))
    var out = 0
    for number in 0..<100_000 {
      _ = buffer.insert(element(Int64(number), number), arrival: nil)
      while buffer.next() != nil { out += 1 }
    }
    #expect(out >= 90_000)
  }

  /// What a clock says of lines that come at given times, in milliseconds.
  private func places(
    _ lines: [(stamp: Int64, arrival: Int64)], lateness: MediaDuration = .zero
  ) -> (places: [FeedClock.Place], clock: FeedClock) {
    var clock = FeedClock(.sensor, lateness: lateness)
    let places = lines.map { line in
      clock.observe(.zero + .milliseconds(line.stamp), at: HostTime(nanoseconds: line.arrival * 1_000_000))
    }
    return (places, clock)
  }

  /// Lines that come every 10 ms, with stamps so many milliseconds apart.
  private static func lines(_ count: Int, stamp: Int64, from: Int64 = 0) -> [(stamp: Int64, arrival: Int64)] {
    (0..<Int64(count)).map { index in (stamp: from + index * stamp, arrival: index * 10 + 1000) }
  }

  private func captured(_ place: FeedClock.Place) -> Int64? {
    switch place {
    case .at(let time), .jumped(let time): time.nanoseconds
    case .pending, .stray: nil
    }
  }

  @Test("Jitter of arrivals is filtered: captures are within 8 ms where arrivals spread over 40 ms")
  func jitter() {
    var random = SeededGenerator.printed()
    let lines = (0..<3000).map { (index: Int64) in
      let arrival = index * 50 + 10_000 + Int64.random(in: 0...40, using: &random)
      return (stamp: index * 50 + 5_000_000, arrival: arrival)
    }
    let errors = places(lines).places.enumerated().suffix(1000).compactMap { index, place in
      // The line lies in the middle of the jitter.
      captured(place).map { abs($0 - (Int64(index) * 50 + 10_020) * 1_000_000) }
    }.sorted()
    #expect(errors.count == 1000 && errors[990] < 8_000_000, "\(errors)")
  }

  @Test("A stamp far ahead counts as captured when it came, and the lines after it go on as before")
  func ahead() {
    var lines = Self.lines(200, stamp: 10)
    lines[100].stamp = 1_000_000_000_000
    let (places, _) = places(lines)
    #expect(places[100] == .at(HostTime(nanoseconds: lines[100].arrival * 1_000_000)))
    for index in 101..<200 {
      #expect(abs((captured(places[index]) ?? 0) - lines[index].arrival * 1_000_000) < 1_000_000)
    }
  }

  @Test("A stamp far behind is a stray; where many agree, the clock has jumped, once")
  func behind() {
    var lines = Self.lines(400, stamp: 10, from: 100_000)
    lines[100].stamp = 0
    for index in 200..<400 { lines[index].stamp -= 90_000 }
    let (places, _) = places(lines)
    #expect(places[100] == .stray && places[101] != .stray)
    let jumps = places.indices.filter { if case .jumped = places[$0] { true } else { false } }
    #expect(jumps == [250])
    #expect(places.count { $0 == .stray } == 51)
    #expect(abs((captured(places[399]) ?? 0) - lines[399].arrival * 1_000_000) < 1_000_000)
  }

  @Test("A feed whose stamps run ten times too fast is timed by its arrivals, without an epoch for every line")
  func tooFast() {
    let lines = Self.lines(1000, stamp: 100)
    let (places, _) = places(lines)
    for (place, line) in zip(places, lines).suffix(500) {
      #expect((captured(place) ?? 0) <= (line.arrival + 500) * 1_000_000)
    }
    #expect(places.count { if case .jumped = $0 { true } else { false } } < 5)
  }
}
