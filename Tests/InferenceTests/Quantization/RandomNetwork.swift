import BraidONNXFormat
import BraidTestSupport

@testable import BraidInference

/// Small networks of random weights, and samples for them.
enum RandomNetwork {
  static func tensor(
    _ name: String, _ shape: [Int64], _ random: inout SeededGenerator, _ scale: Float = 1
  ) -> ONNXTensor {
    let count = Int(shape.reduce(1, *))
    return BuiltModel.tensor(name, shape, (0..<count).map { _ in Float.random(in: -scale...scale, using: &random) })
  }

  /// Convolutions with a normalisation, a residual sum, pooling, concatenation, a depthwise layer, a product, softmax: opset 11.
  static func picture(seed: UInt64) throws -> Model {
    var random = SeededGenerator(seed: seed)
    let node = BuiltModel.node
    let pads = BuiltModel.ints("pads", [1, 1, 1, 1])
    let nodes = [
      node("Conv", ["x", "w0", "b0"], ["c0"], [pads], ""),
      node("BatchNormalization", ["c0", "g", "h", "m", "v"], ["n0"], [], ""),
      node("Relu", ["n0"], ["r0"], [], ""), node("Conv", ["r0", "w1"], ["c1"], [pads], ""),
      node("Add", ["c1", "r0"], ["s"], [], ""), node("Relu", ["s"], ["r1"], [], ""),
      node(
        "MaxPool", ["r1"], ["p"], [BuiltModel.ints("kernel_shape", [2, 2]), BuiltModel.ints("strides", [2, 2])], ""),
      node("Conv", ["p", "wd", "bd"], ["d"], [pads, BuiltModel.int("group", 8)], ""),
      node("LeakyRelu", ["d"], ["l"], [BuiltModel.float("alpha", 0.1)], ""),
      node("Conv", ["p", "w2"], ["c2"], [], ""), node("Sigmoid", ["c2"], ["g2"], [], ""),
      node("Mul", ["c2", "g2"], ["sw"], [], ""), node("Concat", ["l", "sw"], ["cat"], [BuiltModel.int("axis", 1)], ""),
      node("Conv", ["cat", "w3"], ["c3"], [], ""), node("GlobalAveragePool", ["c3"], ["a"], [], ""),
      node("Flatten", ["a"], ["f"], [], ""), node("MatMul", ["f", "wf"], ["mm"], [], ""),
      node("Add", ["mm", "bf"], ["z"], [], ""), node("Softmax", ["z"], ["y"], [], ""),
    ]
    var variance = tensor("v", [8], &random)
    variance.floatData = variance.floatData.map { abs($0) + 0.2 }
    let graph = BuiltModel.graph(
      nodes, inputs: [BuiltModel.info("x", [1, 3, 12, 12])],
      outputs: [BuiltModel.info("y", [1, 5]), BuiltModel.info("z", [1, 5])],
      parameters: [
        tensor("w0", [8, 3, 3, 3], &random, 0.5), tensor("b0", [8], &random), tensor("g", [8], &random),
        tensor("h", [8], &random),
        tensor("m", [8], &random), variance, tensor("w1", [8, 8, 3, 3], &random, 0.3),
        tensor("wd", [8, 1, 3, 3], &random),
        tensor("bd", [8], &random), tensor("w2", [4, 8, 1, 1], &random), tensor("w3", [10, 12, 1, 1], &random),
        tensor("wf", [10, 5], &random), tensor("bf", [5], &random),
      ])
    return try BuiltModel.model(graph, version: 11)
  }

  /// Smooth random pictures.
  static func samples(_ count: Int, seed: UInt64, shape: [Int] = [1, 3, 12, 12]) throws -> [CalibrationSample] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).compactMap { _ in
      let (a, b) = (Float.random(in: -1...1, using: &random), Float.random(in: 0...2, using: &random))
      let values = (0..<shape.reduce(1, *)).map { _ in a + b * Float.random(in: -1...1, using: &random) }
      guard let dimensions = TensorShape(shape), let tensor = Tensor(values, shape: dimensions) else { return nil }
      return CalibrationSample(["x": tensor])
    }
  }
}
