import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

/// Every implementation that plans choose stays inside its buffers: each buffer ends at a page that cannot be touched.
@Suite struct GuardPageTests {
  private static func run(_ model: Model, _ options: SessionOptions = SessionOptions()) throws {
    let plan = try Plan(model, options: options)
    let memory = try #require(GuardedMemory(plan))
    let state = try unsafe SessionState(plan, owner: memory) { unsafe memory.addresses[$0] }
    try state.run()
    try state.run()
  }

  @Test(
    "Plans of real models stay inside their buffers", arguments: Goldens.cases(own: true) + Goldens.cases(own: false))
  func models(golden: Goldens.Case) throws {
    var options = SessionOptions()
    for input in golden.inputs {
      if let value = input.value, input.name == "sr" {
        options.constantInputs[input.name] = value
      } else {
        options.inputShapes[input.name] = input.shape
      }
    }
    try Self.run(try Model.load(path: golden.path), options)
  }

  @Test("Convolutions of single pixels stay inside their buffers", arguments: 0..<24)
  func pointwise(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(round) &* 86_028_121)
    var network = QuantisedNetwork()
    let (channels, filters) = ([4, 12, 64, 68][round % 4], [16, 32, 48, 64, 112, 192][round % 6])
    let x = network.input("x", [1 + round % 2, channels, 1 + round % 9, 1 + round % 7])
    let source = network.rounded(x, scale: 1 / 100, zero: round % 3, signed: round % 2 == 0)
    var y = network.convolution(
      source, channels: channels, filters: filters, kernel: 1, stride: 1 + round % 3 / 2, pad: 0, groups: 1,
      inputScale: 1 / 100, &random)
    y = network.rounded(y, scale: 0.05, zero: 7, signed: round % 2 == 0)
    if filters == channels, round % 3 / 2 == 0 {
      y = network.rounded(network.node("Add", [y, source])[0], scale: 0.05, zero: 9, signed: round % 2 == 0)
    }
    network.output(y)
    try Self.run(try network.model())
  }

  @Test("Convolutions of random shapes stay inside their buffers", arguments: 0..<60)
  func convolutions(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(round) &* 49_979_687)
    var network = QuantisedNetwork()
    let groups = [1, 1, 0, 0, 2][round % 5]
    let channels = [1, 3, 8, 16, 24, 40, 64, 130][Int.random(in: 0..<8, using: &random)] * max(1, groups)
    let filters =
      groups == 0 ? channels : [1, 4, 6, 16, 33, 64][Int.random(in: 0..<6, using: &random)] * max(1, groups)
    let kernel = [1, 3, 3, 5, 7][Int.random(in: 0..<5, using: &random)]
    let size = (Int.random(in: kernel...24, using: &random), Int.random(in: kernel...24, using: &random))
    let signed = Bool.random(using: &random)
    var x = network.input("x", [1, channels, size.0, size.1])
    let isQuantised = round % 2 == 0
    if isQuantised { x = network.rounded(x, scale: 1 / 100, zero: signed ? 3 : 130, signed: signed) }
    var y: String
    let (stride, pad) = (Int.random(in: 1...2, using: &random), Int.random(in: 0...(kernel / 2), using: &random))
    let inner = groups == 0 ? 1 : channels / groups
    if isQuantised {
      y = network.convolution(
        x, channels: channels, filters: filters, kernel: kernel, stride: stride, pad: pad,
        groups: groups == 0 ? channels : groups, inputScale: 1 / 100, &random)
      y = network.rounded(network.node("Relu", [y])[0], scale: 0.05, zero: signed ? -128 : 0, signed: signed)
    } else {
      let count = filters * inner * kernel * kernel
      let weights = network.constant(
        (0..<count).map { _ in Float.random(in: -1...1, using: &random) }, [filters, inner, kernel, kernel], type: 1)
      y =
        network.node(
          "Conv", [x, weights],
          ints: ["kernel_shape": [kernel, kernel], "strides": [stride, stride], "pads": [pad, pad, pad, pad]],
          int: ["group": groups == 0 ? channels : groups])[0]
      y = network.node("Mul", [y, network.node("Sigmoid", [y])[0]])[0]
    }
    network.output(y)
    try Self.run(try network.model())
  }

  @Test("Transposed convolutions, resolutions, slopes and summations stay inside their buffers", arguments: 0..<40)
  func others(seed: UInt64) throws {
    for graph in [
      try RealLoweringTests.deconvolution(seed: seed), try RealLoweringTests.resize(seed: seed),
      try RealLoweringTests.slopes(seed: seed), try RealLoweringTests.summation(seed: seed).0,
    ] {
      try Self.run(Model(graph: graph.graph, name: "lowering"))
    }
  }
}
