import Testing

@testable import BraidInference

/// The passes on whole graphs and on rows, each alone: graphs before and after.
@Suite struct GraphPassTests {
  // MARK: - Specialisation, with constant folding

  @Test("What depends on no input is computed, what shapes say included; conversions of constants stay where asked")
  func constants() throws {
    let text = """
      let c: float32[2] = 1 2
      let s: float32[] = 0.5
      let q: int8[2] = 2 4
      in x: float32[2, 3]
      n = Shape(x)
      d = Add(c, c)
      w = DequantizeLinear(q, s)
      e = Mul(d, w)
      f = Neg(x)
      out n
      out e
      out f
      """
    let graph = try GraphText.graph(text)
    #expect(
      graph.description == """
        in x: float32[2, 3]
        w: float32[2] = DequantizeLinear(q, s)
        e: float32[2] = Mul(d, w)
        f: float32[2, 3] = Neg(x)
        out n
        out e
        out f
        """)
    #expect(graph[graph.body.outputs[0]].tensor?.integers == [2, 3])
    let folded = try Specialisation.run(graph, inputs: [:], limits: .default, fused: false)
    #expect(folded.body.nodes.map(\.kind.rawValue) == ["Neg"])
    #expect(folded[folded.body.outputs[1]].tensor?.floats == [2, 8])
  }

  @Test("Constants beyond the limit are refused")
  func foldingLimit() throws {
    var limits = ModelLimits.default
    limits.totalBytes = 4
    let graph = try GraphText.graph("let c: float32[2] = 1 2\nin x: float32[2]\ny = Neg(x)\nout y")
    var larger = graph
    larger.body.nodes.append(
      Node(name: "", kind: "Neg", inputs: [graph.body.nodes[0].inputs[0]], outputs: [larger.add(Value(name: "z"))]))
    let constant = try #require(graph.values.firstIndex { $0.name == "c" })
    larger.body.nodes[1].inputs = [ValueID(index: constant)]
    larger.body.outputs.append(try #require(larger.body.nodes[1].outputs[0]))
    #expect(throws: InferenceError.self) {
      try Specialisation.run(larger, inputs: [:], limits: limits, fused: false)
    }
  }

  // MARK: - Dead code, common sub-expressions

  @Test("What nobody reads goes, with what only it reads")
  func deadCode() throws {
    var graph = try GraphText.graph("in x: float32[2]\na = Neg(x)\nb = Abs(a)\nc = Exp(x)\nout c\nout b")
    graph.body.outputs.removeLast()
    #expect(
      DeadCode.run(graph).description == """
        in x: float32[2]
        c: float32[2] = Exp(x)
        out c
        """)
    try expectUnchanged("in x: float32[2]\na = Neg(x)\nb = Abs(a)\nout a\nout b", DeadCode.run)
  }

  @Test(
    "Nodes that differ in operands, attributes or chance, and graph outputs, are no common sub-expressions",
    arguments: [
      "a = LeakyRelu(x) {alpha=0.5}\nb = LeakyRelu(x) {alpha=0.25}\ny = Add(a, b)",
      "a = Sub(x, z)\nb = Sub(z, x)\ny = Add(a, b)", "a = Neg(x)\nb = Neg(x)\nout a\ny = Identity(b)\nout b",
      "a = RandomNormalLike(x)\nb = RandomNormalLike(x)\ny = Add(a, b)",
    ])
  func noCommonSubexpressions(nodes: String) throws {
    try expectUnchanged("in x: float32[2]\nin z: float32[2]\n\(nodes)\nout y", CommonSubexpressions.run)
  }

  // MARK: - Parameters, bounds

  @Test("Stored weights of products stay stored, also where something else reads them too")
  func parameters() throws {
    try expectUnchanged(
      """
      let s: float32[] = 0.5
      let q: int8[2, 2] = 2
      in x: float32[2, 2]
      w = DequantizeLinear(q, s)
      m = MatMul(x, w)
      y = Add(m, w)
      out y
      """
    ) { try ParameterConversion.run($0, limits: .default) }
  }

  @Test(
    "The larger of several tensors, of whole numbers, with a wider bound or one for each element stays",
    arguments: [
      "y = Max(x, z)", "y = Max(x, c, c)", "y = Max(x, v)", "y = Min(n, m)", "y = Max(x, wide)", "y = Max(x, inf)",
    ])
  func noBounds(node: String) throws {
    try expectUnchanged(
      """
      let c: float32[1] = 0.5
      let v: float32[2] = 0.5
      let wide: float32[1, 1] = 0.5
      let inf: float32[] = inf
      let m: int32[] = 1
      in x: float32[2]
      in z: float32[2]
      in n: int32[2]
      \(node)
      out y
      """, BoundsAsClip.run)
  }

  // MARK: - Layer normalisation

  private static let deviation = """
    let axis: int64[1] = -1
    let first: int64[1] = 0
    let two: float32[] = 2
    let three: float32[] = 3
    let e: float32[] = 0.001
    let wide: float32[1, 1, 1] = 0.001
    let g: float32[4] = 2
    let h: float32[4] = 1
    let column: float32[3, 1] = 1
    in x: float32[3, 4]
    m = ReduceMean(x, axis)
    d = Sub(x, m)

    """

  @Test("Layer normalisation is found, as far as its last part that nobody else reads")
  func layerNormalisation() throws {
    let rest = "p = Pow(d, two)\nv = ReduceMean(p, axis)\na = Add(v, e)\nr = Sqrt(a)\nn = Div(d, r)\n"
    try expect(
      Self.deviation + rest + "k = Mul(n, g)\ny = Add(k, h)\nout y",
      becomes: "in x: float32[3, 4]\ny: float32[3, 4] = LayerNormalization(x, g, h) {axis=-1, epsilon=0.001}\nout y",
      LayerNormalisationFusion.run)
    try expect(
      Self.deviation + rest + "k = Mul(n, g)\ny = Add(k, h)\nout y\nout k",
      becomes: """
        in x: float32[3, 4]
        k: float32[3, 4] = LayerNormalization(x, g) {axis=-1, epsilon=0.001}
        y: float32[3, 4] = Add(k, h)
        out y
        out k
        """, LayerNormalisationFusion.run)
  }

  @Test(
    "Other powers, axes, scales and shapes are no layer normalisation",
    arguments: [
      "p = Pow(d, three)\nv = ReduceMean(p, axis)\na = Add(v, e)\nr = Sqrt(a)\ny = Div(d, r)",
      "p = Mul(d, x)\nv = ReduceMean(p, axis)\na = Add(v, e)\nr = Sqrt(a)\ny = Div(d, r)",
      "p = Mul(d, d)\nv = ReduceMean(p, first)\na = Add(v, e)\nr = Sqrt(a)\ny = Div(d, r)",
      "p = Mul(d, d)\nv = ReduceMean(p, axis)\na = Add(v, e)\nr = Sqrt(a)\ny = Div(x, r)",
      "p = Mul(d, d)\nv = ReduceMean(p, axis)\na = Add(v, e)\nr = Sqrt(a)\ny = Div(d, r)\nout r",
      "p = Mul(d, d)\nv = ReduceMean(p, axis)\na = Add(v, wide)\nr = Sqrt(a)\ny = Div(d, r)",
    ])
  func noLayerNormalisation(rest: String) throws {
    try expectUnchanged(Self.deviation + rest + "\nout y", LayerNormalisationFusion.run)
  }

  // MARK: - Rows

  @Test("Chains on rows are joined, conversions that others read repeated; single steps of oneDNN's stay")
  func rows() throws {
    try expect(
      """
      let s: float32[] = 0.5
      let z: uint8[] = 3
      in q: uint8[2, 8]
      x = DequantizeLinear(q, s, z)
      a = Relu(x)
      b = Mul(a, a)
      c = QuantizeLinear(b, s, z)
      out c
      out x
      """,
      becomes: """
        in q: uint8[2, 8]
        x%3: float32[2, 8] = DequantizeLinear(q, s, z)
        c: uint8[2, 8] = Rows(q, s, z)
        out c
        out x%3
        """
    ) { RowFusion.run($0, .all) }
    for text in [
      "in x: float32[2, 8]\ny = Relu(x)\nout y",
      "in x: float32[2, 8]\na = Relu(x)\ny = Transpose(a) {perm=[1, 0]}\nout y",
      "in x: float32[2, 8]\na = Relu(x)\ny = Sqrt(a)\nout a\nout y",
      "in x: int32[2, 8]\na = Neg(x)\ny = Abs(a)\nout y",
      // The sum is wider than what comes before it.
      "in x: float32[8]\nin w: float32[2, 8]\na = Relu(x)\ny = Add(a, w)\nout y",
    ] {
      try expectUnchanged(text) { RowFusion.run($0, .all) }
    }
    // What oneDNN does as fast is left to it in the first round.
    try expectUnchanged("in x: float32[2, 8]\na = Relu(x)\ny = Sqrt(a)\nout y") { RowFusion.run($0, .normalisations) }
  }
}
