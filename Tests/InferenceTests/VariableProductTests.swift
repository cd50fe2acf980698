import Testing

@testable import BraidInference

@Suite struct VariableProductTests {
  @Test("Products of two computed operands, transposed and repeated, give what the reference gives", arguments: 0..<30)
  func real(seed: UInt64) throws {
    var g = GraphBuilder(seed: seed)
    let (heads, m, k, n) = (g.pick(1...4), g.pick(1...33), g.pick(1...40), g.pick(1...35))
    // As attention has it: heads lie next to each other in a row.
    let a = g.node(.transpose, [g.input("a", [1, m, heads, k])], ["perm": .ints([0, 2, 1, 3])])
    let b: ValueID
    switch g.pick(0...2) {
    case 0: b = g.node(.transpose, [g.input("b", [1, n, heads, k])], ["perm": .ints([0, 2, 3, 1])])
    case 1: b = g.input("b", [heads, k, n])
    default: b = g.input("b", [k, n])
    }
    let product = g.node(.matMul, [a, b])
    g.output(g.node(.transpose, [product], ["perm": .ints([0, 2, 1, 3])]))
    let (deviation, steps) = try g.deviation(seed: seed)
    #expect(deviation < 1e-5)
    #expect(steps.contains("oneDNN MatMul"), "\(steps)")
  }

  @Test("Quantised products of two computed operands stay within one step", arguments: 0..<30)
  func quantised(seed: UInt64) throws {
    var g = GraphBuilder(seed: seed)
    let (heads, m, k, n) = (g.pick(1...4), g.pick(1...33), g.pick(1...70), g.pick(1...35))
    let (left, right) = (g.pick(0...1) == 1, g.pick(0...1) == 1)
    let x = try g.quantise(
      g.input("a", [1, m, heads, k]), scale: 0.03, zero: left ? g.pick(-30...30) : g.pick(90...160), signed: left)
    let y = try g.quantise(
      g.input("b", [1, n, heads, k]), scale: 0.025, zero: right ? g.pick(-30...30) : g.pick(90...160), signed: right)
    let a = g.node(.transpose, [x], ["perm": .ints([0, 2, 1, 3])])
    let b = g.node(.transpose, [y], ["perm": .ints([0, 2, 3, 1])])
    let product = g.node(.matMul, [a, b])
    if seed % 3 == 0 {
      g.output(product)
    } else {
      g.output(
        try g.quantise(
          product, scale: 0.4, zero: seed % 3 == 1 ? 128 : -4, signed: seed % 3 == 2, isOpen: true))
    }
    let (deviation, _) = try g.deviation(seed: seed)
    #expect(deviation <= (seed % 3 == 0 ? 1e-4 : 1))
  }

  @Test("Conversions that undo each other across movements go; those that repeat each other become one")
  func propagation() throws {
    var g = GraphBuilder(seed: 4)
    let x = g.input("x", [2, 6])
    let normal = g.node("Erf", [x])
    let shape = try g.constant([Int64(3), 4], [2])
    let first = try g.quantise(g.node(.reshape, [normal, shape]), scale: 0.1, zero: 3)
    let second = try g.quantise(g.node(.reshape, [normal, shape]), scale: 0.1, zero: 3)
    let turned = g.node(.transpose, [first], ["perm": .ints([1, 0])])
    g.output(try g.quantise(turned, scale: 0.1, zero: 3, isOpen: true), g.node(.relu, [second]))
    let types = [x: TensorType(elementType: .float32, shape: try #require(TensorShape([2, 6])))]
    let graph = try Specialisation.run(g.graph, inputs: types, limits: .default, fused: true)
    let kinds = QuantisedPropagation.run(graph).body.nodes.map(\.kind.rawValue)
    #expect(kinds.filter { $0 == "QuantizeLinear" }.count == 1, "\(kinds)")
    #expect(kinds.filter { $0 == "DequantizeLinear" }.count == 1, "\(kinds)")
    #expect(try g.deviation(seed: 4).0 < 1e-6)
  }
}
