import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

/// Every implementation that may be taken in place of oneDNN's own choice: it stays inside its buffers, each of which ends
/// at a page that cannot be touched, and computes what oneDNN's own choice computes.
@Suite struct ImplementationTests {
  /// A network of one convolution or product with what may follow it, of a random form.
  private static func network(_ random: inout SeededGenerator, quantised: Bool, round: Int) throws -> Model {
    var network = QuantisedNetwork()
    let isDepthwise = round % 4 == 1
    let channels = [1, 2, 3, 4, 8, 16, 17, 24, 32, 40, 64, 72, 130].randomElement(using: &random) ?? 1
    let filters = isDepthwise ? channels : [1, 3, 8, 10, 16, 24, 32, 33, 64, 80].randomElement(using: &random) ?? 1
    let kernel = round % 4 == 0 ? 1 : [1, 3, 5, 7][Int.random(in: 0..<4, using: &random)]
    let size = (Int.random(in: kernel...22, using: &random), Int.random(in: kernel...22, using: &random))
    let (stride, pad) = (Int.random(in: 1...2, using: &random), Int.random(in: 0...(kernel / 2), using: &random))
    let x = network.input("x", [1, channels, size.0, size.1])
    var y: String
    if quantised {
      // Zero points of every sort, as implementations differ in which they take.
      let signed = round % 2 == 0
      let zero = round % 3 == 0 ? (signed ? 3 : 130) : 0
      let source = network.rounded(x, scale: 1 / 100, zero: zero, signed: signed)
      y = network.convolution(
        source, channels: channels, filters: filters, kernel: kernel, stride: stride, pad: pad,
        groups: isDepthwise ? channels : 1, inputScale: 1 / 100, &random)
      if round % 5 < 2 { y = network.node("Relu", [y])[0] }
      let isBytes = round % 7 != 0
      if isBytes { y = network.rounded(y, scale: 0.05, zero: round % 5 == 0 ? 0 : 100, signed: false) }
    } else {
      let inner = isDepthwise ? 1 : channels
      let count = filters * inner * kernel * kernel
      let weights = network.constant(
        (0..<count).map { _ in Float.random(in: -1...1, using: &random) }, [filters, inner, kernel, kernel], type: 1)
      let bias = network.constant(
        (0..<filters).map { _ in Float.random(in: -1...1, using: &random) }, [filters], type: 1)
      y =
        network.node(
          "Conv", round % 3 == 0 ? [x, weights] : [x, weights, bias],
          ints: [
            "kernel_shape": [kernel, kernel], "strides": [stride, stride], "pads": [pad, pad, pad, pad],
          ], int: ["group": isDepthwise ? channels : 1])[0]
      switch round % 5 {
      case 0: y = network.node("Relu", [y])[0]
      case 1: y = network.node("Mul", [y, network.node("Sigmoid", [y])[0]])[0]
      case 2 where stride == 1 && filters == channels && pad * 2 + 1 == kernel: y = network.node("Add", [y, x])[0]
      default: break
      }
    }
    network.output(y)
    return try network.model()
  }

  private static func product(_ random: inout SeededGenerator, quantised: Bool, round: Int) throws -> Model {
    var network = QuantisedNetwork()
    let (m, k, n) = (
      Int.random(in: 1...70, using: &random), Int.random(in: 1...150, using: &random),
      Int.random(in: 1...150, using: &random)
    )
    var x = network.input("x", [m, k])
    let weights: String
    if quantised {
      x = network.rounded(x, scale: 1 / 100, zero: round % 2 == 0 ? 0 : 130, signed: false)
      let stored = network.constant(
        (0..<k * n).map { _ in Int8.random(in: -127...127, using: &random) }, [k, n], type: 3)
      weights =
        network.node(
          "DequantizeLinear",
          [stored, network.constant([Float(0.01)], [], type: 1), network.constant([Int8(0)], [], type: 3)])[0]
    } else {
      weights = network.constant((0..<k * n).map { _ in Float.random(in: -1...1, using: &random) }, [k, n], type: 1)
    }
    var y = network.node("MatMul", [x, weights])[0]
    if quantised { y = network.rounded(y, scale: 0.1, zero: 100, signed: false) }
    network.output(y)
    return try network.model()
  }

  /// The results of `model`, on memory between guard pages, and the implementations that were taken.
  private static func results(
    _ model: Model, _ options: SessionOptions, _ seed: UInt64
  ) throws -> (values: [Float], taken: Set<String>) {
    let plan = try Plan(model, options: options)
    let memory = try #require(GuardedMemory(plan))
    let state = try unsafe SessionState(plan, owner: memory) { unsafe memory.addresses[$0] }
    var random = SeededGenerator(seed: seed)
    for place in plan.inputPlaces {
      let values = unsafe memory.addresses[place.slot].assumingMemoryBound(to: Float.self)
      for index in 0..<place.type.shape.elementCount { unsafe values[index] = Float.random(in: -1...1, using: &random) }
    }
    try state.run()
    try state.run()
    let place = try #require(plan.outputPlaces.first)
    let found = unsafe memory.addresses[place.slot].assumingMemoryBound(to: Float.self)
    return (
      (0..<place.type.shape.elementCount).map { unsafe found[$0] }, Set(plan.stepInfo.map(\.implementation))
    )
  }

  private static func compare(_ name: String, quantised: Bool, _ make: (inout SeededGenerator, Int) throws -> Model)
    throws
    -> Int
  {
    var used = 0
    for round in 0..<24 {
      let seed = UInt64(round + 1) &* 982_451_653
      var random = SeededGenerator(seed: seed)
      let model = try make(&random, round)
      var options = SessionOptions()
      options.threads = round % 6 == 5 ? 2 : 1
      options.forcedImplementation = name
      let found = try results(model, options, seed)
      guard found.taken.contains(name) else { continue }
      used += 1
      // A name that nothing has: oneDNN's own choice, by rule.
      options.forcedImplementation = "none"
      let expected = try results(model, options, seed)
      #expect(found.values.count == expected.values.count)
      if quantised {
        #expect(found.values == expected.values, "\(name), round \(round)")
      } else {
        let largest = expected.values.reduce(1) { max($0, abs($1)) }
        let worst = zip(found.values, expected.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        #expect(worst <= 2e-5 * largest, "\(name), round \(round): \(worst) of \(largest)")
      }
    }
    return used
  }

  @Test(
    "An allowed implementation stays inside its buffers and agrees with oneDNN's own choice",
    arguments: Implementation.allowed.sorted())
  func allowed(name: String) throws {
    var used = 0
    for quantised in [false, true] {
      used += try Self.compare(name, quantised: quantised) { try Self.network(&$0, quantised: quantised, round: $1) }
      used += try Self.compare(name, quantised: quantised) { try Self.product(&$0, quantised: quantised, round: $1) }
    }
    // What this processor has must have been tried; all that is listed needs AVX-512 with VNNI at most.
    if ["amx", "avx512_vnni"].contains(InferenceLibraries.current.int8Path) {
      #expect(used >= 3, "\(name) was tried \(used) times")
    }
  }

  @Test("What is refused is never allowed, and what is not allowed cannot be forced")
  func refused() throws {
    #expect(Implementation.refused.isDisjoint(with: Implementation.allowed))
    #expect(!Implementation.allowed.contains { $0.contains("amx") })
    var random = SeededGenerator(seed: 5)
    let model = try Self.network(&random, quantised: false, round: 2)
    var options = SessionOptions()
    let usual = try Plan(model, options: options).stepInfo.map(\.implementation)
    options.forcedImplementation = "x64:gemm:jit"
    #expect(try Plan(model, options: options).stepInfo.map(\.implementation) == usual)
  }

  @Test("The rule takes the same for the same form, and only what is allowed")
  func rule() {
    for isReal in [false, true] {
      for channels in [1, 8, 16, 32, 33, 64] {
        for isDepthwise in [false, true] {
          let form = ConvolutionForm(
            isReal: isReal, isDepthwise: isDepthwise, groups: isDepthwise ? channels : 1, channels: channels,
            filters: channels, windowPlaces: 9, outputPlaces: 100)
          #expect(form.preferred.allSatisfy { Implementation.allowed.contains($0.name) })
          if !isReal { #expect(form.preferred.isEmpty) }
        }
      }
    }
  }
}
