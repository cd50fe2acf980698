import BraidONNXFormat
import BraidTestSupport
import Foundation
import SwiftProtobuf

@testable import BraidInference

/// A small model put together by a test, with the conversions that a static quantiser writes.
struct QuantisedNetwork {
  private var graph = ONNXGraph()
  private var count = 0
  private let opset: Int64

  init(opset: Int64 = 17) {
    self.opset = opset
    graph.name = "network"
  }

  private mutating func fresh(_ hint: String) -> String {
    count += 1
    return "\(hint)\(count)"
  }

  /// A value whose shape is told.
  private func info(_ name: String, _ shape: [Int]) -> ONNXValueInfo {
    var info = ONNXValueInfo()
    info.name = name
    info.type.tensorType.elemType = 1
    for size in shape {
      var dimension = ONNXDimension()
      dimension.dimValue = Int64(size)
      info.type.tensorType.shape.dim.append(dimension)
    }
    return info
  }

  /// A real input.
  mutating func input(_ name: String, _ shape: [Int]) -> String {
    graph.input.append(info(name, shape))
    return name
  }

  mutating func output(_ name: String) {
    var info = ONNXValueInfo()
    info.name = name
    info.type.tensorType.elemType = 1
    graph.output.append(info)
  }

  /// A constant; `type` is the format's number: 1 float32, 2 uint8, 3 int8, 6 int32, 7 int64.
  mutating func constant<T: BitwiseCopyable>(_ values: [T], _ shape: [Int], type: Int32) -> String {
    var tensor = ONNXTensor()
    tensor.name = fresh("c")
    tensor.dims = shape.map(Int64.init)
    tensor.dataType = type
    tensor.rawData = unsafe values.withUnsafeBytes { unsafe Data($0) }
    graph.initializer.append(tensor)
    return tensor.name
  }

  /// Adds a node with whole-number, list and text attributes, and returns its first result.
  mutating func node(
    _ type: String, _ inputs: [String], ints: [String: [Int]] = [:], int: [String: Int] = [:],
    float: [String: Float] = [:], text: [String: String] = [:], results: Int = 1
  ) -> [String] {
    var node = ONNXNode()
    node.opType = type
    node.name = fresh(type)
    node.input = inputs
    node.output = (0..<results).map { _ in fresh("v") }
    for (name, values) in ints {
      var attribute = ONNXAttribute()
      (attribute.name, attribute.type, attribute.ints) = (name, 7, values.map(Int64.init))
      node.attribute.append(attribute)
    }
    for (name, value) in int {
      var attribute = ONNXAttribute()
      (attribute.name, attribute.type, attribute.i) = (name, 2, Int64(value))
      node.attribute.append(attribute)
    }
    for (name, value) in float {
      var attribute = ONNXAttribute()
      (attribute.name, attribute.type, attribute.f) = (name, 1, value)
      node.attribute.append(attribute)
    }
    for (name, value) in text {
      var attribute = ONNXAttribute()
      (attribute.name, attribute.type, attribute.s) = (name, 3, Data(value.utf8))
      node.attribute.append(attribute)
    }
    graph.node.append(node)
    return node.output
  }

  /// QuantizeLinear, then DequantizeLinear.
  mutating func rounded(_ x: String, scale: Float, zero: Int, signed: Bool) -> String {
    let step = constant([scale], [], type: 1)
    let point = signed ? constant([Int8(zero)], [], type: 3) : constant([UInt8(zero)], [], type: 2)
    let stored = node("QuantizeLinear", [x, step, point])[0]
    return node("DequantizeLinear", [stored, step, point])[0]
  }

  /// Weights as stored bytes with a scale for each output channel, dequantised.
  mutating func weights(_ shape: [Int], _ random: inout SeededGenerator) -> (String, [Float]) {
    let values = (0..<shape.reduce(1, *)).map { _ in Int8.random(in: -127...127, using: &random) }
    let scales = (0..<shape[0]).map { _ in Float.random(in: 0.001...0.01, using: &random) }
    let stored = constant(values, shape, type: 3)
    let step = constant(scales, [shape[0]], type: 1)
    let zero = constant([Int8](repeating: 0, count: shape[0]), [shape[0]], type: 3)
    return (node("DequantizeLinear", [stored, step, zero], int: ["axis": 0])[0], scales)
  }

  /// A quantised convolution with a bias, of `channels` values.
  mutating func convolution(
    _ x: String, channels: Int, filters: Int, kernel: Int, stride: Int, pad: Int, groups: Int, inputScale: Float,
    _ random: inout SeededGenerator
  ) -> String {
    let (weights, scales) = weights([filters, channels / groups, kernel, kernel], &random)
    let bias = constant(
      scales.map { Float(Int.random(in: -500...500, using: &random)) * $0 * inputScale }, [filters], type: 1)
    return node(
      "Conv", [x, weights, bias],
      ints: [
        "kernel_shape": [kernel, kernel], "strides": [stride, stride], "pads": [pad, pad, pad, pad],
      ], int: ["group": groups])[0]
  }

  func model() throws -> Model {
    var message = ONNXModel()
    message.irVersion = 8
    message.graph = graph
    var version = ONNXOperatorSetId()
    version.version = opset
    message.opsetImport = [version]
    return try Model(bytes: [UInt8](try message.serializedBytes() as Data), name: "network")
  }
}

extension QuantisedNetwork {
  /// How far fused and plain plans differ on random input, in steps of `scale`: the share of results that differ by more
  /// than half a step, and the largest difference.
  func difference(
    scale: Float, _ random: inout SeededGenerator, threads: Int = 1
  ) throws -> (share: Double, worst: Float, steps: [String]) {
    let model = try model()
    var options = SessionOptions()
    options.threads = threads
    let fused = try InferenceSession(Plan(model, options: options))
    options.optimisation = .reference
    let plain = try InferenceSession(Plan(model, options: options))
    for index in fused.inputs.indices {
      let count = fused.inputs[index].shape?.elementCount ?? 0
      let values = (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
      try fused.write(values.span, toInput: index)
      try plain.write(values.span, toInput: index)
    }
    // Twice, as memory that is written in place must be whole at the second run too.
    try fused.run()
    try fused.run()
    try plain.run()
    var (off, total, worst) = (0, 0, Float(0))
    for index in fused.outputs.indices {
      let count = fused.outputs[index].shape?.elementCount ?? 0
      var (a, b) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
      var span = a.mutableSpan
      try fused.read(output: index, into: &span)
      span = b.mutableSpan
      try plain.read(output: index, into: &span)
      for place in 0..<count {
        let steps = abs(a[place] - b[place]) / scale
        worst = steps.isFinite ? max(worst, steps) : .infinity
        if !(steps <= 0.5) { off += 1 }
      }
      total += count
    }
    return (Double(off) / Double(max(1, total)), worst, fused.plan.stepDescriptions)
  }
}
