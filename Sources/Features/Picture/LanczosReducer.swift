internal import CKernels
import Glibc

/// Luma resized to a small square by Lanczos' filter, bit for bit as Pillow does it (`Image.resize` of an `L` image with
/// `LANCZOS`): along the rows first, then along the columns, each rounded to bytes, weights of 22 bits.
///
/// Allocates: only when the size of the picture changes.
struct LanczosReducer {
  /// The weights of one direction: output `o` is the sum of `counts[o]` bytes from `starts[o]` on.
  private struct Weights {
    var starts: [Int32] = []
    var counts: [Int32] = []
    /// `[size, taps]`
    var values: [Int32] = []
    var taps = 0

    init() {}

    init(from length: Int, to size: Int) {
      let scale = Double(length) / Double(size)
      let stretch = max(1, scale)
      let support = 3 * stretch
      taps = Int(support.rounded(.up)) * 2 + 1
      values = Array(repeating: 0, count: size * taps)
      for output in 0..<size {
        let centre = (Double(output) + 0.5) * scale
        let first = max(0, Int(centre - support + 0.5))
        let count = min(length, Int(centre + support + 0.5)) - first
        let exact = (0..<count).map { Self.lanczos((Double($0 + first) - centre + 0.5) / stretch) }
        let sum = exact.reduce(0, +)
        for (tap, weight) in exact.enumerated() {
          let scaled = (sum == 0 ? weight : weight / sum) * Double(1 << 22)
          values[output * taps + tap] = Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
        }
        starts.append(Int32(first))
        counts.append(Int32(count))
      }
    }

    /// `sinc(x) sinc(x / 3)` within 3 of 0.
    private static func lanczos(_ x: Double) -> Double {
      guard x >= -3, x < 3 else { return 0 }
      return sinc(x) * sinc(x / 3)
    }

    private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
  }

  /// Pixels along a side of the result.
  let size: Int
  /// `[size, size]`
  private(set) var result: [UInt8]

  private var width = 0
  private var height = 0
  private var across = Weights()
  private var down = Weights()
  private var narrow: [UInt8] = []

  init(size: Int) {
    self.size = size
    result = Array(repeating: 0, count: size * size)
  }

  /// Resizes `[height, width]` bytes into ``result``.
  @unsafe
  mutating func reduce(_ luma: UnsafePointer<UInt8>, width: Int, height: Int) {
    if width != self.width || height != self.height {
      self.width = width
      self.height = height
      across = Weights(from: width, to: size)
      down = Weights(from: height, to: size)
      narrow = Array(repeating: 0, count: height * size)
    }
    unsafe braid_resample_rows_u8(
      luma, width, height, across.starts, across.counts, across.values, across.taps, size, &narrow)
    unsafe braid_resample_columns_u8(narrow, size, down.starts, down.counts, down.values, down.taps, size, &result)
  }
}
