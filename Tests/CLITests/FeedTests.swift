import BraidTestSupport
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

extension ProgramTests {
  /// Sessions with texts and sensors from files.
  @Suite("Texts and sensors", .timeLimit(.minutes(3)))
  struct FeedTests {
    private static func table(_ scratch: Scratch, rows: Int = 300) throws -> String {
      try scratch.write(
        "imu.csv",
        Data(("time (ms),acc_x (m/s²),acc_y\n" + (0..<rows).map { "\($0 * 10),\($0),\(-$0)\n" }.joined()).utf8))
    }

    @Test("A clip, its captions and a sensor make one session, in which every reading is accounted for")
    func together() throws {
      let scratch = try Scratch()
      let captions = try scratch.write(
        "a.jsonl",
        Data((0..<5).map { "{\"t\": \($0), \"duration\": 0.5, \"text\": \"caption \($0)\"}\n" }.joined().utf8))
      let subtitles = try scratch.write("b.srt", Data("1\n00:00:00,500 --> 00:00:01,500\nFirst\n\n".utf8))
      let arguments = [
        SharedData.sample("media/bounce.mp4"), "text:\(captions)", "sensor:\(try Self.table(scratch))",
        "text:\(subtitles)", "--features", "rms,luma", "--stats-every", "1s", "--deterministic",
      ]
      let records = try Program.records(arguments)
      let streams = records.session["streams"]
      #expect(
        streams["sensor:0"]["values"].array == [
          .object(["name": .string("acc_x"), "unit": .string("m/s²")]), .object(["name": .string("acc_y")]),
        ])
      #expect(streams["sensor:0"]["codec"].string == "csv" && streams["text:0"]["codec"].string == "jsonl")
      #expect(streams["text:1"]["codec"].string == "subrip")
      #expect(records.summary["streams"]["sensor:0"]["delivered"].count == 300)
      #expect(records.summary["streams"]["sensor:0"]["last_pts"].number == 2.99)
      #expect(records.summary["streams"]["text:0"]["delivered"].count == 5)
      #expect(records.summary["streams"]["text:1"]["delivered"].count == 1)
      #expect(try Program.run(["run", "-q"] + arguments).output == Program.run(["run", "-q"] + arguments).output)
    }

    @Test("Moments have a sensor's values between its readings, which come irregularly and out of order")
    func moments() throws {
      let scratch = try Scratch()
      var random = SeededGenerator.printed()
      var stamps = (0..<200).map { _ in Int.random(in: 0...3_000_000, using: &random) }.sorted() + [3_000_001]
      // Pairs change places; none is then later than the largest distance.
      for place in stride(from: 0, to: 198, by: 3) { stamps.swapAt(place, place + 1) }
      let path = try scratch.write(
        "a.csv", Data(("t,a,b\n" + stamps.map { "\($0),\(Double($0) / 1e5),\(-$0)\n" }.joined()).utf8))
      let records = try Program.records([
        SharedData.sample("media/bounce.mp4"), "sensor:\(path)?unit=us&lateness=1s", "--moments", "video:0,sensor:0",
        "--deterministic",
      ])
      #expect(records.summary["streams"]["sensor:0"]["delivered"].count == 201)
      let (first, last) = (Double(stamps.min() ?? 0) / 1e6, Double(stamps.max() ?? 0) / 1e6)
      var seen = 0
      for moment in records.events("moment") {
        guard let time = moment["pts"].number, time >= first, time <= last else { continue }
        let values = moment["parts"]["sensor:0"]["values"].array.compactMap(\.number)
        #expect(values.count == 2)
        guard values.count == 2 else { continue }
        #expect(abs(values[0] - time * 10) < 1e-6 && abs(values[1] + time * 1e6) < 1e-2, "at \(time)")
        seen += 1
      }
      #expect(seen > 100)
    }

    @Test("A sensor alone is a session too, with the default events and with none")
    func alone() throws {
      let scratch = try Scratch()
      let uri = "sensor:\(try Self.table(scratch))?columns=acc_y&units=g"
      for options in [[], ["--features", "none"], ["--model", "none"]] {
        let records = try Program.records([uri] + options)
        #expect(records.summary["streams"]["sensor:0"]["delivered"].count == 300)
        #expect(
          records.session["streams"]["sensor:0"]["values"].array
            == [.object(["name": .string("acc_y"), "unit": .string("g")])])
      }
      // A feature of sound has nothing to be computed from.
      #expect(try Program.run(["run", "-q", uri, "--features", "rms"]).status == 2)
    }

    @Test("Lines at fault are told once as errors with their place, counted, and end nothing")
    func faults() throws {
      let scratch = try Scratch()
      let path = try scratch.write("a.csv", Data("t,a\n1,1\n2,nan\n3,nan\n4,4\n2,2\n5,5\n".utf8))
      let outcome = try Program.run(["run", "-q", "sensor:\(path)", "--deterministic"])
      #expect(outcome.status == 0)
      let records = try Records(outcome.output)
      #expect(records.errors.map { $0["code"].string } == ["bad-line", "late-data"])
      #expect(records.errors.map { $0["where"].string } == ["\(path):3", "\(path):6"])
      #expect(records.errors.allSatisfy { $0["fatal"].bool == false && $0["remedy"].string?.isEmpty == false })
      let account = records.summary["streams"]["sensor:0"]
      #expect(account["frames"].count == 4 && account["delivered"].count == 3)
      #expect(account["lost"]["decode"].count == 2 && account["lost"]["gap"].count == 1)
      #expect(outcome.errors.contains("\(path):3"))
    }

    @Test(
      "What can be known at the start ends the session there, with a reason",
      arguments: [
        ("t,a\n1,1\n", "?columns=b", 3, "no column 'b'"), ("a,b\n1,1\n", "", 3, "no stamp"),
        ("time,a\n1763733600,1\n", "", 3, "epoch=first"), ("t,a\n1,1\n", "?unit=minutes", 3, "s, ms, us, ns"),
        ("t,a\n1,1\n", "?rate=3", 3, "sensor:FILE?"),
      ])
    func refused(text: String, query: String, status: Int32, words: String) throws {
      let scratch = try Scratch()
      let path = try scratch.write("a.csv", Data(text.utf8))
      let outcome = try Program.run(["run", "-q", "sensor:\(path)\(query)"])
      #expect(outcome.status == status && outcome.errors.contains(words), "\(outcome.errors)")
      let records = try Records(outcome.output)
      #expect(records.errors.count == 1 && records.errors[0]["fatal"].bool == true)
    }

    @Test("Standard input can be a file of readings, but only one input's")
    func standardInput() throws {
      let scratch = try Scratch()
      let path = try Self.table(scratch)
      let records = try Program.records(["sensor:-?columns=acc_x"], input: path)
      #expect(records.session["inputs"].array[0]["live"].bool == false)
      #expect(records.summary["streams"]["sensor:0"]["delivered"].count == 300)
      #expect(try Program.run(["run", "-q", "sensor:-", "text:-"], input: path).status == 2)
      #expect(try Program.run(["run", "-q", "sensor:\(path)", "--output", path]).status == 2)
      #expect(try String(contentsOfFile: path, encoding: .utf8).count > 1000)
    }

    @Test("At real-time pace a recorded session is repeated byte for byte, its faults too")
    func recorded() throws {
      let scratch = try Scratch()
      let sensor = try scratch.write(
        "a.csv", Data(("t,a\n" + (0..<150).map { "\(Double($0) / 100),\($0 == 70 ? "x" : "\($0)")\n" }.joined()).utf8))
      let text = try scratch.write("a.jsonl", Data("{\"t\":0.5,\"text\":\"a\"}\n{\"t\":0.25,\"text\":\"b\"}\n".utf8))
      let folder = scratch.path("recording")
      let arguments = ["sensor:\(sensor)", "text:\(text)", "--pace", "realtime", "--record", folder]
      let outcome = try Program.run(["run", "-q"] + arguments)
      #expect(outcome.status == 0)
      let records = try Records(outcome.output)
      #expect(records.errors.count == 2 && records.summary["streams"]["sensor:0"]["delivered"].count == 149)
      #expect(try Program.run(["run", "-q", "replay:\(folder)"]).output == outcome.output)
    }

    @Test("Probing tells channels, counts and what is wrong, in both forms")
    func probe() throws {
      let scratch = try Scratch()
      let path = try scratch.write("a.csv", Data("t,a [V]\n1,1\n2,x\n4.5,3\n".utf8))
      let text = try Program.run(["probe", "sensor:\(path)"]).text
      #expect(text.contains("sensor csv") && text.contains("a [V]") && text.contains("2 readings"))
      #expect(text.contains("lines that cannot be read: 1"))
      let json = try JSONDecoder().decode(
        JSONValue.self, from: Program.run(["probe", "--json", "sensor:\(path)"]).output)
      #expect(json["streams"].array[0]["values"].array[0]["unit"].string == "V")
      #expect(json["streams"].array[0]["elements"].count == 2)
      let frames = try Program.run(["probe", "--frames", "sensor:\(path)"]).text
      #expect(frames.split(separator: "\n").count == 2)
    }
  }
}
