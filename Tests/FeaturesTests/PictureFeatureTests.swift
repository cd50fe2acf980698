import BraidCore
import BraidFeatures
import BraidTestSupport
import Testing

@Suite("Features of pictures, all and one by one")
struct PictureFeatureTests {
  /// Even values that a seed determines, smoothed, so that matching has something to hold on to.
  private func texture(_ seed: UInt64, _ x: Int, _ y: Int) -> UInt8 {
    func corner(_ x: Int, _ y: Int) -> Int {
      var generator = SeededGenerator(seed: seed &+ UInt64(bitPattern: Int64(x &* 7919 &+ y &* 104_729)))
      return Int.random(in: 0...255, using: &generator)
    }
    let (left, top) = (x >> 2, y >> 2)
    let (dx, dy) = (x & 3, y & 3)
    let upper = corner(left, top) * (4 - dx) + corner(left + 1, top) * dx
    let lower = corner(left, top + 1) * (4 - dx) + corner(left + 1, top + 1) * dx
    return UInt8((upper * (4 - dy) + lower * dy) / 16)
  }

  @Test("every one takes pictures of any size that change, gives finite rows, and the same after a reset")
  func all() throws {
    var generator = SeededGenerator.printed()
    let sizes = [
      (320, 180), (320, 180), (320, 180), (1, 1), (1, 1), (3, 200), (200, 3), (17, 17), (17, 17), (320, 180),
    ]
    let pictures = sizes.map { width, height in
      PlanarPicture(width, height) { _, _ in
        (
          UInt8.random(in: 0...255, using: &generator), UInt8.random(in: 0...255, using: &generator),
          UInt8.random(in: 0...255, using: &generator)
        )
      }
    }
    for definition in FeatureCatalog.definitions where definition.source == .picture {
      let feature = try FeatureSelection(definition, onStreams: true).pictureFeature()
      let first = rows(feature, pictures)
      for row in first {
        guard let row else { continue }
        #expect(row.count == feature.dimension, "\(definition.name)")
        #expect(row.allSatisfy { $0.isFinite }, "\(definition.name)")
      }
      #expect(first.compactMap { $0 }.count >= 4, "\(definition.name)")
      feature.reset()
      #expect(rows(feature, pictures) == first, "\(definition.name)")
      let fresh = try FeatureSelection(definition, onStreams: true).pictureFeature()
      #expect(rows(fresh, pictures) == first, "\(definition.name)")
    }
  }

  @Test("flow is the shift of a textured picture", arguments: [(0, 0), (3, 0), (-5, 2), (16, -16), (7, 11), (-1, -1)])
  func flow(dx: Int, dy: Int) throws {
    let pictures = [0, 1].map { step in
      PlanarPicture(luma: 320, 176) { x, y in texture(5, x - step * dx + 100, y - step * dy + 100) }
    }
    let row = try #require(rows(BlockFlow(), pictures)[1])
    // Blocks at the edges that come into the picture have no match.
    let share = Float((20 - (dx == 0 ? 0 : 1)) * (11 - (dy == 0 ? 0 : 1))) / 220
    let length = Float(dx * dx + dy * dy).squareRoot()
    #expect(abs(row[0] - Float(dx)) <= max(0.01, (1 - share) * 34), "\(row)")
    #expect(abs(row[1] - Float(dy)) <= max(0.01, (1 - share) * 34), "\(row)")
    #expect(abs(row[2] - length) <= max(0.01, (1 - share) * 34), "\(row)")
  }

  @Test("noise on an even ground and on a still texture does not flow")
  func noFlow() throws {
    var generator = SeededGenerator.printed()
    for seed in [UInt64?.none, 3] {
      let pictures = (0..<2).map { _ in
        PlanarPicture(luma: 160, 96) { x, y in
          let base = seed.map { Int(texture($0, x, y)) } ?? 100
          return UInt8(clamping: base + Int.random(in: -4...4, using: &generator))
        }
      }
      #expect(rows(BlockFlow(), pictures)[1] == [0, 0, 0])
    }
  }

  @Test("a picture is black when enough of its pixels are at most a tenth of white")
  func black() {
    let levels: [(UInt8, Int)] = [(25, 100), (26, 100), (0, 98), (0, 97)]
    let pictures = levels.map { level, share in
      PlanarPicture(luma: 10, 10) { x, y in y * 10 + x < share ? level : 255 }
    }
    #expect(rows(BlackPicture(), pictures) == [[1, 1], [0, 0], [1, 0.98], [0, 0.97]])
    #expect(rows(BlackPicture(pixel: 1, ratio: 1), pictures).allSatisfy { $0 == [1, 1] })
  }

  @Test("the picture is frozen from when it has not changed for two seconds, and slow change adds up")
  func frozen() {
    let still = PlanarPicture(luma: 20, 10) { _, _ in 100 }
    let other = PlanarPicture(20, 10) { _, _ in (100, 130, 128) }
    let found = rows(FrozenPicture(), Array(repeating: still, count: 30) + [other, other], milliseconds: 100)
    #expect(found[0] == nil)
    for index in 1..<30 { #expect(found[index] == [index >= 20 ? 1 : 0, 0]) }
    #expect(found[30] == [0, Float(2.0 / 3 / 256)])
    #expect(found[31] == [0, 0])
    // A level every tenth picture: the reference stays until the difference is above the noise.
    let creeping = (0..<40).map { index in PlanarPicture(luma: 20, 10) { x, _ in 100 + (x < index / 10 ? 1 : 0) } }
    let slow = rows(FrozenPicture(noise: 0.0001, duration: .milliseconds(1000)), creeping, milliseconds: 100)
    #expect(slow[10] == [1, Float(10.0 / 600 / 256)])
    #expect(slow[20] == [0, Float(20.0 / 600 / 256)])
  }

  @Test("another scene scores high, the same, a fade and a flash low")
  func cuts() throws {
    let first = PlanarPicture(luma: 320, 180) { x, y in texture(1, x / 8, y / 8) }
    let second = PlanarPicture(luma: 320, 180) { x, y in (x / 80 + y / 60) % 2 == 0 ? 20 : 240 }
    let dark = PlanarPicture(luma: 320, 180) { x, y in UInt8(Int(texture(1, x / 8, y / 8)) * 3 / 4) }
    let found = rows(SceneCutScore(), [first, first, second, first, dark])
    #expect(found[0] == nil && found[1] == [0])
    #expect(try #require(found[2])[0] > 0.6)
    #expect(try #require(found[4])[0] < 0.3)
  }

  @Test("histograms add up to one whatever the bins, and gray is in one bin of colours")
  func histograms() throws {
    var generator = SeededGenerator.printed()
    let picture = PlanarPicture(31, 17) { _, _ in
      (UInt8.random(in: 0...255, using: &generator), UInt8.random(in: 0...255, using: &generator), 7)
    }
    for bins in [2, 3, 7, 32, 100, 256] {
      let row = try #require(rows(LumaHistogram(bins: bins), [picture])[0])
      #expect(row.count == bins && abs(row.reduce(0, +) - 1) < 1e-5)
    }
    for bins in [2, 5, 32] {
      let row = try #require(rows(ChromaHistogram(bins: bins), [picture])[0])
      #expect(row.count == bins * bins && abs(row.reduce(0, +) - 1) < 1e-5)
    }
    let gray = PlanarPicture(luma: 9, 9) { x, _ in UInt8(x) }
    let row = try #require(rows(ChromaHistogram(), [gray])[0])
    #expect(row[4 * 8 + 4] == 1 && row.reduce(0, +) == 1)
  }

  @Test("alike pictures have near hashes, others far ones, and a row holds the hash")
  func hashes() throws {
    func hash(_ picture: PlanarPicture) throws -> PerceptualHash {
      let row = try #require(rows(PerceptualHashing(), [picture])[0])
      let hash = PerceptualHash(row: row.span)
      return try #require(hash)
    }
    let picture = PlanarPicture(luma: 320, 180) { x, y in texture(9, x / 10, y / 10) }
    let smaller = PlanarPicture(luma: 160, 90) { x, y in texture(9, x / 5, y / 5) }
    let darker = PlanarPicture(luma: 320, 180) { x, y in texture(9, x / 10, y / 10) / 2 }
    let other = PlanarPicture(luma: 320, 180) { x, y in texture(10, x / 10, y / 10) }
    let base = try hash(picture)
    #expect(base.distance(to: base) == 0)
    #expect(base.distance(to: try hash(smaller)) <= 6)
    #expect(base.distance(to: try hash(darker)) <= 4)
    #expect(base.distance(to: try hash(other)) >= 16)
    #expect(PerceptualHash(bits: 0xff).description == "00000000000000ff")
    for (row, bits) in [([0, 0, 0, 255], 255), ([0, 0, 0, 0.5], nil), ([0], nil), ([1, 0, 0, 0], 1 << 48)]
      as [([Float], UInt64?)]
    {
      let hash = PerceptualHash(row: row.span)
      #expect(hash?.bits == bits)
    }
  }
}
