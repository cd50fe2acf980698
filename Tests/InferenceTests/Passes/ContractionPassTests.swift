import Testing

@testable import BraidInference

/// The passes on convolutions and products, each alone: graphs before and after.
@Suite struct ContractionPassTests {
  private static func fuse(_ graph: Graph) throws -> Graph { try ContractionFusion.run(graph, limits: .default) }

  private static let real = """
    let w: float32[2, 2, 1, 1] = 1
    let low: float32[] = 0
    let high: float32[] = 6
    in x: float32[1, 2, 2, 2]
    c = Conv(x, w) {kernel_shape=[1, 1]}

    """

  /// A quantised convolution up to its result, and another stored value.
  private static let quantised = """
    let s: float32[] = 0.5
    let t: float32[] = 0.25
    let z: uint8[] = 3
    let k: int8[2, 2, 1, 1] = 1 2 3 4
    let ks: float32[2] = 0.1 0.2
    let kz: int8[2] = 0
    in a: uint8[1, 2, 2, 2]
    in b: uint8[1, 2, 2, 2]
    x = DequantizeLinear(a, s, z)
    w = DequantizeLinear(k, ks, kz) {axis=0}
    c = Conv(x, w) {kernel_shape=[1, 1]}

    """
  private static let inputs = "in a: uint8[1, 2, 2, 2]\nin b: uint8[1, 2, 2, 2]\n"

  // MARK: - What follows

  @Test(
    "What follows a convolution goes into it",
    arguments: [
      ("y = Clip(c, low, high)", "Conv+Clip(0.0, 6.0)(x, w, _)"),
      ("y = LeakyRelu(c) {alpha=0.25}", "Conv+LeakyRelu(0.25)(x, w, _)"),
      ("y = HardSwish(c)", "Conv+HardSwish(x, w, _)"),
      ("r = Relu(c)\ny = Add(x, r)", "Conv+Relu+Add(3)(x, w, _, x)"), ("y = Tanh(c)", "Conv+Tanh(x, w, _)"),
      ("g = Sigmoid(c)\ny = Mul(g, c)", "Conv+Swish(x, w, _)"),
    ])
  func following(rest: String, fused: String) throws {
    try expect(
      Self.real + rest + "\nout y",
      becomes: "in x: float32[1, 2, 2, 2]\ny: float32[1, 2, 2, 2] = \(fused)\nout y", Self.fuse)
  }

  @Test(
    "What follows stays apart where the convolution's result is read again, is a graph output, or does not fit",
    arguments: [
      ("y = Relu(c)\nn = Neg(c)\nout n", ["Conv", "Relu", "Neg"]), ("y = Relu(c)\nout c", ["Conv", "Relu"]),
      ("g = Sigmoid(c)\ny = Mul(g, c)\nout g", ["Conv", "Sigmoid", "Mul"]),
      ("g = Sigmoid(c)\nh = Mul(g, c)\ny = Add(h, c)", ["Conv", "Sigmoid", "Mul", "Add"]),
      ("y = Clip(c, low, v)", ["Conv", "Clip"]), ("y = Add(c, c)", ["Conv", "Add"]),
      ("y = Add(c, u)", ["Conv", "Add"]),
      ("g = Sigmoid(x)\ny = Mul(g, c)", ["Sigmoid", "Conv", "Mul"]),
    ])
  func apart(rest: String, kinds: [String]) throws {
    let text = "in v: float32[]\nin u: float32[2, 1, 1]\n" + Self.real + rest + "\nout y"
    let after = try Self.fuse(GraphText.graph(text))
    let found = after.body.nodes.map { $0.fusion.map { "\($0)" } ?? $0.kind.rawValue }
    #expect(found.sorted() == kinds.sorted())
  }

  @Test("A convolution whose weights are computed stays as it is")
  func computedWeights() throws {
    try expectUnchanged(
      """
      in x: float32[1, 2, 2, 2]
      in w: float32[2, 2, 1, 1]
      c = Conv(x, w) {kernel_shape=[1, 1]}
      y = Relu(c)
      out y
      """, Self.fuse)
  }

  @Test("A row added to a product is its bias; a column is not, and a second row neither")
  func bias() throws {
    let head = "let w: float32[2, 3] = 1\nlet row: float32[3] = 1\nlet column: float32[4, 1] = 1\nin x: float32[4, 2]\n"
    try expect(
      head + "p = MatMul(x, w)\ny = Add(row, p)\nr = Relu(y)\nout r",
      becomes: "in x: float32[4, 2]\nr: float32[4, 3] = MatMul+Relu(x, w, row%7)\nout r", Self.fuse)
    for rest in ["y = Add(p, column)\nout y", "r = Relu(p)\ny = Add(r, row)\nout y"] {
      let after = try Self.fuse(GraphText.graph(head + "p = MatMul(x, w)\n" + rest))
      #expect(after.body.nodes.last?.kind == .add)
    }
  }

  // MARK: - Quantised

  @Test("A quantised convolution takes in its conversions, and a sum with another stored value")
  func residual() throws {
    try expect(
      Self.quantised + "q = QuantizeLinear(c, t, z)\nout q\nout b",
      becomes: Self.inputs + "q: uint8[1, 2, 2, 2] = quantised Conv+Quantise(a, k, _)\nout q\nout b", Self.fuse)
    let sum =
      Self.quantised + """
        q = QuantizeLinear(c, t, z)
        r = DequantizeLinear(q, t, z)
        o = DequantizeLinear(b, s, z)
        m = Add(r, o)

        """
    try expect(
      sum + "y = QuantizeLinear(m, s, z)\nout y",
      becomes: Self.inputs
        + "y: uint8[1, 2, 2, 2] = quantised Conv+Stored(uint8)+AddQuantised(3)+Quantise(a, k, _, b)\nout y", Self.fuse)
    // With a zero point above 0 the Relu cuts more than storing does.
    try expect(
      sum + "n = Relu(m)\ny = QuantizeLinear(n, s, z)\nout y",
      becomes: Self.inputs
        + "y: uint8[1, 2, 2, 2] = quantised Conv+Stored(uint8)+AddQuantised(3)+Relu+Quantise(a, k, _, b)\nout y",
      Self.fuse)
    try expect(
      "let none: uint8[] = 0\n" + sum + "n = Relu(m)\ny = QuantizeLinear(n, s, none)\nout y",
      becomes: Self.inputs
        + "y: uint8[1, 2, 2, 2] = quantised Conv+Stored(uint8)+AddQuantised(3)+Quantise(a, k, _, b)\nout y", Self.fuse)
  }

  @Test("A sum stays apart where a stored value is read again, or the sum is stored as another type")
  func noResidual() throws {
    let sum =
      Self.quantised + """
        let i: int8[] = 3
        q = QuantizeLinear(c, t, z)
        r = DequantizeLinear(q, t, z)
        o = DequantizeLinear(b, s, z)
        m = Add(r, o)

        """
    for rest in [
      "y = QuantizeLinear(m, s, z)\nout y\nout q", "y = QuantizeLinear(m, s, z)\nout y\nout m",
      "y = QuantizeLinear(m, s, i)\nout y", "y = QuantizeLinear(m, s, z)\nn = Neg(r)\nout y\nout n",
    ] {
      let after = try Self.fuse(GraphText.graph(sum + rest))
      let found = after.body.nodes.compactMap { $0.fusion.map { "\($0)" } }
      #expect(found == ["quantised Conv+Quantise"], "\(rest)")
      #expect(after.body.nodes.contains { $0.kind == .add })
    }
  }

  @Test("Weights with a zero point, of uint8, or scaled along another axis or in blocks, are converted first")
  func otherWeights() throws {
    let head = """
      let s: float32[] = 0.5
      let z: uint8[] = 3
      let kz: int8[4] = 0 0 1 0
      let ks: float32[4] = 1 2 3 4
      let flat: int8[] = 0
      let k: int8[4, 4] = 1
      let u: uint8[4, 4] = 1
      let blocks: float32[2, 4] = 1 2 3 4 5 6 7 8
      in a: uint8[3, 4]
      x = DequantizeLinear(a, s, z)

      """
    for (weights, isTransposed) in [
      ("DequantizeLinear(k, ks, kz) {axis=1}", 0), ("DequantizeLinear(u, s, z)", 0),
      ("DequantizeLinear(k, ks) {axis=0}", 0), ("DequantizeLinear(k, ks) {axis=1}", 1),
      ("DequantizeLinear(k, blocks) {axis=0, block_size=2}", 1),
    ] {
      let text = head + "w = \(weights)\ny = Gemm(x, w) {transB=\(isTransposed)}\nout y"
      let after = try Self.fuse(GraphText.graph(text))
      #expect(after.body.nodes.map(\.kind.rawValue) == ["DequantizeLinear", "Fused"], "\(weights)")
      #expect(after.body.nodes.last?.fusion?.weightScales.isEmpty == true, "\(weights)")
    }
    let text = head + "w = DequantizeLinear(k, ks) {axis=0}\ny = Gemm(x, w) {transB=1}\nout y"
    #expect(try Self.fuse(GraphText.graph(text)).body.nodes.last?.fusion?.weightScales == [1, 2, 3, 4])
  }

  // MARK: - Affine folding

  @Test(
    "Only what scales and shifts channels of a convolution nobody else reads is folded",
    arguments: [
      ("y = Mul(c, u)", true), ("y = Sub(u, c)", true), ("y = Div(c, u)", true), ("y = Div(u, c)", false),
      ("y = Mul(c, columns)", false), ("y = Mul(c, c)", false), ("y = Mul(c, u)\nout c", false),
      ("y = Mul(c, huge)", false), ("y = Mul(c, wide)", false),
      ("y = BatchNormalization(c, f, f, f, f)", true),
      ("y = BatchNormalization(c, f, f, f, f) {training_mode=1}", false),
    ])
  func affine(rest: String, isFolded: Bool) throws {
    let constants = """
      let u: float32[2, 1, 1] = 2 4
      let f: float32[2] = 2 4
      let columns: float32[2] = 2 4
      let huge: float32[] = inf
      let wide: float32[1, 1, 1, 1, 1] = 2

      """
    let graph = try GraphText.graph(constants + Self.real + rest + "\nout y")
    let after = try AffineFolding.run(graph)
    #expect((after.description != graph.description) == isFolded)
    #expect((after.body.nodes.count == 1) == isFolded)
  }

  // MARK: - Products of computed operands

  @Test("A product of two stored operands takes in the conversions around it, and no others")
  func variableProduct() throws {
    let head = """
      let s: float32[] = 0.5
      let ss: float32[2] = 0.5 0.25
      let z: uint8[] = 3
      let zz: uint8[2] = 3
      in a: uint8[2, 2]
      in b: uint8[2, 2]
      x = DequantizeLinear(a, s, z)

      """
    let inputs = "in a: uint8[2, 2]\nin b: uint8[2, 2]\n"
    try expect(
      head + "y = DequantizeLinear(b, s, z)\nm = MatMul(x, y)\nr = QuantizeLinear(m, s, z)\nout r",
      becomes: inputs + "r: uint8[2, 2] = quantised MatMul+Quantise(a, b)\nout r", VariableProductFusion.run)
    try expect(
      head + "y = DequantizeLinear(b, s, z)\nm = MatMul(x, y)\nr = QuantizeLinear(m, s, z)\nout r\nout m",
      becomes: inputs
        + "m: float32[2, 2] = quantised MatMul(a, b)\nr: uint8[2, 2] = QuantizeLinear(m, s, z)\nout r\nout m",
      VariableProductFusion.run)
    for rest in [
      "y = Relu(x)\nm = MatMul(x, y)\nr = QuantizeLinear(m, s, z)\nout r\nout b",
      "y = DequantizeLinear(b, ss, zz)\nm = MatMul(x, y)\nr = QuantizeLinear(m, s, z)\nout r",
    ] {
      try expectUnchanged(head + rest, VariableProductFusion.run)
    }
  }

  @Test("A dynamically quantised product takes in its scales and bias; not where its sums are read as they are")
  func dynamicProduct() throws {
    let head = """
      let k: int8[2, 3] = 1
      let ks: float32[3] = 1 2 3
      let row: float32[3] = 1
      let kz: int8[] = 1
      let u: uint8[2, 3] = 1
      in x: float32[4, 2]
      q, f, z = DynamicQuantizeLinear(x)

      """
    let scales = "r = Cast(p) {to=1}\ng = Mul(f, ks)\nm = Mul(r, g)\n"
    let source = "in x: float32[4, 2]\nq: uint8[4, 2], f: float32[], z: uint8[] = DynamicQuantizeLinear(x)\n"
    try expect(
      head + "p = MatMulInteger(q, k, z)\n" + scales + "y = Add(m, row)\nout y",
      becomes: source + "y: float32[4, 3] = MatMulInteger(q, f, z, k, row)\nout y", DynamicProductFusion.run)
    for rest in [
      "p = MatMulInteger(q, k, z)\n\(scales)out m\nout p", "p = MatMulInteger(q, k, z)\n\(scales)out m\nout r",
      "p = MatMulInteger(q, k, z, kz)\n\(scales)out m", "p = MatMulInteger(q, k)\n\(scales)out m",
      "p = MatMulInteger(q, u, z)\n\(scales)out m",
    ] {
      try expectUnchanged(head + rest, DynamicProductFusion.run)
    }
  }
}
