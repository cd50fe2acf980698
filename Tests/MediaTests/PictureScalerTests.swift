import BraidCore
import BraidMedia
import Testing

@Suite("Scaling pictures")
struct PictureScalerTests {
  @Test("A size of nothing is refused")
  func size() {
    #expect(throws: MediaError.self) { _ = try PictureScaler(width: 0, height: 3, layout: .gray).byteCount }
  }
}
