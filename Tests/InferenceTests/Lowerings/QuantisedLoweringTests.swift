import BraidInference
import BraidTestSupport
import Testing

/// What runs on bytes against plain operators, on random shapes, strides, types and zero points.
@Suite struct QuantisedLoweringTests {
  private static func zero(_ signed: Bool, _ random: inout SeededGenerator) -> Int {
    signed ? Int.random(in: -128...127, using: &random) : Int.random(in: 0...255, using: &random)
  }

  @Test("Depthwise convolutions of bytes give what plain ones give, within one step", arguments: 0..<40)
  func depthwise(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(round) &* 7919)
    var network = QuantisedNetwork()
    let channels = [1, 2, 3, 8, 15, 16, 17, 24, 32, 48, 64, 72, 100][round % 13]
    let (kernel, stride) = ([3, 3, 5, 1, 4, 7][round % 6], round % 5 == 0 ? 2 : round % 7 == 0 ? 3 : 1)
    let pad = Int.random(in: 0...(kernel / 2), using: &random)
    let size = (Int.random(in: kernel...20, using: &random), Int.random(in: kernel...20, using: &random))
    let (signed, signedOut) = (Bool.random(using: &random), Bool.random(using: &random))
    let x = network.input("x", [round % 4 == 0 ? 2 : 1, channels, size.0, size.1])
    let source = network.rounded(x, scale: 1 / 100, zero: Self.zero(signed, &random), signed: signed)
    var y = network.convolution(
      source, channels: channels, filters: channels, kernel: kernel, stride: stride, pad: pad, groups: channels,
      inputScale: 1 / 100, &random)
    switch round % 3 {
    case 0: y = network.node("Relu", [y])[0]
    case 1:
      let bounds = (network.constant([Float(0)], [], type: 1), network.constant([Float(0.7)], [], type: 1))
      y = network.node("Clip", [y, bounds.0, bounds.1])[0]
    default: break
    }
    let scale: Float = 0.02
    network.output(network.rounded(y, scale: scale, zero: Self.zero(signedOut, &random), signed: signedOut))
    let found = try network.difference(scale: scale, &random)
    #expect(found.worst <= 1.001, "\(channels) channels, kernel \(kernel), stride \(stride), pad \(pad), \(size)")
    #expect(found.share <= 0.01)
  }

  @Test(
    "Depthwise windows of 3 x 3 give what plain ones give, whatever the number of rows and pixels", arguments: 0..<24)
  func depthwiseRows(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(round) &* 15_485_863)
    var network = QuantisedNetwork()
    let channels = [16, 32, 64, 96][round % 4]
    let pad = round % 3 == 2 ? 0 : 1
    let size = (3 + round % 5, 3 + Int.random(in: 0...9, using: &random))
    let (signed, signedOut) = (Bool.random(using: &random), Bool.random(using: &random))
    let x = network.input("x", [1, channels, size.0, size.1])
    let source = network.rounded(x, scale: 1 / 100, zero: Self.zero(signed, &random), signed: signed)
    var y = network.convolution(
      source, channels: channels, filters: channels, kernel: 3, stride: 1, pad: pad, groups: channels,
      inputScale: 1 / 100, &random)
    if round % 2 == 0 {
      let bounds = (network.constant([Float(-0.2)], [], type: 1), network.constant([Float(0.7)], [], type: 1))
      y = network.node("Clip", [y, bounds.0, bounds.1])[0]
    }
    network.output(network.rounded(y, scale: 0.02, zero: Self.zero(signedOut, &random), signed: signedOut))
    let found = try network.difference(scale: 0.02, &random)
    #expect(found.worst <= 1.001, "\(channels) channels, pad \(pad), \(size)")
    #expect(found.share <= 0.01)
  }

  @Test("A residual sum in place gives what plain operators give, within one step", arguments: 0..<12)
  func residual(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(round) &* 104729)
    var network = QuantisedNetwork()
    let channels = [8, 16, 24, 64][round % 4]
    let (signed, size) = (round % 2 == 0, 4 + round)
    let x = network.input("x", [1, channels, size, size])
    let source = network.rounded(x, scale: 1 / 127, zero: signed ? 3 : 128, signed: signed)
    var y = network.convolution(
      source, channels: channels, filters: channels, kernel: 3, stride: 1, pad: 1, groups: 1, inputScale: 1 / 127,
      &random)
    y = network.rounded(y, scale: 0.05, zero: signed ? -5 : 120, signed: signed)
    // In some networks the addend is read again, so that it may not be overwritten.
    var sum = network.node("Add", [y, source])[0]
    if round % 3 != 0 { sum = network.node("Relu", [sum])[0] }
    let result = network.rounded(sum, scale: 0.05, zero: signed ? 0 : 100, signed: signed)
    network.output(result)
    if round % 4 == 1 {
      network.output(network.rounded(network.node("Neg", [source])[0], scale: 0.05, zero: 10, signed: signed))
    }
    let found = try network.difference(scale: 0.05, &random)
    #expect(found.worst <= 1.001)
  }

  @Test("Convolutions of single pixels give what plain ones give, within one step", arguments: 0..<60)
  func pointwise(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(round) &* 32_452_843)
    var network = QuantisedNetwork()
    let filters = [16, 32, 48, 64, 80, 128, 17][round % 7]
    let channels = [4, 8, 24, 64, 100, 16, 30][Int.random(in: 0..<7, using: &random)]
    let stride = round % 5 == 0 ? 2 : 1
    let size = (Int.random(in: 1...15, using: &random), Int.random(in: 1...15, using: &random))
    let batch = round % 6 == 0 ? 3 : 1
    let (signed, signedOut) = (Bool.random(using: &random), Bool.random(using: &random))
    let x = network.input("x", [batch, channels, size.0, size.1])
    let source = network.rounded(x, scale: 1 / 100, zero: Self.zero(signed, &random), signed: signed)
    var y = network.convolution(
      source, channels: channels, filters: filters, kernel: 1, stride: stride, pad: 0, groups: 1, inputScale: 1 / 100,
      &random)
    switch round % 4 {
    case 0: y = network.node("Relu", [y])[0]
    case 1:
      let bounds = (network.constant([Float(0)], [], type: 1), network.constant([Float(0.7)], [], type: 1))
      y = network.node("Clip", [y, bounds.0, bounds.1])[0]
    default: break
    }
    var scale: Float = 0.03
    y = network.rounded(y, scale: scale, zero: Self.zero(signedOut, &random), signed: signedOut)
    if round % 2 == 0 {
      // With a sum: coarser and finer than the result's own steps, with and without a zero point to take away.
      let out = (1 + (size.0 - 1) / stride, 1 + (size.1 - 1) / stride)
      let z = network.input("z", [batch, filters, out.0, out.1])
      let zero = round % 3 == 0 ? Self.zero(signedOut, &random) : 0
      let addend = network.rounded(z, scale: 1 / 60, zero: zero, signed: signedOut)
      y = network.node("Add", round % 8 == 0 ? [addend, y] : [y, addend])[0]
      if round % 8 < 4 { y = network.node("Relu", [y])[0] }
      scale = round % 12 < 6 ? 0.05 : 0.02
      y = network.rounded(y, scale: scale, zero: Self.zero(signedOut, &random), signed: signedOut)
      if round % 10 == 4 {
        // The addend is read again, so that it may not be overwritten.
        network.output(network.rounded(network.node("Neg", [addend])[0], scale: scale, zero: 10, signed: signedOut))
      }
    }
    network.output(y)
    let found = try network.difference(scale: scale, &random)
    #expect(found.worst <= 1.001, "\(channels) to \(filters), stride \(stride), \(size), \(found.steps)")
    // An inner conversion that is finer than the result's steps is not rounded, so that sums may fall to either side.
    if round % 2 != 0 { #expect(found.share <= 0.01) }
    if InferenceLibraries.current.int8Path == "avx512_vnni", filters % 16 == 0, channels % 4 == 0 {
      #expect(found.steps.contains("native Conv"), "\(found.steps)")
    }
  }

  @Test("Tables, pooling, enlarging, padding, joining and splitting of bytes are exact", arguments: 0..<24)
  func movement(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(round) &* 15_485_863)
    var network = QuantisedNetwork()
    let channels = [2, 6, 16, 34, 64][round % 5]
    let signed = round % 2 == 0
    let x = network.input("x", [1, channels, 9, 7])
    let source = network.rounded(x, scale: 1 / 90, zero: Self.zero(signed, &random), signed: signed)
    // A convolution, so that the layout is that of real networks.
    var y = network.convolution(
      source, channels: channels, filters: channels, kernel: 1, stride: 1, pad: 0, groups: 1, inputScale: 1 / 90,
      &random)
    let scale: Float = 0.03
    y = network.rounded(y, scale: scale, zero: signed ? 7 : 99, signed: signed)
    switch round % 6 {
    case 0:
      y =
        network.node(
          "MaxPool", [y],
          ints: ["kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1], "dilations": [1, 2]])[0]
    case 1:
      let scales = network.constant([Float(1), 1, 2, 3], [4], type: 1)
      y =
        network.node(
          "Resize", [y, "", scales],
          text: ["mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"])[0]
    case 2:
      let pads = network.constant([Int64(0), 0, 1, 2, 0, 1, 0, 3], [8], type: 7)
      y = network.node("Pad", [y, pads])[0]
    case 3:
      let parts = network.node("Split", [y], int: ["axis": 1], results: 2)
      let other = network.rounded(parts[1], scale: scale, zero: signed ? 7 : 99, signed: signed)
      y = network.node("Concat", [other, parts[0], other], int: ["axis": 1])[0]
    case 4:
      let gate = network.rounded(
        network.node("Sigmoid", [y])[0], scale: 1 / 255, zero: signed ? -128 : 0, signed: signed)
      y = network.node("Mul", [y, gate])[0]
    default:
      let low = network.constant([Float(-0.4)], [], type: 1)
      y = network.node("LeakyRelu", [y], float: ["alpha": 0.2])[0]
      y = network.node("Max", [network.rounded(y, scale: 0.02, zero: 60, signed: false), low])[0]
    }
    network.output(network.rounded(y, scale: scale, zero: signed ? 7 : 99, signed: signed))
    let found = try network.difference(scale: scale, &random)
    #expect(found.worst <= 1.001)
    #expect(found.share <= 0.002, "\(found.steps)")
    #expect(!found.steps.contains { $0.hasPrefix("reference") }, "\(found.steps)")
  }

  @Test("A normalisation between bytes becomes one table for each channel")
  func channels() throws {
    var random = SeededGenerator(seed: 11)
    var network = QuantisedNetwork()
    let x = network.input("x", [1, 5, 6, 6])
    var y = network.rounded(x, scale: 1 / 100, zero: 128, signed: false)
    let parameters = [Float(0.5), 1.5, 0.2, 0.9].map { base in
      network.constant((0..<5).map { base + Float($0) * 0.1 }, [5], type: 1)
    }
    y = network.node("BatchNormalization", [y] + parameters)[0]
    network.output(network.rounded(y, scale: 0.02, zero: 90, signed: false))
    let found = try network.difference(scale: 0.02, &random)
    #expect(found.worst <= 0.001)
    #expect(found.steps.contains("native Table"))
  }
}
