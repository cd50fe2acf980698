import BraidTestSupport
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

extension ProgramTests {
  /// Sessions with texts and sensors that come as they happen, from FIFOs to which real processes write.
  @Suite("Live texts and sensors", .timeLimit(.minutes(3)))
  struct LiveFeedTests {
    private static func fifo(_ scratch: Scratch, _ name: String) throws -> String {
      let path = scratch.path(name)
      try #require(unsafe mkfifo(path, 0o600) == 0)
      return path
    }

    /// Writes lines to a FIFO as a Python program prints them: `lines` sees `i` and `print`.
    private static func writer(_ path: String, _ lines: String) throws -> BackgroundProcess {
      let program = """
        import json, sys, time
        out = open(sys.argv[1], 'w', buffering=1)
        def put(line): out.write(line + '\\n')
        \(lines)
        """
      return try BackgroundProcess("/usr/bin/python3", ["-c", program, path])
    }

    @Test("Two FIFOs end with their writers, and the session with them; the recording repeats it byte for byte")
    func recorded() throws {
      let scratch = try Scratch()
      let (sensor, text) = (try Self.fifo(scratch, "s"), try Self.fifo(scratch, "t"))
      let one = try Self.writer(
        sensor,
        """
        for i in range(150):
          put(json.dumps({'t': 1000 + i * 0.01, 'values': {'a': i, 'b': -i}}))
          if i == 75: put('{"t": 1, "values": {"a": 1, "b"')
          time.sleep(0.01)
        """)
      let two = try Self.writer(
        text,
        """
        for i in range(10):
          put(json.dumps({'text': 'caption %d ü' % i}))
          time.sleep(0.1)
        """)
      let folder = scratch.path("recording")
      let outcome = try Program.run(["run", "-q", "sensor:\(sensor)", "text:\(text)", "--record", folder])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let records = try Records(outcome.output)
      #expect(records.session["pace"].string == "live")
      #expect(records.session["streams"]["sensor:0"]["values"].array.map { $0["name"].string } == ["a", "b"])
      let account = records.summary["streams"]["sensor:0"]
      #expect(account["delivered"].count == 150 && account["lost"]["decode"].count == 1)
      #expect(records.summary["streams"]["text:0"]["delivered"].count == 10)
      #expect(records.errors.map { $0["code"].string } == ["bad-line"])
      // 1.49 s of stamps take as long on the session's timeline, to a few milliseconds.
      let span = (account["last_pts"].number ?? 0) - (account["first_pts"].number ?? 0)
      #expect(span > 1.4 && span < 3)
      #expect(try Program.run(["run", "-q", "replay:\(folder)"]).output == outcome.output)
      withExtendedLifetime((one, two)) {}
    }

    @Test("A FIFO to which nobody writes holds nothing up, and an interruption ends the session at once")
    func silent() throws {
      let scratch = try Scratch()
      let path = try Self.fifo(scratch, "s")
      let running = try Program.Running(["run", "-q", "sensor:\(path)?columns=a"])
      for _ in 0..<600 where running.soFar.isEmpty { usleep(20_000) }
      let before = Date()
      running.send(SIGINT)
      let outcome = try running.finish()
      #expect(outcome.status == 130 && Date().timeIntervalSince(before) < 1)
      #expect(try Records(outcome.output).summary["streams"]["sensor:0"]["delivered"].count == 0)
    }

    @Test("Opening waits for the first reading where nobody names the channels, and gives up in time")
    func opening() throws {
      let scratch = try Scratch()
      let path = try Self.fifo(scratch, "s")
      let before = Date()
      let outcome = try Program.run(["run", "-q", "sensor:\(path)", "--open-timeout", "500ms"])
      #expect(outcome.status == 3 && outcome.errors.contains("columns"))
      #expect(Date().timeIntervalSince(before) < 5)
      // A device that gives one endless line at once is no other.
      let endless = try Program.run(["run", "-q", "sensor:/dev/zero", "--open-timeout", "500ms"])
      #expect(endless.status == 3 && Date().timeIntervalSince(before) < 15)
    }

    @Test("A feed that floods is dropped and counted, holds nothing up, and takes no memory")
    func flood() throws {
      let scratch = try Scratch()
      let path = try Self.fifo(scratch, "s")
      let writer = try Self.writer(
        path,
        """
        block = ''.join('{"a": %d, "t": %f}\\n' % (i, 5 + i * 1e-6) for i in range(20000))
        while True: out.write(block)
        """)
      let outcome = try Program.run(["run", "-q", "sensor:\(path)", "--duration", "3s"])
      let records = try Records(outcome.output)
      let account = records.summary["streams"]["sensor:0"]
      #expect(outcome.status == 0 && account["frames"].count > 10_000)
      #expect((records.summary["wall"].number ?? 9) < 6)
      #expect((records.summary["peak_memory_mb"].number ?? 999) < 250)
      withExtendedLifetime(writer) {}
    }

    @Test("A line of 100 MB without an end is passed over in bounded memory")
    func endlessLine() throws {
      let scratch = try Scratch()
      let path = try Self.fifo(scratch, "t")
      let writer = try Self.writer(
        path,
        """
        put('{"text": "before"}')
        for i in range(100): out.write('x' * 1000000)
        put('')
        put('{"text": "after"}')
        """)
      let outcome = try Program.run(["run", "-q", "text:\(path)"])
      let records = try Records(outcome.output)
      #expect(outcome.status == 0 && records.errors.map { $0["code"].string } == ["bad-line"])
      #expect(records.summary["streams"]["text:0"]["delivered"].count == 2)
      #expect(records.summary["streams"]["text:0"]["lost"]["decode"].count == 1)
      #expect((records.summary["peak_memory_mb"].number ?? 999) < 250)
      withExtendedLifetime(writer) {}
    }

    @Test("A writer that is killed in the middle of a line ends the feed; what was whole is taken")
    func killed() throws {
      let scratch = try Scratch()
      let path = try Self.fifo(scratch, "s")
      let writer = try Self.writer(
        path,
        """
        put('t,a')
        for i in range(20): put('%f,%d' % (i * 0.01, i))
        out.write('0.2,1'); out.flush()
        time.sleep(0.3)
        """)
      let outcome = try Program.run(["run", "-q", "sensor:\(path)"])
      let account = try Records(outcome.output).summary["streams"]["sensor:0"]
      #expect(outcome.status == 0 && account["delivered"].count == 20 && account["lost"]["decode"].count == 1)
      withExtendedLifetime(writer) {}
    }
  }
}
