import BraidONNXFormat
import Foundation

extension ONNXTensor {
  /// `tensor` with its data inside.
  ///
  /// - Throws: `unsupported-feature` for elements of fewer than eight bits.
  init(_ tensor: Tensor, name: String) throws(InferenceError) {
    self.init()
    self.name = name
    dims = tensor.shape.dimensions.map(Int64.init)
    dataType = Int32(ONNXTensorDecoder.number(of: tensor.elementType))
    switch tensor.elementType {
    case .string: stringData = tensor.strings.map { Data($0.utf8) }
    case .int4, .uint4, .int2, .uint2, .float4e2m1:
      throw .unsupportedFeature("constant \(name) of \(tensor.elementType) cannot be written")
    default: rawData = Data(tensor.bytes)
    }
  }
}

extension ONNXAttribute {
  /// An attribute of this name and value.
  init(_ name: String, _ value: AttributeValue) throws(InferenceError) {
    self.init()
    self.name = name
    switch value {
    case .float(let value): (type, f) = (1, value)
    case .int(let value): (type, i) = (2, Int64(value))
    case .string(let value): (type, s) = (3, Data(value.utf8))
    case .tensor(let value):
      type = 4
      t = try ONNXTensor(value, name: "")
    case .floats(let values): (type, floats) = (6, values)
    case .ints(let values): (type, ints) = (7, values.map(Int64.init))
    case .strings(let values): (type, strings) = (8, values.map { Data($0.utf8) })
    }
  }
}
