import BraidCore
import BraidTestSupport
import Testing

@testable import BraidInference
@testable import BraidPipeline

/// From scores and boxes to detections.
@Suite("Detection decoder")
struct DetectionDecoderTests {
  /// A decoder of so many boxes whose scores and boxes are two outputs.
  private struct Decoder {
    var decoder: DetectionDecoder

    init(labels: [String] = ["face"], boxes: Int) throws {
      let settings = ModelDescription.Detections(
        scores: "s", boxes: "b", encoding: .corners, labels: labels, threshold: 0.5, overlap: 0.3)
      decoder = try DetectionDecoder(
        settings,
        outputs: ModelOutputs(
          id: "test@1.0.0",
          outputs: [
            ModelOutputs.Output(name: "s", shape: [1, boxes, labels.count + 1]),
            ModelOutputs.Output(name: "b", shape: [1, boxes, 4]),
          ], picture: nil))
    }

    mutating func decode(scores: [Float], boxes: [Float]) -> [ModelOutput.Detection] {
      decoder.detections([scores, boxes])
    }
  }

  @Test("The best of boxes that overlap stays, best first, within the picture")
  func suppression() throws {
    var decoder = try Decoder(boxes: 5)
    let scores: [Float] = [0.2, 0.8, 0.1, 0.9, 0.4, 0.6, 0.9, 0.1, 0, .nan]
    let boxes: [Float] = [
      0.1, 0.1, 0.5, 0.5, 0.12, 0.1, 0.5, 0.52, 0.7, 0.7, 1.4, 1.2, 0, 0, 1, 1, 0.2, 0.2, 0.3, 0.3,
    ]
    let found = decoder.decode(scores: scores, boxes: boxes)
    #expect(found.map(\.score) == [0.9, 0.6])
    #expect(found[0].x == 0.12 && found[0].label == "face")
    #expect(found[1].x == 0.7 && abs(found[1].width - 0.3) < 1e-6 && abs(found[1].height - 0.3) < 1e-6)
  }

  @Test("Classes do not suppress one another; boxes turned inside out and numbers that are none are left out")
  func classes() throws {
    var decoder = try Decoder(labels: ["cat", "dog"], boxes: 4)
    let found = decoder.decode(
      scores: [0, 0.8, 0, 0, 0, 0.7, 0, 0.9, 0, 0, 0.9, 0],
      boxes: [0.1, 0.1, 0.4, 0.4, 0.1, 0.1, 0.4, 0.4, 0.5, 0.5, 0.2, 0.6, .nan, 0, .infinity, 1])
    #expect(found.map(\.label) == ["cat", "dog"])
    #expect(decoder.decode(scores: [], boxes: []).isEmpty)
  }

  @Test("At most 200 in all, however many there are")
  func limit() throws {
    var decoder = try Decoder(labels: ["a", "b"], boxes: 400)
    var scores: [Float] = []
    var boxes: [Float] = []
    for index in 0..<400 {
      scores += [0, 0.9, 0.8]
      let (x, y) = (Float(index % 20) / 20, Float(index / 20) / 20)
      boxes += [x, y, x + 0.04, y + 0.04]
    }
    let found = decoder.decode(scores: scores, boxes: boxes)
    #expect(found.count == 200)
    #expect(found.allSatisfy { $0.label == "a" })
  }

  @Test("No two that are kept overlap by more than is allowed, whatever comes")
  func property() throws {
    var generator = SeededGenerator.printed()
    for _ in 0..<20 {
      var decoder = try Decoder(boxes: 60)
      var scores: [Float] = []
      var boxes: [Float] = []
      for _ in 0..<60 {
        scores += [0, Float.random(in: 0...1, using: &generator)]
        let (x, y) = (Float.random(in: -0.2...1, using: &generator), Float.random(in: -0.2...1, using: &generator))
        boxes += [x, y, x + .random(in: 0...0.5, using: &generator), y + .random(in: 0...0.5, using: &generator)]
      }
      let found = decoder.decode(scores: scores, boxes: boxes)
      for (index, one) in found.enumerated() {
        #expect(one.score >= 0.5 && one.x >= 0 && one.x + one.width <= 1.0001)
        for other in found[(index + 1)...] {
          let width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
          let height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
          let common = max(0, width) * max(0, height)
          let either = one.width * one.height + other.width * other.height - common
          #expect(common / either <= 0.3001)
        }
      }
    }
  }

  @Test("Prior boxes: a zero offset is the prior itself, offsets follow the formula of SSD")
  func priors() {
    let priors = PriorBoxes(
      ModelDescription.Priors(
        levels: [
          ModelDescription.Priors.Level(stride: 8, sides: [10, 16]),
          ModelDescription.Priors.Level(stride: 64, sides: [128]),
        ]), width: 320, height: 240)
    let close = { (value: Float, expected: Float) in abs(value - expected) < 1e-5 }
    let first = priors.corners(of: 0, offsets: (0, 0, 0, 0))
    let (left, bottom): (Float, Float) = (-1.0 / 320, 9.0 / 240)
    #expect(close(first.0, left) && close(first.3, bottom))
    let second = priors.corners(of: 1, offsets: (1, -1, 2, 0))
    // exp(2 · 0.2)
    let width: Float = 0.05 * 1.4918247
    #expect(close(second.2 - second.0, width))
    let (centreX, centreY): (Float, Float) = (5.6 / 320, 2.4 / 240)
    #expect(close((second.2 + second.0) / 2, centreX))
    #expect(close((second.3 + second.1) / 2, centreY))
    // 40 x 30 cells of two boxes, then 5 x 4 of one; past the last there is none.
    let last = priors.corners(of: 2400 + 19, offsets: (0, 0, 0, 0))
    #expect(close((last.0 + last.2) / 2, 0.9))
    let none = priors.corners(of: 2400 + 20, offsets: (0, 0, 0, 0))
    #expect(none.0 == 0 && none.1 == 0 && none.2 == 0 && none.3 == 0)
  }

  @Test("A description that does not fit the model's outputs is answered with what is wrong")
  func contradictions() {
    func message(_ change: (inout ModelDescription.Detections) -> Void, classes: Int = 2, candidates: Int = 5) -> String
    {
      var settings = ModelDescription.Detections(
        scores: "scores", boxes: "boxes", encoding: .corners, labels: ["face"], threshold: 0.5, overlap: 0.3)
      change(&settings)
      let outputs = ModelOutputs(
        id: "test@1.0.0",
        outputs: [
          ModelOutputs.Output(name: "scores", shape: [1, 5, classes]),
          ModelOutputs.Output(name: "boxes", shape: [1, candidates, 4]),
        ], picture: (64, 32))
      do throws(PipelineError) {
        _ = try DetectionDecoder(settings, outputs: outputs)
        return ""
      } catch {
        return "\(error.message). \(error.remedy)"
      }
    }
    #expect(message { _ in } == "")
    #expect(message({ _ in }, classes: 4).contains("3 classes, and there are 1 labels. Give 2 more"))
    #expect(message({ _ in }, candidates: 6).contains("scores for 5 boxes, and 6 boxes"))
    #expect(
      message { $0.source = .heads([.init(boxes: .init("box"), scores: .init("scores"))]) }.contains("mean boxes"))
    #expect(message { $0.encoding = .grid(strides: [16]) }.contains("5 boxes, and 8 cells"))
    #expect(message { $0.encoding = .distribution(strides: [8], bins: 16) }.contains("4 numbers each, not 64"))
    #expect(message { $0.hasNumbersFirst = true } != "")
    #expect(message { $0.source = .selected(.init(boxes: "boxes", scores: "scores")) }.contains("5 boxes, and scores"))
  }

  @Test("Cells and prior boxes are counted before they are made", .timeLimit(.minutes(1)))
  func counted() {
    func message(_ encoding: ModelDescription.BoxEncoding) -> String {
      let settings = ModelDescription.Detections(
        scores: "s", boxes: "b", encoding: encoding, labels: ["face"], threshold: 0.5, overlap: 0.3)
      let outputs = ModelOutputs(
        id: "test@1.0.0",
        outputs: [
          ModelOutputs.Output(name: "s", shape: [1, 5, 2]), ModelOutputs.Output(name: "b", shape: [1, 5, 4]),
        ], picture: (16_384, 16_383))
      do throws(PipelineError) {
        _ = try DetectionDecoder(settings, outputs: outputs)
        return ""
      } catch {
        return error.message
      }
    }
    let strides = Array(repeating: 1, count: 1000) + [1024]
    #expect(message(.grid(strides: strides)).contains("5 boxes, and \(1000 * 16_384 * 16_383 + 256) cells"))
    let level = ModelDescription.Priors.Level(stride: 2, sides: [1, 2, 3])
    #expect(
      message(.priors(.init(levels: [level, level]))).contains("5 boxes, and \(2 * 8192 * 8192 * 3) cells or prior"))
  }

  @Test("A score, an objectness or a corner that is no number makes no detection of its box, and of no other")
  func notNumbers() throws {
    for activation in ModelDescription.Activation.allCases {
      for objectness in [ModelDescription.Detections.Objectness.product, .root] {
        var settings = ModelDescription.Detections(
          .heads([.init(boxes: .init("b"), scores: .init("s"), objectness: .init("o"))]), encoding: .corners,
          labels: ["x", "y"], threshold: 0.1, overlap: 0.5)
        (settings.activation, settings.objectness, settings.suppression) = (activation, objectness, .none)
        var decoder = try DetectionDecoder(
          settings,
          outputs: ModelOutputs(
            id: "test@1.0.0",
            outputs: [
              ModelOutputs.Output(name: "b", shape: [1, 2, 4]), ModelOutputs.Output(name: "s", shape: [1, 2, 2]),
              ModelOutputs.Output(name: "o", shape: [1, 2, 1]),
            ], picture: (64, 32)))
        let whole: [[Float]] = [[0.1, 0.1, 0.2, 0.2, 0.5, 0.5, 0.75, 0.75], [0.9, 0.8, 0.9, 0.8], [0.9, 0.9]]
        #expect(decoder.detections(whole).filter { $0.x == 0.1 }.count == 2)
        // One number of the first box after the other.
        for (output, place) in [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (2, 0)] {
          var broken = whole
          broken[output][place] = .nan
          let found = decoder.detections(broken)
          // Of scores apart from each other the other one stays.
          let rest = output == 1 && activation != .softmax ? 1 : 0
          #expect(found.filter { $0.x != 0.5 }.count == rest, "\(activation) \(objectness) \(output) \(place)")
          #expect(found.filter { $0.x == 0.5 }.count == 2 && found.allSatisfy { $0.score.isFinite })
        }
      }
    }
  }

  @Test("Landmarks of which one is no number are not told; their box is")
  func brokenLandmarks() throws {
    var settings = ModelDescription.Detections(
      .heads([.init(boxes: .init("b"), scores: .init("s"), landmarks: .init("l"))]), encoding: .corners,
      labels: ["x"], threshold: 0.1, overlap: 0.5)
    settings.hasBackground = false
    var decoder = try DetectionDecoder(
      settings,
      outputs: ModelOutputs(
        id: "test@1.0.0",
        outputs: [
          ModelOutputs.Output(name: "b", shape: [1, 1, 4]), ModelOutputs.Output(name: "s", shape: [1, 1, 1]),
          ModelOutputs.Output(name: "l", shape: [1, 1, 4]),
        ], picture: (64, 32)))
    let (box, score): ([Float], [Float]) = ([0.1, 0.1, 0.2, 0.2], [0.9])
    #expect(decoder.detections([box, score, [0.1, 0.2, 0.3, 0.4]]).map(\.landmarks.count) == [2])
    #expect(decoder.detections([box, score, [0.1, .nan, 0.3, 0.4]]).map(\.landmarks.count) == [0])
  }

  @Test("Numbers that are none, and outputs that are too short, give nothing and trap nowhere")
  func hostile() throws {
    var generator = SeededGenerator.printed()
    for encoding in [
      ModelDescription.BoxEncoding.corners, .grid(strides: [16]), .distribution(strides: [16], bins: 2),
    ] {
      let numbers = if case .distribution = encoding { 8 } else { 4 }
      var settings = ModelDescription.Detections(
        .heads([.init(boxes: .init("b"), scores: .init("s"), objectness: .init("o"))]), encoding: encoding,
        labels: [], threshold: 0, overlap: 0.5)
      for activation in ModelDescription.Activation.allCases {
        settings.activation = activation
        var decoder = try DetectionDecoder(
          settings,
          outputs: ModelOutputs(
            id: "test@1.0.0",
            outputs: [
              ModelOutputs.Output(name: "b", shape: [1, 8, numbers]), ModelOutputs.Output(name: "s", shape: [1, 8, 3]),
              ModelOutputs.Output(name: "o", shape: [1, 8, 1]),
            ], picture: (64, 32)))
        for _ in 0..<20 {
          func values(_ count: Int) -> [Float] {
            (0..<count).map { _ in
              [.nan, .infinity, -.infinity, 3e38, -3e38, 0, 0.5, 1].randomElement(using: &generator) ?? 0
            }
          }
          for found in decoder.detections([values(8 * numbers), values(24), values(8)]) {
            #expect(found.width > 0 && found.x >= 0 && found.x + found.width < 1.0001 && found.score <= 1)
          }
        }
        #expect(decoder.detections([[], [], []]).isEmpty && decoder.detections([]).isEmpty)
      }
    }
  }
}
