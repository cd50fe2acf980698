import BraidFeatures
import Testing

@Suite("Features of pictures against NumPy, OpenCV and imagehash")
struct PictureGoldenTests {
  private static let sizes = [(96, 54), (53, 37), (1, 1)]

  /// Compares a feature's rows with the golden's, and prints the largest relative distance.
  private func compare(
    _ golden: String, _ feature: any PictureFeature, _ width: Int, _ height: Int, matrix: ColourMatrix = .bt601,
    tolerance: Float
  ) throws {
    let pictures = try PlanarPicture.goldens(width, height, matrix: matrix)
    let rows = rows(feature, pictures).flatMap { $0 ?? [] }
    let expected = try Golden.floats("Pictures/\(golden)-\(width)x\(height)")
    try #require(rows.count == expected.count && !rows.isEmpty)
    var largest: Float = 0
    for (value, reference) in zip(rows, expected) {
      largest = max(largest, abs(value - reference) / max(1e-3, abs(reference)))
    }
    print("\(golden) \(width)x\(height): largest relative distance \(largest)")
    #expect(largest <= tolerance, "\(golden)")
  }

  @Test("contrast, colourfulness and sharpness within 1e-6", arguments: sizes)
  func numbers(width: Int, height: Int) throws {
    try compare("contrast", LumaContrast(), width, height, tolerance: 1e-6)
    try compare("colourfulness", Colourfulness(), width, height, tolerance: 1e-6)
    try compare("colourfulness-709", Colourfulness(), width, height, matrix: .bt709, tolerance: 1e-6)
    try compare("sharpness", Sharpness(), width, height, tolerance: 1e-6)
  }

  @Test("histograms and perceptual hashes are equal", arguments: sizes)
  func equal(width: Int, height: Int) throws {
    try compare("luma-histogram", LumaHistogram(), width, height, tolerance: 0)
    try compare("colour-histogram", ChromaHistogram(), width, height, tolerance: 0)
    try compare("phash", PerceptualHashing(), width, height, tolerance: 0)
  }
}
