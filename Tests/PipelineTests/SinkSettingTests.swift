import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// Sinks as they are written and read.
@Suite("Sink settings")
struct SinkSettingTests {
  @Test("Each kind is read with its settings")
  func kinds() throws {
    let file = try SinkSetting("jsonl:a,b.jsonl,rotate=100MB,rotate=1h,keep=5,types=result,event,models=a,b@1.0.0")
    #expect(file.kind == .jsonl)
    #expect(file.target == "a,b.jsonl")
    #expect(file.rotateBytes == 100_000_000)
    #expect(file.rotateEvery == .seconds(3600))
    #expect(file.keep == 5)
    #expect(file.types == [.result, .event])
    #expect(file.models == ["a", "b@1.0.0"])
    #expect(file.drop == nil)
    #expect(file.queueBytes == 8_000_000)
    let server = try SinkSetting(
      "https://me:secret@host:8443/in?key=abc,batch=7,every=250ms,retry=2s,header=X-Key: a, b,drop=newest,required=yes")
    #expect(server.kind == .http)
    #expect(server.target == "https://me:secret@host:8443/in?key=abc")
    #expect(server.id == "https://host:8443/in")
    #expect(server.headers == ["X-Key: a, b"])
    #expect(server.batch == 7 && server.every == .milliseconds(250) && server.retry == .seconds(2))
    #expect(server.drop == .newest && server.isRequired)
    let film = try SinkSetting("video:out.mp4,codec=h264,size=640x360,bitrate=1.5M,stream=video:1,sound=no,queue=16MiB")
    #expect(film.codec == .h264 && film.size == SinkSetting.PictureSize(width: 640, height: 360))
    #expect(film.bitrate == 1_500_000 && film.stream == "video:1" && !film.hasSound)
    #expect(film.queueBytes == 16 << 20)
    #expect(try SinkSetting("unix:/run/in.sock,retry=0s").retry == .zero)
    #expect(try SinkSetting("unix:/run/in.sock,listen=yes").listens)
    #expect(try SinkSetting("wav:out.wav,format=f32").sampleFormat == .f32)
    #expect(try SinkSetting("srt:C:/odd:name.srt,names=speech,hit").names == ["speech", "hit"])
  }

  @Test(
    "What is wrong is answered with what would be right",
    arguments: [
      ("jsonl", "kind and a target"), ("jsonl:", "no target"), (":x", "kind and a target"),
      ("jsonll:x", "Did you mean jsonl?"), ("jsonl:-", "--output"), ("jsonl:x,rotat=1h", "Did you mean rotate?"),
      ("jsonl:x,batch=5", "one of http"), ("jsonl:x,rotate=1", "100MB or 1h"), ("jsonl:x,rotate=10ms", "100MB or 1h"),
      ("jsonl:x,rotate=1MB,rotate=2MB", "each once"), ("jsonl:x,keep=3", "without 'rotate'"),
      ("jsonl:x,rotate=1h,keep=0", "1 to 100000"), ("jsonl:x,types=result,evnt", "types of records"),
      ("jsonl:x,drop=all", "oldest, newest, none"), ("jsonl:x,drop=oldest,drop=oldest", "given twice"),
      ("jsonl:x,queue=1kB", "64kB"), ("jsonl:x,queue=99999999999GB", "64kB"), ("jsonl:x,required=maybe", "yes or no"),
      ("jsonl:x,models=a,,b", "models by name"), ("http:x", "no URL"), ("http://", "no URL"), ("https:///p", "no URL"),
      ("http://h/p,batch=0", "1 to 10000"), ("http://h/p,every=x", "a duration"),
      ("http://h/p,header=x", "NAME: VALUE"),
      ("http://h/p,header=content-type: x", "NAME: VALUE"), ("http://h/p,header=A: b\r\nC: d", "NAME: VALUE"),
      ("video:out.avi", ".mp4"), ("video:out.webm,codec=h264", "vp9"), ("video:o.mp4,size=641x360", "even"),
      ("video:o.mp4,size=0x0", "even"), ("video:o.mp4,bitrate=1", "bits a second"),
      ("video:o.mp4,bitrate=infM", "bits"),
      ("video:o.mp4,stream=audio:0", "video:0"), ("vtt:x,types=event", "one of jsonl"),
      ("unix:" + String(repeating: "x", count: 108), "107 bytes"),
    ])
  func faults(text: String, answer: String) {
    do throws(PipelineError) {
      _ = try SinkSetting(text)
      Issue.record("\(text) was taken")
    } catch {
      #expect("\(error)".contains(answer), "\(error)")
      #expect(error.location == "--sink")
    }
  }

  @Test("All faults of one sink are told at once")
  func allFaults() {
    var faults: [SinkSetting.Fault] = []
    let sink = SinkSetting.read(
      kind: "http", target: "nowhere", settings: [("batch", "x"), ("bach", "1"), ("retry", "-1s")]
    ) { faults.append($0) }
    #expect(sink == nil)
    #expect(faults.map(\.setting) == [nil, "batch", "bach", "retry"])
  }

  @Test("What a sink says of itself makes the same sink again")
  func roundTrip() throws {
    var generator = SeededGenerator.printed()
    for _ in 0..<500 {
      let kind = try #require(SinkSetting.Kind.allCases.randomElement(using: &generator))
      var sink = SinkSetting(
        kind: kind, target: kind == .http ? "http://h/p" : kind == .video ? "a.mkv" : "a")
      sink.drop = SinkSetting.Drop.allCases.randomElement(using: &generator)
      sink.queueBytes = Int.random(in: 64000...4_000_000_000, using: &generator)
      sink.isRequired = Bool.random(using: &generator)
      sink.models = Bool.random(using: &generator) ? ["a", "b@1.2.3"] : []
      switch kind {
      case .jsonl:
        sink.types = Set(SinkSetting.RecordType.allCases.shuffled(using: &generator).prefix(3))
        sink.rotateBytes = Bool.random(using: &generator) ? Int.random(in: 1000...1 << 40, using: &generator) : nil
        sink.rotateEvery = .milliseconds(Int64.random(in: 1000...99999, using: &generator))
        sink.keep = Bool.random(using: &generator) ? 3 : nil
      case .http:
        sink.batch = Int.random(in: 1...10000, using: &generator)
        sink.every = .milliseconds(Int64.random(in: 1...9999, using: &generator))
        sink.headers = ["A: b, c=d", "X-Y: "]
      case .unix:
        sink.listens = Bool.random(using: &generator)
        sink.retry = .milliseconds(Int64.random(in: 0...9999, using: &generator))
      case .video:
        sink.size = SinkSetting.PictureSize(width: 64, height: 48)
        sink.bitrate = Int.random(in: 10000...1_000_000, using: &generator)
        sink.hasSound = Bool.random(using: &generator)
        sink.codec = SinkSetting.VideoCodec.allCases.randomElement(using: &generator)
      case .wav: sink.sampleFormat = .f32
      default: break
      }
      let again = SinkSetting.read(kind: kind.rawValue, target: sink.target, settings: sink.settings) {
        Issue.record("\($0)")
      }
      #expect(again == sink)
    }
  }

  @Test("Every example of the documents is read")
  func examples() throws {
    for name in ["docs/sinks.md", "README.md"] {
      let text = try String(contentsOf: SharedData.packageRoot.appendingPathComponent(name), encoding: .utf8)
      let examples = text.matches(of: /--sink (?:'([^']+)'|([a-z]+:[^\s`]+))/).map { String($0.1 ?? $0.2 ?? "") }
      #expect(examples.count >= (name == "README.md" ? 1 : 10))
      for example in examples { _ = try SinkSetting(example) }
    }
  }

  @Test("Sinks that contradict each other or the session are refused")
  func contradictions() throws {
    var configuration = SessionConfiguration(inputs: ["x"])
    configuration.sinks = [try SinkSetting("jsonl:a"), try SinkSetting("vtt:a")]
    #expect(throws: PipelineError.self) { try configuration.validate() }
    configuration.sinks = [try SinkSetting("jsonl:a,drop=none")]
    try configuration.validate()
    configuration.pace = .realtime
    #expect(throws: PipelineError.self) { try configuration.validate() }
    configuration.pace = .fast
    configuration.isDeterministic = true
    try configuration.validate()
    configuration.sinks = [try SinkSetting("jsonl:a,drop=oldest")]
    #expect(throws: PipelineError.self) { try configuration.validate() }
  }
}
