import BraidTestSupport
import CKernels
import Testing

@Suite("Kernels of pictures against plain Swift")
struct PictureKernelTests {
  private func bytes(_ count: Int, using generator: inout SeededGenerator, largest: UInt8 = 255) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...largest, using: &generator) }
  }

  @Test("moments, counts, differences and histograms, of any length and of all white")
  func reductions() {
    var generator = SeededGenerator.printed()
    for count in Array(0...40) + [4096, 33_000, 140_000] {
      for white in [false, true] {
        let a = white ? Array(repeating: UInt8(255), count: count) : bytes(count, using: &generator)
        let b = white ? Array(repeating: UInt8(0), count: count) : bytes(count, using: &generator)
        var moments = braid_plane_moments()
        unsafe braid_moments_u8(a, count, &moments)
        #expect(moments.sum == a.reduce(0) { $0 + UInt64($1) })
        #expect(moments.squares == a.reduce(0) { $0 + UInt64($1) * UInt64($1) })
        var chroma = braid_chroma_moments()
        unsafe braid_chroma_moments_u8(a, b, count, &chroma)
        #expect(chroma.cb == moments.sum && chroma.cb_squares == moments.squares)
        #expect(chroma.cr_squares == b.reduce(0) { $0 + UInt64($1) * UInt64($1) })
        #expect(chroma.products == zip(a, b).reduce(0) { $0 + UInt64($1.0) * UInt64($1.1) })
        #expect(unsafe braid_count_at_most_u8(a, count, 99) == UInt64(a.filter { $0 <= 99 }.count))
        #expect(
          unsafe braid_absolute_difference_u8(a, b, count)
            == zip(a, b).reduce(0) { $0 + UInt64(abs(Int($1.0) - Int($1.1))) })
        var histogram = [UInt32](repeating: 9, count: 256)
        unsafe braid_histogram_u8(a, count, &histogram)
        #expect(histogram == (0..<256).map { level in UInt32(a.filter { $0 == UInt8(level) }.count) })
      }
    }
  }

  @Test("the Laplacian of any size, mirrored about the edges")
  func laplacian() {
    var generator = SeededGenerator.printed()
    for (width, height) in [(1, 1), (1, 5), (6, 1), (2, 2), (3, 40), (70, 33), (2100, 3)] {
      let luma = bytes(width * height, using: &generator)
      func mirrored(_ index: Int, _ count: Int) -> Int {
        count == 1 ? 0 : index < 0 ? -index : index >= count ? 2 * count - 2 - index : index
      }
      func pixel(_ x: Int, _ y: Int) -> Int64 { Int64(luma[mirrored(y, height) * width + mirrored(x, width)]) }
      var (sum, squares) = (Int64(0), Int64(0))
      for y in 0..<height {
        for x in 0..<width {
          let value = pixel(x - 1, y) + pixel(x + 1, y) + pixel(x, y - 1) + pixel(x, y + 1) - 4 * pixel(x, y)
          sum += value
          squares += value * value
        }
      }
      var moments = braid_laplacian_moments()
      unsafe braid_laplacian_moments_u8(luma, width, height, &moments)
      #expect(moments.sum == sum && moments.squares == squares, "\(width)x\(height)")
    }
  }

  @Test("matching of blocks finds what a plain search finds")
  func matching() {
    var generator = SeededGenerator.printed()
    for (width, height) in [(16, 16), (40, 33), (64, 48)] {
      let previous = bytes(width * height, using: &generator, largest: 60)
      let luma = bytes(width * height, using: &generator, largest: 60)
      func halved(_ luma: [UInt8]) -> [UInt8] {
        (0..<(width / 2 * (height / 2))).map { index in
          let (x, y) = (index % (width / 2) * 2, index / (width / 2) * 2)
          let sum = [0, 1, width, width + 1].reduce(2) { $0 + Int(luma[y * width + x + $1]) }
          return UInt8(sum / 4)
        }
      }
      var half = [UInt8](repeating: 0, count: width / 2 * (height / 2))
      unsafe braid_halve_u8(luma, width, height, &half)
      #expect(half == halved(luma))
      let previousHalf = halved(previous)
      var vectors = [Int32](repeating: 99, count: 2 * (width / 16) * (height / 16))
      unsafe braid_match_blocks_u8(luma, previous, half, previousHalf, width, height, 8, &vectors)

      /// The sum of differences of a block and one that lies elsewhere; nil outside.
      func difference(
        _ a: [UInt8], _ b: [UInt8], _ w: Int, _ h: Int, _ left: Int, _ top: Int, _ dx: Int, _ dy: Int, side: Int
      ) -> Int? {
        guard left + dx >= 0, top + dy >= 0, left + dx + side <= w, top + dy + side <= h else { return nil }
        var sum = 0
        for y in 0..<side {
          for x in 0..<side {
            sum += abs(Int(a[(top + y) * w + left + x]) - Int(b[(top + dy + y) * w + left + dx + x]))
          }
        }
        return sum
      }
      func nearest(_ places: [(Int, Int)], _ cost: (Int, Int) -> Int?) -> (Int, Int, Int) {
        var best = (0, 0, Int.max)
        for (x, y) in places {
          guard let sum = cost(x, y) else { continue }
          let isNearer = x * x + y * y < best.0 * best.0 + best.1 * best.1
          if sum < best.2 || (sum == best.2 && isNearer) { best = (x, y, sum) }
        }
        return best
      }
      for index in 0..<(width / 16 * (height / 16)) {
        let (left, top) = (index % (width / 16) * 16, index / (width / 16) * 16)
        let around = (-4...4).flatMap { y in (-4...4).map { ($0, y) } }
        let coarse = nearest(around) {
          difference(half, previousHalf, width / 2, height / 2, left / 2, top / 2, $0, $1, side: 8)
        }
        var close = [(0, 0)]
        for y in -1...1 { for x in -1...1 { close.append((2 * coarse.0 + x, 2 * coarse.1 + y)) } }
        let fine = nearest(close) { difference(luma, previous, width, height, left, top, $0, $1, side: 16) }
        let still = difference(luma, previous, width, height, left, top, 0, 0, side: 16) ?? 0
        let isStill = still <= 256 || fine.2 + 256 > still
        #expect(vectors[2 * index] == (isStill ? 0 : Int32(-fine.0)))
        #expect(vectors[2 * index + 1] == (isStill ? 0 : Int32(-fine.1)))
      }
    }
  }
}
