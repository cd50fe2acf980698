import BraidCore
import Testing

@Suite struct MediaTimeTests {
  @Test func `ticks are rescaled exactly, to the nearest nanosecond, halves away from zero`() {
    let mpeg = TimeBase(numerator: 1, denominator: 90_000)
    #expect(mpeg.nanoseconds(1) == 11_111)
    #expect(mpeg.nanoseconds(-1) == -11_111)
    #expect(mpeg.nanoseconds(9) == 100_000)
    #expect(mpeg.nanoseconds(8_589_934_592) == 95_443_717_688_889)
    #expect(TimeBase(numerator: 1, denominator: 2_000_000_000).nanoseconds(1) == 1)
    #expect(TimeBase(numerator: 1, denominator: 2_000_000_000).nanoseconds(-1) == -1)
    #expect(TimeBase(numerator: 1001, denominator: 30_000).nanoseconds(3) == 100_100_000)
  }

  @Test func `rescaling saturates instead of trapping`() {
    let day = TimeBase(numerator: 86_400, denominator: 1)
    #expect(day.nanoseconds(.max) == .max)
    #expect(day.nanoseconds(.min) == .min)
    #expect(TimeBase(numerator: .max, denominator: 1).nanoseconds(.max) == .max)
    #expect(TimeBase(numerator: .max, denominator: 1).nanoseconds(.min) == .min)
    #expect(TimeBase(numerator: -5, denominator: 0) == TimeBase(numerator: 1, denominator: 1))
  }

  @Test(arguments: [1, 1001, 90_000, 48_000, 44_100, 1_000_000_007])
  func `a tick survives the way to nanoseconds and back`(denominator: Int64) {
    let base = TimeBase(numerator: 1, denominator: min(denominator, 1_000_000_000))
    for ticks in [Int64(0), 1, -1, 12_345, 987_654_321, -987_654_321] {
      #expect(base.ticks(nanoseconds: base.nanoseconds(ticks)) == ticks)
    }
  }

  @Test func `arithmetic saturates at both ends`() {
    #expect(MediaTime.distantFuture + .seconds(1) == .distantFuture)
    #expect(MediaTime.distantPast - .seconds(1) == .distantPast)
    #expect(MediaTime.distantFuture - MediaTime.distantPast == .unlimited)
    #expect(MediaDuration(nanoseconds: .min).magnitude == .unlimited)
    #expect(-MediaDuration(nanoseconds: .min) == .unlimited)
    #expect(MediaDuration.seconds(.max) == .unlimited)
    #expect(MediaDuration.seconds(3) * -2 == MediaDuration.seconds(-6))
  }

  @Test func `samples are counted without drift`() {
    #expect(MediaDuration.samples(44_100, sampleRate: 44_100) == .seconds(1))
    #expect(MediaDuration.samples(1, sampleRate: 44_100).nanoseconds == 22_676)
    #expect(MediaDuration.samples(44_100 * 3600 * 24, sampleRate: 44_100) == .seconds(86_400))
  }
}
