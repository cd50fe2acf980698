import BraidCore
import BraidTestSupport
import Testing

@testable import BraidInference
@testable import BraidPipeline

/// Decoders beside NumPy, torchvision's rules, OpenCV's, Ultralytics' and COCO's.
@Suite("Decoders beside their references")
struct DecoderGoldenTests {
  private static func detections(_ golden: DecoderGoldens.Case) -> ModelDescription.Detections {
    let settings = golden.settings
    let labels = (0..<(settings.labels ?? 1)).map { "\($0)" }
    typealias Columns = ModelDescription.Columns
    let encoding: ModelDescription.BoxEncoding
    if let grid = settings.grid {
      encoding = .grid(strides: grid)
    } else if let strides = settings.distribution {
      encoding = .distribution(strides: strides, bins: settings.bins ?? 16)
    } else if let levels = settings.priors {
      encoding = .priors(
        ModelDescription.Priors(
          levels: levels.map { level in
            ModelDescription.Priors.Level(
              stride: level.stride,
              sizes: level.sizes.map { ModelDescription.Priors.Level.Size(width: $0[0], height: $0[1]) })
          }))
    } else {
      encoding = .places(settings.form ?? .corners, isInPixels: settings.pixels ?? false)
    }
    let source: ModelDescription.DetectionSource
    if settings.selected == true {
      source = .selected(
        ModelDescription.SelectedBoxes(
          boxes: "boxes", scores: "scores", classes: "classes",
          count: golden.outputs.contains { $0.name == "count" } ? "count" : nil, firstClass: settings.firstClass ?? 0))
    } else if let name = settings.combined {
      let hasObjectness = settings.objectness != nil
      source = .heads([
        ModelDescription.DetectionHead(
          boxes: Columns(name, count: 4), scores: Columns(name, from: hasObjectness ? 5 : 4),
          objectness: hasObjectness ? Columns(name, from: 4, count: 1) : nil)
      ])
    } else if settings.heads?.count == 4, let strides = settings.grid {
      source = .heads(
        strides.map {
          ModelDescription.DetectionHead(
            boxes: Columns("bbox_\($0)"), scores: Columns("cls_\($0)"), objectness: Columns("obj_\($0)"),
            landmarks: Columns("kps_\($0)"))
        })
    } else if let strides = settings.distribution {
      let numbers = 4 * (settings.bins ?? 16)
      source = .heads(
        strides.map {
          ModelDescription.DetectionHead(
            boxes: Columns("head_\($0)", count: numbers), scores: Columns("head_\($0)", from: numbers))
        })
    } else {
      source = .heads([
        ModelDescription.DetectionHead(
          boxes: Columns("b"), scores: Columns("s"), landmarks: settings.landmarks.map { Columns($0) })
      ])
    }
    var made = ModelDescription.Detections(
      source, encoding: encoding, labels: labels, threshold: settings.threshold ?? 0.5,
      overlap: settings.overlap ?? 0.5)
    made.hasNumbersFirst = settings.first ?? false
    made.activation = settings.activation ?? .none
    made.objectness = settings.objectness ?? .product
    made.hasBackground = settings.background ?? false
    made.isMultiLabel = settings.multiLabel ?? true
    made.suppression = settings.suppression ?? .perClass
    made.limit = settings.limit ?? 200
    return made
  }

  @Test("Detections of every layout of boxes, scores and landmarks are those of the reference")
  func detections() throws {
    let cases = try DecoderGoldens.cases("detections")
    #expect(cases.count > 30)
    for golden in cases {
      var decoder = try DetectionDecoder(Self.detections(golden), outputs: golden.modelOutputs)
      // The second time scratch is used again.
      _ = decoder.detections(golden.values)
      let found = decoder.detections(golden.values)
      let expected = golden.expected.found
      #expect(found.count == expected.count, "\(golden.name)")
      for (one, other) in zip(found, expected) {
        #expect(Int(one.label) == other.label && abs(one.score - (other.score ?? -1)) < 2e-5, "\(golden.name)")
        let box = [one.x, one.y, one.width, one.height]
        #expect(zip(box, other.box ?? []).allSatisfy { abs($0 - $1) < 2e-5 }, "\(golden.name): \(box) \(other)")
        #expect(one.landmarks.count == other.landmarks?.count ?? 0)
        for (point, place) in zip(one.landmarks, other.landmarks ?? []) {
          #expect(abs(point.x - place[0]) < 2e-5 && abs(point.y - place[1]) < 2e-5, "\(golden.name)")
        }
      }
    }
  }

  @Test("Classes, their order and their probabilities are those of the reference")
  func classification() throws {
    let cases = try DecoderGoldens.cases("classification")
    #expect(cases.count == 18)
    for golden in cases {
      var settings = ModelDescription.Classification(output: "s", activation: golden.settings.activation ?? .none)
      settings.limit = golden.settings.limit ?? 5
      settings.threshold = golden.settings.threshold ?? 0
      var decoder = try ClassificationDecoder(settings, outputs: golden.modelOutputs)
      let found = decoder.classes(golden.values[0])
      #expect(found.map(\.label) == golden.expected.found.map { "\($0.label ?? -1)" }, "\(golden.name)")
      for (one, other) in zip(found, golden.expected.found) { #expect(abs(one.score - (other.score ?? -1)) < 1e-5) }
    }
  }

  @Test("Masks have COCO's run lengths")
  func masks() throws {
    let cases = try DecoderGoldens.cases("mask")
    #expect(cases.count == 4)
    for golden in cases {
      let settings = ModelDescription.Mask(
        output: "m", hasClassesLast: golden.settings.last ?? false,
        labels: (0..<(golden.settings.labels ?? 0)).map { "\($0)" }, ignored: ["0"],
        threshold: golden.settings.threshold)
      var decoder = try MaskDecoder(settings, outputs: golden.modelOutputs)
      guard case .masks(let found) = decoder.decode(golden.values) else { return #expect(Bool(false)) }
      #expect(found.map(\.label) == golden.expected.found.map { "\($0.label ?? -1)" })
      #expect(found.map(\.counts) == golden.expected.found.map { $0.counts ?? [] }, "\(golden.name)")
      #expect(found.allSatisfy { [$0.height, $0.width] == golden.expected.found[0].size })
    }
  }

  @Test("A text read window by window is that of the whole; words have their times")
  func text() throws {
    let cases = try DecoderGoldens.cases("ctc")
    #expect(cases.count == 6)
    for golden in cases {
      guard case .text(let text, let words) = golden.expected else { return #expect(Bool(false)) }
      let steps = try #require(golden.settings.steps)
      let symbols = (golden.settings.symbols ?? "").map(String.init)
      let outputs = ModelOutputs(
        id: "golden@1.0.0", outputs: [ModelOutputs.Output(name: "c", shape: [1, steps, symbols.count])], picture: nil)
      let settings = ModelDescription.CTC(output: "c", labels: symbols, space: " ")
      var results = try CTCDecoder(settings, outputs: outputs)
      var events = results
      var read = ""
      var found: [DecodedEvent] = []
      let step = MediaDuration.milliseconds(20)
      let time = { (step: Int) in MediaTime.zero + .milliseconds(Int64(step) * 20) }
      for window in 0..<(golden.settings.windows ?? 0) {
        let first = window * steps
        let values = Array(golden.values[0][first * symbols.count..<(first + steps) * symbols.count])
        if case .text(let part) = results.decode([values]) { read += part }
        events.push([values], window: (time(first), step), times: { time(first + $0) }, length: step) {
          found.append($0)
        } then: { _, _ in
        }
      }
      events.end(at: time(1000)) { found.append($0) }
      #expect(read == text)
      #expect(found.map(\.name) == words.map { $0.text ?? "" })
      for (one, other) in zip(found, words) {
        #expect(one.time == time(other.start ?? -1) && one.time + one.duration == time(other.end ?? -1))
        #expect(abs(one.score - (other.score ?? -1)) < 1e-5)
      }
    }
  }

  @Test("Words are told when the reference tells them")
  func keywords() throws {
    let cases = try DecoderGoldens.cases("keywords")
    #expect(cases.count == 4)
    for golden in cases {
      let classes = golden.outputs[0].shape[2]
      let outputs = ModelOutputs(
        id: "golden@1.0.0", outputs: [ModelOutputs.Output(name: "k", shape: [1, classes])], picture: nil)
      var settings = ModelDescription.Keywords(
        output: "k", activation: .softmax, labels: (0..<classes).map { "\($0)" }, ignored: ["0", "1"])
      settings.threshold = golden.settings.threshold ?? 0
      settings.smoothingMilliseconds = golden.settings.smoothing ?? 0
      settings.suppressionMilliseconds = golden.settings.suppressionMilliseconds ?? 0
      var decoder = try KeywordDecoder(settings, outputs: outputs)
      let hop = Int64(golden.settings.hop ?? 0)
      var found: [(run: Int, event: DecodedEvent)] = []
      for run in 0..<golden.outputs[0].shape[1] {
        let start = MediaTime.zero + .milliseconds(Int64(run) * hop)
        let values = Array(golden.values[0][run * classes..<(run + 1) * classes])
        decoder.push([values], window: (start, .seconds(1)), times: { _ in start }, length: .milliseconds(hop)) {
          found.append((run, $0))
        } then: { state, _ in
          guard case .happened(let states) = state else { return #expect(Bool(false)) }
          #expect(states.contains(true) == (found.last?.run == run))
        }
      }
      #expect(found.map(\.run) == golden.expected.found.map { $0.run ?? -1 })
      #expect(found.map(\.event.label) == golden.expected.found.map { $0.label ?? -1 })
      for (one, other) in zip(found, golden.expected.found) {
        #expect(abs(one.event.score - (other.score ?? -1)) < 1e-5 && one.event.duration == .seconds(1))
      }
    }
  }
}
