import BraidCore
import BraidSync
import Testing

@Suite("The offset of sound to picture")
struct OffsetEstimatorTests {
  private func times(_ milliseconds: [Int64]) -> [MediaTime] {
    milliseconds.map { MediaTime(nanoseconds: $0 * 1_000_000) }
  }

  private func offset(_ sound: [Int64], _ picture: [Int64]) -> Double? {
    OffsetEstimator.offset(sound: times(sound), picture: times(picture))?.milliseconds
  }

  @Test("the median of the pairs, exactly")
  func median() {
    #expect(offset([120, 1125, 2110], [0, 1000, 2000]) == 120)
    #expect(offset([120, 1125, 2110, 3131], [0, 1000, 2000, 3000]) == 122.5)
    #expect(offset([2110, 120, 1125], [1000, 2000, 0]) == 120)
    #expect(offset([900, 1880, 2910], [1000, 2000, 3000]) == -100)
  }

  @Test("fewer than three pairs say nothing")
  func few() {
    #expect(offset([], []) == nil)
    #expect(offset([0, 1000], [0, 1000]) == nil)
    #expect(offset([0, 1000, 5000], [0, 1000, 9000]) == nil)
  }

  @Test("no event is in two pairs, and the nearest pair first")
  func pairing() {
    // Two sounds beside one picture: the nearer has it, the other has none.
    #expect(offset([10, 300, 1000, 2000], [0, 1000, 2000]) == 0)
    #expect(offset([0, 0, 0], [0]) == nil)
    // 400 is a pair, 401 is none.
    #expect(offset([400, 2400, 4400], [0, 2000, 4000]) == 400)
    #expect(offset([401, 2400, 4400], [0, 2000, 4000]) == nil)
  }

  @Test("times at the ends of the range do not trap")
  func extremes() {
    let ends = [MediaTime.distantPast, .distantFuture, .zero]
    #expect(OffsetEstimator.offset(sound: ends, picture: ends) == .zero)
  }
}
