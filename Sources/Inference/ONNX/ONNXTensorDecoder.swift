import BraidONNXFormat
import Foundation
import SwiftProtobuf

/// Turns the format's tensors into ours.
struct ONNXTensorDecoder {
  let limits: ModelLimits
  /// Where tensors whose data lies in files of its own find it; nil where there is no such place.
  var externalData: ExternalData?

  /// Our name for the format's numbered element type.
  static func elementType(_ number: Int32) throws(InferenceError) -> ElementType {
    switch number {
    case 1: return .float32
    case 2: return .uint8
    case 3: return .int8
    case 4: return .uint16
    case 5: return .int16
    case 6: return .int32
    case 7: return .int64
    case 8: return .string
    case 9: return .bool
    case 10: return .float16
    case 11: return .float64
    case 12: return .uint32
    case 13: return .uint64
    case 16: return .bfloat16
    case 17: return .float8e4m3fn
    case 18: return .float8e4m3fnuz
    case 19: return .float8e5m2
    case 20: return .float8e5m2fnuz
    case 21: return .uint4
    case 22: return .int4
    case 23: return .float4e2m1
    case 24: return .float8e8m0
    case 25: return .uint2
    case 26: return .int2
    case 0: throw .invalid("an element type is missing")
    case 14, 15: throw InferenceError(.unsupportedFeature, "complex numbers are not supported")
    default: throw InferenceError(.unsupportedFeature, "element type number \(number) is not supported")
    }
  }

  /// The format's number of a type.
  static func number(of type: ElementType) -> Int {
    for number in Int32(1)...26 {
      if let found = try? elementType(number), found == type { return Int(number) }
    }
    return 0
  }

  /// The tensor's contents.
  ///
  /// - Throws: `invalidGraph` where the data does not fit the shape, `unsupportedFeature`, `unreadable`,
  ///   `limitExceeded`.
  func tensor(_ message: ONNXTensor) throws(InferenceError) -> Tensor {
    let location = message.name.isEmpty ? "a tensor" : "tensor \(message.name)"
    guard !message.hasSegment else {
      throw InferenceError(.unsupportedFeature, "its data is split into segments", location: location)
    }
    guard message.dims.count <= 64, let shape = TensorShape(message.dims.map { Int($0) }) else {
      throw InferenceError(.invalidGraph, "its dimensions \(message.dims) are impossible", location: location)
    }
    do throws(InferenceError) {
      let type = TensorType(elementType: try Self.elementType(message.dataType), shape: shape)
      try limits.check(tensor: type)
      if message.dataLocation == 1 {
        guard let externalData else {
          throw InferenceError(
            .unsupportedFeature, "its data lies in another file, and the model was not read from a folder",
            remedy: "Load the model by its path, or save it with its data inside")
        }
        guard type.elementType != .string else { throw .invalid("texts cannot lie in another file") }
        let entries = message.externalData.map { ($0.key, $0.value) }
        return try Self.unpack(externalData.read(entries, byteCount: Self.packedByteCount(type)), type)
      }
      return try Self.decode(message, type)
    } catch {
      throw error.at(location)
    }
  }

  /// The dense form of a tensor that gives only what is not zero.
  func tensor(_ message: ONNXSparseTensor) throws(InferenceError) -> Tensor {
    let (values, indices) = (try tensor(message.values), try tensor(message.indices))
    guard message.dims.count <= 64, let shape = TensorShape(message.dims.map { Int($0) }) else {
      throw .invalid("dimensions \(message.dims) of a sparse tensor are impossible")
    }
    let type = TensorType(elementType: values.elementType, shape: shape)
    try limits.check(tensor: type)
    guard indices.elementType == .int64, values.shape.rank == 1, values.elementType != .string,
      indices.shape.dimensions == [values.shape[0]] || indices.shape.dimensions == [values.shape[0], shape.rank]
    else { throw .invalid("indices of \(indices.shape) for \(values.shape) values of a sparse tensor") }
    let places = indices.array(of: Int64.self)
    let result = try Tensor(zeros: type)
    let size = values.elementType.byteCount
    for value in 0..<values.shape[0] {
      var place = 0
      if indices.shape.rank == 1 {
        guard places[value] >= 0, places[value] < shape.elementCount else {
          throw .invalid("a sparse index is outside")
        }
        place = Int(places[value])
      } else {
        for axis in 0..<shape.rank {
          let index = places[value * shape.rank + axis]
          guard index >= 0, index < shape[axis] else { throw .invalid("a sparse index is outside") }
          place += Int(index) * shape.strides[axis]
        }
      }
      unsafe (result.storage.pointer + place * size).copyMemory(
        from: values.storage.pointer + value * size, byteCount: size)
    }
    return result
  }

  /// Bytes that `type` takes in the format, where elements of fewer than eight bits share a byte.
  private static func packedByteCount(_ type: TensorType) -> Int {
    let perByte = 8 / min(8, type.elementType.bitCount)
    return perByte == 1 ? type.byteCount : (type.shape.elementCount + perByte - 1) / perByte
  }

  private static func decode(_ message: ONNXTensor, _ type: TensorType) throws(InferenceError) -> Tensor {
    if message.hasRawData, type.elementType != .string { return try unpack([UInt8](message.rawData), type) }
    let tensor: Tensor?
    let found: Int
    switch type.elementType {
    case .string:
      let strings = message.stringData.map { String(decoding: $0, as: UTF8.self) }
      (tensor, found) = (Tensor(strings: strings, shape: type.shape), strings.count)
    case .float32:
      (tensor, found) = (Tensor(message.floatData, shape: type.shape), message.floatData.count)
    case .float64:
      (tensor, found) = (Tensor(message.doubleData, shape: type.shape), message.doubleData.count)
    case .int64:
      (tensor, found) = (Tensor(message.int64Data, shape: type.shape), message.int64Data.count)
    case .int32:
      (tensor, found) = (Tensor(message.int32Data, shape: type.shape), message.int32Data.count)
    case .uint64:
      (tensor, found) = (Tensor(message.uint64Data, shape: type.shape), message.uint64Data.count)
    case .uint32:
      let values = message.uint64Data.map { UInt32(truncatingIfNeeded: $0) }
      (tensor, found) = (Tensor(values, shape: type.shape), values.count)
    case .int16, .uint16, .float16, .bfloat16:
      let values = message.int32Data.map { UInt16(truncatingIfNeeded: $0) }
      (tensor, found) = (Tensor(values, shape: type.shape), values.count)
    case .int8, .uint8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .int4, .uint4,
      .int2, .uint2, .float4e2m1:
      return try unpack(message.int32Data.map { UInt8(truncatingIfNeeded: $0) }, type)
    }
    guard let tensor else {
      throw .invalid("it has \(found) elements of data, and its shape \(type.shape) takes \(type.shape.elementCount)")
    }
    return Tensor(type: type, storage: tensor.storage, texts: tensor.texts)
  }

  /// A tensor of `bytes`, in which elements of fewer than eight bits share a byte, the first in the lowest bits.
  private static func unpack(_ bytes: [UInt8], _ type: TensorType) throws(InferenceError) -> Tensor {
    let wanted = packedByteCount(type)
    guard bytes.count == wanted else {
      throw .invalid("it has \(bytes.count) bytes of data, and its shape \(type.shape) takes \(wanted)")
    }
    var elements = bytes
    let bits = type.elementType.bitCount
    if bits < 8 {
      let (perByte, mask) = (8 / bits, UInt8(1 << bits) - 1)
      let signed = type.elementType == .int4 || type.elementType == .int2
      elements = (0..<type.shape.elementCount).map { index in
        let code = bytes[index / perByte] >> UInt8(index % perByte * bits) & mask
        return signed && code >> UInt8(bits - 1) == 1 ? code | ~mask : code
      }
    }
    if type.elementType == .bool, !elements.allSatisfy({ $0 <= 1 }) {
      throw .invalid("a boolean is neither 0 nor 1")
    }
    guard let tensor = Tensor(bytes: elements, elementType: type.elementType, shape: type.shape) else {
      throw .limit("a tensor of \(type.byteCount) bytes does not fit the memory")
    }
    return tensor
  }
}
