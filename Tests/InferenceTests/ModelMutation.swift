import BraidInference
import BraidONNXFormat
import BraidTestSupport
import Foundation
import SwiftProtobuf

/// Changes a model's messages at random: names, dimensions, types, attributes, wiring, contents.
struct ModelMutation {
  var generator: SeededGenerator

  /// Whole numbers that shape arithmetic is likely to trip over.
  static let edges: [Int64] = [
    0, 1, -1, 2, -2, 3, 7, -7, 64, 1 << 20, 1 << 31, -(1 << 31), 1 << 40, 1 << 61, 1 << 62, .max, .max - 1, .min,
    .min + 1, 1_000_000_007,
  ]
  static let reals: [Float] = [0, -0.0, 1, -1, 0.5, 1e30, -1e30, .infinity, -.infinity, .nan, .leastNonzeroMagnitude]
  static let texts = [
    "", "same_upper", "SAME_LOWER", "VALID", "reflect", "edge", "wrap", "constant", "linear", "cubic", "nearest",
    "align_corners", "half_pixel", "tf_crop_and_resize", "bidirectional", "reverse", "Relu", "max", "add", "mul",
    "none",
    "ij->ji", "...i,...j", "i", "->", "DCR", "CRD", "LINEAR", "UPPER", "(a+)+$",
  ]

  mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &generator) == 0 }
  mutating func edge() -> Int64 {
    chance(2)
      ? Int64.random(in: -3...6, using: &generator) : Self.edges.randomElement(using: &generator) ?? 0
  }
  mutating func place(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &generator) }

  /// Changes one thing in `graph`, or in a graph inside it.
  mutating func change(_ graph: inout ONNXGraph, operators: [String]) {
    let nested = graph.node.indices.flatMap { node in
      graph.node[node].attribute.indices.filter { graph.node[node].attribute[$0].hasG }.map { (node, $0) }
    }
    if !nested.isEmpty, chance(3) {
      let (node, attribute) = nested[place(nested.count)]
      change(&graph.node[node].attribute[attribute].g, operators: operators)
      return
    }
    switch place(9) {
    case 0, 1, 2:
      if !graph.node.isEmpty { change(&graph.node[place(graph.node.count)], in: graph, operators: operators) }
    case 3: if !graph.initializer.isEmpty { change(&graph.initializer[place(graph.initializer.count)]) }
    case 4: if !graph.input.isEmpty { change(&graph.input[place(graph.input.count)]) }
    case 5: if !graph.output.isEmpty { graph.output[place(graph.output.count)].name = name(in: graph) }
    case 6: if !graph.node.isEmpty { graph.node.remove(at: place(graph.node.count)) }
    case 7: if let node = graph.node.randomElement(using: &generator) { graph.node.append(node) }
    default: graph.node.shuffle(using: &generator)
    }
  }

  /// Changes an attribute of a node, or adds one.
  mutating func changeAttribute(_ graph: inout ONNXGraph) {
    guard !graph.node.isEmpty else { return }
    let node = place(graph.node.count)
    if graph.node[node].attribute.isEmpty || chance(3) {
      graph.node[node].attribute.append(attribute())
    } else {
      change(&graph.node[node].attribute[place(graph.node[node].attribute.count)])
    }
  }

  /// A tensor with one element changed; other values as they are.
  mutating func changed(_ value: ModelValue) -> ModelValue {
    guard case .tensor(let tensor) = value, tensor.shape.elementCount > 0 else { return value }
    let place = place(tensor.shape.elementCount)
    func with<T: TensorElement>(_ value: T) -> ModelValue? {
      var elements = tensor.array(of: T.self)
      elements[place] = value
      return Tensor(elements, shape: tensor.shape).map { .tensor($0) }
    }
    switch tensor.elementType {
    case .int64: return with(edge()) ?? value
    case .int32: return with(Int32(truncatingIfNeeded: edge())) ?? value
    case .int8: return with(Int8(truncatingIfNeeded: edge())) ?? value
    case .uint8: return with(UInt8(truncatingIfNeeded: edge())) ?? value
    case .float32: return with(Self.reals.randomElement(using: &generator) ?? 0) ?? value
    default: return value
    }
  }

  private mutating func name(in graph: ONNXGraph) -> String {
    let names =
      graph.input.map(\.name) + graph.initializer.map(\.name) + graph.node.flatMap(\.output)
      + graph.node.flatMap(\.input)
    return names.randomElement(using: &generator) ?? ""
  }

  private mutating func change(_ node: inout ONNXNode, in graph: ONNXGraph, operators: [String]) {
    switch place(8) {
    case 0, 1: if !node.input.isEmpty { node.input[place(node.input.count)] = name(in: graph) }
    case 2: if !node.input.isEmpty { node.input.remove(at: place(node.input.count)) }
    case 3: node.input.append(chance(3) ? "" : name(in: graph))
    case 4: node.opType = operators.randomElement(using: &generator) ?? "Add"
    case 5: node.output.append("extra\(place(1 << 30))")
    default:
      if node.attribute.isEmpty || chance(4) {
        node.attribute.append(attribute())
      } else {
        change(&node.attribute[place(node.attribute.count)])
      }
    }
  }

  private mutating func change(_ attribute: inout ONNXAttribute) {
    switch attribute.type {
    case 1: attribute.f = Self.reals.randomElement(using: &generator) ?? 0
    case 2: attribute.i = edge()
    case 3: attribute.s = Data((Self.texts.randomElement(using: &generator) ?? "").utf8)
    case 4: change(&attribute.t)
    case 7:
      if attribute.ints.isEmpty || chance(4) {
        attribute.ints.append(edge())
      } else if chance(4) {
        attribute.ints.removeLast()
      } else {
        attribute.ints[place(attribute.ints.count)] = edge()
      }
    default: attribute.type = Int32(place(14))
    }
  }

  private mutating func change(_ tensor: inout ONNXTensor) {
    switch place(6) {
    case 0: if !tensor.dims.isEmpty { tensor.dims[place(tensor.dims.count)] = edge() }
    case 1: tensor.dims.append(chance(2) ? 1 : edge())
    case 2: tensor.dataType = Int32(place(28))
    case 3: if !tensor.dims.isEmpty { tensor.dims.removeLast() }
    case 4:
      // Whole numbers: shapes, axes, pads.
      if !tensor.int64Data.isEmpty { tensor.int64Data[place(tensor.int64Data.count)] = edge() }
      if tensor.dataType == 7, tensor.rawData.count >= 8 {
        let value = UInt64(bitPattern: edge())
        let start = tensor.rawData.startIndex + place(tensor.rawData.count / 8) * 8
        for i in 0..<8 { tensor.rawData[start + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
      }
    default: if !tensor.rawData.isEmpty { tensor.rawData.removeLast() }
    }
  }

  private mutating func change(_ info: inout ONNXValueInfo) {
    let count = info.type.tensorType.shape.dim.count
    switch place(4) {
    case 0: info.type.tensorType.elemType = Int32(place(28))
    case 1: if count > 0 { info.type.tensorType.shape.dim[place(count)].dimValue = edge() }
    case 2: if count > 0 { info.type.tensorType.shape.dim.removeLast() }
    default:
      var dimension = ONNXDimension()
      dimension.dimValue = edge()
      info.type.tensorType.shape.dim.append(dimension)
    }
  }

  // MARK: - Nodes from nothing

  private static let whole = [
    "axis", "to", "group", "keepdims", "num_outputs", "allowzero", "batch_dims", "blocksize", "block_size", "ceil_mode",
    "count_include_pad", "storage_order", "exclusive", "reverse", "largest", "sorted", "select_last_index",
    "noop_with_empty_axes", "hidden_size", "linear_before_reset", "layout", "transA", "transB", "start", "end", "upper",
    "num_scan_inputs", "keepdims", "onesided", "inverse", "sampling_ratio", "output_height", "output_width", "size",
    "center_point_box", "dtype", "k", "p", "saturate", "output_dtype", "q_num_heads", "kv_num_heads", "is_causal",
    "new_axis", "maxsplit", "periodic", "output_datatype", "training_mode", "antialias", "num_groups", "stash_type",
    "fmod", "batch_axis", "time_axis", "detect_negative", "ignore_index", "align_corners", "interleaved",
    "rotary_embedding_dim", "num_heads", "batched", "channels_last", "opset",
  ]
  private static let lists = [
    "axes", "perm", "kernel_shape", "pads", "strides", "dilations", "output_padding", "output_shape", "shape", "split",
    "starts", "ends", "dim", "block_shape", "scan_input_axes", "scan_output_axes", "sizes", "value_ints",
  ]
  private static let factors = [
    "alpha", "beta", "epsilon", "lambd", "bias", "gamma", "ratio", "spatial_scale", "clip", "extrapolation_value",
    "cubic_coeff_a", "high", "low", "softcap", "scale", "momentum",
  ]
  private static let words = [
    "auto_pad", "mode", "coordinate_transformation_mode", "nearest_mode", "direction", "reduction", "equation",
    "padding_mode", "rounding_type", "pattern", "delimiter", "approximate", "keep_aspect_ratio_policy", "round_mode",
  ]

  private mutating func attribute() -> ONNXAttribute {
    var attribute = ONNXAttribute()
    switch place(4) {
    case 0:
      attribute.name = Self.whole.randomElement(using: &generator) ?? ""
      (attribute.type, attribute.i) = (2, edge())
    case 1:
      attribute.name = Self.lists.randomElement(using: &generator) ?? ""
      attribute.type = 7
      attribute.ints = (0..<place(6)).map { _ in edge() }
    case 2:
      attribute.name = Self.factors.randomElement(using: &generator) ?? ""
      (attribute.type, attribute.f) = (1, Self.reals.randomElement(using: &generator) ?? 0)
    default:
      attribute.name = Self.words.randomElement(using: &generator) ?? ""
      (attribute.type, attribute.s) = (3, Data((Self.texts.randomElement(using: &generator) ?? "").utf8))
    }
    return attribute
  }

  /// A model of one node of `kind` with random operands, some of them parameters, and random attributes.
  mutating func model(of kind: String) -> (graph: ONNXGraph, inputs: [String: ModelValue]) {
    let parts = kind.split(separator: ":", maxSplits: 1).map(String.init)
    var node = ONNXNode()
    node.opType = parts.last ?? kind
    if parts.count == 2 { node.domain = parts[0] }
    var graph = ONNXGraph()
    var inputs: [String: ModelValue] = [:]
    let common = Int32([1, 1, 1, 1, 7, 10, 11, 3, 2, 6, 9, 16, 8][place(13)])
    var shape = (0..<place(6)).map { _ in [0, 1, 1, 2, 3, 4, 5][place(7)] }
    for index in 0..<place(7) {
      let name = "x\(index)"
      node.input.append(chance(12) ? "" : name)
      if index > 0, chance(3) { shape = (0..<place(5)).map { _ in [0, 1, 2, 3, 5][place(5)] } }
      let type = index > 0 && chance(2) ? Int32([7, 1, 9, 6, 2, 3, 10][place(7)]) : common
      let own = chance(4) ? Array(shape.suffix(1)) : shape
      if type == 7 || chance(3) {
        graph.initializer.append(tensor(name, own, type))
      } else {
        graph.input.append(BuiltModel.info(name, own.map { Int64($0) }, type: type))
        let declared = BuiltModel.info(name, [])
        _ = declared
        inputs[name] = try? value(tensor(name, own, type))
      }
    }
    for index in 0..<(1 + place(3)) {
      node.output.append("y\(index)")
      var info = ONNXValueInfo()
      info.name = "y\(index)"
      graph.output.append(info)
    }
    node.attribute = (0..<place(6)).map { _ in attribute() }
    graph.node = [node]
    return (graph, inputs)
  }

  private func value(_ tensor: ONNXTensor) throws -> ModelValue {
    // Read back by way of a model whose only output is a parameter.
    let graph = BuiltModel.graph([], outputs: [ONNXValueInfo.with { $0.name = tensor.name }], parameters: [tensor])
    return try DynamicSession(BuiltModel.model(graph, version: 26)).run([:])[0]
  }

  private mutating func tensor(_ name: String, _ shape: [Int], _ type: Int32) -> ONNXTensor {
    var tensor = ONNXTensor()
    (tensor.name, tensor.dataType, tensor.dims) = (name, type, shape.map { Int64($0) })
    let count = shape.reduce(1, *)
    switch type {
    case 1: tensor.floatData = (0..<count).map { _ in real() }
    case 11: tensor.doubleData = (0..<count).map { _ in Double(real()) }
    case 7: tensor.int64Data = (0..<count).map { _ in edge() }
    case 8: tensor.stringData = (0..<count).map { _ in Data((Self.texts.randomElement(using: &generator) ?? "").utf8) }
    case 9: tensor.int32Data = (0..<count).map { _ in Int32(place(2)) }
    default: tensor.int32Data = (0..<count).map { _ in Int32(truncatingIfNeeded: edge()) }
    }
    return tensor
  }

  private mutating func real() -> Float {
    chance(6)
      ? Self.reals.randomElement(using: &generator) ?? 0 : Float.random(in: -2...2, using: &generator)
  }
}
