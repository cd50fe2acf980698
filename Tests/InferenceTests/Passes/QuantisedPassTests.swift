import Testing

@testable import BraidInference

/// The passes on stored values, each alone: graphs before and after.
@Suite struct QuantisedPassTests {
  /// A scale, two zero points, and another scale.
  private static let parameters = """
    let s: float32[] = 0.5
    let z: uint8[] = 3
    let t: float32[] = 0.25
    let i: int8[] = 3

    """

  // MARK: - Propagation

  @Test("A conversion back to the same stored values goes, and movement works on what is stored")
  func propagation() throws {
    try expect(
      Self.parameters + """
        in q: uint8[2, 3]
        x = DequantizeLinear(q, s, z)
        y = Transpose(x) {perm=[1, 0]}
        p = QuantizeLinear(y, s, z)
        r = DequantizeLinear(p, s, z)
        out r
        """,
      becomes: """
        in q: uint8[2, 3]
        y%9: uint8[3, 2] = Transpose(q) {perm=[1, 0]}
        r: float32[3, 2] = DequantizeLinear(y%9, s, z)
        out r
        """, QuantisedPropagation.run)
  }

  @Test("The same conversion twice is one; a graph output keeps its own name")
  func sharedConversion() throws {
    try expect(
      Self.parameters + """
        in x: float32[2]
        a = QuantizeLinear(x, s, z)
        b = QuantizeLinear(x, s, z)
        c = DequantizeLinear(a, s, z)
        d = DequantizeLinear(b, s, z)
        y = Add(c, d)
        out y
        """,
      becomes: """
        in x: float32[2]
        a: uint8[2] = QuantizeLinear(x, s, z)
        c: float32[2] = DequantizeLinear(a, s, z)
        y: float32[2] = Add(c, c)
        out y
        """, QuantisedPropagation.run)
    try expectUnchanged(
      Self.parameters + """
        in x: float32[2]
        a = QuantizeLinear(x, s, z)
        b = QuantizeLinear(x, s, z)
        out a
        out b
        """, QuantisedPropagation.run)
  }

  @Test(
    "Conversions of another scale, type or zero point stay",
    arguments: ["QuantizeLinear(x, t, z)", "QuantizeLinear(x, s, i)", "QuantizeLinear(x, s, w)"])
  func otherConversion(node: String) throws {
    try expectUnchanged(
      Self.parameters + """
        let w: uint8[] = 4
        in q: uint8[2]
        x = DequantizeLinear(q, s, z)
        y = \(node)
        out y
        """, QuantisedPropagation.run)
  }

  // MARK: - Movement

  @Test("Movement between conversions of one scale works on bytes")
  func movement() throws {
    try expect(
      Self.parameters + """
        in a: uint8[1, 2]
        in b: uint8[1, 2]
        x = DequantizeLinear(a, s, z)
        y = DequantizeLinear(b, s, z)
        c = Concat(x, y) {axis=1}
        r = QuantizeLinear(c, s, z)
        out r
        """,
      becomes: """
        in a: uint8[1, 2]
        in b: uint8[1, 2]
        r: uint8[1, 4] = Concat(a, b) {axis=1}
        out r
        """, QuantisedMovement.run)
  }

  @Test("Movement stays real where a scale differs, the real result is read again, or it is a graph output")
  func realMovement() throws {
    let head =
      Self.parameters + """
        in a: uint8[2, 2]
        x = DequantizeLinear(a, s, z)
        c = Transpose(x) {perm=[1, 0]}

        """
    for rest in [
      "r = QuantizeLinear(c, t, z)\nout r", "r = QuantizeLinear(c, s, i)\nout r",
      "r = QuantizeLinear(c, s, z)\nn = Relu(c)\nout r\nout n", "r = QuantizeLinear(c, s, z)\nout r\nout c",
    ] {
      try expectUnchanged(head + rest, QuantisedMovement.run)
    }
  }

  // MARK: - Hoisting

  @Test("Conversions climb over every reader of a split and quantise the padding")
  func hoisting() throws {
    try expect(
      Self.parameters + """
        let pads: int64[2] = 1 1
        in x: float32[2]
        p = Pad(x, pads)
        r = QuantizeLinear(p, s, z)
        out r
        """,
      becomes: """
        in x: float32[2]
        x quantised: uint8[2] = QuantizeLinear(x, s, z)
        r: uint8[4] = Pad(x quantised, pads, z)
        out r
        """, QuantisationHoisting.run)
  }

  @Test("Conversions stay behind what computes, behind results read as they are, and behind several readers' scales")
  func noHoisting() throws {
    let head =
      Self.parameters + """
        let sizes: int64[4] = 1 1 4 4
        in x: float32[1, 1, 2, 2]

        """
    for rest in [
      "m = Resize(x, _, _, sizes) {mode=\"linear\"}\nr = QuantizeLinear(m, s, z)\nout r",
      "m = AveragePool(x) {kernel_shape=[2, 2]}\nr = QuantizeLinear(m, s, z)\nout r",
      "m = Transpose(x) {perm=[0, 1, 3, 2]}\nr = QuantizeLinear(m, s, z)\nout r\nout m",
      "m = Transpose(x) {perm=[0, 1, 3, 2]}\nr = QuantizeLinear(m, s, z)\nn = QuantizeLinear(m, t, z)\nout r\nout n",
    ] {
      try expectUnchanged(head + rest, QuantisationHoisting.run)
    }
  }

  // MARK: - Tables

  @Test("A constant for each channel gives a table for each")
  func channelTables() throws {
    try expect(
      Self.parameters + """
        let c: float32[3, 1, 1] = 1 2 3
        in q: uint8[1, 3, 2, 2]
        x = DequantizeLinear(q, s, z)
        m = Mul(x, c)
        r = QuantizeLinear(m, t, z)
        out r
        """,
      becomes: """
        in q: uint8[1, 3, 2, 2]
        r: uint8[1, 3, 2, 2] = Table[3, 256]+Quantise(q)
        out r
        """, { try QuantisedTables.run($0, limits: .default) })
  }

  @Test("No table for constants along another axis, for two stored operands, or for movement")
  func noTables() throws {
    for text in [
      // As many columns as channels: a constant row is no constant for each channel, whichever side it stands on.
      "in q: uint8[1, 3, 2, 3]\nx = DequantizeLinear(q, s, z)\nm = Mul(x, row)\nr = QuantizeLinear(m, t, z)\nout r",
      "in q: uint8[1, 3, 2, 3]\nx = DequantizeLinear(q, s, z)\nm = Add(row, x)\nr = QuantizeLinear(m, t, z)\nout r",
      "in q: uint8[1, 4, 2, 3]\nx = DequantizeLinear(q, s, z)\nm = Add(row, x)\nr = QuantizeLinear(m, t, z)\nout r",
      "in q: uint8[2]\nin p: uint8[2]\nx = DequantizeLinear(q, s, z)\ny = DequantizeLinear(p, s, z)\n"
        + "m = Add(x, y)\nr = QuantizeLinear(m, t, z)\nout r",
      "in q: uint8[1, 2]\nx = DequantizeLinear(q, s, z)\nm = Transpose(x) {perm=[1, 0]}\n"
        + "r = QuantizeLinear(m, t, z)\nout r",
    ] {
      try expectUnchanged(Self.parameters + "let row: float32[1, 3] = 1 2 3\n" + text) {
        try QuantisedTables.run($0, limits: .default)
      }
    }
  }

  // MARK: - Arithmetic

  @Test("Sums, joins and means of stored values take their conversions in")
  func arithmetic() throws {
    let head =
      Self.parameters + """
        in a: uint8[1, 2, 2, 2]
        in b: uint8[1, 2, 2, 2]
        x = DequantizeLinear(a, s, z)
        y = DequantizeLinear(b, t, z)

        """
    let inputs = "in a: uint8[1, 2, 2, 2]\nin b: uint8[1, 2, 2, 2]\n"
    try expect(
      head + "m = Add(x, y)\nn = Relu(m)\nr = QuantizeLinear(n, s, i)\nout r",
      becomes: inputs + "r: int8[1, 2, 2, 2] = quantised Add+Relu+Quantise(a, b)\nout r",
      QuantisedArithmeticFusion.run)
    try expect(
      head + "m = Concat(x, y) {axis=-3}\nr = QuantizeLinear(m, s, z)\nout r",
      becomes: inputs + "r: uint8[1, 4, 2, 2] = quantised Concat(axis 1)+Quantise(a, b)\nout r",
      QuantisedArithmeticFusion.run)
    try expect(
      head + "m = GlobalAveragePool(x)\nr = QuantizeLinear(m, s, z)\nout r\nout b",
      becomes: inputs + "r: uint8[1, 2, 1, 1] = quantised GlobalAveragePool+Quantise(a)\nout r\nout b",
      QuantisedArithmeticFusion.run)
  }

  @Test("A mean of another scale or with padding, a sum read twice, repeated, or broadcast, stays real")
  func realArithmetic() throws {
    let head =
      Self.parameters + """
        in a: uint8[1, 2, 2, 2]
        in b: uint8[2, 1, 1]
        x = DequantizeLinear(a, s, z)
        y = DequantizeLinear(b, t, z)

        """
    for rest in [
      "m = GlobalAveragePool(x)\nr = QuantizeLinear(m, t, z)\nout r",
      "m = AveragePool(x) {kernel_shape=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1}\n"
        + "r = QuantizeLinear(m, s, z)\nout r",
      "m = Add(x, y)\nr = QuantizeLinear(m, s, z)\nout r", "m = Add(x, x)\nr = QuantizeLinear(m, s, z)\nout r",
      "m = Add(x, y)\nout m",
    ] {
      try expectUnchanged(head + rest, QuantisedArithmeticFusion.run)
    }
    try expectUnchanged(
      Self.parameters + """
        in a: uint8[2]
        in b: uint8[2]
        x = DequantizeLinear(a, s, z)
        y = DequantizeLinear(b, t, z)
        m = Add(x, y)
        r = QuantizeLinear(m, s, z)
        n = Neg(m)
        out r
        out n
        """, QuantisedArithmeticFusion.run)
  }
}
