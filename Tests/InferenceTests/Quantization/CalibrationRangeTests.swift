import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

/// Ranges beside NumPy's and ONNX Runtime's, from tools/quantisation_goldens.py.
@Suite("Ranges of activations") struct CalibrationRangeTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let minMax: [Float]
    let percentile99: [Float]
    let entropy: [Float]
    let leastError: Double
    enum CodingKeys: String, CodingKey {
      case name, entropy
      case minMax = "min_max"
      case percentile99 = "percentile_99"
      case leastError = "least_error"
    }
    var testDescription: String { name }
  }

  private static let folder = SharedData.packageRoot.appendingPathComponent("Tests/InferenceTests/Quantization/Goldens")
  static let cases: [Case] = {
    let data = try? Data(contentsOf: folder.appendingPathComponent("calibration.json"))
    return data.flatMap { try? JSONDecoder().decode([Case].self, from: $0) } ?? []
  }()

  private static func values(_ name: String) throws -> [Float] {
    try NPYFile.read(path: folder.appendingPathComponent("\(name).npy").path).doubles.map { Float($0) }
  }

  private static func histogram(_ values: [Float], in pieces: Int) -> ActivationHistogram {
    var histogram = ActivationHistogram()
    let size = (values.count + pieces - 1) / pieces
    for start in stride(from: 0, to: values.count, by: size) {
      unsafe Array(values[start..<min(values.count, start + size)]).withUnsafeBufferPointer { unsafe histogram.add($0) }
    }
    return histogram
  }

  @Test("All goldens are there") func present() { #expect(Self.cases.count == 6) }

  @Test("The least and greatest value, and percentiles, are NumPy's, widened to hold 0", arguments: cases)
  func plain(golden: Case) throws {
    let histogram = Self.histogram(try Self.values(golden.name), in: 3)
    #expect(histogram.range == ValueRange(golden.minMax[0], golden.minMax[1]))
    let found = histogram.range(by: .percentile, percentile: 99)
    let wanted = ValueRange(golden.percentile99[0], golden.percentile99[1])
    // NumPy interpolates between values, this within bins: as many values lie outside, but for those of one bin.
    let values = try Self.values(golden.name)
    func outside(_ range: ValueRange) -> (low: Int, high: Int) {
      (values.count { $0 < range.low }, values.count { $0 > range.high })
    }
    let (own, other) = (outside(found), outside(wanted))
    #expect(abs(own.low - other.low) <= 10 && abs(own.high - other.high) <= 10, "\(own) \(other)")
  }

  @Test("The range of least divergence is about ONNX Runtime's", arguments: cases)
  func entropy(golden: Case) throws {
    let histogram = Self.histogram(try Self.values(golden.name), in: 2)
    let found = histogram.range(by: .entropy, percentile: 0)
    let wanted = ValueRange(golden.entropy[0], golden.entropy[1])
    // It counts magnitudes in bins of its own; thresholds agree within a third. Where ten values of thousands lie far
    // outside, where exactly depends on the bins: both cut off most.
    guard golden.name != "tails" else {
      let all = histogram.range.span
      #expect(found.span < all / 4 && wanted.span < all / 4, "\(found) \(wanted)")
      return
    }
    #expect(found.span <= wanted.span * 1.5 && found.span >= wanted.span * 0.66, "\(found) \(wanted)")
  }

  @Test("The range of least error stores values as well as the best of a search over all", arguments: cases)
  func error(golden: Case) throws {
    let values = try Self.values(golden.name)
    let found = Self.histogram(values, in: 2).range(by: .meanSquaredError, percentile: 0).quantization
    var error = 0.0
    for value in values {
      let level = min(255, max(0, (value / found.scale).rounded(.toNearestOrEven) + Float(found.zeroPoint)))
      let stored = (level - Float(found.zeroPoint)) * found.scale
      error += Double(stored - value) * Double(stored - value)
    }
    #expect(error <= golden.leastError * 1.1, "\(error) \(golden.leastError)")
  }

  @Test("Counts do not depend on how values came, and nothing is lost when bins become wider")
  func growth() throws {
    var random = SeededGenerator.printed()
    var values: [Float] = []
    for exponent in -8..<8 {
      for _ in 0..<50 { values.append(Float.random(in: -1...2, using: &random) * pow(4, Float(exponent))) }
    }
    values += [0, -0.0, 1e30 * 0]
    let whole = Self.histogram(values, in: 1)
    for pieces in [2, 7, 60] {
      let other = Self.histogram(values.shuffled(using: &random), in: pieces)
      #expect(other.counts == whole.counts && other.first == whole.first && other.width == whole.width)
    }
    #expect(whole.counts.reduce(0, +) == UInt64(values.count))
    let zeros = Self.histogram([0, 0, 0], in: 2)
    #expect(zeros.range == .zero && zeros.range(by: .entropy, percentile: 99).quantization.scale == 1)
    let odd = Self.histogram([.nan, .infinity, -.infinity, 1, 2], in: 1)
    #expect(odd.range == ValueRange(0, 2) && odd.infinite == 3)
  }

  @Test(
    "Zero is exact in every range",
    arguments: [(-1, 1), (0, 6), (-3, 0), (-0.2, 7.7), (-1e-3, 1e5)] as [(Float, Float)])
  func zero(low: Float, high: Float) {
    let meaning = ValueRange(low, high).quantization
    #expect((0...255).contains(meaning.zeroPoint))
    let ends = [(0 - Float(meaning.zeroPoint)) * meaning.scale, (255 - Float(meaning.zeroPoint)) * meaning.scale]
    #expect(abs(ends[0] - low) <= meaning.scale * 0.51 && abs(ends[1] - high) <= meaning.scale * 0.51)
  }
}
