import BraidTestSupport
import Testing

@testable import BraidInference

/// A network of random weights, large enough to be worth several threads: convolutions, a depthwise one, and rows.
enum LargeNetwork {
  private static let size = 56

  static func model(isQuantised: Bool) throws -> Model {
    var random = SeededGenerator(seed: 20_261)
    var network = QuantisedNetwork()
    var x = network.input("x", [1, 64, size, size])
    if isQuantised { x = network.rounded(x, scale: 1 / 64, zero: 128, signed: false) }
    for layer in 0..<8 {
      // The third is depthwise, the fourth has windows of one pixel.
      let groups = layer == 2 ? 64 : 1
      let kernel = layer == 3 ? 1 : 3
      let scale: Float = layer == 0 ? 1 / 64 : 0.25
      if isQuantised {
        x = network.convolution(
          x, channels: 64, filters: 64, kernel: kernel, stride: 1, pad: kernel / 2, groups: groups, inputScale: scale,
          &random)
        x = network.rounded(network.node("Relu", [x])[0], scale: 0.25, zero: 0, signed: false)
      } else {
        let weights = network.constant(
          (0..<64 * 64 / groups * kernel * kernel).map { _ in Float.random(in: -0.1...0.1, using: &random) },
          [64, 64 / groups, kernel, kernel], type: 1)
        x =
          network.node(
            "Conv", [x, weights],
            ints: ["kernel_shape": [kernel, kernel], "pads": [Int](repeating: kernel / 2, count: 4)],
            int: ["group": groups])[0]
        x = network.node("Relu", [x])[0]
      }
    }
    x = network.node("Erf", [network.node("Mul", [x, network.constant([Float(0.01)], [], type: 1)])[0]])[0]
    network.output(x)
    return try network.model()
  }

  static let input = (0..<64 * size * size).map { Float($0 % 251) / 251 - 0.5 }

  static func output(of model: Model, threads: Int) throws -> [Float] {
    var options = SessionOptions()
    options.threads = threads
    let session = try InferenceSession(Plan(model, options: options))
    let input = input
    try session.write(input.span, toInput: 0)
    try session.run()
    try session.run()
    return try output(of: session)
  }

  static func output(of session: InferenceSession) throws -> [Float] {
    var values = [Float](repeating: 0, count: session.outputs[0].shape?.elementCount ?? 0)
    var span = values.mutableSpan
    try session.read(output: 0, into: &span)
    return values
  }
}
