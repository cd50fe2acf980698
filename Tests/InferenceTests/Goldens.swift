import BraidInference
import BraidTestSupport
import Foundation
import Testing

/// The outputs that tools/inference_goldens.py stored, and the inputs it drew.
struct Goldens: Decodable {
  struct Input: Decodable {
    let name: String
    let shape: [Int]
    let type: String
    let seed: UInt64?
    let low: Double?
    let high: Double?
    let value: Int?

    /// The generator's states, one an element.
    var states: [UInt64] {
      var state = seed ?? 0
      return (0..<shape.reduce(1, *)).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
      }
    }

    var floats: [Float] {
      let (low, high) = (low ?? 0, high ?? 0)
      return states.map { Float(low) + Float($0 >> 40) / Float(1 << 24) * Float(high - low) }
    }
  }

  struct Output: Decodable {
    let name: String
    let type: String
    let shape: [Int]
    let every: Int
    let offset: Int
    let bytes: Int
  }

  struct Case: Decodable, CustomTestStringConvertible, Sendable {
    let model: String
    let own: Bool
    let folder: String?
    let inputs: [Input]
    let outputs: [Output]

    var path: String {
      folder.map { SharedData.packageRoot.appendingPathComponent("\($0)/\(model).onnx").path }
        ?? SharedData.model("\(model).onnx")
    }
    var testDescription: String { model }
  }

  let cases: [Case]

  static let folder = SharedData.packageRoot.appendingPathComponent("Tests/InferenceTests")

  static let all: Goldens? = {
    guard let data = try? Data(contentsOf: folder.appendingPathComponent("goldens.json")) else { return nil }
    return try? JSONDecoder().decode(Goldens.self, from: data)
  }()

  private static let blob = (try? Data(contentsOf: folder.appendingPathComponent("goldens.bin"))) ?? Data()

  /// The cases of our own models, or of the shared ones where those are there.
  static func cases(own: Bool) -> [Case] {
    own || SharedData.isPresent ? (all?.cases ?? []).filter { $0.own == own } : []
  }

  /// The stored elements of `output` as real numbers.
  static func values(_ output: Output) -> [Double] {
    let bytes = blob[output.offset..<(output.offset + output.bytes)]
    func read<T: BitwiseCopyable>(_: T.Type, _ real: (T) -> Double) -> [Double] {
      let count = output.bytes / MemoryLayout<T>.stride
      return unsafe bytes.withUnsafeBytes { buffer in
        (0..<count).map {
          real(unsafe buffer.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.stride, as: T.self))
        }
      }
    }
    switch output.type {
    case "float32": return read(Float.self) { Double($0) }
    case "int64": return read(Int64.self) { Double($0) }
    case "int32": return read(Int32.self) { Double($0) }
    case "int8": return read(Int8.self) { Double($0) }
    default: return read(UInt8.self) { Double($0) }
    }
  }
}

extension InferenceSession {
  /// Writes the inputs of `golden`.
  func fill(_ golden: Goldens.Case) throws {
    for input in golden.inputs {
      guard let index = inputIndex(input.name) else { continue }
      switch input.type {
      case "float32":
        let values = input.floats
        try withInput(index, as: Float.self) { span in
          for i in 0..<span.count { span[i] = values[i] }
        }
      case "int8":
        let values = input.states
        try withInput(index, as: Int8.self) { span in
          for i in 0..<span.count { span[i] = Int8(bitPattern: UInt8(values[i] >> 56)) }
        }
      default:
        let values =
          input.value.map { value in [UInt64](repeating: UInt64(value), count: inputs[index].elementCount) }
          ?? input.states.map { ($0 >> 33) % UInt64(input.high ?? 1) }
        try withInput(index, as: Int64.self) { span in
          for i in 0..<span.count { span[i] = Int64(values[i]) }
        }
      }
    }
  }

  /// All elements of output `index` as real numbers.
  func values(_ index: Int) throws -> [Double] {
    func copy<T>(_ span: Span<T>, _ real: (T) -> Double) -> [Double] { span.indices.map { real(span[$0]) } }
    switch outputs[index].elementType {
    case .float32: return try withOutput(index, as: Float.self) { copy($0) { Double($0) } }
    case .int64: return try withOutput(index, as: Int64.self) { copy($0) { Double($0) } }
    case .int32: return try withOutput(index, as: Int32.self) { copy($0) { Double($0) } }
    case .int8: return try withOutput(index, as: Int8.self) { copy($0) { Double($0) } }
    default: return try withOutput(index, as: UInt8.self) { copy($0) { Double($0) } }
    }
  }
}

extension TensorInfo {
  var elementCount: Int { shape?.elementCount ?? 0 }
}
