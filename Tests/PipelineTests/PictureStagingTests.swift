import BraidTestSupport
import Testing

@testable import BraidInference
@testable import BraidPipeline

/// Pictures as the bytes that a model makes of them first.
@Suite struct PictureStagingTests {
  /// A model that quantises its picture and gives what that stands for.
  private func model(_ shape: [Int], scale: Float, zero: Int, signed: Bool) throws -> Model {
    var graph = Graph()
    let info = TensorInfo(
      name: "x", elementType: .float32, dimensions: shape.map(Dimension.fixed), quantization: nil)
    let x = graph.add(Value(name: "x", declared: info))
    graph.body.inputs = [x]
    let scalar = try #require(TensorShape([]))
    let step = graph.addConstant(try #require(Tensor([scale], shape: scalar)), name: "scale")
    let point = try #require(
      signed ? Tensor([Int8(zero)], shape: scalar) : Tensor([UInt8(zero)], shape: scalar))
    let zeroPoint = graph.addConstant(point, name: "zero")
    let stored = graph.add(Value(name: "stored"))
    let y = graph.add(Value(name: "y"))
    graph.body.nodes = [
      Node(name: "q", kind: .quantizeLinear, inputs: [x, step, zeroPoint], outputs: [stored]),
      Node(name: "d", kind: .dequantizeLinear, inputs: [stored, step, zeroPoint], outputs: [y]),
    ]
    graph.body.outputs = [y]
    return Model(graph: graph, name: "levels")
  }

  @Test("Every level of every channel becomes the byte that the model makes of it", arguments: [false, true], 0..<6)
  func levels(signed: Bool, round: Int) throws {
    var generator = SeededGenerator(seed: UInt64(round) &+ (signed ? 100 : 0))
    var picture = ModelDescription.Picture(width: 16, height: 16, colour: .bgr, layout: round % 2 == 0 ? .nchw : .nhwc)
    (picture.low, picture.high) = (round % 3 == 0 ? -1 : 0, [1, 255, 2.5][round % 3])
    picture.mean = [0.485, 0.456, 0.406]
    picture.std = [0.229, 0.224, 0.225]
    let zero = signed ? Int.random(in: -128...127, using: &generator) : Int.random(in: 0...255, using: &generator)
    let scale = Float.random(in: 0.5...2, using: &generator) * (picture.high - picture.low) / 50
    let shape = picture.layout == .nchw ? [1, 3, 16, 16] : [1, 16, 16, 3]
    let model = try model(shape, scale: scale, zero: zero, signed: signed)
    var options = SessionOptions()
    let real = try InferenceSession(Plan(model, options: options))
    options.storedInputs = ["x"]
    let stored = try InferenceSession(Plan(model, options: options))
    try #require(stored.inputs[0].elementType == (signed ? ElementType.int8 : .uint8))
    let pixels = (0..<768).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let numbers = PictureTensor(picture)
    try real.withInput(0, as: Float.self) { numbers.fill(&$0, pixels: pixels, frame: 0) }
    let meaning = stored.inputs[0].quantization
    if signed {
      let bytes = PictureTensor<Int8>(picture) { PictureStaging.byte($0, meaning) }
      try stored.withInput(0, as: Int8.self) { bytes.fill(&$0, pixels: pixels, frame: 0) }
    } else {
      let bytes = PictureTensor<UInt8>(picture) { PictureStaging.byte($0, meaning) }
      try stored.withInput(0, as: UInt8.self) { bytes.fill(&$0, pixels: pixels, frame: 0) }
    }
    try real.run()
    try stored.run()
    let expected = try real.withOutput(0, as: Float.self) { span in (0..<span.count).map { span[$0] } }
    let found = try stored.withOutput(0, as: Float.self) { span in (0..<span.count).map { span[$0] } }
    #expect(found == expected)
    #expect(Set(expected).count > 10)
  }
}
