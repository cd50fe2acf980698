import BraidInference
import BraidTestSupport
import Foundation
import Testing

/// Outputs against ONNX Runtime's, and fused against plain.
@Suite struct GoldenTests {
  static func session(_ golden: Goldens.Case, _ optimisation: SessionOptions.Optimisation) throws -> InferenceSession {
    var options = SessionOptions()
    options.optimisation = optimisation
    let model = try Model.load(path: golden.path)
    for input in golden.inputs {
      if let value = input.value, input.name == "sr" {
        options.constantInputs[input.name] = value
      } else {
        options.inputShapes[input.name] = input.shape
      }
    }
    return try InferenceSession(Plan(model, options: options))
  }

  /// One step of an output whose model computes in whole numbers, or nil for a real one.
  static func step(_ session: InferenceSession, _ index: Int, quantised: Bool) -> Double? {
    if ![.float32].contains(session.outputs[index].elementType) { return 1 }
    guard quantised else { return nil }
    return session.outputs[index].quantization.map { Double($0.scale) }
  }

  /// Fails unless `found` equals `expected` within the tolerance that the script states.
  ///
  /// `loosely` is for plain operators on quantised models. They compute between the conversions in real numbers, so a
  /// value that lies on the edge between two steps may fall to the other side than in whole numbers, and in a network
  /// of fifty layers that spreads: 3 % of the outputs may be off by up to eight steps. (ONNX Runtime without its own
  /// fusions differs from itself by as much.) So do fused plans where oneDNN has no exact path for 8-bit products.
  static func compare(
    _ found: [Double], _ expected: [Double], step: Double?, loosely: Bool = false, _ label: String
  ) {
    #expect(found.count == expected.count, "\(label)")
    guard found.count == expected.count else { return }
    let largest = expected.map(abs).max() ?? 0
    let tolerance = step.map { $0 * 1.001 } ?? max(1e-4 * largest, 1e-6)
    let off = zip(found, expected).filter { !(abs($0 - $1) <= tolerance) }.count
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
    let allowed = step == nil ? 0 : loosely ? max(2, expected.count * 3 / 100) : expected.count / 1000
    if let step { #expect(worst <= 8.001 * step, "\(label)") }
    #expect(
      off <= allowed, "\(label): \(off) of \(expected.count) beyond \(tolerance), worst \(worst), largest \(largest)")
  }

  static func check(_ golden: Goldens.Case, _ optimisation: SessionOptions.Optimisation) throws {
    let session = try session(golden, optimisation)
    try session.fill(golden)
    try session.run()
    let quantised = try Model.load(path: golden.path).operatorCounts["QuantizeLinear"] != nil
    for output in golden.outputs {
      let index = try #require(session.outputIndex(output.name))
      #expect(session.outputs[index].shape?.dimensions == output.shape)
      let all = try session.values(index)
      let found = stride(from: 0, to: all.count, by: output.every).map { all[$0] }
      // This one's quantised sums are rounded once by oneDNN and twice by ONNX Runtime.
      let sums = golden.model == "fer_mini_xception_int8_qdq"
      compare(
        found, Goldens.values(output), step: step(session, index, quantised: quantised),
        loosely: optimisation == .reference || sums || !InferenceLibraries.current.int8IsExact,
        "\(golden.model) \(output.name)")
    }
  }

  @Test("The goldens are there")
  func present() throws {
    let goldens = try #require(Goldens.all)
    #expect(goldens.cases.filter(\.own).count >= 11)
  }

  @Test("Plain operators give ONNX Runtime's outputs on our own models", arguments: Goldens.cases(own: true))
  func ownReference(golden: Goldens.Case) throws { try Self.check(golden, .reference) }

  @Test("Fused plans give ONNX Runtime's outputs on our own models", arguments: Goldens.cases(own: true))
  func ownFused(golden: Goldens.Case) throws { try Self.check(golden, .fused) }

  @Test("Plain operators give ONNX Runtime's outputs on real models", arguments: Goldens.cases(own: false))
  func sharedReference(golden: Goldens.Case) throws { try Self.check(golden, .reference) }

  @Test("Fused plans give ONNX Runtime's outputs on real models", arguments: Goldens.cases(own: false))
  func sharedFused(golden: Goldens.Case) throws { try Self.check(golden, .fused) }
}
