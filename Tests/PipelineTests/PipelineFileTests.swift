import BraidCore
import BraidFeatures
import BraidInference
import BraidIngest
import BraidTestSupport
import Testing

@testable import BraidPipeline

/// Pipelines as YAML: what is read, what is refused and where, and that what is written is read as the same.
@Suite("Pipeline files")
struct PipelineFileTests {
  static func reading() -> Pipeline.Reading {
    var reading = Pipeline.Reading()
    reading.checksSources = false
    reading.checksModels = false
    return reading
  }

  func read(_ text: String) throws -> Pipeline {
    try Pipeline(Array("version: braid-pipeline/1\n\(text)".utf8), file: "p.yaml", Self.reading())
  }

  /// The faults of a file, as `line:column: field: message. remedy`; its first line is the version.
  func faults(_ text: String) -> [String] {
    do {
      _ = try read(text)
      return []
    } catch let error as DocumentError {
      return error.faults.map { "\($0)" }
    } catch {
      return ["\(error)"]
    }
  }

  @Test("A file that says nothing has every default, and its text is read as the same")
  func defaults() throws {
    let pipeline = try read("")
    let plain = SessionConfiguration(inputs: [])
    #expect(pipeline.text == Pipeline(plain).text)
    #expect(pipeline.configuration.models == .defaults && pipeline.configuration.features == .defaults)
    #expect(try Pipeline(Array(pipeline.text.utf8), file: "p", Self.reading()).text == pipeline.text)
  }

  @Test("Every field says what the option of its name says")
  func fields() throws {
    let pipeline = try read(
      """
      sources: [a.mp4, "text:w.srt", 'alsa:default']
      source-options: {streams: "v:0,a:1", format: hls, start: 1:30, duration: 10s, keep-time: true, decoder-threads: 2,
        max-pixels: 1000, max-streams: 3, probe-bytes: 64, max-line: 4MiB, max-allocation: 1GB}
      live: {reconnect: yes, reconnect-limit: 3, reconnect-wait: 2s, open-timeout: 3s, read-timeout: 4s, resample: true}
      models:
        - {name: faces, file: ./faces.onnx, schedule: {weight: 2, min-rate: 5, priority: -1, budget: 40ms}}
        - {name: speech, file: speech}
        - name: mood
          file: /m/mood.onnx
          gates: [{model: speech, label: speech, hold: 500ms}, {model: faces}]
          crops: {model: faces, label: face, margin: 0.2, square: true, max: 8}
      features: [rms, "mfcc:librosa,bands=64"]
      moments: {tick: "every:40ms", streams: ["audio:0=window:-500ms..0ms", sensor:0], correct: 2s}
      pace: realtime
      budget: 50ms
      skip: every:3
      prefer: newest
      tolerance: 5ms
      wait: 80ms
      threads: 3
      deterministic: false
      fft-measure: true
      output: out.jsonl
      stats-every: 2
      explain-skips: '-'
      trace: t.json
      record: rec
      sinks:
        - {kind: jsonl, target: r.jsonl, rotate: [100MB, 1h], keep: 3}
        - {kind: http, target: "http://host/in", batch: 50, header: ["A: b", "C: d"]}
      """)
    let configuration = pipeline.configuration
    #expect(configuration.inputs == ["a.mp4", "text:w.srt", "alsa:default"])
    let options = configuration.inputOptions
    #expect(try options.streams == StreamSelection(parsing: "v:0,a:1") && options.format == "hls" && options.keepsTime)
    #expect(options.start == .zero + .seconds(90) && options.duration == .seconds(10) && options.decoderThreads == 2)
    #expect(options.limits.pixels == 1000 && options.limits.streams == 3 && options.limits.probeBytes == 64)
    #expect(options.limits.lineBytes == 4 << 20 && options.limits.allocationBytes == 1_000_000_000)
    #expect(options.live.reconnects && options.live.reconnectLimit == 3 && options.live.reconnectWait == .seconds(2))
    #expect(
      options.live.openTimeout == .seconds(3) && options.live.readTimeout == .seconds(4) && options.live.resamples)
    #expect(configuration.models == .named(["./faces.onnx", "speech", "/m/mood.onnx"]))
    #expect(
      configuration.schedules
        == [try ScheduleSetting("./faces.onnx:weight=2,min-rate=5,priority=-1,budget=40ms")])
    #expect(
      configuration.gates
        == [try GateSetting("/m/mood.onnx=speech:speech,hold=500ms"), try GateSetting("/m/mood.onnx=./faces.onnx")])
    #expect(
      configuration.crops == [try CropSetting("/m/mood.onnx=./faces.onnx:face,margin=0.2,square=yes,max=8")])
    #expect(configuration.features == .named("rms,mfcc:librosa,bands=64"))
    #expect(
      configuration.moments == (try MomentSelection("every:40ms,audio:0=window:-500ms..0ms,sensor:0,correct=2s")))
    #expect(configuration.pace == .realtime && configuration.budget == .milliseconds(50))
    #expect(configuration.skip == .every(3) && !configuration.prefersContent && configuration.threads == 3)
    #expect(configuration.tolerance == .milliseconds(5) && configuration.wait == .milliseconds(80))
    #expect(pipeline.measuresTransforms && configuration.statsInterval == .seconds(2))
    #expect(configuration.output == "out.jsonl" && configuration.explanation == "-" && configuration.trace == "t.json")
    #expect(configuration.recording == "rec")
    #expect(
      configuration.sinks
        == [
          try SinkSetting("jsonl:r.jsonl,rotate=100MB,rotate=1h,keep=3"),
          try SinkSetting("http://host/in,batch=50,header=A: b,header=C: d"),
        ])
    // And back: names of models within the file stay.
    let text = pipeline.text
    #expect(text.contains("- name: mood") && text.contains("model: faces\n") && text.contains("label: face\n"))
    #expect(try Pipeline(Array(text.utf8), file: "p", Self.reading()).text == text)
  }

  @Test("What is written is read as the same, byte for byte, for any configuration", arguments: 0..<300)
  func roundTrip(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let text = Pipeline.random(using: &generator).text
    let read = try Pipeline(Array(text.utf8), file: "p", Self.reading())
    #expect(read.text == text)
  }

  @Test("Every fault is named at once, each with its place, its field and a remedy")
  func allFaults() {
    let found = faults(
      """
      source: [a.mp4]
      budgt: 50ms
      pace: quick
      threads: 0
      skip: every:0
      source-options: {streams: "x:0", max-line: 12 parsecs}
      live: {open-timeout: 0s}
      features: [mfc, "rms,luma"]
      models:
        - {file: a.onnx, shedule: {weight: 1}}
        - {name: b, file: b.onnx, schedule: {weight: -1}, gates: [{model: aa}], crops: {model: b, margin: 99}}
      sinks: [{kind: jsonl, target: x, rotat: 1h}, {kind: jsnl, target: y}]
      moments: {tick: video, streams: [audio:0, audio:0]}
      """)
    let expected = [
      "2:1: source: there is no such field. Did you mean 'sources'?",
      "3:1: budgt: there is no such field. Did you mean 'budget'?",
      "4:7: pace: 'quick' is not known", "5:10: threads: 0 is out of range", "6:7: skip: 'every:0' is no policy",
      "7:27: source-options.streams: 'x:0' names no stream", "7:44: source-options.max-line: '12 parsecs' is no size",
      "8:22: live.open-timeout: it must be longer than nothing", "9:12: features[0]: ",
      "9:17: features[1]: 'rms,luma' names several",
      "11:20: models[0].shedule: there is no such field. Did you mean 'schedule'?",
      "12:48: models[1].schedule.weight: weight '-1' is out of range",
      "12:69: models[1].gates[0].model: the pipeline has no model 'aa'. Did you mean 'a'?",
      "12:90: models[1].crops.model: b cannot go by itself",
      "12:101: models[1].crops.margin: margin '99' is out of range",
      "13:41: sinks[0].rotat: jsonl has no setting 'rotat'. Did you mean rotate?",
      "13:53: sinks[1].kind: there is no sink of the kind 'jsnl'. Did you mean jsonl?",
      "14:17: moments.tick: 'video' is no tick", "14:43: moments.streams[1]: audio:0 is named twice",
    ]
    for (found, expected) in zip(found, expected) { #expect(found.hasPrefix(expected), "\(found)") }
    #expect(found.count == expected.count, "\(found.dropFirst(expected.count))")
    for fault in found { #expect(fault.contains(". "), "no remedy: \(fault)") }
  }

  @Test(
    "What the fields contradict together is told at the field that made it",
    arguments: [
      ("pace: realtime\ndeterministic: true", "3:16: deterministic: deterministic needs pace fast"),
      ("fft-measure: true\ndeterministic: true", "2:14: fft-measure: fft-measure contradicts deterministic"),
      ("explain-skips: x", "2:16: explain-skips: there is no model to schedule"),
      ("stats-every: 10us", "2:14: stats-every: stats cannot be written that often"),
      ("sources: ['-', 'text:-']", "2:10: sources: standard input can be read once only"),
      ("sources: [a, 'replay:b']", "2:10: sources: a replay is a session of its own"),
      (
        "pace: realtime\nsinks:\n  - {kind: fifo, target: p}\n  - {kind: fifo, target: q, drop: none}",
        "5:5: sinks[1]: drop=none would hold the session up"
      ),
      (
        "models:\n  - {name: a, file: a, gates: [{model: b}]}\n  - {name: b, file: b, crops: {model: c}}\n"
          + "  - {name: c, file: c, gates: [{model: a}]}",
        "5:40: models[2].gates[0].model: models wait for each other in a circle: a by b by c by a"
      ),
      ("models: [{file: a}, {file: a}]", "2:28: models[1].file: two models are called 'a'"),
      (
        "models: [{file: a, gates: [{model: b}, {model: b}]}, {file: b}]",
        "2:40: models[0].gates[1]: the gate is given twice"
      ),
    ])
  func contradictions(_ text: String, _ expected: String) {
    let found = faults(text)
    #expect(found.contains { $0.hasPrefix(expected) }, "\(found)")
  }

  @Test("What is no pipeline is told with its place, and nothing traps")
  func hostile() throws {
    func message(_ bytes: [UInt8]) -> String {
      do {
        _ = try Pipeline(bytes, file: "p.yaml", Self.reading())
        return ""
      } catch { return "\(error)" }
    }
    #expect(message([]).contains("it is empty"))
    #expect(message(Array("[1, 2]".utf8)).contains("map"))
    #expect(message(Array("version: braid-pipeline/2".utf8)).contains("This program reads braid-pipeline/1"))
    #expect(message(Array("sources: [a]".utf8)).contains("Begin the file with 'version: braid-pipeline/1'"))
    #expect(message([0, 1, 2, 255, 254, 0x89]).contains("p.yaml"))
    var bomb = "version: braid-pipeline/1\na: &a [x, x, x, x, x, x, x, x, x]\n"
    for (name, last) in zip("bcdefgh", "abcdefg") {
      bomb += "\(name): &\(name) [\(Array(repeating: "*\(last)", count: 9).joined(separator: ", "))]\n"
    }
    #expect(message(Array(bomb.utf8)).contains("more than 100000 values"))
    #expect(
      message(Array("version: braid-pipeline/1\nthreads: 1\nthreads: 2".utf8)).contains(
        "3:1: threads: the field is given twice"))
    // Any change of a sound file is a fault or a pipeline.
    var generator = SeededGenerator(seed: 7)
    let sound = Array(Pipeline.random(using: &generator).text.utf8)
    for _ in 0..<2000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert(Array(":-[]{}&*#'\"\n ,0".utf8).randomElement(using: &generator) ?? 0, at: place)
        }
      }
      _ = message(bytes)
    }
  }

  @Test("Paths are seen from the file's folder; URLs, devices and installed models are not paths")
  func paths() {
    for (source, seen) in [
      ("a.mp4", "d/a.mp4"), ("../a b.mp4", "d/../a b.mp4"), ("/a.mp4", "/a.mp4"), ("text:w.srt", "text:d/w.srt"),
      ("sensor:/dev/x", "sensor:/dev/x"), ("replay:rec", "replay:d/rec"), ("-", "-"), ("text:-", "text:-"),
      ("http://h/a", "http://h/a"), ("alsa:default", "alsa:default"),
      ("lavfi:testsrc2=s=16x16", "lavfi:testsrc2=s=16x16"),
      ("./12:30.wav", "d/./12:30.wav"), ("file:a.mp4", "file:d/a.mp4"),
    ] { #expect(PipelinePath.source(source, folder: "d/") == seen) }
    #expect(PipelinePath.model("installed", folder: "d/") == "installed")
    #expect(PipelinePath.model("./near", folder: "d/") == "d/./near")
  }

  @Test("What is given beside a file wins, and the rest of the file holds")
  func overrides() throws {
    var pipeline = try read(
      """
      models:
        - {name: faces, file: f.onnx, schedule: {weight: 2, budget: 40ms}}
        - {name: mood, file: m.onnx, gates: [{model: faces}], crops: {model: faces}}
      """)
    pipeline.override(schedules: [try ScheduleSetting("faces:budget=10ms")])
    #expect(pipeline.configuration.schedules == [try ScheduleSetting("f.onnx:weight=2,budget=10ms")])
    pipeline.override(gates: [try GateSetting("mood=faces:face,hold=1s")])
    #expect(pipeline.configuration.gates == [try GateSetting("m.onnx=f.onnx:face,hold=1s")])
    pipeline.override(crops: [try CropSetting("m.onnx=f.onnx,max=2")])
    #expect(pipeline.configuration.crops == [try CropSetting("m.onnx=f.onnx,max=2")])
    pipeline.replaceModels(["other"])
    #expect(pipeline.configuration.gates.isEmpty && pipeline.configuration.crops.isEmpty)
    #expect(pipeline.configuration.schedules.isEmpty && pipeline.text.contains("name: other"))
  }
}

extension Pipeline {
  /// A pipeline of which everything that can be said may be said.
  fileprivate static func random(using generator: inout SeededGenerator) -> Pipeline {
    func maybe<Value>(_ value: @autoclosure () -> Value) -> Value? {
      Bool.random(using: &generator) ? value() : nil
    }
    func whole(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    func length(_ least: Int = 0) -> MediaDuration {
      let units: [Int64] = [1, 1000, 1_000_000, 1_000_000_000]
      return MediaDuration(nanoseconds: Int64(whole(least...5000)) * units[whole(0...3)])
    }
    func word() -> String {
      let words = [
        "a", "12", "yes", "null", "a b", "ä:ö", "#x", "'q'", "\"d\"", "-", "tab\there", "~", "x: y", "é\u{2028}", "[",
        "0x1f",
      ]
      return "/" + (0..<whole(1...3)).map { _ in words[whole(0...words.count - 1)] }.joined()
    }
    var configuration = SessionConfiguration(inputs: (0..<whole(0...3)).map { _ in word() })
    var options = InputOptions()
    if let kind = maybe(whole(0...2)) {
      options.streams =
        kind == 0 ? .all : .list([.index(whole(0...9)), .nth(kind == 1 ? .audio : .video, whole(0...3))])
    }
    options.format = maybe("f\(whole(0...9))")
    options.start = maybe(.zero + length())
    options.duration = maybe(length())
    options.keepsTime = .random(using: &generator)
    options.decoderThreads = whole(0...64)
    options.limits.pixels = whole(1...Int.max)
    options.limits.lineBytes = whole(1...Int.max)
    options.live.reconnects = .random(using: &generator)
    options.live.reconnectLimit = maybe(whole(0...99))
    options.live.reconnectWait = length()
    options.live.openTimeout = length(1)
    configuration.inputOptions = options
    var pipeline = Pipeline(configuration)
    let count = whole(0...4)
    if Bool.random(using: &generator) {
      let files = (0..<count).map { "/m\($0)\(word())" }
      pipeline.configuration.models = .named(files)
      if Bool.random(using: &generator) { pipeline.modelNames = (0..<count).map { "n\($0)\(word())" } }
      for (place, file) in files.enumerated() {
        if Bool.random(using: &generator) {
          var schedule = ModelSchedule()
          schedule.weight = Double(whole(1...1000)) / 8
          schedule.minimumRate = maybe(Double(whole(0...100)) / 3)
          schedule.priority = maybe(whole(-1000...1000))
          schedule.budget = maybe(length(1))
          pipeline.configuration.schedules.append(ScheduleSetting(model: file, schedule))
        }
        for other in files[..<place] where Bool.random(using: &generator) {
          var gate = GateSetting(model: file, source: other + (maybe(":l:\(whole(0...9))") ?? ""))
          gate.hold = maybe(MediaDuration.milliseconds(Int64(whole(0...3_600_000))))
          pipeline.configuration.gates.append(gate)
        }
        if place > 0, Bool.random(using: &generator) {
          var crops = CropSetting(model: file, source: files[0])
          crops.crops.margin = maybe(Float(whole(0...100)) / 10)
          crops.crops.isSquare = maybe(Bool.random(using: &generator))
          crops.crops.limit = maybe(whole(1...64))
          pipeline.configuration.crops.append(crops)
        }
      }
    }
    if Bool.random(using: &generator) {
      let lists = ["", "rms", "rms,mfcc:librosa,bands=64", "luma,mfcc,coefficients=20,bands=40,rms"]
      pipeline.configuration.features = .named(lists[whole(0...3)])
    }
    let moments = [
      "video:0,audio:0", "every:40ms,audio:0=window:-500ms..3us,text:0=hold:2s",
      "text:1,sensor:0=exact,video:0=nearest:7ns,correct=1s",
    ]
    pipeline.configuration.moments = maybe(moments[whole(0...2)]).flatMap { try? MomentSelection($0) }
    pipeline.configuration.pace = .fast
    pipeline.configuration.budget = maybe(length(1))
    pipeline.configuration.skip =
      [.adaptive, .none, .every(whole(1...9)), .maxFPS(Double(whole(1...999)) / 7)][whole(0...3)]
    pipeline.configuration.prefersContent = .random(using: &generator)
    pipeline.configuration.tolerance = length()
    pipeline.configuration.wait = length()
    pipeline.configuration.threads = whole(1...1024)
    pipeline.configuration.isDeterministic = .random(using: &generator)
    pipeline.configuration.output = maybe(word()) ?? "-"
    pipeline.configuration.statsInterval = maybe(.milliseconds(Int64(whole(1...9999))))
    pipeline.configuration.trace = maybe(word())
    pipeline.configuration.recording = maybe(word())
    let sinks = [
      "jsonl:/r,rotate=100MB,rotate=1h,keep=3", "http://host/in,batch=50,header=A: b,header=C: d",
      "vtt:/t.vtt,names=speech",
      "unix:/s,listen=yes", "video:/v.mp4,size=640x360,bitrate=2M", "fifo:/f,types=result,event",
    ]
    pipeline.configuration.sinks = sinks.compactMap { sink in
      Bool.random(using: &generator) ? try? SinkSetting(sink) : nil
    }
    if case .named(let files) = pipeline.configuration.models {
      for place in pipeline.configuration.sinks.indices {
        pipeline.configuration.sinks[place].models = files.filter { _ in Bool.random(using: &generator) }
      }
    }
    return pipeline
  }
}
