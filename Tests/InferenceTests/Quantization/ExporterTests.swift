import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

/// What is written is what was read, in operators of version 18 or newer.
@Suite("Writing ONNX") struct ExporterTests {
  private static let folder = SharedData.packageRoot.appendingPathComponent(
    "Tests/InferenceTests/Quantization/Goldens/raised")
  static let raised: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".onnx") }.sorted()
  }()

  /// The model as it is after being written and read again.
  private static func again(_ model: Model) throws -> Model {
    try Model(bytes: ONNXExporter.bytes(of: model, graph: model.graph), name: model.name)
  }

  @Test("All goldens are there") func present() { #expect(Self.raised.count >= 19) }

  @Test("A model of old operators gives in new ones what ONNX Runtime gave for the old", arguments: raised)
  func raise(name: String) throws {
    let old = try Model.load(path: Self.folder.appendingPathComponent(name).path)
    let model = try Self.again(old)
    #expect(Int(model.metadata["opset"] ?? "") ?? 0 >= 18 && Int(old.metadata["opset"] ?? "") ?? 99 < 13)
    #expect(model.outputs.map(\.name) == old.outputs.map(\.name))
    let results = try DynamicSession(model).run([:])
    var compared = 0
    for (index, output) in model.outputs.enumerated() where !output.name.hasPrefix("expected ") {
      let twin = try #require(model.outputs.firstIndex { $0.name == "expected \(output.name)" })
      let (found, expected) = (try #require(results[index].tensor), try #require(results[twin].tensor))
      #expect(found.elementType == expected.elementType && found.shape == expected.shape, "\(output.name)")
      let worst = zip(found.doubles, expected.doubles).map { abs($0 - $1) }.max() ?? 1
      #expect(worst <= 1e-5, "\(output.name): \(worst)")
      compared += 1
    }
    #expect(compared > 0)
  }

  @Test("Every layer that is tested against ONNX Runtime computes the same after being written and read again")
  func layers() throws {
    var (same, refused) = (0, [String]())
    for name in LayerGoldenTests.names {
      let model = try LayerGoldenTests.model(name)
      let other: Model
      do {
        other = try Self.again(model)
      } catch let error as InferenceError where error.isUnsupported {
        refused.append(name)
        continue
      }
      let (a, b) = (try DynamicSession(model).run([:]), try DynamicSession(other).run([:]))
      for (x, y) in zip(a, b) { #expect(x.tensor?.bytes == y.tensor?.bytes, "\(name)") }
      same += 1
    }
    #expect(same >= 90, "refused: \(refused)")
  }

  @Test(
    "Names of inputs and outputs stay, an output that is an input or a constant too, and blocks find what is outside")
  func names() throws {
    let inner = BuiltModel.graph(
      [BuiltModel.node("Add", ["x", "one"], ["sum"])], outputs: [BuiltModel.info("sum", [2])])
    let other = BuiltModel.graph(
      [BuiltModel.node("Identity", ["x"], ["same"])], outputs: [BuiltModel.info("same", [2])])
    let graph = BuiltModel.graph(
      [
        BuiltModel.node("ReduceSum", ["x"], ["total"], [BuiltModel.int("keepdims", 0)]),
        BuiltModel.node("Greater", ["total", "zero"], ["is"]),
        BuiltModel.node(
          "If", ["is"], ["y"], [BuiltModel.graph("then_branch", inner), BuiltModel.graph("else_branch", other)]),
      ],
      inputs: [BuiltModel.info("x", [2])],
      outputs: [BuiltModel.info("y", [2]), BuiltModel.info("x", [2]), BuiltModel.info("one", [2])],
      parameters: [BuiltModel.tensor("one", [2], [1, 2]), BuiltModel.tensor("zero", [], [0])])
    let model = try Self.again(BuiltModel.model(graph))
    #expect(model.inputs.map(\.name) == ["x"] && model.outputs.map(\.name) == ["y", "x", "one"])
    let session = try DynamicSession(model)
    for (input, expected) in [([3, 4], [4, 6]), ([-3, 1], [-3, 1])] as [([Float], [Float])] {
      let results = try session.run(["x": try #require(Tensor.floats(input, [2]))])
      #expect(results.map { $0.tensor?.array(of: Float.self) } == [expected, input, [1, 2]])
    }
  }
}
