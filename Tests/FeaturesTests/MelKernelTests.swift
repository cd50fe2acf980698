import BraidTestSupport
import CKernels
import Foundation
import Testing

@Suite("Kernels of 16 frames at once against plain Swift")
struct MelKernelTests {
  private static let lanes = 16

  private func close(_ value: Float, _ expected: Double, _ tolerance: Double = 1e-5) -> Bool {
    abs(Double(value) - expected) <= tolerance * max(1, abs(expected))
  }

  @Test("the logarithm is within 1 unit in the last place, or of the sum where it passes zero")
  func logarithm() {
    var generator = SeededGenerator.printed()
    var values: [Float] = [.leastNormalMagnitude, 1e-10, 0.5, 1, 1.0000001, 2, 1e9, .greatestFiniteMagnitude]
    for _ in 0..<20_000 {
      let bits = UInt32.random(
        in: Float.leastNormalMagnitude.bitPattern...Float.greatestFiniteMagnitude.bitPattern, using: &generator)
      values.append(Float(bitPattern: bits))
      values.append(Float.random(in: 0.5...2, using: &generator))
    }
    var result = values
    unsafe braid_scaled_logarithms(&result, values.count, 1e-38, 0, 1)
    var worst = 0.0
    for (value, found) in zip(values, result) {
      let expected = log(Double(max(value, 1e-38)))
      worst = max(worst, abs(Double(found) - expected) / Double(Float(expected).ulp))
    }
    print("logarithm: at most \(worst) units in the last place")
    #expect(worst < 1)
  }

  @Test("the logarithm's floor, offset and scale")
  func scaledLogarithm() {
    for count in [1, 15, 16, 40] {
      var values = (0..<count).map { Float($0) * 0.1 }
      let expected = values.map { 4.5 * log(max(Double($0), 0.3) + 0.25) }
      unsafe braid_scaled_logarithms(&values, count, 0.3, 0.25, 4.5)
      for (value, expected) in zip(values, expected) { #expect(close(value, expected, 1e-6)) }
    }
  }

  @Test("square roots of any count")
  func roots() {
    var generator = SeededGenerator.printed()
    for count in [1, 16, 37] {
      let values = [0] + noise(count, using: &generator).map { abs($0) }
      var roots = values
      unsafe braid_square_roots(&roots, roots.count)
      for (value, root) in zip(values, roots) { #expect(root == value.squareRoot()) }
    }
  }

  @Test("bands of any width, none included, and every lane alike")
  func bands() {
    var generator = SeededGenerator.printed()
    let counts: [UInt32] = [1, 0, 2, 7, 30]
    let first: [UInt32] = [0, 3, 39, 5, 10]
    let values = noise(41 * Self.lanes, using: &generator)
    let weights = noise(40, using: &generator)
    var out = [Float](repeating: 9, count: counts.count * Self.lanes)
    unsafe braid_band_lanes(values, first, counts, weights, counts.count, &out)
    for lane in 0..<Self.lanes {
      var offset = 0
      for band in counts.indices {
        let expected = (0..<Int(counts[band])).reduce(0.0) {
          $0 + Double(values[(Int(first[band]) + $1) * Self.lanes + lane]) * Double(weights[offset + $1])
        }
        #expect(close(out[band * Self.lanes + lane], expected))
        offset += Int(counts[band])
      }
    }
    let alike = (0..<41).flatMap { Array(repeating: values[$0 * Self.lanes], count: Self.lanes) }
    unsafe braid_band_lanes(alike, first, counts, weights, counts.count, &out)
    for index in out.indices { #expect(out[index] == out[index / Self.lanes * Self.lanes]) }
  }

  @Test("products with a matrix of any shape")
  func matrix() {
    var generator = SeededGenerator.printed()
    for (rows, columns) in [(1, 1), (3, 5), (4, 8), (13, 23), (20, 128)] {
      let matrix = noise(rows * columns, using: &generator)
      let values = noise(columns * Self.lanes, using: &generator)
      var out = [Float](repeating: 9, count: rows * Self.lanes)
      unsafe braid_matrix_lanes(matrix, rows, columns, values, &out)
      for index in out.indices {
        let (row, lane) = (index / Self.lanes, index % Self.lanes)
        let expected = (0..<columns).reduce(0.0) {
          $0 + Double(matrix[row * columns + $1]) * Double(values[$1 * Self.lanes + lane])
        }
        #expect(close(out[index], expected))
      }
    }
  }

  @Test("the largest of each lane, and levels held to a floor")
  func limits() {
    var generator = SeededGenerator.printed()
    let values = noise(9 * Self.lanes, using: &generator)
    var largest = [Float](repeating: 0, count: Self.lanes)
    unsafe braid_largest_of_lanes(values, 9, &largest)
    for lane in 0..<Self.lanes { #expect(largest[lane] == (0..<9).map { values[$0 * Self.lanes + lane] }.max()) }
    var limited = values
    unsafe braid_limit_lanes(&limited, 9, largest.map { $0 - 0.5 }, 4, 0.25)
    for index in limited.indices {
      let floor = largest[index % Self.lanes] - 0.5
      #expect(close(limited[index], (Double(max(values[index], floor)) + 4) / 4))
    }
  }

  @Test("rows go into lanes and come back")
  func rows() {
    var generator = SeededGenerator.printed()
    for (count, columns, stride) in [(1, 1, 1), (16, 3, 5), (5, 40, 40), (16, 16, 16), (16, 39, 48), (16, 128, 128)] {
      let rows = noise(count * stride, using: &generator)
      var lanes = [Float](repeating: 0, count: columns * Self.lanes)
      unsafe braid_lanes_of_rows(rows, columns, stride, count, &lanes)
      for (index, value) in rows.enumerated() where index % stride < columns {
        #expect(lanes[index % stride * Self.lanes + index / stride] == value)
      }
      var back = [Float](repeating: 7, count: count * stride)
      unsafe braid_rows_of_lanes(lanes, columns, stride, count, &back)
      for (index, value) in back.enumerated() { #expect(value == (index % stride < columns ? rows[index] : 7)) }
    }
  }

  @Test("overlapped windows add up and are divided only where there is something to divide by")
  func overlap() {
    var generator = SeededGenerator.printed()
    for count in [1, 17, 64] {
      let (samples, window, squares) = (
        noise(count, using: &generator), noise(count, using: &generator), noise(count, using: &generator)
      )
      var sums = [Float](repeating: 1, count: count)
      var squareSums = [Float](repeating: 0, count: count)
      unsafe braid_overlap_add(samples, window, squares, count, &sums, &squareSums)
      for index in 0..<count {
        #expect(close(sums[index], 1 + Double(samples[index]) * Double(window[index])))
        #expect(squareSums[index] == squares[index])
      }
      var out = sums
      unsafe braid_divide_where_positive(sums, squareSums, count, &out)
      for index in 0..<count {
        let divisor = squareSums[index] > .leastNormalMagnitude ? Double(squareSums[index]) : 1
        #expect(close(out[index], Double(sums[index]) / divisor))
      }
    }
  }
}
