import BraidCore
import BraidFeatures
import Testing

@Suite("Features of pictures")
struct PictureTests {
  @Test("luma is the mean over 255")
  func luma() {
    let picture: [UInt8] = [0, 255, 255, 255, 0, 255] + Array(repeating: 128, count: 12)
    var values: [Float] = []
    for (width, height) in [(3, 2), (1, 1)] {
      let format = PictureFormat(width: width, height: height)
      LumaMean().push(picture.span, format: format, time: .zero) { values.append($0[0]) }
    }
    #expect(values == [Float(4.0 / 6), 0])
  }

  @Test("motion is the mean difference of blocks, and the first picture has none")
  func motion() {
    var motion = BlockMotion()
    let black = [UInt8](repeating: 0, count: 16 * 16)
    var quarter = black
    for y in 0..<8 { for x in 0..<8 { quarter[y * 16 + x] = 255 } }
    #expect(motion.update(black.span, width: 16, height: 16) == nil)
    #expect(motion.update(quarter.span, width: 16, height: 16) == 0.25)
    #expect(motion.update(quarter.span, width: 16, height: 16) == 0)
    #expect(motion.update(quarter.span, width: 8, height: 16) == nil)
    motion.reset()
    #expect(motion.update(black.span, width: 8, height: 16) == nil)
    #expect(motion.update(black.span, width: 8, height: 16) == 0)
  }

  @Test("noise within a block is no motion")
  func noise() {
    var motion = BlockMotion()
    let even = (0..<4096).map { $0 % 2 == 0 ? UInt8(100) : 110 }
    let odd = (0..<4096).map { $0 % 2 == 1 ? UInt8(100) : 110 }
    #expect(motion.update(even.span, width: 64, height: 64) == nil)
    #expect(motion.update(odd.span, width: 64, height: 64) == 0)
  }
}
