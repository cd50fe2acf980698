import BraidCore
import BraidInference
import BraidTestSupport
import Testing

@Suite("The 99th percentile of run times, online")
struct RunTimeQuantileTests {
  private func estimate(_ milliseconds: [Int64]) -> Double? {
    var times = RunTimeQuantile()
    for time in milliseconds { times.record(.milliseconds(time)) }
    return times.estimate?.milliseconds
  }

  @Test("nothing is known before the first run; after few the longest counts, and more")
  func beginning() {
    #expect(estimate([]) == nil)
    #expect(estimate([8]) == 12)
    #expect(estimate([8, 4]) == 10)
    #expect(estimate([-3]) == 0)
    #expect((estimate([.max]) ?? 0) > 1e9)
  }

  @Test("a single outlier moves nothing, wherever it is")
  func outlier() {
    for position in 4..<60 {
      var times = [Int64](repeating: 8, count: 60)
      times[position] = 900
      for end in (position + 1)...60 { #expect((estimate(Array(times[..<end])) ?? 99) <= 9) }
    }
  }

  @Test("a slow spell is believed from its second run on, and is over after two that are back")
  func spells() {
    let usual = [Int64](repeating: 10, count: 40)
    #expect((estimate(usual + [35]) ?? 99) < 11)
    #expect((estimate(usual + [35, 35]) ?? 0) >= 35)
    #expect((estimate(usual + [35, 10, 35]) ?? 0) >= 35)
    let spell = usual + [Int64](repeating: 35, count: 8)
    #expect((estimate(spell + [10]) ?? 0) >= 35)
    #expect((estimate(spell + [10, 10]) ?? 99) < 11)
    let long = usual + [Int64](repeating: 35, count: 200)
    #expect((estimate(long + [10]) ?? 0) >= 35)
    #expect((estimate(long + [10, 10]) ?? 99) <= 13)
  }

  @Test("of runs drawn from one distribution about one in a hundred is longer than the estimate before it")
  func coverage() {
    var generator = SeededGenerator.printed()
    for times in [
      ServiceTimes.even(10, 30), .logNormal(median: 30, sigma: 0.4),
      ServiceTimes.even(8, 12).mixed(.even(30, 60), share: 0.05), .logNormal(median: 20, sigma: 0.8),
    ] {
      var quantile = RunTimeQuantile()
      var (above, total) = (0, 0.0)
      for run in 0..<6200 {
        let time = MediaDuration.milliseconds(
          Int64(times.quantile(Double.random(in: 0..<1, using: &generator))))
        if run >= 200, let estimate = quantile.estimate {
          above += time > estimate ? 1 : 0
          total += estimate.milliseconds / 6000
        }
        quantile.record(time)
      }
      // A percentile of 128 runs wavers, and two tails close together are taken for a spell for a while.
      #expect(above <= 150, "\(above) of 6000")
      let ratio = total / Double(times.quantile(0.99))
      #expect((0.8...1.4).contains(ratio), "\(ratio)")
    }
  }

  @Test("the chance of a longer run is that of the runs that count")
  func probability() {
    var times = RunTimeQuantile()
    #expect(times.probability(above: .milliseconds(1)) == 1)
    for time in 0..<100 { times.record(.milliseconds(Int64(20 + (time * 37) % 20))) }
    #expect(times.probability(above: .milliseconds(10)) > 0.98)
    #expect(abs(times.probability(above: .milliseconds(29)) - 0.5) < 0.02)
    #expect(times.probability(above: .milliseconds(40)) < 0.01)
    #expect(times.mean.map { abs($0.milliseconds - 29.5) < 0.01 } == true)
  }
}
