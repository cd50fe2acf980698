import BraidCore
import BraidMedia
import Testing

@Suite("Parts of pictures", .timeLimit(.minutes(1)))
struct PictureRegionTests {
  private static func scale(
    _ frame: VideoFrame, _ region: PictureRegion, _ layout: PictureScaler.Layout
  ) throws -> [UInt8] {
    var scaler = try PictureScaler(width: 12, height: 9, layout: layout)
    var bytes = [UInt8](repeating: 0, count: scaler.byteCount)
    var destination = bytes.mutableSpan
    try scaler.scale(frame, region: region, into: &destination)
    return bytes
  }

  @Test(
    "A part is scaled as a picture that is that part",
    arguments: [
      PictureRegion(x: 0, y: 0, width: 64, height: 48), PictureRegion(x: 10, y: 4, width: 24, height: 18),
      PictureRegion(x: 40, y: 30, width: 24, height: 18), PictureRegion(x: 2, y: 2, width: 7, height: 5),
      PictureRegion(x: 62, y: 46, width: 2, height: 2),
    ])
  func equalsCut(region: PictureRegion) throws {
    let value = { (x: Int, y: Int) in UInt8((x * 3 + y * 2) % 256) }
    for layout in [PictureScaler.Layout.gray, .rgb] {
      let whole = Pictures.rgb(64, 48) { (value($0, $1), value($1, $0), value($0, $0)) }
      let cut = Pictures.rgb(region.width, region.height) { x, y in
        let (x, y) = (x + region.x, y + region.y)
        return (value(x, y), value(y, x), value(x, x))
      }
      #expect(try Self.scale(whole, region, layout) == Pictures.scale(cut, 12, 9, layout), "\(layout)")
      let planes = Pictures.yuv(64, 48, full: true, y: { value($0, $1) })
      let part = Pictures.yuv(
        region.width, region.height, full: true, y: { value($0 + region.x, $1 + region.y) })
      #expect(try Self.scale(planes, region, layout) == Pictures.scale(part, 12, 9, layout), "\(layout), planes")
    }
  }

  @Test("Changing between parts and wholes gives what a fresh scaler gives; a part beyond the picture is an error")
  func changes() throws {
    let frame = Pictures.rgb(64, 48) { (UInt8($0), UInt8($1), 7) }
    var scaler = try PictureScaler(width: 12, height: 9, layout: .rgb)
    var bytes = [UInt8](repeating: 0, count: scaler.byteCount)
    for region in [
      PictureRegion(x: 4, y: 4, width: 20, height: 20), nil, PictureRegion(x: 0, y: 0, width: 64, height: 48),
    ] {
      var destination = bytes.mutableSpan
      try scaler.scale(frame, region: region, into: &destination)
      let expected = try region.map { try Self.scale(frame, $0, .rgb) } ?? Pictures.scale(frame, 12, 9, .rgb)
      #expect(bytes == expected)
    }
    for region in [
      PictureRegion(x: -2, y: 0, width: 4, height: 4), PictureRegion(x: 0, y: 0, width: 0, height: 4),
      PictureRegion(x: 60, y: 0, width: 5, height: 4), PictureRegion(x: .max, y: 0, width: .max, height: 4),
      PictureRegion(x: 0, y: 40, width: 4, height: 9),
    ] {
      #expect(throws: MediaError.self) { try Self.scale(frame, region, .gray) }
    }
  }

  private static func region(
    _ x: Float, _ y: Float, _ width: Float, _ height: Float, margin: Float = 0, square: Bool = false,
    in across: Int = 200, _ down: Int = 100
  ) -> PictureRegion {
    PictureRegion(
      aroundX: x, y: y, width: width, height: height, margin: margin, isSquare: square, in: across, down)
  }

  @Test("Edges are rounded outwards, widened by the margin, made square, and cut off at the picture")
  func around() {
    #expect(Self.region(0.25, 0.5, 0.25, 0.25) == PictureRegion(x: 50, y: 50, width: 50, height: 25))
    #expect(Self.region(0.2525, 0.505, 0.25, 0.25) == PictureRegion(x: 50, y: 50, width: 51, height: 26))
    #expect(Self.region(0.25, 0.5, 0.25, 0.25, margin: 0.2) == PictureRegion(x: 40, y: 44, width: 70, height: 36))
    // 40 x 20 pixels become 40 x 40 about the same centre.
    #expect(
      Self.region(0.3, 0.4, 0.2, 0.2, square: true) == PictureRegion(x: 60, y: 30, width: 40, height: 40))
    #expect(
      Self.region(0.9, 0.9, 0.2, 0.2, margin: 1) == PictureRegion(x: 140, y: 70, width: 60, height: 30))
    #expect(Self.region(0, 0, 1, 1, margin: 10, square: true) == PictureRegion(x: 0, y: 0, width: 200, height: 100))
  }

  @Test("Whatever the box, the part lies within the picture and can be scaled", arguments: 0..<20)
  func within(round: Int) throws {
    var generator = SystemRandomNumberGenerator()
    let odd: [Float] = [0, 1, -1, 0.5, 1e-9, 1e30, -1e30, .nan, .infinity, 0.999_999]
    for _ in 0..<200 {
      let size = (Int.random(in: 1...70), Int.random(in: 1...70))
      let value = { Bool.random() ? odd.randomElement(using: &generator) ?? 0 : .random(in: 0...1) }
      let region = Self.region(
        value(), value(), value(), value(), margin: .random(in: 0...2), square: .random(), in: size.0, size.1)
      #expect(region.x >= 0 && region.y >= 0 && region.x % 2 == 0 && region.y % 2 == 0, "\(region) in \(size)")
      #expect(region.width >= min(2, size.0 - region.x) && region.x + region.width <= size.0, "\(region) in \(size)")
      #expect(region.height >= 1 && region.y + region.height <= size.1, "\(region) in \(size)")
      if round == 0 {
        _ = try Self.scale(Pictures.yuv(size.0, size.1, full: true, y: { _, _ in 9 }), region, .rgb)
      }
    }
  }
}
