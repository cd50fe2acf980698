import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `--trace`: what is written is a trace that holds together, and holds what the records say.
  @Suite("Traces", .timeLimit(.minutes(3)))
  struct TraceTests {
    private static let bounce = SharedData.sample("media/bounce.mp4")
    private static let picture = SharedData.sample("models/hit-picture")
    private static let sound = SharedData.sample("models/hit-sound")
    private static let moment = SharedData.sample("models/hit-moment")

    /// A trace that was read back, checked against everything that holds of every trace.
    private struct Trace {
      let events: [JSONValue]

      init(_ path: String, isWhole: Bool = true, _ location: SourceLocation = #_sourceLocation) throws {
        var text = try Data(contentsOf: URL(fileURLWithPath: path))
        if !isWhole { text.append(UInt8(ascii: "]")) }
        events = try JSONDecoder().decode([JSONValue].self, from: text)
        checkNesting(location)
        #expect(named("entries dropped").isEmpty, sourceLocation: location)
      }

      /// Events of a phase, of the category where one is given.
      func of(_ phase: String, _ category: String? = nil) -> [JSONValue] {
        events.filter { $0["ph"].string == phase && (category == nil || $0["cat"].string == category) }
      }

      func named(_ name: String) -> [JSONValue] { events.filter { $0["name"].string == name } }

      /// The names of the threads that have spans.
      var threads: Set<String> {
        let names = named("thread_name")
        return Set(
          Set(of("X").map { $0["tid"].count }).compactMap { row in
            names.first { $0["tid"].count == row }?["args"]["name"].string
          })
      }

      /// Spans of one row lie in one another or apart: compared in whole nanoseconds.
      private func checkNesting(_ location: SourceLocation) {
        for (row, spans) in Dictionary(grouping: of("X"), by: { $0["tid"].count }) {
          let times = spans.map { span in
            let start = Int64(((span["ts"].number ?? -1) * 1000).rounded())
            return (start, start + Int64(((span["dur"].number ?? -1) * 1000).rounded()))
          }
          var open: [Int64] = []
          var faults = 0
          for (start, end) in times.sorted(by: { $0.0 == $1.0 ? $0.1 > $1.1 : $0.0 < $1.0 }) {
            while let last = open.last, last <= start { open.removeLast() }
            if end < start || open.last.map({ end > $0 }) == true { faults += 1 }
            open.append(end)
          }
          #expect(faults == 0, "spans of row \(row) cross", sourceLocation: location)
        }
      }

      /// The spans that lie in no other, in their order, in microseconds.
      private static func outermost(_ spans: [JSONValue]) -> [(start: Double, end: Double)] {
        let times = spans.map { span in
          let start = span["ts"].number ?? -1
          return (start: start, end: start + (span["dur"].number ?? 0))
        }
        var found: [(start: Double, end: Double)] = []
        for span in times.sorted(by: { $0.start < $1.start }) where span.start >= found.last?.end ?? 0 {
          found.append(span)
        }
        return found
      }

      /// Every flow begins once and ends once, not before, and each of its events lies in a span of its row.
      func checkFlows(_ location: SourceLocation = #_sourceLocation) {
        let flows = ["s", "t", "f"].flatMap { of($0) }
        for (way, events) in Dictionary(grouping: flows, by: { "\($0["name"].string ?? "") \($0["id"].count)" }) {
          let times = { (phase: String) in events.filter { $0["ph"].string == phase }.compactMap { $0["ts"].number } }
          let (begins, ends) = (times("s"), times("f"))
          #expect(begins.count == 1 && ends.count == 1, "\(way)", sourceLocation: location)
          #expect(
            times("t").allSatisfy { $0 >= begins.first ?? .infinity && $0 <= ends.first ?? -1 }, "\(way)",
            sourceLocation: location)
          #expect(begins.first ?? .infinity <= ends.first ?? -1, "\(way)", sourceLocation: location)
        }
        let outermost = Dictionary(grouping: of("X"), by: { $0["tid"].count }).mapValues(Self.outermost)
        let loose = flows.filter { flow in
          let time = flow["ts"].number ?? -1
          let spans = outermost[flow["tid"].count] ?? []
          // The last that begins before it, found by halves.
          var (low, high) = (0, spans.count)
          while low < high {
            let middle = (low + high) / 2
            if spans[middle].start <= time { low = middle + 1 } else { high = middle }
          }
          return low == 0 || time > spans[low - 1].end + 0.0005
        }
        #expect(loose.isEmpty, "\(loose.prefix(3))", sourceLocation: location)
      }
    }

    @Test("A run in real time: rows, stages, ways, skips and levels are those of its records")
    func realtime() throws {
      let scratch = try Scratch()
      let path = scratch.path("trace.json")
      let records = try Program.records([
        Self.bounce, "--pace", "realtime", "--duration", "3s", "--budget", "15ms", "--skip", "adaptive", "--model",
        Self.picture, "--model", Self.sound, "--model", Self.moment, "--features", "luma", "--trace", path,
      ])
      let trace = try Trace(path)
      trace.checkFlows()
      #expect(trace.threads.isSuperset(of: ["input 0 decoding", "session", "inference 0"]))
      let stages = Set(trace.of("X").compactMap { $0["cat"].string })
      #expect(
        stages.isSuperset(of: [
          "read", "decode", "decode sound", "push", "take", "scale", "features", "synchronise", "start", "inference",
          "run", "result", "write",
        ]), "\(stages)")
      for (id, account) in records.summary["models"].object {
        #expect(trace.named("inference \(id)").count == account["results"].count)
        #expect(trace.named("result \(id)").count == account["results"].count)
        let skips = trace.named("skip \(id)")
        for (reason, count) in account["skipped"].object {
          #expect(skips.filter { $0["args"]["reason"].string == reason }.count == count.count, "\(id): \(reason)")
        }
        for skip in skips where skip["args"]["reason"].string == "budget" {
          #expect(skip["args"]["budget_ms"].number == 15)
          #expect((skip["args"]["age_ms"].number ?? -1) >= 0 && (skip["args"]["run_ms"].number ?? -1) > 0)
        }
        #expect(!trace.named("queue \(id)").isEmpty)
      }
      for (id, stream) in records.summary["streams"].object where stream["kind"].string == "video" {
        #expect(trace.named("take \(id)").count == stream["delivered"].count)
        #expect(!trace.named("ring \(id)").isEmpty)
      }
      #expect(trace.named("session").first?["args"]["streams"] == records.session["streams"])
      #expect(trace.named("summary").first?["args"]["models"] == records.summary["models"])
      withExtendedLifetime(scratch) {}
    }

    @Test(
      "Skips by a budget that nothing can keep, and by an interval, are all there", arguments: ["adaptive", "every:3"])
    func skips(policy: String) throws {
      let scratch = try Scratch()
      let path = scratch.path("trace.json")
      let records = try Program.records([
        Self.bounce, "--pace", "realtime", "--duration", "1s", "--budget", "0.01ms", "--skip", policy, "--model",
        Self.picture, "--trace", path,
      ])
      let trace = try Trace(path)
      trace.checkFlows()
      let skipped = records.account("hit-picture@1.0.0")["skipped"]
      for (reason, count) in skipped.object {
        let told = trace.of("i", "skip").filter { $0["args"]["reason"].string == reason }
        #expect(told.count == count.count, "\(reason)")
      }
      #expect(skipped[policy == "adaptive" ? "budget" : "interval"].count > 20)
      withExtendedLifetime(scratch) {}
    }

    @Test("A trace changes no record, and at fast pace holds as many frames as they say")
    func fast() throws {
      let scratch = try Scratch()
      let path = scratch.path("trace.json")
      let arguments = ["run", "-q", Self.bounce, "--model", Self.moment, "--deterministic"]
      let plain = try Program.run(arguments)
      let traced = try Program.run(arguments + ["--trace", path])
      #expect(plain.status == 0 && traced.status == 0 && plain.output == traced.output)
      let trace = try Trace(path)
      trace.checkFlows()
      let summary = try Records(traced.output).summary
      #expect(trace.named("push video:0").count == summary["streams"]["video:0"]["frames"].count)
      #expect(trace.named("push audio:0").count == trace.named("take audio:0").count)
      withExtendedLifetime(scratch) {}
    }

    @Test("A trace is whole after Ctrl-C, and needs but a bracket after a kill", arguments: [SIGINT, SIGKILL])
    func ended(number: Int32) throws {
      let scratch = try Scratch()
      let path = scratch.path("trace.json")
      let running = try Program.Running([
        "run", "-q", Self.bounce, "--pace", "realtime", "--model", Self.picture, "--trace", path,
      ])
      let deadline = Date(timeIntervalSinceNow: 60)
      while running.soFar.count < 6000, Date() < deadline { usleep(20_000) }
      running.send(number)
      let outcome = try running.finish()
      #expect(outcome.status == (number == SIGINT ? 130 : -9))
      let trace = try Trace(path, isWhole: number == SIGINT)
      #expect(trace.of("X", "inference").count > 3)
      if number == SIGINT { trace.checkFlows() }
      withExtendedLifetime(scratch) {}
    }

    @Test("Live inputs have a row each, and nothing is left open when they are stopped")
    func live() throws {
      let scratch = try Scratch()
      let path = scratch.path("trace.json")
      let records = try Program.records([
        "lavfi:testsrc2=size=64x48:rate=30", "lavfi:sine", "--moments", "video:0,audio:0", "--duration", "1s",
        "--trace", path,
      ])
      let trace = try Trace(path)
      trace.checkFlows()
      #expect(trace.threads.isSuperset(of: ["input 0 decoding", "input 1 decoding", "session"]))
      #expect(trace.of("X", "synchronise").count == records.events("moment").count)
      withExtendedLifetime(scratch) {}
    }

    @Test("A repeated session is traced too, without ways through rings that it has not")
    func replay() throws {
      let scratch = try Scratch()
      let (folder, path) = (scratch.path("recording"), scratch.path("trace.json"))
      _ = try Program.records([
        Self.bounce, "--pace", "realtime", "--duration", "1s", "--model", Self.picture, "--record", folder,
      ])
      let records = try Program.records(["replay:\(folder)", "--model", Self.picture, "--trace", path])
      let trace = try Trace(path)
      trace.checkFlows()
      #expect(trace.of("X", "inference").count == records.results.count && !records.results.isEmpty)
      withExtendedLifetime(scratch) {}
    }

    @Test("A trace that cannot be written is told at the start, or at the end, and costs no record")
    func badFiles() throws {
      let scratch = try Scratch()
      let arguments = ["run", "-q", Self.bounce, "--duration", "1s", "--trace"]
      let directory = try Program.run(arguments + [scratch.folder.path])
      #expect(directory.status == 6 && directory.output.isEmpty && directory.errors.contains("Is a directory"))
      let nowhere = try Program.run(arguments + [scratch.path("no/such/folder/trace.json")])
      #expect(nowhere.status == 6 && nowhere.output.isEmpty && nowhere.errors.contains("No such file"))
      let full = try Program.run(arguments + ["/dev/full"])
      #expect(full.status == 6 && full.errors.contains("/dev/full") && full.errors.contains("No space left"))
      #expect(try Records(full.output).summary["streams"]["video:0"]["frames"].count == 50)
      let copy = try scratch.write("clip.mp4", Data(contentsOf: URL(fileURLWithPath: Self.bounce)))
      let same = try Program.run(["run", "-q", copy, "--trace", copy])
      #expect(same.status == 2 && same.errors.contains("the output is the input"))
      let out = try scratch.write("out.jsonl", Data())
      let both = try Program.run(["run", "-q", copy, "--output", out, "--trace", out])
      #expect(both.status == 2 && both.errors.contains("--trace"))
    }
  }
}
