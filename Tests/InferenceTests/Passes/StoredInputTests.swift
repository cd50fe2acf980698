import BraidInference
import BraidTestSupport
import Testing

/// Inputs that are taken as the bytes that a model makes of them first.
@Suite struct StoredInputTests {
  /// A picture of `channels` planes through a convolution; read a second time where `isShared`.
  private func network(_ channels: Int, signed: Bool, isShared: Bool, _ random: inout SeededGenerator) throws -> Model {
    var network = QuantisedNetwork()
    let x = network.input("x", [2, channels, 9, 13])
    let source = network.rounded(x, scale: 1 / 64, zero: signed ? -3 : 120, signed: signed)
    let y = network.convolution(
      source, channels: channels, filters: 8, kernel: 3, stride: 1, pad: 1, groups: 1, inputScale: 1 / 64, &random)
    network.output(network.rounded(y, scale: 0.05, zero: 100, signed: false))
    if isShared { network.output(network.node("Neg", [x])[0]) }
    return try network.model()
  }

  private func write<Byte: TensorElement & FixedWidthInteger>(
    _ levels: [Int], to session: InferenceSession, as type: Byte.Type
  ) throws {
    try session.withInput(0, as: type) { values in
      for place in 0..<values.count { values[place] = Byte(levels[place]) }
    }
  }

  @Test("Bytes give what the numbers give that they stand for", arguments: [1, 2, 3, 4, 5], [false, true])
  func bytes(channels: Int, signed: Bool) throws {
    var random = SeededGenerator(seed: UInt64(channels) * 2 + (signed ? 1 : 0))
    let model = try network(channels, signed: signed, isShared: false, &random)
    let real = try InferenceSession(Plan(model))
    var options = SessionOptions()
    options.storedInputs = ["x"]
    let stored = try InferenceSession(Plan(model, options: options))
    let info = stored.inputs[0]
    let wanted: ElementType = signed ? .int8 : .uint8
    try #require(info.elementType == wanted)
    #expect(info.name == "x")
    #expect(info.shape == real.inputs[0].shape)
    let meaning = try #require(info.quantization)
    let zero = signed ? -3 : 120
    #expect(meaning.scale == 0.015625)
    #expect(Int(meaning.zeroPoint) == zero)
    let range = signed ? -128...127 : 0...255
    let levels = (0..<2 * channels * 117).map { _ in Int.random(in: range, using: &random) }
    let numbers = levels.map { Float($0 - zero) / 64 }
    try real.write(numbers.span, toInput: 0)
    if signed {
      try write(levels, to: stored, as: Int8.self)
    } else {
      try write(levels, to: stored, as: UInt8.self)
    }
    try real.run()
    try stored.run()
    let (expected, found) = (try real.values(0), try stored.values(0))
    #expect(found == expected)
    #expect(Set(expected).count > 20)
    #expect(stored.plan.stepDescriptions.count <= real.plan.stepDescriptions.count)
  }

  @Test("An input that is read otherwise as well, and one that is not named, stay real")
  func kept() throws {
    var random = SeededGenerator(seed: 5)
    var options = SessionOptions()
    options.storedInputs = ["x"]
    let shared = try network(3, signed: false, isShared: true, &random)
    #expect(try Plan(shared, options: options).inputs[0].elementType == .float32)
    let own = try network(3, signed: false, isShared: false, &random)
    #expect(try Plan(own).inputs[0].elementType == .float32)
    options.optimisation = .reference
    #expect(try Plan(own, options: options).inputs[0].elementType == .float32)
  }
}
