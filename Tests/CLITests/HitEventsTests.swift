import BraidTestSupport
import Foundation
import Testing

/// Hits among the default events, without any model.
@Suite("Default hits", .timeLimit(.minutes(2)))
struct HitEventsTests {
  @Test(
    "bounce has every hit within a frame in sound and in picture, and the offset between the two",
    arguments: [("bounce.mp4", 0.0), ("bounce-late.mkv", 0.12)])
  func bounce(clip: String, late: Double) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: SharedData.sample("media/bounce.json")))
    let hits = try JSONDecoder().decode(JSONValue.self, from: data)["hits"].array.compactMap { $0["time"].number }
    #expect(hits.count == 20)
    let records = try Program.records([SharedData.sample("media/\(clip)")])
    for (stream, shift) in [("audio:0", late), ("video:0", 0)] {
      let times = records.events("hit", stream: stream).compactMap { $0["pts"].number }
      #expect(times.count == hits.count, "\(stream): \(times)")
      for (time, hit) in zip(times, hits) { #expect(abs(time - hit - shift) < 0.02, "\(stream): \(time) for \(hit)") }
    }
    let offset = try #require(records.summary["av_offset_ms"].number)
    #expect(abs(offset - late * 1000) < 5)
  }

  @Test("speech over moving pictures has none")
  func speech() throws {
    let records = try Program.records([SharedData.sample("media/speech.mp4")])
    #expect(records.events("hit").isEmpty)
    #expect(!records.events("speech").isEmpty)
    #expect(records.summary["av_offset_ms"].number == nil)
  }
}
