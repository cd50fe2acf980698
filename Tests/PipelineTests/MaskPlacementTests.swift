import BraidCore
import BraidInference
import BraidTestSupport
import Testing

@testable import BraidPipeline

@Suite("Masks in the whole picture")
struct MaskPlacementTests {
  /// COCO's counts of pixels, written down: column by column.
  private static func counts(_ pixels: [[Bool]]) -> [Int] {
    var counts = [0]
    var isInside = false
    for column in pixels[0].indices {
      for row in pixels {
        if row[column] != isInside {
          counts.append(0)
          isInside.toggle()
        }
        counts[counts.count - 1] += 1
      }
    }
    return counts
  }

  @Test("what is around the picture is cut off, and what was not shown is added", arguments: 0..<60)
  func placed(round: Int) throws {
    var generator = SeededGenerator.printed()
    let (width, height) = (Int.random(in: 1...20, using: &generator), Int.random(in: 1...20, using: &generator))
    let pixels = (0..<height).map { _ in (0..<width).map { _ in Bool.random(using: &generator) } }
    let mask = ModelOutput.Mask(label: "a", height: height, width: width, counts: Self.counts(pixels))
    // The picture's left upper and right lower corner in the output's pixels, also outside of it.
    let (left, top) = (Int.random(in: -8...8, using: &generator), Int.random(in: -8...8, using: &generator))
    let (right, bottom) = (
      left + Int.random(in: 1...24, using: &generator), top + Int.random(in: 1...24, using: &generator)
    )
    let placement = PicturePlacement(
      x: -Float(left) / Float(right - left), y: -Float(top) / Float(bottom - top),
      width: Float(width) / Float(right - left), height: Float(height) / Float(bottom - top))
    let expected = (top..<bottom).map { row in
      (left..<right).map { column in
        pixels.indices.contains(row) && pixels[row].indices.contains(column) && pixels[row][column]
      }
    }
    let found = mask.placed(by: placement)
    guard expected.contains(where: { $0.contains(true) }) else { return #expect(found == nil) }
    #expect(found?.counts == Self.counts(expected))
    #expect(found?.width == right - left && found?.height == bottom - top)
  }

  @Test("a letterboxed picture has a mask of its own shape")
  func letterbox() throws {
    var picture = ModelDescription.Picture(width: 64, height: 64, colour: .rgb, layout: .nchw)
    picture.fit = .contain
    let placement = PictureFit(picture).placement(of: nil, in: 1280, 720)
    // An output of a quarter of the input's size: the picture is rows 3.5 to 12.5 of 16, rounded away from zero to 4 to 13.
    let pixels = (0..<16).map { row in (0..<16).map { $0 < 8 && row < 8 } }
    let mask = ModelOutput.Mask(label: "left", height: 16, width: 16, counts: Self.counts(pixels))
    let found = try #require(mask.placed(by: placement))
    #expect(found.width == 16 && found.height == 9)
    #expect(found.counts == Self.counts((0..<9).map { row in (0..<16).map { $0 < 8 && row < 4 } }))
    #expect(mask.placed(by: .whole) == mask)
  }
}
