import BraidInference
import BraidTestSupport
import Foundation
import Testing

/// Each operator against ONNX Runtime or the standard's reference, over element types and shapes, as
/// tools/operator_goldens.py stored it.
@Suite struct OperatorTests {
  static let folder = Goldens.folder.appendingPathComponent("Operators")

  static let families = [
    "mathematics", "activation", "arithmetic", "comparison", "reduction", "order", "product", "loss", "older", "random",
  ]

  static func model(_ name: String) throws -> Model {
    try Model.load(path: folder.appendingPathComponent("\(name).onnx").path)
  }

  /// The stored inputs and outputs of a family, by name.
  static func values(_ family: String) throws -> [String: ModelValue] {
    let model = try model("\(family)_values")
    let values = try DynamicSession(model).run([:])
    return Dictionary(zip(model.outputs.map(\.name), values)) { first, _ in first }
  }

  /// The elements as real numbers, which whole numbers of up to 53 bits are exactly, and all bits of others.
  static func numbers(_ tensor: Tensor) -> [Double] {
    switch tensor.elementType {
    case .float32: tensor.array(of: Float.self).map { Double($0) }
    case .float64: tensor.array(of: Double.self)
    case .int8: tensor.array(of: Int8.self).map { Double($0) }
    case .int16: tensor.array(of: Int16.self).map { Double($0) }
    case .int32: tensor.array(of: Int32.self).map { Double($0) }
    case .int64: tensor.array(of: Int64.self).flatMap { [Double($0 >> 32), Double($0 & 0xffff_ffff)] }
    case .uint16: tensor.array(of: UInt16.self).map { Double($0) }
    case .uint32: tensor.array(of: UInt32.self).map { Double($0) }
    case .uint64: tensor.array(of: UInt64.self).flatMap { [Double($0 >> 32), Double($0 & 0xffff_ffff)] }
    default: tensor.array(of: UInt8.self).map { Double($0) }
    }
  }

  static func isClose(_ found: Double, _ expected: Double, _ type: ElementType) -> Bool {
    if expected.isNaN || !expected.isFinite { return expected.isNaN ? found.isNaN : found == expected }
    switch type {
    case .float32: return abs(found - expected) <= 2e-6 + 2e-5 * abs(expected)
    case .float64: return abs(found - expected) <= 1e-12 + 1e-9 * abs(expected)
    default: return found == expected
    }
  }

  @Test(
    "Operators give the expected outputs for every element type", arguments: families,
    [SessionOptions.Optimisation.reference, .fused])
  func operators(family: String, optimisation: SessionOptions.Optimisation) throws {
    let (model, values) = (try Self.model(family), try Self.values(family))
    var options = SessionOptions()
    options.optimisation = optimisation
    var inputs: [String: ModelValue] = [:]
    for info in model.inputs { inputs[info.name] = values[info.name] }
    let session = try DynamicSession(model, options: options)
    let outputs = try session.run(inputs)
    #expect(session.lastPlanSteps != nil, "\(family) should run as a plan")
    #expect(outputs.count == model.outputs.count && outputs.count >= 8)
    for (info, output) in zip(model.outputs, outputs) {
      let (found, expected) = (try #require(output.tensor), try #require(values[info.name]?.tensor))
      #expect(found.elementType == expected.elementType && found.shape == expected.shape, "\(family) \(info.name)")
      guard found.shape == expected.shape else { continue }
      let pairs = zip(Self.numbers(found), Self.numbers(expected))
      let off = pairs.first { !Self.isClose($0, $1, expected.elementType) }
      #expect(off == nil, "\(family) \(info.name) of \(expected.elementType)")
    }
  }

  @Test("Drawn numbers have the mean and deviation that were asked for, and are the same at every run")
  func distributions() throws {
    let session = try DynamicSession(Self.model("distributions"))
    let first = try session.run([:]).map { Self.numbers(try #require($0.tensor)) }
    let second = try session.run([:]).map { Self.numbers(try #require($0.tensor)) }
    #expect(first == second)
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let normal = first[0]
    #expect(normal.count == 20_000 && abs(mean(normal) - 3) < 0.05)
    #expect(abs(mean(normal.map { ($0 - 3) * ($0 - 3) }).squareRoot() - 2) < 0.05)
    #expect(abs(mean(first[1]) - 0.25) < 0.015)
    #expect(Set(first[1]) == [0, 1])
    // The logarithms of 1, 2 and 5 eighths.
    for (value, share) in [0.125, 0.25, 0.625].enumerated() {
      let drawn = stride(from: 1, to: first[2].count, by: 2).filter { first[2][$0] == Double(value) }.count
      #expect(abs(Double(drawn) / 20_000 - share) < 0.015)
    }
  }
}
