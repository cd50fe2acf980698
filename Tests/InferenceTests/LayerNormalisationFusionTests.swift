import Testing

@testable import BraidInference

@Suite struct LayerNormalisationFusionTests {
  @Test("Both forms of layer normalisation become one node that gives the same", arguments: [false, true])
  func forms(isAffine: Bool) throws {
    var g = GraphBuilder(seed: 3)
    let width = 24
    let x = g.input("x", [3, 5, width])
    let axis = try g.constant([Int64(-1)], [1])
    let mean = g.node("ReduceMean", [x, axis])
    let difference = g.node("Sub", [x, mean])
    let square =
      isAffine
      ? g.node(.mul, [difference, difference])
      : g.node("Pow", [difference, try g.constant([Float(2)], [])])
    let variance = g.node("ReduceMean", [square, axis])
    let root = g.node("Sqrt", [g.node(.add, [variance, try g.constant([Float(1e-3)], [])])])
    let scale = try g.constant(g.numbers(width, 0.5...1.5), [width])
    let shift = try g.constant(g.numbers(width, -1...1), [width])
    if isAffine {
      let factor = g.node(.mul, [g.node("Reciprocal", [root]), scale])
      let offset = g.node("Sub", [shift, g.node(.mul, [mean, factor])])
      g.output(g.node(.add, [g.node(.mul, [x, factor]), offset]))
    } else {
      g.output(g.node(.add, [g.node(.mul, [g.node("Div", [difference, root]), scale]), shift]))
    }
    let (deviation, steps) = try g.deviation(seed: 3)
    #expect(deviation < 1e-5)
    #expect(steps == ["native LayerNormalization"])
  }

  @Test("A mean along another axis stays as it is")
  func otherAxis() throws {
    var g = GraphBuilder(seed: 4)
    let x = g.input("x", [4, 6])
    let axis = try g.constant([Int64(0)], [1])
    let difference = g.node("Sub", [x, g.node("ReduceMean", [x, axis])])
    let variance = g.node("ReduceMean", [g.node(.mul, [difference, difference]), axis])
    let root = g.node("Sqrt", [g.node(.add, [variance, try g.constant([Float(1e-3)], [])])])
    g.output(g.node("Div", [difference, root]))
    let (deviation, steps) = try g.deviation(seed: 3)
    #expect(deviation < 1e-5)
    #expect(!steps.contains { $0.contains("LayerNormalization") })
  }
}
