import BraidCore
import BraidInference
import Testing

@Suite("Estimating how long a model runs")
struct ServiceTimeEstimatorTests {
  private func estimate(_ milliseconds: [Int64]) -> Int64? {
    var estimator = ServiceTimeEstimator()
    for time in milliseconds { estimator.record(.milliseconds(time)) }
    return estimator.estimate.map { $0.nanoseconds / 1_000_000 }
  }

  @Test("nothing is known before the first run, and the first run is believed")
  func beginning() {
    #expect(estimate([]) == nil)
    #expect(estimate([7]) == 7)
    #expect(estimate([-3]) == 0)
  }

  @Test("a single outlier moves nothing, wherever it is")
  func outlier() {
    for position in 0..<40 {
      var times = [Int64](repeating: 5, count: 40)
      times[position] = 900
      for end in (position + 2)...41 where end <= 40 { #expect(estimate(Array(times[..<end])) == 5) }
    }
  }

  @Test("of steady times that vary it is near the top")
  func quantile() {
    let times = (0..<64).map { Int64(10 + ($0 * 7) % 11) }
    for end in 16...64 {
      let value = estimate(Array(times[..<end])) ?? 0
      #expect((16...20).contains(value))
    }
  }

  @Test("a slow spell is believed from its second run, and forgotten after four fast ones")
  func spells() {
    let fast = [Int64](repeating: 5, count: 20)
    #expect(estimate(fast + [80]) == 5)
    #expect(estimate(fast + [80, 80]) == 80)
    let slow = fast + [Int64](repeating: 80, count: 30)
    #expect(estimate(slow + [5, 5, 5]) == 80)
    #expect(estimate(slow + [5, 5, 5, 5]) == 5)
  }
}
