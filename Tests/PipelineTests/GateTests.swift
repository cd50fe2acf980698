import BraidCore
import BraidTestSupport
import Testing

@testable import BraidInference
@testable import BraidPipeline

/// When gates are open, and which models can go by which.
@Suite("Gates")
struct GateTests {
  private static func time(_ milliseconds: Int) -> MediaTime { .zero + .milliseconds(Int64(milliseconds)) }

  /// What a source says: that it is so from then on, or that something happened then.
  private enum Saying {
    case state(Bool, at: Int)
    case instant(at: Int)
  }

  /// The plain meaning: whether a time lies in a stretch of yes or within the hold after one.
  private static func isOpen(_ sayings: [Saying], at time: Int, hold: Int) -> Bool {
    var since: Int?
    for saying in sayings {
      switch saying {
      case .state(true, let start): since = since ?? start
      case .state(false, let end):
        if let start = since, (start..<end + hold).contains(time) { return true }
        since = nil
      case .instant(let start): if (start..<start + hold).contains(time) { return true }
      }
    }
    return since.map { time >= $0 } ?? false
  }

  @Test("However answers and questions come, each question has the one answer of its time", arguments: 0..<40)
  func anyOrder(round: Int) {
    var generator = SeededGenerator.printed()
    let isInstant = Bool.random(using: &generator)
    let hold = [0, 1, 30, 500].randomElement(using: &generator) ?? 0
    var timeline = GateTimeline(hold: .milliseconds(Int64(hold)))
    var sayings: [Saying] = []
    var (said, asked) = (0, 0)
    var waiting: [Int] = []
    for _ in 0..<400 {
      if Bool.random(using: &generator) {
        said += .random(in: 1...40, using: &generator)
        let saying = isInstant ? Saying.instant(at: said) : .state(.random(using: &generator), at: said)
        sayings.append(saying)
        switch saying {
        case .state(let isYes, let at): timeline.say(isYes, from: Self.time(at))
        case .instant(let at): timeline.pulse(at: Self.time(at))
        }
      } else {
        asked += .random(in: 1...40, using: &generator)
        waiting.append(asked)
      }
      // Nothing at the time of the last saying is still to come.
      while let first = waiting.first,
        let answer = timeline.answer(at: Self.time(first), bound: Self.time(said + 1))
      {
        #expect(answer == Self.isOpen(sayings, at: first, hold: hold), "at \(first) of \(said), held \(hold)")
        waiting.removeFirst()
      }
      #expect(waiting.allSatisfy { $0 > said })
    }
    // The source ends: everything is known.
    for time in waiting {
      let answer = timeline.answer(at: Self.time(time), bound: .distantFuture)
      #expect(answer == Self.isOpen(sayings, at: time, hold: hold))
    }
  }

  @Test("Before the first answer it is no; an end is a no after the hold; a restart further back counts from there")
  func edges() {
    var timeline = GateTimeline(hold: .milliseconds(10))
    #expect(!timeline.isOpen(at: Self.time(5)))
    #expect(timeline.answer(at: Self.time(5), bound: Self.time(5)) == nil)
    timeline.say(true, from: Self.time(20))
    #expect(!timeline.isOpen(at: Self.time(19)) && timeline.isOpen(at: Self.time(1000)))
    timeline.say(false, from: Self.time(30))
    #expect(timeline.isOpen(at: Self.time(39)) && !timeline.isOpen(at: Self.time(40)))
    timeline.say(true, from: Self.time(3))
    #expect(timeline.isOpen(at: Self.time(4)) && timeline.isOpen(at: Self.time(50)))
    timeline.say(false, from: Self.time(7))
    #expect(timeline.isOpen(at: Self.time(16)) && !timeline.isOpen(at: Self.time(17)))
  }

  @Test("More changes than are remembered: the newest hold")
  func many() {
    var timeline = GateTimeline(hold: .zero)
    for index in 0..<5 * GateTimeline.capacity { timeline.say(index % 2 == 0, from: Self.time(index)) }
    let newest = 5 * GateTimeline.capacity
    for time in newest - 100..<newest { #expect(timeline.isOpen(at: Self.time(time)) == (time % 2 == 0)) }
  }

  // MARK: Which models go by which

  private static func model(_ name: String, _ decoder: ModelDescription.Decoder = .raw) -> ModelLinks.Named {
    ModelLinks.Named(
      given: "/models/\(name)",
      description: ModelDescription(name: name, version: "1.0.0", inputs: [], decoder: decoder))
  }

  private static func events(_ shape: ModelDescription.Events.Shape, _ event: String) -> ModelDescription.Decoder {
    .events(
      output: "y",
      ModelDescription.Events(
        event: event, shape: shape, threshold: 0.5, offThreshold: 0.3, minimumGapMilliseconds: 0,
        minimumOnMilliseconds: 0, minimumOffMilliseconds: 0, paddingMilliseconds: 0, rows: [], frame: 0))
  }

  private static let faces = ModelDescription.Decoder.detections(
    ModelDescription.Detections(
      scores: "s", boxes: "b", encoding: .corners, labels: ["face", "hand"], threshold: 0.5, overlap: 0.5))

  private static let models = [
    model("keywords", events(.instant, "word")), model("voice", events(.interval, "speech")), model("faces", faces),
    model("mood"),
    model(
      "emotion",
      .classification(ModelDescription.Classification(output: "p", labels: ["angry", "happy"]))),
    model(
      "sounds",
      .labelledEvents(
        ModelDescription.LabelledEvents(
          output: "p", labels: ["dog", "cat", "rain"], ignored: ["rain"], events: intervals("")))),
    model("words", .keywords(ModelDescription.Keywords(output: "p", labels: ["hush", "yes"], ignored: ["hush"]))),
  ]

  private static func intervals(_ name: String) -> ModelDescription.Events {
    ModelDescription.Events(
      event: name, shape: .interval, threshold: 0.5, offThreshold: 0.3, minimumGapMilliseconds: 0,
      minimumOnMilliseconds: 0, minimumOffMilliseconds: 0, paddingMilliseconds: 0, rows: [], frame: 0)
  }

  private static func links(_ settings: [String]) throws -> (ModelLinks, [Int]) {
    var links = ModelLinks(count: models.count)
    for setting in settings { try links.add(GateSetting(setting), models: models) }
    return (links, try links.order(models))
  }

  @Test("Each model stands behind those that it goes by, else where it was; the hold is that of its kind")
  func order() throws {
    let (links, order) = try Self.links([
      "keywords=voice", "/models/voice=faces@1.0.0:hand,hold=1.5s", "mood=keywords:word",
    ])
    #expect(order == [2, 1, 0, 3, 4, 5, 6])
    let gates = links.reordered(order).gates
    #expect(gates.map(\.model) == [2, 1, 3] && gates.map(\.source) == [1, 0, 2])
    #expect(gates.map(\.hold) == [.zero, .milliseconds(1500), .milliseconds(500)])
    #expect(gates.map(\.label) == [nil, "hand", "word"])
    #expect(try Self.links([]).1 == [0, 1, 2, 3, 4, 5, 6])
    for text in ["a=b", "a=b:c:d", "a=b:c,hold=0.5s"] {
      #expect(try GateSetting(GateSetting(text).text) == GateSetting(text))
    }
  }

  @Test("A class that has to be the best, a kind of event and a word open gates; a word's has a hold")
  func kinds() throws {
    let (links, _) = try Self.links(["mood=emotion:happy", "mood=sounds:cat", "mood=sounds", "mood=words:yes"])
    #expect(links.gates.map(\.label) == ["happy", "cat", nil, "yes"])
    #expect(links.gates.map(\.hold) == [.zero, .zero, .zero, .milliseconds(500)])
  }

  private static func detector(_ name: String, _ source: ModelDescription.Source) -> ModelLinks.Named {
    ModelLinks.Named(
      given: name,
      description: ModelDescription(
        name: name, version: "1.0.0", inputs: [ModelDescription.Input(name: "x", source: source)], decoder: faces))
  }

  @Test("Crops are of pictures: a model that detects in sound has none")
  func cropsOfSound() throws {
    let picture = ModelDescription.Source.picture(
      ModelDescription.Picture(width: 8, height: 8, colour: .rgb, layout: .nchw))
    let sound = ModelDescription.Source.samples(
      ModelDescription.SampleWindow(sampleRate: 16_000, hop: 512, context: 0))
    let models = [
      Self.detector("mood", picture), Self.detector("faces", picture), Self.detector("bangs", sound),
    ]
    var links = ModelLinks(count: models.count)
    do {
      try links.add(CropSetting("mood=bangs"), models: models)
      Issue.record("sound was cut out")
    } catch {
      #expect(error.code == .configuration && error.message.contains("in sound") && !error.remedy.isEmpty, "\(error)")
    }
    try links.add(CropSetting("mood=faces:hand"), models: models)
    #expect(links.crops(of: 0)?.source == 1)
  }

  @Test("What is found in several crops comes best first, and of those alike the first crop's")
  func bestFirst() {
    let crops = [[0.4, 0.9], [0.7, 0.4], [0.9]].enumerated().map { crop, scores in
      let found = scores.enumerated().map {
        ModelOutput.Detection(
          label: "\(crop)\($0)", score: Float($1), x: 0, y: 0, width: 1, height: 1)
      }
      return ModelOutput.Crop(detection: found[0], region: (0, 0, 1, 1), output: .detections(found))
    }
    let output = ModelOutput.crops(crops, left: 0)
    #expect(output.detections?.map(\.label) == ["01", "20", "10", "00", "11"])
  }

  @Test("Jobs that would take more memory than is allowed are refused with what to do")
  func memory() throws {
    let sizes = ModelStage.JobSizes(staged: [10, 0], outputs: [[1000, 24], [500]], crops: 8)
    #expect(sizes.byteCount == 4 * 1534)
    try sizes.check(jobs: 10, waitingBytes: 5, of: "m", limit: 10 * 4 * 1534 + 5)
    do {
      try sizes.check(jobs: 10, waitingBytes: 6, of: "m", limit: 10 * 4 * 1534 + 5)
      Issue.record("it was taken")
    } catch {
      #expect(error.location == "--crops" && error.remedy.contains("max=2"))
    }
  }

  @Test(
    "What cannot be is answered with what would be right",
    arguments: [
      (["keywords=voise"], "Did you mean voice?"), (["keyword=voice"], "Did you mean keywords?"),
      (["keywords=keywords"], "cannot say whether it runs itself"),
      (["keywords=mood"], "neither events, words, detections nor classes"),
      (["keywords=voice:speach"], "Did you mean speech?"), (["mood=faces:foot"], "It has face, hand"),
      (["mood=keywords,hold=0s"], "would never open"), (["mood=voice", "mood=voice"], "given twice"),
      (["keywords=voice", "voice=faces", "faces=keywords"], "in a circle: keywords by voice by faces by keywords"),
      (["mood"], "does not name two models"), (["=voice"], "does not name two models"),
      (["mood=voice,hold=soon"], "no duration"), (["mood=voice,hold=1s,hold=2s"], "twice"),
      (["mood=voice,old=1s"], "Did you mean hold?"), (["mood=emotion"], "the gate would never shut"),
      (["mood=emotion:happi"], "Did you mean happy?"), (["mood=sounds:rain"], "It has dog, cat"),
      (["mood=words:hush"], "It has yes"), (["mood=words:yes,hold=0s"], "would never open"),
    ])
  func mistakes(settings: [String], words: String) throws {
    do {
      _ = try Self.links(settings)
      Issue.record("\(settings) was taken")
    } catch let error as PipelineError {
      #expect(error.description.contains(words) && error.code == .configuration && !error.remedy.isEmpty, "\(error)")
    }
  }
}
