import BraidONNXFormat
import Foundation
import SwiftProtobuf

extension ModelValue {
  /// Reads a value from a file in the format of the standard's test data.
  ///
  /// - Parameters:
  ///   - path: the file: one `TensorProto`, `SequenceProto` or `OptionalProto`.
  ///   - declared: the input or output that the value is for, which says which of these it is.
  ///   - limits: bounds on what the file may hold.
  /// - Returns: the value.
  /// - Throws: `unreadable`, `not-a-model` where the file is none of these, `invalid-graph`, `unsupported-feature`,
  ///   `limit-exceeded`.
  public static func load(
    path: String, declared: TensorInfo, limits: ModelLimits = .default
  ) throws(InferenceError) -> ModelValue {
    do throws(InferenceError) {
      return try ModelValue(
        protobuf: ModelFile.read(path, limit: limits.fileBytes), declared: declared, limits: limits)
    } catch {
      throw error.within(path)
    }
  }

  /// Reads a value in the format of the standard's test data.
  ///
  /// - Parameters:
  ///   - bytes: one `TensorProto`, `SequenceProto` or `OptionalProto`.
  ///   - declared: the input or output that the value is for, which says which of these it is.
  ///   - limits: bounds on what the value may hold.
  /// - Throws: as `load(path:declared:limits:)`, without `unreadable`.
  public init(protobuf bytes: [UInt8], declared: TensorInfo, limits: ModelLimits = .default) throws(InferenceError) {
    let decoder = ONNXTensorDecoder(limits: limits)
    switch declared.form {
    case .tensor: self = .tensor(try decoder.tensor(try Self.message(bytes) as ONNXTensor))
    case .sequence: self = try Self.value(try Self.message(bytes) as ONNXSequence, decoder, depth: 0)
    case .optional: self = try Self.value(try Self.message(bytes) as ONNXOptionalValue, decoder, depth: 0)
    }
  }

  private static func message<M: Message>(_ bytes: [UInt8]) throws(InferenceError) -> M {
    do {
      return try M(serializedBytes: bytes)
    } catch {
      throw InferenceError(.notAModel, "it is no value of the standard's test data", cause: "\(error)")
    }
  }

  private static func value(
    _ message: ONNXSequence, _ decoder: ONNXTensorDecoder, depth: Int
  ) throws(InferenceError) -> ModelValue {
    guard depth <= decoder.limits.depth else { throw .limit("sequences nest deeper than \(decoder.limits.depth)") }
    var values: [ModelValue] = []
    for tensor in message.tensorValues { values.append(.tensor(try decoder.tensor(tensor))) }
    for sequence in message.sequenceValues { values.append(try value(sequence, decoder, depth: depth + 1)) }
    for optional in message.optionalValues { values.append(try value(optional, decoder, depth: depth + 1)) }
    return .sequence(values)
  }

  private static func value(
    _ message: ONNXOptionalValue, _ decoder: ONNXTensorDecoder, depth: Int
  ) throws(InferenceError) -> ModelValue {
    guard depth <= decoder.limits.depth else { throw .limit("options nest deeper than \(decoder.limits.depth)") }
    if message.hasTensorValue { return .optional(.tensor(try decoder.tensor(message.tensorValue))) }
    if message.hasSequenceValue { return .optional(try value(message.sequenceValue, decoder, depth: depth + 1)) }
    if message.hasOptionalValue { return .optional(try value(message.optionalValue, decoder, depth: depth + 1)) }
    return .optional(nil)
  }
}
