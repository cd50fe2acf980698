import Foundation
import Testing

@testable import BraidInference

/// Changes of resolution, sampling and transforms, by what must hold of them.
@Suite struct ResamplingTests {
  static let transforms = [
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
  ]

  private func resize(
    _ x: Tensor, to sizes: [Int], mode: String, _ transform: String, _ more: [String: AttributeValue] = [:]
  ) throws -> Tensor {
    let attributes: [String: AttributeValue] = [
      "mode": .string(mode), "coordinate_transformation_mode": .string(transform),
    ]
    return try OperatorUse(.resize, attributes.merging(more) { $1 })(x, nil, nil, tensor(sizes.map(Int64.init)))[0]
  }

  @Test("What is the same everywhere stays so, in every mode", arguments: transforms)
  func constant(transform: String) throws {
    let x = try tensor([Float](repeating: 7, count: 2 * 9 * 8), [1, 2, 9, 8])
    for mode in ["nearest", "linear", "cubic"] {
      for sizes in [[1, 2, 5, 13], [1, 2, 20, 3]] {
        for antialias in [0, 1] where mode != "nearest" || antialias == 0 {
          let found = try resize(x, to: sizes, mode: mode, transform, ["antialias": .int(antialias)])
          #expect(found.shape.dimensions == sizes)
          #expect(found.array(of: Float.self).allSatisfy { abs($0 - 7) < 1e-5 }, "\(mode) \(sizes)")
        }
      }
    }
  }

  @Test("A ramp stays a ramp between its ends, linear and with Keys' cubic")
  func ramp() throws {
    let x = try counting([1, 1, 1, 16])
    let keys: [String: AttributeValue] = ["cubic_coeff_a": .float(-0.5)]
    for mode in ["linear", "cubic"] {
      let aligned = try resize(x, to: [1, 1, 1, 31], mode: mode, "align_corners", keys).array(of: Float.self)
      for i in 2..<29 { #expect(abs(aligned[i] - Float(i) / 2) < 1e-4, "\(mode) \(i)") }
      let centred = try resize(x, to: [1, 1, 1, 32], mode: mode, "half_pixel", keys).array(of: Float.self)
      for i in 4..<28 { #expect(abs(centred[i] - (Float(i) / 2 - 0.25)) < 1e-4, "\(mode) \(i)") }
    }
  }

  @Test("With antialiasing, half the size is the mean of what a triangle covers")
  func antialias() throws {
    let x = try counting([1, 1, 8])
    let found = try resize(x, to: [1, 1, 4], mode: "linear", "half_pixel", ["antialias": .int(1)]).array(of: Float.self)
    // Shares of 1, 3, 3 and 1 eighths around the middle of two elements; at the ends what lies outside is the edge.
    #expect(zip(found, [0.625, 2.5, 4.5, 6.375]).allSatisfy { abs($0 - $1) < 1e-5 }, "\(found)")
  }

  @Test("The nearest element is found with every rounding")
  func nearest() throws {
    let x = try counting([1, 1, 1, 2])
    let scales = try tensor([1, 1, 1, 2] as [Float])
    for (rounding, expected) in [
      ("floor", [0, 0, 1, 1]), ("ceil", [0, 1, 1, 1]), ("round_prefer_floor", [0, 0, 1, 1]),
      ("round_prefer_ceil", [0, 1, 1, 1]),
    ] as [(String, [Float])] {
      let found = try OperatorUse(
        .resize, ["coordinate_transformation_mode": .string("asymmetric"), "nearest_mode": .string(rounding)])(
          x, nil, scales)[0]
      #expect(found.array(of: Float.self) == expected, "\(rounding)")
    }
  }

  @Test("The aspect is kept within the size, or around it")
  func aspect() throws {
    let x = try counting([1, 1, 10, 20])
    for (policy, expected) in [("not_larger", [1, 1, 4, 8]), ("not_smaller", [1, 1, 6, 12])] {
      let found = try OperatorUse(.resize, ["axes": .ints([2, 3]), "keep_aspect_ratio_policy": .string(policy)])(
        x, nil, nil, integers(6, 8))[0]
      #expect(found.shape.dimensions == expected)
    }
  }

  @Test("Bytes are resized to the nearest byte")
  func bytes() throws {
    let x = try tensor([0, 255] as [UInt8], [1, 2])
    let found = try resize(x, to: [1, 4], mode: "linear", "half_pixel").array(of: UInt8.self)
    #expect(found == [0, 64, 191, 255])
  }

  @Test("The grid of no change gives the picture back", arguments: ["linear", "nearest", "cubic"])
  func identityGrid(mode: String) throws {
    let x = try counting([2, 3, 4, 5])
    for aligned in [0, 1] {
      let theta = try tensor([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0] as [Float], [2, 2, 3])
      let grid = try OperatorUse("AffineGrid", ["align_corners": .int(aligned)])(theta, integers(2, 3, 4, 5))[0]
      let found = try OperatorUse("GridSample", ["mode": .string(mode), "align_corners": .int(aligned)])(x, grid)[0]
      for (a, b) in zip(found.array(of: Float.self), x.array(of: Float.self)) { #expect(abs(a - b) < 1e-4) }
    }
  }

  @Test(
    "A transform is the sum it is defined by, for any length, and its inverse undoes it",
    arguments: [1, 2, 5, 8, 12, 17])
  func fourier(count: Int) throws {
    var random = Seeded(UInt64(count))
    let x = (0..<(2 * count)).map { _ in Double.random(in: -1...1, using: &random) }
    let found = try OperatorUse("DFT")(tensor(x, [1, count, 2]))[0]
    let spectrum = found.array(of: Double.self)
    for k in 0..<count {
      var (re, im) = (0.0, 0.0)
      for n in 0..<count {
        let angle = -2 * Double.pi * Double(k * n) / Double(count)
        re += x[2 * n] * cos(angle) - x[2 * n + 1] * sin(angle)
        im += x[2 * n] * sin(angle) + x[2 * n + 1] * cos(angle)
      }
      #expect(abs(spectrum[2 * k] - re) < 1e-9 && abs(spectrum[2 * k + 1] - im) < 1e-9)
    }
    let back = try OperatorUse("DFT", ["inverse": .int(1)])(found)[0].array(of: Double.self)
    for (a, b) in zip(back, x) { #expect(abs(a - b) < 1e-12) }
    let real = try tensor((0..<count).map { x[$0] }, [1, count, 1])
    let half = try OperatorUse("DFT", ["onesided": .int(1)])(real)[0]
    #expect(half.shape.dimensions == [1, count / 2 + 1, 2])
    let again = try OperatorUse("DFT", ["onesided": .int(1), "inverse": .int(1)])(half, integers(count))[0]
    for (a, b) in zip(again.array(of: Double.self), x) { #expect(abs(a - b) < 1e-12) }
  }
}
