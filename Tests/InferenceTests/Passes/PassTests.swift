import Testing

@testable import BraidInference

/// Each pass alone on a small graph, printed before and after.
@Suite struct PassTests {
  /// The graph of `network` with its shapes known, conversions of constants left in place.
  private static func graph(_ network: QuantisedNetwork) throws -> Graph {
    let graph = try network.model().graph
    var inputs: [ValueID: TensorType] = [:]
    for id in graph.body.inputs {
      let dimensions = (graph[id].declared?.dimensions ?? []).map { dimension in
        if case .fixed(let size) = dimension { size } else { 1 }
      }
      inputs[id] = TensorType(elementType: .float32, shape: try #require(TensorShape(dimensions)))
    }
    return try Specialisation.run(graph, inputs: inputs, limits: .default, fused: true)
  }

  @Test("What is computed twice is computed once")
  func commonSubexpressions() throws {
    var network = QuantisedNetwork()
    let x = network.input("x", [2])
    let (a, b) = (network.node("Sigmoid", [x])[0], network.node("Sigmoid", [x])[0])
    network.output(network.node("Add", [a, b])[0])
    let before = try Self.graph(network)
    #expect(
      before.description == """
        in x: float32[2]
        v2: float32[2] = Sigmoid(x)
        v4: float32[2] = Sigmoid(x)
        v6: float32[2] = Add(v2, v4)
        out v6
        """)
    #expect(
      CommonSubexpressions.run(before).description == """
        in x: float32[2]
        v2: float32[2] = Sigmoid(x)
        v6: float32[2] = Add(v2, v2)
        out v6
        """)
  }

  @Test("The larger of a tensor and one number is a bound")
  func boundsAsClip() throws {
    var network = QuantisedNetwork()
    let x = network.input("x", [2])
    let least = network.constant([Float(0.5)], [1], type: 1)
    network.output(network.node("Min", [least, network.node("Max", [x, least])[0]])[0])
    let before = try Self.graph(network)
    #expect(
      before.description == """
        in x: float32[2]
        v3: float32[2] = Max(x, c1)
        v5: float32[2] = Min(c1, v3)
        out v5
        """)
    #expect(
      BoundsAsClip.run(before).description == """
        in x: float32[2]
        v3: float32[2] = Clip(x, c1%4)
        v5: float32[2] = Clip(v3, _, c1%5)
        out v5
        """)
  }

  @Test("A conversion climbs over movement")
  func hoisting() throws {
    var network = QuantisedNetwork()
    let x = network.input("x", [2, 3])
    let turned = network.node("Transpose", [x], ints: ["perm": [1, 0]])[0]
    network.output(network.rounded(turned, scale: 0.5, zero: 10, signed: false))
    let before = try Self.graph(network)
    #expect(
      before.description == """
        in x: float32[2, 3]
        v2: float32[3, 2] = Transpose(x) {perm=[1, 0]}
        v6: uint8[3, 2] = QuantizeLinear(v2, c3, c4)
        v8: float32[3, 2] = DequantizeLinear(v6, c3, c4)
        out v8
        """)
    #expect(
      try QuantisationHoisting.run(before).description == """
        in x: float32[2, 3]
        x quantised: uint8[2, 3] = QuantizeLinear(x, c3, c4)
        v6: uint8[3, 2] = Transpose(x quantised) {perm=[1, 0]}
        v8: float32[3, 2] = DequantizeLinear(v6, c3, c4)
        out v8
        """)
  }

  @Test("What is computed from one byte becomes a table")
  func tables() throws {
    var network = QuantisedNetwork()
    let x = network.rounded(network.input("x", [4]), scale: 0.5, zero: 128, signed: false)
    let gate = network.rounded(network.node("Sigmoid", [x])[0], scale: 1 / 255, zero: 0, signed: false)
    network.output(network.rounded(network.node("Mul", [x, gate])[0], scale: 0.5, zero: 1, signed: false))
    let before = try Self.graph(network)
    #expect(
      before.description == """
        in x: float32[4]
        v4: uint8[4] = QuantizeLinear(x, c1, c2)
        v6: float32[4] = DequantizeLinear(v4, c1, c2)
        v8: float32[4] = Sigmoid(v6)
        v12: uint8[4] = QuantizeLinear(v8, c9, c10)
        v14: float32[4] = DequantizeLinear(v12, c9, c10)
        v16: float32[4] = Mul(v6, v14)
        v20: uint8[4] = QuantizeLinear(v16, c17, c18)
        v22: float32[4] = DequantizeLinear(v20, c17, c18)
        out v22
        """)
    #expect(
      try QuantisedTables.run(before, limits: .default).description == """
        in x: float32[4]
        v4: uint8[4] = QuantizeLinear(x, c1, c2)
        v20: uint8[4] = Table[1, 256]+Quantise(v4)
        v22: float32[4] = DequantizeLinear(v20, c17, c18)
        out v22
        """)
  }

  @Test("Scales and shifts of channels go into the convolution before them")
  func affine() throws {
    var network = QuantisedNetwork()
    let x = network.input("x", [1, 1, 2, 2])
    let weights = network.constant([Float(1), 2], [2, 1, 1, 1], type: 1)
    let factor = network.constant([Float(3), 5], [2, 1, 1], type: 1)
    let shift = network.constant([Float(7)], [], type: 1)
    var y = network.node("Conv", [x, weights], ints: ["kernel_shape": [1, 1]])[0]
    y = network.node("Add", [network.node("Mul", [y, factor])[0], shift])[0]
    network.output(y)
    let before = try Self.graph(network)
    let after = try AffineFolding.run(before)
    #expect(before.body.nodes.map(\.kind.rawValue) == ["Conv", "Mul", "Add"])
    #expect(after.body.nodes.map(\.kind.rawValue) == ["Conv"])
    let node = try #require(after.body.nodes.first)
    #expect(node.input(1).flatMap { after[$0].tensor?.floats } == [3, 10])
    #expect(node.input(2).flatMap { after[$0].tensor?.floats } == [7, 7])
    #expect(node.outputs == before.body.nodes[2].outputs)
  }

  @Test("Converted parameters are computed at once, but not the weights of products")
  func parameters() throws {
    var network = QuantisedNetwork()
    let x = network.input("x", [1, 2])
    let (scale, zero) = (
      network.constant([Float(0.5)], [], type: 1), network.constant([Int8(0)], [], type: 3)
    )
    let stored = network.constant([Int8(2), 4], [2], type: 3)
    let parameter = network.node("DequantizeLinear", [stored, scale, zero])[0]
    let matrix = network.constant([Int8(1), 2, 3, 4], [2, 2], type: 3)
    let weights = network.node("DequantizeLinear", [matrix, scale, zero])[0]
    network.output(network.node("MatMul", [network.node("Mul", [x, parameter])[0], weights])[0])
    let after = try ParameterConversion.run(try Self.graph(network), limits: .default)
    #expect(after.body.nodes.map(\.kind.rawValue) == ["DequantizeLinear", "Mul", "MatMul"])
    let product = try #require(after.body.nodes.first { $0.kind == .mul })
    #expect(product.input(1).flatMap { after[$0].tensor?.floats } == [1, 2])
  }

  @Test("A gate goes into the convolution before it")
  func gate() throws {
    var network = QuantisedNetwork()
    let x = network.input("x", [1, 1, 2, 2])
    let weights = network.constant([Float(1), 2], [2, 1, 1, 1], type: 1)
    let y = network.node("Conv", [x, weights], ints: ["kernel_shape": [1, 1]])[0]
    network.output(network.node("Mul", [y, network.node("Sigmoid", [y])[0]])[0])
    let after = try ContractionFusion.run(try Self.graph(network), limits: .default)
    #expect(
      after.description == """
        in x: float32[1, 1, 2, 2]
        v7: float32[1, 2, 2, 2] = Conv+Swish(x, c1, _)
        out v7
        """)
  }
}
