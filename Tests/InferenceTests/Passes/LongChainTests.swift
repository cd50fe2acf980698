import BraidCore
import BraidTestSupport
import Testing

@testable import BraidInference

/// Planning of models that are one long chain.
@Suite("Passes: long chains", .timeLimit(.minutes(1)))
struct LongChainTests {
  @Test("a chain of thousands of movements is planned in time that grows with its length")
  func movements() throws {
    let count = 4000
    let nodes = (0..<count).map { BuiltModel.node("Transpose", ["v\($0)"], ["v\($0 + 1)"]) }
    let graph = try BuiltModel.model(
      BuiltModel.graph(
        nodes, inputs: [BuiltModel.info("v0", [2, 3])], outputs: [BuiltModel.info("v\(count)", [2, 3])]))
    #expect(graph.inputs.count == 1)
    #expect(try Plan(graph).outputs.first?.shape?.dimensions == [2, 3])
  }
}
