import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `braid run --moments`: what several streams have at one time, held against what the streams say alone.
  @Suite("Moments", .timeLimit(.minutes(2)))
  struct MomentsTests {
    private let clip = SharedData.sample("media/bounce.mp4")

    private let subtitles = """
      1
      00:00:00,500 --> 00:00:01,000
      one

      2
      00:00:01,200 --> 00:00:02,000
      two

      """

    /// The text that is shown at a time, by the subtitles above.
    private func shown(_ time: Double) -> [String]? {
      switch time {
      case 0.5..<1: ["one"]
      case 1.2..<2: ["two"]
      default: nil
      }
    }

    private func moments(_ arguments: [String]) throws -> (records: Records, moments: [JSONValue]) {
      let records = try Program.records(arguments)
      return (records, records.events("moment"))
    }

    @Test("at each picture: the sound up to it and the text that is shown")
    func pictures() throws {
      let scratch = try Scratch()
      let text = try scratch.write("words.srt", Data(subtitles.utf8))
      let (records, moments) = try moments([
        clip, text, "--duration", "3", "--moments", "video:0,audio:0=window:-200ms..0ms,text:0",
      ])
      let frames = records.summary["streams"]["video:0"]["frames"].count
      #expect(moments.count == frames && frames > 100)
      #expect(records.summary["moments"]["given"].count == frames && records.summary["moments"]["late"].count == 0)
      for moment in moments {
        let time = try #require(moment["pts"].number)
        let text = moment["parts"]["text:0"]
        #expect(text["texts"].array.compactMap(\.string) == shown(time) ?? [], "at \(time)")
        #expect((text["absent"].string == nil) == (shown(time) != nil), "at \(time)")
        // The clip's sound begins 99 ms after its pictures: a window is whole 0.3 s later.
        guard time > 0.4, time < 2.9 else { continue }
        let sound = moment["parts"]["audio:0"]
        #expect(sound["absent"].string == nil, "at \(time)")
        #expect(try #require(sound["skew_ms"].number).magnitude <= 20 && sound["missing_ms"].number ?? 99 <= 20)
      }
      let times = moments.compactMap { $0["pts"].number }
      #expect(times == times.sorted())
    }

    @Test("at a fixed distance: the nearest picture within the tolerance, and how far it is off")
    func hops() throws {
      let alone = try Program.records([clip, "--features", "luma", "--model", "none"]).of("features")
      let times = alone.flatMap { line in
        line["values"].array.indices.map { (line["pts"].number ?? 0) + Double($0) * (line["hop"].number ?? 0) }
      }
      let (_, moments) = try moments([clip, "--moments", "every:70ms,video:0=nearest:5ms"])
      #expect(moments.count > 100)
      for (number, moment) in moments.enumerated() {
        let tick = try #require(moment["pts"].number)
        #expect((tick - Double(number) * 0.07).magnitude < 1e-9)
        let nearest = try #require(times.min { ($0 - tick).magnitude < ($1 - tick).magnitude }) - tick
        let part = moment["parts"]["video:0"]
        if nearest.magnitude <= 0.005 {
          #expect((try #require(part["skew_ms"].number) - nearest * 1000).magnitude < 0.002, "at \(tick)")
        } else {
          #expect(["unmatched", "ended"].contains(part["absent"].string), "at \(tick): \(nearest)")
        }
      }
    }

    @Test("a text that was not there in time corrects the moments that it changes, by their numbers")
    func corrections() throws {
      // Sound and pictures at real-time pace, and a text stream of the same clock that is read as it comes.
      let scratch = try Scratch()
      let text = try scratch.write("words.srt", Data(subtitles.utf8))
      let paced = try Program.records([
        clip, text, "--duration", "2", "--pace", "realtime", "--moments", "every:100ms,text:0,video:0,correct=2s",
      ])
      let moments = paced.events("moment")
      let account = paced.summary["moments"]
      let first = moments.filter { $0["revises"].number == nil }
      #expect(account["given"].count == first.count)
      #expect(account["revised"].count == moments.count - first.count)
      var newest: [Double: JSONValue] = [:]
      for moment in moments {
        let time = try #require(moment["pts"].number)
        if moment["revises"].number != nil {
          let corrected = try #require(first.first { $0["seq"].count == moment["revises"].count })
          #expect(corrected["pts"].number == time && corrected["id"].count == moment["id"].count)
        }
        newest[time] = moment
      }
      for (time, moment) in newest where time < 1.9 {
        #expect(moment["parts"]["text:0"]["texts"].array.compactMap(\.string) == shown(time) ?? [], "at \(time)")
      }
    }

    @Test(
      "what cannot be told is an error that says what can",
      arguments: [
        ("video:0", "nothing is taken"), ("every:x,video:0", "no duration"), ("sound,video:0", "no tick"),
        ("video:0,audio:0=often", "no policy"), ("video:0,audio:0=window:0ms..-5ms", "end after it begins"),
        ("video:0,video:0,video:0", "named twice"), ("every:10us,video:0", "1 ms"), ("video:0,sensor:3", "no stream"),
        ("video:0,audio:0=nearest:-5ms", "0 or more"), ("", "no tick"),
      ])
    func wrong(_ selection: String, _ said: String) throws {
      let outcome = try Program.run(["run", clip, "--moments", selection])
      #expect(outcome.status == 2 && outcome.errors.contains(said), "\(outcome.errors)")
    }
  }
}
