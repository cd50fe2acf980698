import Testing

@testable import BraidInference

@Suite struct DynamicProductTests {
  @Test("Dynamically quantised products give what their nodes give one by one", arguments: 0..<16)
  func products(seed: UInt64) throws {
    var g = GraphBuilder(seed: seed)
    let (m, k, columns) = (g.pick(1...20), g.pick(1...70), [g.pick(1...40), g.pick(1...9)])
    let x = g.node(.tanh, [g.input("x", [2, m, k])])
    for (place, n) in columns.enumerated() {
      // The second reads the same values through a view, as exporters write it.
      let operand = place == 0 ? x : g.node(.reshape, [x, try g.constant([Int64(2 * m), Int64(k)], [2])])
      let parts = (0..<3).map { _ in g.graph.add(Value(name: "q\(g.graph.values.count)")) }
      g.graph.body.nodes.append(
        Node(name: "", kind: "DynamicQuantizeLinear", inputs: [operand], outputs: parts.map { $0 }))
      let weights = (0..<k * n).map { _ in Int8(g.pick(-127...127)) }
      let sums = g.node(
        "MatMulInteger", [parts[0], try g.constant(weights, [k, n]), parts[2], try g.constant([Int8(0)], [])])
      let isEach = g.pick(0...1) == 1
      let scales = try isEach ? g.constant(g.numbers(n, 0.001...0.1), [n]) : g.constant(g.numbers(1, 0.001...0.1), [])
      let real = g.node("Cast", [sums], ["to": .int(1)])
      var result = g.node(.mul, [real, g.node(.mul, [parts[1], scales])])
      if g.pick(0...1) == 1 { result = g.node(.add, [result, try g.constant(g.numbers(n, -1...1), [n])]) }
      g.output(result)
    }
    let (deviation, steps) = try g.deviation(seed: seed)
    #expect(deviation < 1e-5)
    #expect(steps.filter { $0.hasSuffix("DynamicQuantizeLinear") }.count == 1, "\(steps)")
    guard InferenceLibraries.current.int8IsExact else { return }
    #expect(steps.filter { $0 == "oneDNN MatMulInteger" }.count == 2, "\(steps)")
  }
}
