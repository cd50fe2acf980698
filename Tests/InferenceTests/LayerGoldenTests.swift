import BraidInference
import BraidTestSupport
import Foundation
import Testing

/// Single layers against ONNX Runtime, from the models that tools/layer_goldens.py makes.
@Suite struct LayerGoldenTests {
  static let names: [String] = {
    let folder = SharedData.packageRoot.appendingPathComponent("Tests/InferenceTests/Layers").path
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
  }()

  static func model(_ name: String) throws -> Model {
    try Model.load(
      path: SharedData.packageRoot.appendingPathComponent("Tests/InferenceTests/Layers/\(name).onnx").path)
  }

  @Test("All layers are there") func present() { #expect(Self.names.count >= 100) }

  /// Single precision is held to 1e-5 of the largest value, double precision to 1e-10, whole numbers exactly.
  @Test("A layer gives what ONNX Runtime gives", arguments: names) func layer(name: String) throws {
    let model = try Self.model(name)
    let results = try DynamicSession(model).run([:])
    var compared = 0
    for (index, output) in model.outputs.enumerated() where !output.name.hasPrefix("expected ") {
      let twin = try #require(model.outputs.firstIndex { $0.name == "expected \(output.name)" })
      let (found, expected) = (try #require(results[index].tensor), try #require(results[twin].tensor))
      #expect(found.elementType == expected.elementType && found.shape == expected.shape, "\(output.name)")
      let (a, b) = (found.doubles, expected.doubles)
      let relative: Double =
        switch found.elementType {
        case .float32: 1e-5
        case .float64: 1e-10
        default: 0
        }
      let largest: Double = b.map { abs($0) }.max() ?? 0
      let tolerance = relative * max(1, largest)
      let worst: Double = zip(a, b).map { abs($0 - $1) }.max() ?? 0
      #expect(a.count == b.count && worst <= tolerance, "\(output.name): \(worst) beyond \(tolerance)")
      #expect(compared > 0 || b.contains { $0 != 0 }, "the golden is all zeros")
      compared += 1
    }
    #expect(compared > 0)
  }
}
