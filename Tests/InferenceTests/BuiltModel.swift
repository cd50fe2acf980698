import BraidInference
import BraidONNXFormat
import SwiftProtobuf

/// Small models put together in a test, in the format's own messages.
enum BuiltModel {
  static func node(
    _ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [ONNXAttribute] = [], domain: String = ""
  ) -> ONNXNode {
    var node = ONNXNode()
    (node.opType, node.domain) = (type, domain)
    (node.input, node.output, node.attribute) = (inputs, outputs, attributes)
    return node
  }

  static func int(_ name: String, _ value: Int64) -> ONNXAttribute {
    var attribute = ONNXAttribute()
    (attribute.name, attribute.i, attribute.type) = (name, value, 2)
    return attribute
  }

  static func float(_ name: String, _ value: Float) -> ONNXAttribute {
    var attribute = ONNXAttribute()
    (attribute.name, attribute.f, attribute.type) = (name, value, 1)
    return attribute
  }

  static func ints(_ name: String, _ values: [Int64]) -> ONNXAttribute {
    var attribute = ONNXAttribute()
    (attribute.name, attribute.ints, attribute.type) = (name, values, 7)
    return attribute
  }

  static func graph(_ name: String, _ graph: ONNXGraph) -> ONNXAttribute {
    var attribute = ONNXAttribute()
    (attribute.name, attribute.g, attribute.type) = (name, graph, 5)
    return attribute
  }

  /// An attribute whose value the caller of a function gives.
  static func reference(_ name: String, to given: String, type: Int32) -> ONNXAttribute {
    var attribute = ONNXAttribute()
    (attribute.name, attribute.refAttrName, attribute.type) = (name, given, type)
    return attribute
  }

  static func info(_ name: String, _ dimensions: [Int64?], type: Int32 = 1) -> ONNXValueInfo {
    var info = ONNXValueInfo()
    info.name = name
    info.type.tensorType.elemType = type
    info.type.tensorType.shape = ONNXShape()
    for size in dimensions {
      var dimension = ONNXDimension()
      if let size { dimension.dimValue = size } else { dimension.dimParam = "n" }
      info.type.tensorType.shape.dim.append(dimension)
    }
    return info
  }

  static func sequence(_ name: String, type: Int32 = 1) -> ONNXValueInfo {
    var info = ONNXValueInfo()
    info.name = name
    info.type.sequenceType.elemType.tensorType.elemType = type
    return info
  }

  static func tensor(_ name: String, _ dimensions: [Int64], int64 values: [Int64]) -> ONNXTensor {
    var tensor = ONNXTensor()
    (tensor.name, tensor.dims, tensor.dataType, tensor.int64Data) = (name, dimensions, 7, values)
    return tensor
  }

  static func tensor(_ name: String, _ dimensions: [Int64], _ values: [Float]) -> ONNXTensor {
    var tensor = ONNXTensor()
    (tensor.name, tensor.dims, tensor.dataType, tensor.floatData) = (name, dimensions, 1, values)
    return tensor
  }

  static func graph(
    _ nodes: [ONNXNode], inputs: [ONNXValueInfo] = [], outputs: [ONNXValueInfo], parameters: [ONNXTensor] = []
  ) -> ONNXGraph {
    var graph = ONNXGraph()
    (graph.node, graph.input, graph.output, graph.initializer) = (nodes, inputs, outputs, parameters)
    return graph
  }

  static func opset(_ version: Int64, domain: String = "") -> ONNXOperatorSetId {
    var opset = ONNXOperatorSetId()
    (opset.domain, opset.version) = (domain, version)
    return opset
  }

  static func function(
    _ name: String, _ inputs: [String], _ outputs: [String], _ nodes: [ONNXNode], attributes: [String] = [],
    defaults: [ONNXAttribute] = []
  ) -> ONNXFunction {
    var function = ONNXFunction()
    (function.name, function.domain, function.input, function.output) = (name, "own", inputs, outputs)
    (function.node, function.attribute, function.attributeProto) = (nodes, attributes, defaults)
    function.opsetImport = [opset(18)]
    return function
  }

  static func bytes(
    _ graph: ONNXGraph, functions: [ONNXFunction] = [], version: Int64 = 18
  ) throws -> [UInt8] {
    var model = ONNXModel()
    model.irVersion = 10
    (model.graph, model.functions) = (graph, functions)
    model.opsetImport = [opset(version), opset(1, domain: "own")]
    return try model.serializedBytes()
  }

  static func model(
    _ graph: ONNXGraph, functions: [ONNXFunction] = [], version: Int64 = 18, limits: ModelLimits = .default
  ) throws -> Model {
    try Model(bytes: try bytes(graph, functions: functions, version: version), name: "built", limits: limits)
  }
}

extension Tensor {
  static func floats(_ values: [Float], _ dimensions: [Int]) -> ModelValue? {
    TensorShape(dimensions).flatMap { Tensor(values, shape: $0) }.map { .tensor($0) }
  }

  static func wholes(_ values: [Int64], _ dimensions: [Int]) -> ModelValue? {
    TensorShape(dimensions).flatMap { Tensor(values, shape: $0) }.map { .tensor($0) }
  }

  static func texts(_ values: [String], _ dimensions: [Int]) -> ModelValue? {
    TensorShape(dimensions).flatMap { Tensor(strings: values, shape: $0) }.map { .tensor($0) }
  }
}
