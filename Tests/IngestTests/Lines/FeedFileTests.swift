import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

/// Files of texts and readings, as a session takes them.
@Suite("Files of texts and readings", .timeLimit(.minutes(1)))
struct FeedFileTests {
  /// Everything that came of an input.
  struct Outcome {
    var elements: [StreamElement] = []
    var counters = StreamCounters()
    var faults: [IngestError] = []
    var failure: IngestError?
    var description: InputDescription

    var times: [Int64] { elements.map(\.time.nanoseconds) }
    var values: [[Double]] { elements.compactMap { if case .sensor(let sample) = $0 { sample.values } else { nil } } }
    var texts: [String] { elements.compactMap { if case .text(let segment) = $0 { segment.text } else { nil } } }
    var durations: [MediaDuration] {
      elements.compactMap { if case .text(let segment) = $0 { segment.duration } else { nil } }
    }
  }

  static func run(
    _ uri: String, _ options: InputOptions = InputOptions(), depth: Int = 4, pace: InputPace = .fast,
    clock: any SessionClock = MonotonicClock()
  ) throws -> Outcome {
    let input = try InputOpening.open(uri, options: options)
    let ready = Signal()
    let index = try #require(input.description.streams.first { $0.isSelected }).index
    let ring = Ring(
      capacity: RingCapacity(elements: depth, bytes: 1 << 22), policy: .block, ready: ready, space: input.wake)
    var outcome = Outcome(description: input.description)
    input.start(rings: [index: ring], pace: pace, clock: clock, threadName: "braid-in-0")
    while true {
      let ticket = ready.ticket()
      while let element = ring.pop() { outcome.elements.append(element) }
      if ring.peek().isFinished { break }
      ready.wait(since: ticket, until: MonotonicClock().now + .seconds(20))
    }
    input.join()
    outcome.counters = try #require(input.counters(stream: index))
    outcome.faults = input.takeFaults()
    outcome.failure = input.failure
    return outcome
  }

  private func code(_ uri: String, _ options: InputOptions = InputOptions()) -> IngestError.Code? {
    do {
      _ = try InputOpening.open(uri, options: options)
      return nil
    } catch {
      return error.code
    }
  }

  @Test("A table's readings have the times and values of its rows, whatever the line ends")
  func table() throws {
    let scratch = try Scratch()
    for end in ["\n", "\r\n"] {
      let path = try scratch.write(
        "a.csv",
        Data((["\u{feff}t,acc_x (g),acc_y", "0.5,1,2", "", "1.000000001,3,4", "7,-5,6e2"].joined(separator: end)).utf8))
      let outcome = try Self.run("sensor:\(path)")
      #expect(outcome.times == [500_000_000, 1_000_000_001, 7_000_000_000])
      #expect(outcome.values == [[1, 2], [3, 4], [-5, 600]])
      #expect(outcome.counters.frames == 3 && outcome.counters.decodeErrors == 0 && outcome.failure == nil)
      #expect(
        outcome.description.streams[0].sensor?.channels == [
          SensorChannel(name: "acc_x", unit: "g"), SensorChannel(name: "acc_y", unit: nil),
        ])
    }
  }

  @Test("Texts as JSON Lines, with and without durations, overlapping and of zero length")
  func texts() throws {
    let scratch = try Scratch()
    let path = try scratch.write(
      "a.jsonl",
      Data(
        """
        {"t": 1.25, "duration": 0.5, "text": "one", "id": 7}
        {"t": 1.25, "text": "two\\nlines"}

        {"t": 1.5, "duration": 0, "text": ""}
        {"text": "日本 😀", "t": 2}
        """.utf8))
    let outcome = try Self.run("text:\(path)")
    #expect(outcome.times == [1_250_000_000, 1_250_000_000, 1_500_000_000, 2_000_000_000])
    #expect(outcome.texts == ["one", "two\nlines", "", "日本 😀"])
    #expect(outcome.durations == [.milliseconds(500), .zero, .zero, .zero])
    #expect(outcome.description.streams[0].kind == .text)
  }

  @Test("Absolute times: counted from the first or from a given stamp; without either they are refused at the start")
  func epoch() throws {
    let scratch = try Scratch()
    let path = try scratch.write("a.csv", Data("time,a\n1763733600123,1\n1763733600623,2\n".utf8))
    let first = try Self.run("sensor:\(path)?unit=ms&epoch=first")
    #expect(first.times == [0, 500_000_000])
    #expect(first.description.origin.nanoseconds == 1_763_733_600_123_000_000)
    #expect(try Self.run("sensor:\(path)?epoch=1763733600000&unit=ms").times == [123_000_000, 623_000_000])
    #expect(code("sensor:\(path)?unit=ms") == .invalidOption)
    var kept = InputOptions()
    kept.keepsTime = true
    #expect(try Self.run("sensor:\(path)?unit=ms&epoch=first", kept).times.first == 1_763_733_600_123_000_000)
  }

  @Test("Lines out of order within the lateness are put in order; later ones are counted, and told once")
  func lateness() throws {
    let scratch = try Scratch()
    let stamps = [100, 300, 200, 250, 600, 350, 700, 399, 710, 500]
    let lines = stamps.map { #"{"t": \#($0), "a": \#($0)}"# }.joined(separator: "\n")
    let path = try scratch.write("a.jsonl", Data(lines.utf8))
    let outcome = try Self.run("sensor:\(path)?unit=ms&lateness=200ms")
    // 350 comes 250 ms, and 399 by 301 ms, after a later one; 500 by 210 ms.
    #expect(outcome.values.flatMap(\.self) == [100, 200, 250, 300, 600, 700, 710])
    #expect(outcome.counters.frames == 10 && outcome.counters.framesLostInGaps == 3)
    #expect(outcome.faults.map(\.code) == [.lateData])
    #expect(outcome.faults.first?.location == "\(path):6")
    let strict = try Self.run("sensor:\(path)?unit=ms")
    #expect(strict.values.flatMap(\.self) == [100, 300, 600, 700, 710] && strict.counters.framesLostInGaps == 5)
  }

  @Test("Lines at fault are counted, the first of each kind is told with its place, and all others are taken")
  func faults() throws {
    let scratch = try Scratch()
    var data = Data("t,a\n1,1\n2,nan\n3,inf\nx,4\n5\n".utf8)
    data.append(contentsOf: [UInt8(ascii: "6"), UInt8(ascii: ","), 0xff, 0x0a])
    data.append(Data(repeating: UInt8(ascii: "9"), count: 3 << 20))
    data.append(Data("\n8,8\n".utf8))
    let path = try scratch.write("a.csv", data)
    let outcome = try Self.run("sensor:\(path)")
    #expect(outcome.values == [[1], [8]] && outcome.counters.decodeErrors == 6 && outcome.failure == nil)
    #expect(outcome.faults.map(\.location) == [3, 5, 6, 7, 8].map { "\(path):\($0)" })
    #expect(outcome.faults.allSatisfy { $0.code == .badLine && !$0.remedy.isEmpty })
  }

  @Test("Half a last line of JSON is told as cut off; a table's last row needs no end")
  func unfinished() throws {
    let scratch = try Scratch()
    let objects = try scratch.write("a.jsonl", Data(#"{"t":1,"a":1}\#n{"t":2,"a""#.utf8))
    let outcome = try Self.run("sensor:\(objects)")
    #expect(outcome.values == [[1]] && outcome.counters.decodeErrors == 1)
    #expect(outcome.faults.first?.message.contains("cut off") == true)
    let table = try scratch.write("a.csv", Data("t,a\n1,1\n2,2".utf8))
    #expect(try Self.run("sensor:\(table)").values == [[1], [2]])
  }

  @Test("What can be known at the start is said at the start")
  func refused() throws {
    let scratch = try Scratch()
    func file(_ text: String) throws -> String { try scratch.write("\(UUID().uuidString)", Data(text.utf8)) }
    #expect(code("sensor:\(scratch.path("none"))") == .notFound)
    #expect(code("sensor:\(scratch.folder.path)") == .unusable)
    #expect(code("sensor:\(try file(""))") == .empty)
    #expect(code("text:\(try file(""))") == .empty)
    #expect(code("sensor:\(try file("t,a\n"))") == .empty)
    #expect(code("sensor:\(try file("\n\n"))") == .empty)
    #expect(code("sensor:\(try file("t,a\n1,1"))?columns=b") == .unusable)
    #expect(code("sensor:\(try file("t,a\n1,1"))?time=when") == .unusable)
    #expect(code("sensor:\(try file("a,b\n1,1"))") == .unusable)
    #expect(code("sensor:\(try file("t,a,a\n1,1,1"))") == .unusable)
    #expect(code("sensor:\(try file("t,a,b\n1,1,1"))?units=g") == .unusable)
    #expect(code("sensor:\(try file(#"{"a":1}"#))") == .unusable)
    #expect(code("sensor:\(try file(#"{"t":1,"a":"x"}"#))") == .unusable)
    #expect(code("sensor:\(try file(#"{"t":1,"a":1}"#))?columns=b") == .unusable)
    #expect(code("sensor:\(try file(String(repeating: "{\n", count: 1000)))") == .unusable)
    #expect(code("text:\(try file(#"{"t":1}"#))") == .unusable)
    #expect(code("text:\(try file(#"{"t":1,"text":"x"}"#))?encoding=CP1252") == .invalidOption)
    #expect(code("text:\(try file("1\n00:00:00,500 --> 00:00:01,500\nx\n\n"))?unit=ms") == .invalidOption)
    var sound = InputOptions()
    sound.streams = try StreamSelection(parsing: "a:0")
    #expect(code("sensor:\(try file("t,a\n1,1"))", sound) == .noUsableStream)
    // A path that exists is a file, whatever its name looks like.
    let odd = try scratch.write("a?unit=ms", Data("t,a\n1,1".utf8))
    #expect(try Self.run("sensor:\(odd)").times == [1_000_000_000])
  }

  @Test("Any bytes end in readings, faults or an error")
  func anyBytes() throws {
    let scratch = try Scratch()
    var random = SeededGenerator.printed()
    let seeds = [
      "t,a,b\n1,2,3\n2,3,4\n3,4,5\n", "{\"t\":1,\"values\":{\"a\":1}}\n{\"t\":2,\"a\":2}\n", "t;a\n1;\"2\"\n",
      "{\"t\":1,\"text\":\"x\"}\n{\"t\":2,\"text\":\"\\u00e9\"}\n",
    ].map { Array($0.utf8) }
    for round in 0..<300 {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if Bool.random(using: &random) {
          bytes[place] = UInt8.random(in: 0...255, using: &random)
        } else {
          bytes.insert(contentsOf: bytes[place...].prefix(Int.random(in: 0...9, using: &random)), at: place)
        }
      }
      let path = try scratch.write("any", Data(bytes))
      for kind in ["sensor", "text"] where !(kind == "text" && round % seeds.count != 3) {
        do throws(IngestError) {
          let input = try InputOpening.open("\(kind):\(path)?lateness=1s")
          (input as? FeedInput)?.readAll { _ in }
        } catch {
          #expect(!error.message.isEmpty)
        }
      }
    }
  }

  @Test("The window of --start and --duration is exact")
  func window() throws {
    let scratch = try Scratch()
    let path = try scratch.write(
      "a.csv", Data(("t,a\n" + (0..<100).map { "\(Double($0) / 10),\($0)\n" }.joined()).utf8))
    var options = InputOptions()
    options.start = .zero + .seconds(2)
    options.duration = .seconds(1)
    let outcome = try Self.run("sensor:\(path)", options)
    #expect(outcome.values.flatMap(\.self) == (20..<30).map(Double.init) && outcome.counters.frames == 10)
  }

  @Test("At real-time pace a reading is given out when it is due, which is its capture time")
  func realtime() throws {
    let scratch = try Scratch()
    let path = try scratch.write("a.csv", Data("t,a\n0.1,1\n0.2,2\n5,3\n".utf8))
    let input = try InputOpening.open("sensor:\(path)")
    let clock = ManualClock(start: HostTime(nanoseconds: 1_000_000_000))
    let start = HostTime(nanoseconds: 2_000_000_000)
    let ring = Ring(
      capacity: RingCapacity(elements: 9, bytes: 1 << 20), policy: .dropOldest, ready: Signal(), space: input.wake)
    input.start(rings: [0: ring], pace: .realtime(start: start), clock: clock, threadName: "braid-in-0")
    for due in [100, 200, 5000] as [Int64] {
      clock.waitForSleepers(1)
      #expect(ring.isEmpty)
      clock.advance(to: start + .milliseconds(due))
      while ring.isEmpty { usleep(1000) }
      guard case .sensor(let sample) = ring.pop() else { continue }
      #expect(sample.captured == start + .milliseconds(due) && sample.time == .zero + .milliseconds(due))
    }
    input.join()
  }

  @Test("An input is stopped at once, where it waits for room or for its time", arguments: [true, false])
  func stopping(isPaced: Bool) throws {
    let scratch = try Scratch()
    let path = try scratch.write("a.csv", Data(("t,a\n" + (0..<1000).map { "\($0),\($0)\n" }.joined()).utf8))
    let input = try InputOpening.open("sensor:\(path)")
    let ring = Ring(
      capacity: RingCapacity(elements: 2, bytes: 1 << 20), policy: .block, ready: Signal(), space: input.wake)
    let clock = MonotonicClock()
    input.start(
      rings: [0: ring], pace: isPaced ? .realtime(start: clock.now) : .fast, clock: clock, threadName: "braid-in-0")
    while ring.isEmpty { usleep(1000) }
    let asked = clock.now
    input.stop()
    input.join()
    #expect(clock.now - asked < .milliseconds(500))
    let counters = try #require(input.counters(stream: 0))
    #expect(counters.frames == ring.counters.pushed)
  }

  @Test("Probing a file tells its channels, its length and what is wrong with it")
  func probe() throws {
    let scratch = try Scratch()
    let path = try scratch.write("a.csv", Data("t,a [V]\n1,1\n2,x\n4.5,3\n3,4\n".utf8))
    let description = try MediaProbe.describe("sensor:\(path)")
    let stream = try #require(description.streams.first)
    #expect(stream.codec == "csv" && stream.sensor?.channels == [SensorChannel(name: "a", unit: "V")])
    #expect(stream.start == .zero + .seconds(1) && stream.duration == .milliseconds(3500) && stream.elementCount == 2)
    #expect(stream.oddities.count == 4)
    var times: [MediaTime] = []
    try MediaProbe.frames("sensor:\(path)") { times.append($0.time) }
    #expect(times == [.zero + .seconds(1), .zero + .milliseconds(4500)])
  }
}
