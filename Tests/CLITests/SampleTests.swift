import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// The project's own clips through its own models.
  @Suite("Samples", .timeLimit(.minutes(5)))
  struct SampleTests {
    private static let frame = 0.020

    private func model(_ name: String, int8: Bool = false) -> String {
      SharedData.sample("models/\(name)" + (int8 ? "/model-int8.onnx" : ""))
    }

    private func hits() throws -> [Double] {
      let data = try Data(contentsOf: URL(fileURLWithPath: SharedData.sample("media/bounce.json")))
      return try JSONDecoder().decode(JSONValue.self, from: data)["hits"].array.compactMap { $0["time"].number }
    }

    /// Every expected time has one event within `tolerance`, and no event is left over.
    private func expect(_ events: [JSONValue], at expected: [Double], within tolerance: Double, _ name: String) {
      let times = events.compactMap { $0["pts"].number }
      for time in expected {
        let near = times.filter { abs($0 - time) <= tolerance }
        #expect(near.count == 1, "\(name): hit at \(time), events \(times.filter { abs($0 - time) < 0.3 })")
      }
      #expect(times.count == expected.count, "\(name): \(times)")
    }

    @Test("Every hit of bounce.mp4 is heard and seen within a frame, and nothing else", arguments: [false, true])
    func hits(int8: Bool) throws {
      let records = try Program.records([
        SharedData.sample("media/bounce.mp4"), "--model", model("hit-sound", int8: int8), "--model",
        model("hit-picture", int8: int8),
      ])
      let hits = try hits()
      expect(records.events("hit", stream: "audio:0"), at: hits, within: Self.frame, "sound")
      expect(records.events("hit", stream: "video:0"), at: hits, within: Self.frame, "picture")
      #expect(abs(try #require(records.summary["av_offset_ms"].number)) <= 10)
      #expect(records.summary["streams"]["video:0"]["frames"].count == 700)
      #expect(records.account("hit-picture@1.0.0")["results"].count == 696)
    }

    @Test("Sound that is 120 ms late is measured", arguments: [false, true])
    func late(int8: Bool) throws {
      let records = try Program.records([
        SharedData.sample("media/bounce-late.mkv"), "--model", model("hit-sound", int8: int8), "--model",
        model("hit-picture", int8: int8),
      ])
      #expect(abs(try #require(records.summary["av_offset_ms"].number) - 120) <= 10)
    }

    @Test("A moment has picture and sound with their skew; hits are found where both are, not where the sound is late")
    func moments() throws {
      let records = try Program.records([SharedData.sample("media/bounce.mp4"), "--model", model("hit-moment")])
      let results = records.results
      // The sound's window is 255 ms long: before that nothing is whole.
      #expect((680..<700).contains(results.count))
      for result in results.dropFirst(20) {
        #expect(abs(result["skew_ms"]["audio:0"].number ?? .infinity) <= 20)
      }
      let hits = try hits()
      let times = records.events("hit").compactMap { $0["pts"].number }
      let found = hits.filter { hit in times.contains { abs($0 - hit) <= 1.5 * Self.frame } }
      #expect(found.count >= 18, "\(times)")
      #expect(times.count <= found.count + 1, "\(times)")
      let late = try Program.records([SharedData.sample("media/bounce-late.mkv"), "--model", model("hit-moment")])
      #expect(late.events("hit").count <= 2)
      #expect((676..<700).contains(late.results.count))
    }

    @Test("Speech of speech.mp4 by model and by the default events", arguments: ["float", "int8", "default"])
    func speech(variant: String) throws {
      let clip = SharedData.sample("media/speech.mp4")
      let models =
        variant == "default" ? [] : ["--model", model("speech-activity", int8: variant == "int8")]
      let events = try Program.records([clip] + models).events("speech")
      let data = try Data(contentsOf: URL(fileURLWithPath: SharedData.sample("media/speech.json")))
      let spoken = try JSONDecoder().decode(JSONValue.self, from: data)["speech"].array.map {
        ($0["start"].number ?? 0, $0["end"].number ?? 0)
      }
      let found = events.map { ($0["pts"].number ?? 0, ($0["pts"].number ?? 0) + ($0["duration"].number ?? 0)) }
      // In steps of 10 ms: how much of what is spoken is marked, and how much of the rest is not.
      var (both, either) = (0, 0)
      for step in 0..<1968 {
        let time = Double(step) / 100
        let isSpoken = spoken.contains { $0.0 <= time && time < $0.1 }
        let isFound = found.contains { $0.0 <= time && time < $0.1 }
        if isSpoken && isFound { both += 1 }
        if isSpoken || isFound { either += 1 }
      }
      #expect(Double(both) / Double(either) > 0.85, "\(found)")
    }

    @Test("Captions are counted, and hold nothing up")
    func captions() throws {
      let records = try Program.records([SharedData.sample("media/captions.mkv")])
      let text = records.summary["streams"]["text:0"]
      #expect(text["frames"].count == 3 && text["delivered"].count == 3)
      #expect(abs((text["first_pts"].number ?? 0) - 0.5) < 0.05)
    }

    @Test("Features come as records whose rows follow one another")
    func features() throws {
      let records = try Program.records([
        SharedData.sample("media/speech.mp4"), "--features", "rms,log-mel,mfcc,luma,motion", "--duration", "3s",
      ])
      var ends: [String: Double] = [:]
      for record in records.of("features") {
        let name = try #require(record["name"].string)
        let pts = try #require(record["pts"].number)
        let rows = record["values"].array
        #expect(!rows.isEmpty)
        guard let hop = record["hop"].number, hop > 0 else { continue }
        if let end = ends[name] { #expect(abs(end - pts) < 1e-6, "\(name)") }
        ends[name] = pts + hop * Double(rows.count)
      }
      #expect(Set(records.of("features").compactMap { $0["name"].string }).count == 5)
      #expect(records.of("event").isEmpty)
    }

    @Test("Several inputs make one session, each stream with its own number")
    func severalInputs() throws {
      let records = try Program.records([
        SharedData.sample("media/captions.mkv"), SharedData.sample("media/speech.mp4"), "--duration", "2s",
      ])
      #expect(records.session["inputs"].array.count == 2)
      #expect(
        Set(records.summary["streams"].object.keys) == ["video:0", "audio:0", "text:0", "video:1", "audio:1"])
    }
  }
}
