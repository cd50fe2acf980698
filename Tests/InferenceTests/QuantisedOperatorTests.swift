import BraidInference
import BraidTestSupport
import Foundation
import Testing

/// Quantised operators against ONNX Runtime's outputs, which tools/quantised_operator_goldens.py stored.
@Suite struct QuantisedOperatorTests {
  static let folder = Goldens.folder.appendingPathComponent("Models/Quantised")

  static let cases = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

  @Test("The goldens are there")
  func present() { #expect(Self.cases.count == 24) }

  @Test("Quantised operators give ONNX Runtime's outputs, plain and fused", arguments: cases)
  func outputs(name: String) throws {
    let model = try Model.load(path: Self.folder.appendingPathComponent("\(name)/model.onnx").path)
    func value(_ kind: String, _ info: TensorInfo, _ index: Int) throws -> ModelValue {
      let path = "\(name)/test_data_set_0/\(kind)_\(index).pb"
      return try ModelValue.load(path: Self.folder.appendingPathComponent(path).path, declared: info)
    }
    var inputs: [String: ModelValue] = [:]
    for (index, info) in model.inputs.enumerated() { inputs[info.name] = try value("input", info, index) }
    for optimisation in [SessionOptions.Optimisation.reference, .fused] {
      var options = SessionOptions()
      options.optimisation = optimisation
      let results = try DynamicSession(model, options: options).run(inputs)
      #expect(results.count == model.outputs.count)
      for (index, result) in results.enumerated() {
        let found = try #require(result.tensor)
        let expected = try #require(value("output", model.outputs[index], index).tensor)
        #expect(found.shape == expected.shape)
        try #require(found.elementType == expected.elementType)
        let (a, b) = (try Self.numbers(found), try Self.numbers(expected))
        let largest = b.map(abs).max() ?? 0
        let tolerance = expected.elementType == .float32 ? 1e-5 * largest : 1
        let worst = zip(a, b).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= tolerance, "\(name), \(optimisation): \(worst)")
        // A step off is an edge between two of them, which few elements lie on.
        let off = zip(a, b).filter { $0 != $1 }.count
        #expect(expected.elementType == .float32 || off <= max(2, a.count / 8), "\(name), \(optimisation): \(off)")
      }
    }
  }

  private static func numbers(_ tensor: Tensor) throws -> [Double] {
    switch tensor.elementType {
    case .float32: return tensor.array(of: Float.self).map { Double($0) }
    case .int8: return tensor.array(of: Int8.self).map { Double($0) }
    case .uint8: return tensor.array(of: UInt8.self).map { Double($0) }
    case .int16: return tensor.array(of: Int16.self).map { Double($0) }
    case .int32: return tensor.array(of: Int32.self).map { Double($0) }
    default: throw Missing(type: tensor.elementType)
    }
  }

  private struct Missing: Error { let type: ElementType }
}
