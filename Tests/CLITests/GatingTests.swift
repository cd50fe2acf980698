import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Models that run only while others say yes.
  @Suite("Gates in sessions", .timeLimit(.minutes(3)))
  struct GatingTests {
    private static let clip = SharedData.sample("media/speech.mp4")
    private static let both = ["hit-picture", "speech-activity"].flatMap {
      ["--model", SharedData.sample("models/\($0)")]
    }
    private static let gate = ["--gate", "hit-picture=speech-activity:speech"]
    private static let picture = "hit-picture@1.0.0"
    private static let speech = "speech-activity@1.0.0"

    /// When speech is on, by the scores that the model told: from where on it is or is not, as the package describes it.
    private static func speechStates(_ records: Records) -> [(time: Double, isOn: Bool)] {
      var begun: Double?
      var last = 0.0
      var isOn = false
      return records.results.filter { $0["model"].string == speech }.map { result in
        // The 33rd row of 10 ms with a window of 25 ms stands for 40 ms around its centre.
        let time = (result["pts"].number ?? 0) + 0.32 + 0.0125 - 0.02
        let score = result["output"]["scores"].array.first?.number ?? 0
        let end = time + 0.04
        if let start = begun {
          if score >= 0.35 {
            last = end
            isOn = isOn || last - start > 0.1199
          } else if end - last > 0.1999 {
            (begun, isOn) = (nil, false)
          }
        } else if score >= 0.5 {
          (begun, last) = (time, end)
        }
        return (time, isOn)
      }
    }

    @Test("Pictures are looked at exactly while somebody speaks, at any speed, with the same bytes")
    func exact() throws {
      let free = try Program.records([Self.clip, "--duration", "12s"] + Self.both)
      let states = Self.speechStates(free)
      // A result begins four pictures before its newest.
      let expected = free.results.filter { $0["model"].string == Self.picture }.filter { result in
        let time = (result["pts"].number ?? 0) + 0.16
        return states.last { $0.time <= time }?.isOn ?? false
      }
      let words = ["run", "-q", "--deterministic", "--duration", "12s", Self.clip] + Self.both + Self.gate
      let first = try Program.run(words)
      let gated = try Records(first.output)
      let results = gated.results.filter { $0["model"].string == Self.picture }
      #expect(results.map { $0["pts"] } == expected.map { $0["pts"] } && results.count > 120)
      #expect(results.map { $0["output"] } == expected.map { $0["output"] })
      let account = gated.account(Self.picture)
      #expect(account["skipped"]["gate"].count == 300 - 4 - expected.count)
      #expect(results.reduce(0) { $0 + $1["lost"]["gate"].count } <= account["skipped"]["gate"].count)
      #expect(gated.account(Self.speech)["results"] == free.account(Self.speech)["results"])
      for _ in 0..<2 { #expect(try Program.run(words).output == first.output) }
      // Without waiting for each run too, and on one core.
      let fast = try Program.run(
        ["run", "-q", "--duration", "12s", Self.clip] + Self.both + Self.gate, prefix: ["taskset", "-c", "0"])
      #expect(try Records(fast.output).results == gated.results)
    }

    @Test("At real-time pace the newest answer counts, every decision is explained, and a recording is repeated")
    func realtime() throws {
      let scratch = try Scratch()
      let folder = scratch.path("recording")
      let outcome = try Program.run(
        ["run", "-q", Self.clip, "--pace", "realtime", "--duration", "5s", "--budget", "60ms", "--record", folder]
          + Self.both + Self.gate)
      let records = try Records(outcome.output)
      let account = records.account(Self.picture)
      let times = records.results.filter { $0["model"].string == Self.picture }.map { ($0["pts"].number ?? 0) + 0.16 }
      // Speech from 0.88 to 4.54 and from 5.68 s on, as it is told; the model looks half a second back and ahead.
      #expect(times.allSatisfy { $0 > 0.9 && $0 < 5.4 || $0 > 5.6 } && times.count > 60)
      #expect(account["skipped"]["gate"].count > 20)
      let log = scratch.path("decisions.jsonl")
      let again = try Program.run(["run", "-q", "replay:\(folder)", "--explain-skips", log])
      #expect(again.status == 0 && again.output == outcome.output, "\(again.errors)")
      let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
      #expect(lines.count { $0.contains("\"reason\":\"gate\"") } == account["skipped"]["gate"].count)
      // Other gates: the models run anew.
      let other = try Program.run(
        ["run", "-q", "replay:\(folder)"] + Self.both + ["--gate", "speech-activity=hit-picture"])
      let without = try Records(other.output).account(Self.speech)
      #expect(other.status == 0 && without["skipped"]["gate"].count > 50)
      withExtendedLifetime(scratch) {}
    }

    @Test("A gate of a gate, named in any order; what it shuts out says no")
    func chain() throws {
      let models = ["hit-moment", "hit-picture", "speech-activity"].flatMap {
        ["--model", SharedData.sample("models/\($0)")]
      }
      let gates = ["--gate", "hit-moment=hit-picture,hold=10s", "--gate", "hit-picture=speech-activity"]
      let records = try Program.records(["--deterministic", Self.clip] + models + gates)
      let account = records.account("hit-moment@1.0.0")
      #expect(account["offered"].count == 492 && account["results"].count + account["skipped"]["gate"].count > 400)
      // Nothing is hit in this clip but what the model takes for a hit.
      let hits = records.of("event").filter { $0["model"].string == Self.picture }
      #expect((account["results"].count > 0) == !hits.isEmpty)
    }

    @Test("A stream that ends early, or brings nothing, holds nobody up", arguments: ["1.5", "0.05"])
    func ends(seconds: String) throws {
      let scratch = try Scratch()
      let (sound, picture) = (scratch.path("sound.wav"), scratch.path("picture.mkv"))
      try Tool.ffmpeg("-i", Self.clip, "-vn", "-t", seconds, sound)
      try Tool.ffmpeg("-i", Self.clip, "-an", "-c", "copy", picture)
      let records = try Program.records(["--deterministic", picture, sound] + Self.both + Self.gate)
      let account = records.account(Self.picture)
      let times = records.results.filter { $0["model"].string == Self.picture }.map { ($0["pts"].number ?? 0) + 0.16 }
      #expect(account["offered"].count == 492)
      #expect(seconds == "1.5" ? times.count > 8 && times.allSatisfy { $0 > 0.9 && $0 < 1.6 } : times.isEmpty)
      // And the other way round: the pictures end, the sound goes on.
      let short = scratch.path("short.mkv")
      try Tool.ffmpeg("-i", picture, "-t", seconds, "-c", "copy", short)
      let whole = scratch.path("whole.wav")
      try Tool.ffmpeg("-i", Self.clip, "-vn", whole)
      let other = try Program.records(
        ["--deterministic", short, whole] + Self.both + ["--gate", "speech-activity=hit-picture"])
      #expect(other.account(Self.speech)["skipped"]["gate"].count > 400)
      withExtendedLifetime(scratch) {}
    }

    @Test("More pictures than may wait for an answer: what is decided still follows from the input alone")
    func crowd() throws {
      let scratch = try Scratch()
      let path = scratch.path("fast.mkv")
      // The answer of a time comes a quarter of a second after it, that is 120 pictures.
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=64x48:r=480:d=2", "-i", Self.clip, "-map", "0:v", "-map", "1:a", "-t", "2",
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le", path)
      let first = try Program.records(["--deterministic", path] + Self.both + Self.gate)
      #expect(
        first.account(Self.picture)["offered"].count == 960 && first.account(Self.picture)["results"].count > 300)
      for core in ["0", "1"] {
        let fast = try Program.run(
          ["run", "-q", path] + Self.both + Self.gate, prefix: ["taskset", "-c", core, "nice"])
        let told = fast.output.split(separator: 10).filter { $0.starts(with: Data(#"{"type":"result""#.utf8)) }
        let results = try told.map { try JSONDecoder().decode(JSONValue.self, from: $0) }
        #expect(results == first.results)
      }
      withExtendedLifetime(scratch) {}
    }

    @Test("Carried state begins anew behind a shut gate, and says so", .enabled(if: SharedData.isPresent))
    func state() throws {
      let records = try Program.records([
        "--deterministic", SharedData.sample("media/bounce.mp4"), "--model", SharedData.model("silero_vad.onnx"),
        "--model",
        SharedData.sample("models/hit-sound"), "--gate", "silero_vad=hit-sound,hold=200ms",
      ])
      let account = records.account("silero_vad@0.0.0")
      let results = records.results.filter { $0["model"].string == "silero_vad@0.0.0" }
      let breaks = results.dropFirst().filter { $0["lost"]["gate"].count > 0 }
      let resets = records.of("event").filter { $0["name"].string == "state-reset" }
      #expect(breaks.count >= 15 && resets.map { $0["pts"] } == breaks.map { $0["pts"] })
      #expect(resets.allSatisfy { $0["cause"].string == "gate" })
      #expect(account["skipped"]["gate"].count + account["results"].count == account["offered"].count)
    }

    @Test(
      "Voice activity opens for keywords on real speech",
      .enabled(if: SharedData.isPresent))
    func keywords() throws {
      let scratch = try Scratch()
      let package = scratch.path("keywords")
      try FileManager.default.createDirectory(atPath: package, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: SharedData.model("mlc_kws_f32.onnx"), toPath: "\(package)/model.onnx")
      _ = try scratch.write(
        "keywords/braid.json",
        Data(
          """
          {"format": "braid-model/1", "name": "keywords", "version": "1.0.0", "model": "model.onnx",
           "inputs": [{"name": "input_1", "kind": "features", "features": "log-mel:kaldi", "bands": 10, "rate": 16000,
                       "rows": 49, "hop_rows": 10}],
           "output": {"decoder": "raw"}}
          """.utf8))
      let voice = SharedData.model("silero_vad.onnx")
      let words = [
        "--deterministic", SharedData.media("jfk.wav"), "--model", package, "--model", voice,
      ]
      let free = try Program.records(words)
      let gated = try Program.records(words + ["--gate", "keywords=silero_vad"])
      let keywords = gated.results.filter { $0["model"].string == "keywords@1.0.0" }
      let all = free.results.filter { $0["model"].string == "keywords@1.0.0" }
      let speech = free.events("speech", model: "silero_vad@0.0.0")
      #expect(!speech.isEmpty && keywords.count < all.count && keywords.count > all.count / 3)
      let kept = Set(keywords.map { $0["pts"].number ?? 0 })
      for result in all {
        let end = (result["pts"].number ?? 0) + (result["duration"].number ?? 0)
        // Well within an interval and well without: the edges belong to the hysteresis.
        let isWithin = speech.contains { event in
          let start = event["pts"].number ?? 0
          return end > start + 0.35 && end < start + (event["duration"].number ?? 0) - 0.05
        }
        let isWithout = speech.allSatisfy { event in
          let start = event["pts"].number ?? 0
          return end < start || end > start + (event["duration"].number ?? 0) + 0.3
        }
        if isWithin { #expect(kept.contains(result["pts"].number ?? 0), "at \(end)") }
        if isWithout { #expect(!kept.contains(result["pts"].number ?? 0), "at \(end)") }
      }
      withExtendedLifetime(scratch) {}
    }

    @Test(
      "What contradicts itself is refused at the start with status 2",
      arguments: [
        (["--gate", "hit-pictur=speech-activity"], "Did you mean hit-picture?"),
        (["--gate", "hit-picture=speech-activity:hit"], "It has speech"),
        (["--gate", "hit-picture=speech-activity", "--gate", "speech-activity=hit-picture"], "in a circle"),
        (["--gate", "hit-picture"], "does not name two models"),
      ])
    func mistakes(options: [String], words: String) throws {
      let outcome = try Program.run(["run", "-q", Self.clip] + Self.both + options)
      #expect(outcome.status == 2 && outcome.errors.contains(words), "\(outcome.errors)")
      let none = try Program.run(["run", "-q", Self.clip] + options)
      #expect(none.status == 2, "\(none.errors)")
    }
  }
}
