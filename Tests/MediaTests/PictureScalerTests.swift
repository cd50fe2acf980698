import BraidCore
import BraidMedia
import Testing

@Suite("Scaling pictures", .timeLimit(.minutes(1)))
struct PictureScalerTests {
  @Test("Studio range is stretched to 0...255, full range is left", arguments: [(64, 48), (16, 12), (200, 150)])
  func grayRange(_ width: Int, _ height: Int) throws {
    for (luma, expected) in [(16, 0), (235, 255), (126, 128), (0, 0), (255, 255), (81, 76)] {
      let studio = try Pictures.scale(Pictures.yuv(64, 48, y: { _, _ in UInt8(luma) }), width, height, .gray)
      #expect(studio.allSatisfy { $0 == UInt8(expected) }, "\(luma): \(studio[0])")
      let full = try Pictures.scale(Pictures.yuv(64, 48, full: true, y: { _, _ in UInt8(luma) }), width, height, .gray)
      #expect(full.allSatisfy { $0 == UInt8(luma) })
    }
  }

  @Test("The colour matrix is the frame's: red in BT.601 and in BT.709")
  func colorMatrix() throws {
    // Pure red by the two standards, studio range.
    for (space, y, u, v) in [(Int32(5), 81, 90, 240), (1, 63, 102, 240), (2, 81, 90, 240)] as [(Int32, Int, Int, Int)] {
      let frame = Pictures.yuv(32, 32, colorSpace: space, y: { _, _ in UInt8(y) }, u: UInt8(u), v: UInt8(v))
      let bytes = try Pictures.scale(frame, 32, 32, .rgb)
      #expect(bytes.count == 3 * 1024)
      #expect(bytes[..<1024].allSatisfy { $0 >= 252 } && bytes[1024...].allSatisfy { $0 <= 3 })
    }
  }

  @Test("RGB to gray is full-range luma, and RGB passes unchanged at its own size")
  func fromRGB() throws {
    let white = try Pictures.scale(Pictures.rgb(31, 17) { _, _ in (255, 255, 255) }, 31, 17, .gray)
    #expect(white.allSatisfy { $0 >= 254 })
    let black = try Pictures.scale(Pictures.rgb(31, 17) { _, _ in (0, 0, 0) }, 31, 17, .gray)
    #expect(black.allSatisfy { $0 <= 1 })
    let green = try Pictures.scale(Pictures.rgb(31, 17) { _, _ in (0, 255, 0) }, 31, 17, .gray)
    // 0.587 * 255
    #expect(green.allSatisfy { abs(Int($0) - 150) <= 2 })
    let pattern = Pictures.rgb(31, 17) { (UInt8($0 * 8), UInt8($1 * 15), UInt8(($0 + $1) * 5)) }
    let same = try Pictures.scale(pattern, 31, 17, .rgb)
    for y in 0..<17 {
      for x in 0..<31 {
        let pixel = (0..<3).map { same[($0 * 17 + y) * 31 + x] }
        #expect(pixel == [UInt8(x * 8), UInt8(y * 15), UInt8((x + y) * 5)])
      }
    }
  }

  @Test("Shrinking by whole numbers averages areas")
  func area() throws {
    let frame = Pictures.yuv(64, 64, full: true, y: { x, y in UInt8((x * 7 + y * 13) % 256) })
    let bytes = try Pictures.scale(frame, 16, 16, .gray)
    for y in 0..<16 {
      for x in 0..<16 {
        var sum = 0
        for (dx, dy) in (0..<16).map({ ($0 % 4, $0 / 4) }) { sum += ((x * 4 + dx) * 7 + (y * 4 + dy) * 13) % 256 }
        #expect(abs(Int(bytes[y * 16 + x]) - sum / 16) <= 1)
      }
    }
  }

  @Test(
    "Odd sizes, one pixel, and extreme ratios", arguments: [(1, 1), (3, 1), (1, 7), (17, 33), (639, 361), (4096, 4)])
  func oddSizes(_ width: Int, _ height: Int) throws {
    for layout in [PictureScaler.Layout.gray, .rgb] {
      for (toWidth, toHeight) in [(1, 1), (5, 3), (96, 96), (333, 7)] {
        let yuv = try Pictures.scale(
          Pictures.yuv(width, height, full: true, y: { _, _ in 100 }), toWidth, toHeight, layout)
        // Beyond 128 to 1 the library's 14-bit coefficients no longer add up to one.
        let tolerance = width / toWidth > 128 || height / toHeight > 128 ? 2 : 1
        #expect(yuv.allSatisfy { abs(Int($0) - 100) <= tolerance }, "to \(toWidth)x\(toHeight) \(layout)")
        let rgb = try Pictures.scale(Pictures.rgb(width, height) { _, _ in (100, 100, 100) }, toWidth, toHeight, layout)
        #expect(rgb.allSatisfy { abs(Int($0) - 100) <= 2 })
      }
    }
  }

  @Test("A scaler follows changes of size and format, and gives what a fresh one gives")
  func reconfigures() throws {
    var scaler = try PictureScaler(width: 20, height: 20, layout: .rgb)
    let frames = [
      Pictures.yuv(64, 48, y: { x, _ in UInt8(x * 3) }), Pictures.rgb(30, 30) { (UInt8($0), UInt8($1), 9) },
      Pictures.yuv(64, 48, full: true, y: { x, _ in UInt8(x * 3) }), Pictures.yuv(10, 90, y: { _, y in UInt8(y) }),
    ]
    for frame in frames + frames {
      var bytes = [UInt8](repeating: 0, count: scaler.byteCount)
      var span = bytes.mutableSpan
      try scaler.scale(frame, into: &span)
      #expect(bytes == (try Pictures.scale(frame, 20, 20, .rgb)))
    }
  }

  @Test("Wrong sizes and buffers are errors, and nothing is written past the picture")
  func errors() throws {
    #expect(throws: MediaError.self) { _ = try PictureScaler(width: 0, height: 3, layout: .gray).byteCount }
    var scaler = try PictureScaler(width: 7, height: 5, layout: .rgb)
    var small = [UInt8](repeating: 0, count: 104)
    var smallSpan = small.mutableSpan
    let frame = Pictures.yuv(64, 48, y: { _, _ in 99 })
    do {
      try scaler.scale(frame, into: &smallSpan)
      Issue.record("a buffer one byte too small was taken")
    } catch { #expect(error.code == .bufferTooSmall) }
    var large = [UInt8](repeating: 77, count: 200)
    var span = large.mutableSpan
    try scaler.scale(frame, into: &span)
    #expect(large[105...].allSatisfy { $0 == 77 })
    #expect(small.allSatisfy { $0 == 0 })
  }
}

@Suite("Scaling pictures to planes", .timeLimit(.minutes(1)))
struct PlanarScalerTests {
  @Test("Planes keep the frame's matrix, full range, and gray has no colour", arguments: [Int32(1), 2, 5, 9])
  func planes(colorSpace: Int32) throws {
    let studio = try Pictures.scale(
      Pictures.yuv(64, 48, colorSpace: colorSpace, y: { _, _ in 126 }, u: 184, v: 72), 20, 10, .yCbCr)
    #expect(studio.count == 600)
    #expect(studio[0..<200].allSatisfy { abs(Int($0) - 128) <= 1 })
    // 128 +- 56 * 255 / 224
    #expect(
      studio[200..<400].allSatisfy { abs(Int($0) - 192) <= 1 } && studio[400...].allSatisfy { abs(Int($0) - 64) <= 1 })
    let full = try Pictures.scale(
      Pictures.yuv(64, 48, full: true, colorSpace: colorSpace, y: { _, _ in 126 }, u: 184, v: 72), 20, 10, .yCbCr)
    #expect(full[0..<200].allSatisfy { $0 == 126 } && full[200..<400].allSatisfy { $0 == 184 })
    #expect(full[400...].allSatisfy { $0 == 72 })
  }

  @Test("RGB becomes BT.601's luma and chroma")
  func fromRGB() throws {
    let planes = try Pictures.scale(Pictures.rgb(31, 17) { _, _ in (200, 100, 50) }, 8, 8, .yCbCr)
    // Y = 124.2, Cb = 128 + (50 - Y) / 1.772, Cr = 128 + (200 - Y) / 1.402
    for (plane, expected) in [124, 86, 182].enumerated() {
      #expect(planes[(plane * 64)..<(plane * 64 + 64)].allSatisfy { abs(Int($0) - expected) <= 1 })
    }
  }

  @Test("Luma of planes is gray to a level, of any size", arguments: [(1, 1), (3, 1), (17, 33), (639, 361)])
  func sizes(width: Int, height: Int) throws {
    let frame = Pictures.yuv(width, height, full: true, y: { x, y in UInt8((x * 3 + y * 5) % 256) })
    for (toWidth, toHeight) in [(1, 1), (5, 3), (96, 96)] {
      let planes = try Pictures.scale(frame, toWidth, toHeight, .yCbCr)
      let gray = try Pictures.scale(frame, toWidth, toHeight, .gray)
      // Beyond 128 to 1 either may be off by 2.
      let tolerance = width / toWidth > 128 || height / toHeight > 128 ? 4 : 1
      for (value, expected) in zip(planes, gray) { #expect(abs(Int(value) - Int(expected)) <= tolerance) }
      #expect(planes[(toWidth * toHeight)...].allSatisfy { $0 == 128 })
    }
  }
}
