import BraidONNXFormat
import Foundation
import SwiftProtobuf

/// Turns the format's tensors into ours.
enum ONNXTensorDecoder {
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
    case 9: return .bool
    case 10: return .float16
    case 11: return .float64
    case 12: return .uint32
    case 13: return .uint64
    case 16: return .bfloat16
    case 0: throw .invalid("an element type is missing")
    default: throw InferenceError(.unsupportedFeature, "element type number \(number) is not supported")
    }
  }

  /// The tensor's contents.
  ///
  /// - Throws: `invalidGraph` where the data does not fit the shape, `unsupportedFeature` for external data,
  ///   `limitExceeded`.
  static func tensor(_ message: ONNXTensor, limits: ModelLimits) throws(InferenceError) -> Tensor {
    let location = message.name.isEmpty ? "a tensor" : "tensor \(message.name)"
    guard message.dataLocation == 0, message.externalData.isEmpty else {
      throw InferenceError(
        .unsupportedFeature, "its data lies in another file", location: location,
        remedy: "Save the model with its data inside")
    }
    guard !message.hasSegment else {
      throw InferenceError(.unsupportedFeature, "its data is split into segments", location: location)
    }
    guard message.dims.count <= 64, let shape = TensorShape(message.dims.map { Int($0) }) else {
      throw InferenceError(.invalidGraph, "its dimensions \(message.dims) are impossible", location: location)
    }
    do throws(InferenceError) {
      let type = TensorType(elementType: try elementType(message.dataType), shape: shape)
      try limits.check(tensor: type)
      return try decode(message, type)
    } catch {
      throw error.at(location)
    }
  }

  private static func decode(_ message: ONNXTensor, _ type: TensorType) throws(InferenceError) -> Tensor {
    if message.hasRawData {
      guard message.rawData.count == type.byteCount else {
        throw .invalid(
          "it has \(message.rawData.count) bytes of data, and its shape \(type.shape) takes \(type.byteCount)")
      }
      let tensor = try Tensor(zeros: type)
      unsafe message.rawData.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress {
          unsafe tensor.storage.pointer.copyMemory(from: base, byteCount: type.byteCount)
        }
      }
      return try checkingBooleans(tensor)
    }
    let tensor: Tensor?
    let found: Int
    switch type.elementType {
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
    case .int8, .uint8, .bool:
      let values = message.int32Data.map { UInt8(truncatingIfNeeded: $0) }
      (tensor, found) = (Tensor(values, shape: type.shape), values.count)
    case .int16, .uint16, .float16, .bfloat16:
      let values = message.int32Data.map { UInt16(truncatingIfNeeded: $0) }
      (tensor, found) = (Tensor(values, shape: type.shape), values.count)
    }
    guard let tensor else {
      throw .invalid("it has \(found) elements of data, and its shape \(type.shape) takes \(type.shape.elementCount)")
    }
    return try checkingBooleans(Tensor(type: type, storage: tensor.storage))
  }

  private static func checkingBooleans(_ tensor: Tensor) throws(InferenceError) -> Tensor {
    if tensor.elementType == .bool {
      guard tensor.array(of: UInt8.self).allSatisfy({ $0 <= 1 }) else {
        throw .invalid("a boolean is neither 0 nor 1")
      }
    }
    return tensor
  }
}
