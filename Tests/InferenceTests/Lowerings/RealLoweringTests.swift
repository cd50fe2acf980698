import Foundation
import Testing

@testable import BraidInference

/// What runs on real numbers through oneDNN or loops of our own against plain operators, on random shapes and attributes.
@Suite struct RealLoweringTests {
  static func deconvolution(seed: UInt64) throws -> GraphBuilder {
    var g = GraphBuilder(seed: seed)
    let axes = [2, 2, 2, 1, 3][Int(seed % 5)]
    let groups = g.pick(0...2) == 0 ? g.pick(2...4) : 1
    let (channels, filters) = (g.pick(1...20) * groups, g.pick(1...20))
    let kernel = (0..<axes).map { _ in g.pick(1...5) }
    let strides = (0..<axes).map { _ in g.pick(1...3) }
    let dilations = (0..<axes).map { _ in g.pick(1...2) }
    let before = (0..<axes).map { g.pick(0...((kernel[$0] - 1) * dilations[$0])) }
    let after = (0..<axes).map { g.pick(0...((kernel[$0] - 1) * dilations[$0] - before[$0])) }
    let extra = strides.map { g.pick(0...($0 - 1)) }
    let sizes = (0..<axes).map { _ in g.pick(1...9) }
    let x = g.input("x", [g.pick(1...2), channels] + sizes)
    let count = channels * filters * kernel.reduce(1, *)
    let w = try g.constant(g.numbers(count, -1...1), [channels, filters] + kernel)
    let bias = g.pick(0...1) == 0 ? nil : try g.constant(g.numbers(filters * groups, -1...1), [filters * groups])
    let y = g.node(
      "ConvTranspose", [x, w, bias],
      [
        "group": .int(groups), "strides": .ints(strides), "dilations": .ints(dilations), "pads": .ints(before + after),
        "output_padding": .ints(extra), "kernel_shape": .ints(kernel),
      ])
    g.output(y)
    return g
  }

  static func resize(seed: UInt64) throws -> GraphBuilder {
    var g = GraphBuilder(seed: seed)
    let axes = [2, 2, 1, 3][Int(seed % 4)]
    let (channels, from) = (g.pick(1...20), (0..<axes).map { _ in g.pick(1...9) })
    let to = from.map { _ in g.pick(2...20) }
    let x = g.input("x", [1, channels] + from)
    let sizes = try g.constant([1, Int64(channels)] + to.map(Int64.init), [axes + 2])
    let transform = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"][g.pick(0...3)]
    let mode = g.pick(0...3) == 0 && axes == 2 ? "cubic" : "linear"
    g.output(
      g.node(
        .resize, [x, nil, nil, sizes], ["mode": .string(mode), "coordinate_transformation_mode": .string(transform)]))
    return g
  }

  static func slopes(seed: UInt64) throws -> GraphBuilder {
    var g = GraphBuilder(seed: seed)
    let shape = (0..<g.pick(2...5)).map { _ in g.pick(1...17) }
    let x = g.input("x", shape)
    var slope = [Int](repeating: 1, count: shape.count - 1)
    slope[0] = shape[1]
    switch g.pick(0...2) {
    case 0: slope = Array(shape.dropFirst())
    case 1: slope = [shape[shape.count - 1]]
    default: break
    }
    g.output(g.node("PRelu", [x, try g.constant(g.numbers(slope.reduce(1, *), -1...1), slope)]))
    return g
  }

  /// The equation of this place, on axes of random sizes; whether it is a product of matrices.
  static func summation(seed: UInt64) throws -> (GraphBuilder, isProduct: Bool) {
    var g = GraphBuilder(seed: seed)
    let equations = [
      ("ij,jk->ik", true), ("bij,bjk->bik", true), ("bhwc,hkc->bhwk", true), ("bnqd,bnkd->bnqk", true),
      ("bqnd,bknd->bnqk", true), ("abc,cd->abd", true), ("abc,cd->dab", true), ("ji,jk->ik", true), ("i,j->ij", true),
      ("ij,j->i", true), ("ijk,jkl->il", true), ("ij,ij->", true), ("b...i,bij->b...j", true), ("ij,kj->ki", true),
      ("ij,jk->k", false), ("iij,jk->ik", false), ("acb,cd->abd", true), ("aib,bic->ac", false),
    ]
    let (equation, isProduct) = equations[Int(seed) % equations.count]
    var sizes: [Character: Int] = [:]
    for letter in "abcdhijklnqw" { sizes[letter] = g.pick(seed % 7 == 0 ? 1...3 : 2...9) }
    let terms = equation.split(separator: "-")[0].split(separator: ",")
    let shapes = terms.map { term in term.replacing("...", with: "w").map { sizes[$0] ?? 1 } }
    let (a, b) = (g.input("a", shapes[0]), g.input("b", shapes[1]))
    g.output(g.node("Einsum", [a, b], ["equation": .string(equation)]))
    return (g, isProduct && sizes.values.allSatisfy { $0 > 1 })
  }

  @Test("Transposed convolutions give what plain ones give", arguments: 0..<40)
  func deconvolutions(seed: UInt64) throws {
    let (deviation, steps) = try Self.deconvolution(seed: seed).deviation(seed: seed)
    #expect(deviation < 1e-5, "\(steps)")
    #expect(steps.contains("oneDNN ConvTranspose"), "\(steps)")
  }

  @Test("Changes of resolution give what plain ones give, those by half pixels through oneDNN", arguments: 0..<40)
  func resizes(seed: UInt64) throws {
    let (deviation, _) = try Self.resize(seed: seed).deviation(seed: seed)
    #expect(deviation < 1e-5)
  }

  @Test("A picture enlarged by half pixels goes to oneDNN, one by whole pixels or an uneven scale does not")
  func resizeChoice() throws {
    for (transform, scale, isOneDNN) in [("half_pixel", 2, true), ("asymmetric", 2, false), ("half_pixel", 1.7, false)]
      as [(String, Float, Bool)]
    {
      var g = GraphBuilder(seed: 1)
      let scales = try g.constant([1, 1, scale, scale], [4])
      let x = g.input("x", [1, 3, 5, 7])
      g.output(
        g.node(
          .resize, [x, nil, scales],
          ["mode": .string("linear"), "coordinate_transformation_mode": .string(transform)]))
      let (deviation, steps) = try g.deviation(seed: 1)
      #expect(deviation < 1e-5)
      #expect(steps.contains("oneDNN Resize") == isOneDNN, "\(transform) by \(scale): \(steps)")
    }
  }

  @Test("Slopes give what plain ones give", arguments: 0..<30)
  func slopes(seed: UInt64) throws {
    let (deviation, steps) = try Self.slopes(seed: seed).deviation(seed: seed)
    #expect(deviation == 0, "\(steps)")
  }

  @Test("A slope for each channel goes to oneDNN")
  func channelSlopes() throws {
    var g = GraphBuilder(seed: 9)
    let x = g.input("x", [1, 16, 64, 64])
    g.output(g.node("PRelu", [x, try g.constant(g.numbers(16, -1...1), [16, 1, 1])]))
    let (deviation, steps) = try g.deviation(seed: 9)
    #expect(deviation == 0)
    #expect(steps.contains("oneDNN PRelu"), "\(steps)")
  }

  @Test("Summations of two operands give what plain ones give, as products of matrices", arguments: 0..<54)
  func summations(seed: UInt64) throws {
    let (g, isProduct) = try Self.summation(seed: seed)
    let (deviation, steps) = try g.deviation(seed: seed)
    #expect(deviation < 1e-5, "\(steps)")
    #expect(!isProduct || steps.contains { $0.hasPrefix("oneDNN") }, "\(steps)")
  }

  @Test(
    "Functions of exponentials run in the layout of the convolution before them, and keep what is not a number",
    arguments: [
      "Exp", "Log", "Elu", "Celu", "Selu", "Softplus", "Mish", "Swish", "Erf", "Gelu", "Tanh", "Sigmoid", "HardSwish",
    ])
  func functions(kind: String) throws {
    var g = GraphBuilder(seed: 5)
    let x = g.input("x", [1, 16, 6, 6])
    let w = try g.constant(g.numbers(16 * 16 * 9, -0.2...0.2), [16, 16, 3, 3])
    let y = g.node(.conv, [x, w], ["kernel_shape": .ints([3, 3])])
    // Read twice, so that nothing joins the convolution.
    g.output(g.node(OperatorKind(rawValue: kind), [y]), g.node("MaxPool", [y], ["kernel_shape": .ints([1, 1])]))
    let wanted = try g.run(.reference, seed: 5).outputs[0]
    let (found, steps) = try g.run(.fused, seed: 5)
    for (a, b) in zip(wanted, found[0]) { #expect(a.isNaN && b.isNaN || abs(a - b) <= 2e-5 * max(1, abs(a))) }
    #expect(!steps.contains { $0.hasPrefix("reference") }, "\(steps)")

    var alone = GraphBuilder(seed: 6)
    alone.output(alone.node(OperatorKind(rawValue: kind), [alone.input("x", [4])]))
    let session = try InferenceSession(Plan(Model(graph: alone.graph, name: "function")))
    try session.withInput(0, as: Float.self) { values in
      for (place, value) in [Float.nan, 1, -1, .nan].enumerated() { values[place] = value }
    }
    try session.run()
    try session.withOutput(0, as: Float.self) { y in
      #expect(y[0].isNaN && y[3].isNaN && y[1].isFinite)
    }
  }
}
