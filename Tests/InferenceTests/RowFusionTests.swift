import Testing

@testable import BraidInference

@Suite struct RowFusionTests {
  @Test("Chains of element-wise operations give what their nodes give one by one", arguments: 0..<40)
  func elementwise(seed: UInt64) throws {
    var g = GraphBuilder(seed: seed)
    let dimensions = (0..<g.pick(1...4)).map { _ in g.pick(1...9) } + [g.pick(1...70)]
    var values = [g.input("x", dimensions), g.input("y", dimensions)]
    values.append(g.input("row", [dimensions[dimensions.count - 1]]))
    values.append(g.input("column", dimensions.dropLast() + [1]))
    values.append(try g.constant(g.numbers(1, 0.5...2), []))
    values.append(
      try g.constant(g.numbers(dimensions[0], 0.5...2), [dimensions[0]] + dimensions.dropFirst().map { _ in 1 }))
    var last = values[0]
    for _ in 0..<g.pick(2...8) {
      let other = values[g.pick(0...values.count - 1)]
      switch g.pick(0...9) {
      case 0: last = g.node(.add, [last, other])
      case 1: last = g.node("Sub", [other, last])
      case 2: last = g.node(.mul, [last, other])
      case 3: last = g.node("Erf", [last])
      case 4: last = g.node(.sigmoid, [last])
      case 5: last = g.node(.tanh, [last])
      case 6: last = g.node("LeakyRelu", [last], ["alpha": .float(0.2)])
      case 7: last = g.node("Sqrt", [g.node("Abs", [last])])
      case 8: last = g.node("Pow", [last, try g.constant([Float(2)], [])])
      default: last = g.node("Div", [last, try g.constant([Float(1.5)], [])])
      }
      if g.graph.body.nodes.count == 3 { g.output(last) }
    }
    g.output(g.node(.tanh, [last]))
    let (deviation, steps) = try g.deviation(seed: seed)
    #expect(deviation < 2e-5)
    #expect(steps.contains { $0.contains("+") }, "nothing was joined: \(steps)")
  }

  @Test("Normalisations along rows, of quantised operands and for two readers, stay within one step", arguments: 0..<30)
  func normalisations(seed: UInt64) throws {
    var g = GraphBuilder(seed: seed)
    let width = g.pick(8...130)
    let dimensions = [g.pick(1...3), g.pick(1...20), width]
    let x = try g.quantise(g.input("x", dimensions), scale: 0.03, zero: 120)
    let sum = g.node(.add, [x, g.input("y", dimensions)])
    let rounded = try g.quantise(sum, scale: 0.05, zero: g.pick(-20...20), signed: true)
    let gamma = try g.constant(g.numbers(width, 0.5...1.5), [width])
    let beta = try g.constant(g.numbers(width, -1...1), [width])
    let normal = g.node("LayerNormalization", [rounded, gamma, beta], ["epsilon": .float(1e-3)])
    let stored = try g.quantise(normal, scale: 0.04, zero: 100, isOpen: true)
    let soft = g.node(.softmax, [g.node(.mul, [normal, try g.constant([Float(0.5)], [])])], ["axis": .int(-1)])
    g.output(stored, normal, try g.quantise(soft, scale: 1 / 256, zero: 0, isOpen: true))
    let wanted = try g.run(.reference, seed: seed).outputs
    let (given, steps) = try g.run(.fused, seed: seed)
    for index in wanted.indices {
      let limit: Float = index == 1 ? 1e-4 : 1
      #expect(zip(wanted[index], given[index]).allSatisfy { abs($0 - $1) <= limit }, "output \(index)")
    }
    #expect(steps.count <= 3, "\(steps)")
  }

  @Test("A chain with two readers inside keeps what is read outside")
  func printed() throws {
    var g = GraphBuilder(seed: 2)
    let x = g.input("x", [2, 8])
    let a = g.node("Erf", [x])
    let b = g.node(.add, [a, x])
    let c = g.node(.mul, [b, a])
    g.output(c, b)
    for (id, type) in [x, a, b, c].map({ ($0, TensorType(elementType: .float32, shape: .init([2, 8]) ?? .scalar)) }) {
      g.graph[id].type = type
    }
    #expect(
      RowFusion.run(g.graph, .all).description == """
        in x: float32[2, 8]
        v1: float32[2, 8] = Rows(x)
        v2: float32[2, 8] = Add(v1, x)
        v3: float32[2, 8] = Mul(v2, v1)
        out v3
        out v2
        """)
  }
}
