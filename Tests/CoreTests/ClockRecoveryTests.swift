import BraidCore
import BraidTestSupport
import Foundation
import Testing

/// A simulated source: what a session sees of it, and what was true.
private struct SimulatedSource {
  /// How an observation departs from the truth.
  enum Noise {
    /// Stamps to both sides, in seconds.
    case stamp(Double)
    /// The position moves in steps of `granularity` seconds and is looked at up to `latency` seconds late.
    case pointer(granularity: Double, latency: Double)
    /// Delays up to this long.
    case delay(Double)
    /// Delays that are longer ever more seldom, this long in the mean.
    case queue(Double)
  }

  /// One observation beside the truth.
  struct Observation {
    /// Seconds since the start.
    var elapsed: Double
    var source: MediaDuration
    var observed: HostTime
    /// The true host time of `source`, in seconds since ``SimulatedSource/start``.
    var truth: Double
    /// Parts per million just then.
    var partsPerMillion: Double
  }

  static let start: Int64 = 5_000_000_000_000
  var partsPerMillion: @Sendable (Double) -> Double = { _ in 0 }
  var period = 0.01
  var noise = Noise.stamp(1e-4)
  var loss = 0.0
  /// What is seen late by how much, by the time since the start.
  var lateness: @Sendable (Double) -> Double = { _ in 0 }

  init(_ partsPerMillion: Double, period: Double = 0.01, noise: Noise = .stamp(1e-4)) {
    self.partsPerMillion = { _ in partsPerMillion }
    self.period = period
    self.noise = noise
  }

  func run(seconds: Double, seed: UInt64, _ body: (Observation) -> Void) {
    var random = SeededGenerator(seed: seed)
    var (position, elapsed) = (0.0, 0.0)
    while elapsed < seconds {
      let rate = 1 + partsPerMillion(elapsed) * 1e-6
      position += period
      elapsed += period / rate
      if Double.random(in: 0..<1, using: &random) < loss { continue }
      var (seen, observed) = (position, elapsed + lateness(elapsed))
      switch noise {
      case .stamp(let most): observed += Double.random(in: -most...most, using: &random)
      case .delay(let most): observed += Double.random(in: 0...most, using: &random)
      case .queue(let mean): observed -= log(Double.random(in: 1e-9...1, using: &random)) * mean
      case .pointer(let granularity, let latency):
        let late = Double.random(in: 0...latency, using: &random)
        observed += late
        seen = ((position + late * rate) / granularity + 1e-9).rounded(.down) * granularity
      }
      body(
        Observation(
          elapsed: elapsed, source: MediaDuration(nanoseconds: Int64(seen * 1e9)),
          observed: HostTime(nanoseconds: Self.start + Int64(observed * 1e9)),
          truth: elapsed + (seen - position) / rate, partsPerMillion: partsPerMillion(elapsed)))
    }
  }
}

private func seconds(_ time: HostTime) -> Double { Double(time.nanoseconds - SimulatedSource.start) / 1e9 }

@Suite struct ClockRecoveryTests {
  @Test(
    arguments: [0, 50, -50, 500, -300],
    [
      SimulatedSource.Noise.stamp(1e-4), .pointer(granularity: 1e-3, latency: 2e-3),
      .pointer(granularity: 1e-3, latency: 5e-5),
    ])
  fileprivate func `a device's drift and time are found`(partsPerMillion: Double, noise: SimulatedSource.Noise) {
    var clock = ClockRecovery()
    var worst = 0.0
    var rates: [Double] = []
    var previous = HostTime(nanoseconds: .min)
    SimulatedSource(partsPerMillion, noise: noise).run(seconds: 140, seed: 7) { seen in
      let time = clock.update(source: seen.source, observed: seen.observed)
      #expect(time >= previous && !clock.hasJumped)
      previous = time
      if seen.elapsed > 10 { worst = max(worst, abs(seconds(time) - seen.truth)) }
      if let found = clock.estimate.partsPerMillion {
        #expect(abs(found - partsPerMillion) < (seen.elapsed < 120 ? 20 : 5))
        rates.append(found)
      }
    }
    #expect(worst < 1e-3)
    #expect(rates.count > 120 * 100, "known by the twentieth second")
    #expect(abs((clock.rate - 1) * 1e6 - partsPerMillion) < 5)
  }

  @Test(arguments: [500.0, -300, 50, -50])
  func `a coarse pointer that a timer of the host looks at hides no drift for long`(partsPerMillion: Double) {
    var random = SeededGenerator(seed: 4)
    var clock = ClockRecovery()
    let rate = 1 + partsPerMillion * 1e-6
    for tick in 1...20_000 {
      let elapsed = Double(tick) * 0.01 + Double.random(in: 0...1e-4, using: &random)
      let position = (elapsed * rate * 1000).rounded(.down) / 1000
      let time = clock.update(
        source: MediaDuration(nanoseconds: Int64(position * 1e9)),
        observed: HostTime(nanoseconds: SimulatedSource.start + Int64(elapsed * 1e9)))
      if elapsed > 10 { #expect(abs(seconds(time) - position / rate) < 1.1e-3) }
      if elapsed > 60 { #expect(abs((clock.rate - 1) * 1e6 - partsPerMillion) < 8) }
    }
    #expect(abs((clock.rate - 1) * 1e6 - partsPerMillion) < 5)
  }

  @Test func `jitter is the root mean square of what observations lie off`() {
    var clock = ClockRecovery()
    SimulatedSource(0, noise: .delay(0.012)).run(seconds: 60, seed: 1) {
      _ = clock.update(source: $0.source, observed: $0.observed)
    }
    #expect(abs(clock.estimate.jitter.seconds - 0.012 / 12.0.squareRoot()) < 0.0004)
    #expect(clock.estimate.offset.magnitude < .milliseconds(7))
  }

  @Test func `a rate is not told before it is known`() {
    var clock = ClockRecovery()
    #expect(clock.estimate.partsPerMillion == nil)
    SimulatedSource(40, period: 0.03, noise: .queue(0.03)).run(seconds: 20, seed: 3) {
      _ = clock.update(source: $0.source, observed: $0.observed)
    }
    #expect(clock.estimate.partsPerMillion == nil, "30 ms of jitter over 20 s leave 100 ppm open")
  }

  @Test(arguments: [0.02, 0.04], [SimulatedSource.Noise.delay(0.03), .queue(0.03)])
  fileprivate func `a network's jitter is smoothed`(period: Double, noise: SimulatedSource.Noise) {
    var source = SimulatedSource(-120, period: period, noise: noise)
    source.loss = 0.05
    var clock = ClockRecovery()
    var previous: (source: Double, time: Double)?
    source.run(seconds: 180, seed: 11) { seen in
      let time = seconds(clock.update(source: seen.source, observed: seen.observed))
      #expect(!clock.hasJumped)
      guard seen.elapsed > 20 else { return }
      #expect((0.0..<0.045).contains(time - seen.truth), "late by less than the jitter")
      if let previous, seen.elapsed > 60 {
        let pace = (time - previous.time) / (seen.source.seconds - previous.source)
        #expect(abs(pace - 1) < 0.02, "one frame follows the other at its distance")
        #expect(abs((clock.rate - 1) * 1e6 + 120) < 100)
      }
      previous = (seen.source.seconds, time)
    }
    #expect(abs((clock.estimate.partsPerMillion ?? .nan) + 120) < 20)
  }

  @Test(arguments: [0.01, 0.03])
  func `stalls, bursts after them and late wake-ups do not shake it`(period: Double) {
    var source = SimulatedSource(100, period: period, noise: period < 0.02 ? .stamp(1e-4) : .delay(0.03))
    let tolerance = period < 0.02 ? 0.001 : 0.03
    // Every ten seconds nothing comes for two, then all at once; and now and then one comes 80 ms late.
    source.lateness = { time in
      let phase = time.truncatingRemainder(dividingBy: 10)
      if time > 3, phase > 8 { return (10 - phase) * 0.999 }
      return Int(time * 1000) % 37 == 0 ? 0.08 : 0
    }
    var clock = ClockRecovery()
    var previous = HostTime(nanoseconds: .min)
    source.run(seconds: 130, seed: 5) { seen in
      let time = clock.update(source: seen.source, observed: seen.observed)
      #expect(!clock.hasJumped && time >= previous)
      previous = time
      if seen.elapsed > 10 { #expect(abs(seconds(time) - seen.truth) < tolerance) }
    }
    #expect(abs((clock.rate - 1) * 1e6 - 100) < 20)
  }

  @Test(arguments: [1.0, -1, 0.2], [0.01, 0.03])
  func `a jump is told within a second, and time is right again after it`(jump: Double, period: Double) {
    var source = SimulatedSource(50, period: period, noise: period < 0.02 ? .stamp(1e-4) : .queue(0.02))
    source.lateness = { $0 > 40 ? jump : 0 }
    var clock = ClockRecovery()
    var told: [Double] = []
    var time = HostTime(nanoseconds: 0)
    source.run(seconds: 70, seed: 9) { seen in
      time = clock.update(source: seen.source, observed: seen.observed)
      guard clock.hasJumped else { return }
      told.append(seen.elapsed)
      clock.reset()
      time = clock.update(source: seen.source, observed: seen.observed)
    }
    #expect(told.count == 1 && (40.4...41).contains(told[0]))
    #expect(abs(seconds(time) - (70 + jump)) < (period < 0.02 ? 0.001 : 0.04) + period)
  }

  @Test func `a source that goes back is a jump, and what is given out does not go back`() {
    var clock = ClockRecovery()
    var previous = HostTime(nanoseconds: .min)
    var told: Double?
    SimulatedSource(0).run(seconds: 20, seed: 2) { seen in
      let back = MediaDuration.milliseconds(seen.elapsed > 15 ? 1500 : 0)
      let time = clock.update(source: seen.source - back, observed: seen.observed)
      #expect(time >= previous)
      previous = time
      if clock.hasJumped, told == nil { told = seen.elapsed }
    }
    #expect((15.4...16).contains(told ?? 0))
  }

  @Test(arguments: [0.04, -0.04])
  func `a step that is no jump is followed in seconds, smoothly`(step: Double) {
    var source = SimulatedSource(100)
    source.lateness = { $0 > 30 ? step : 0 }
    var clock = ClockRecovery()
    var previous: (source: Double, time: Double)?
    source.run(seconds: 60, seed: 4) { seen in
      let time = seconds(clock.update(source: seen.source, observed: seen.observed))
      if let previous, seen.elapsed > 5 {
        #expect(abs((time - previous.time) / (seen.source.seconds - previous.source) - 1) < 0.06)
      }
      if seen.elapsed > 35 { #expect(abs(time - seen.truth - step) < 1e-3) }
      previous = (seen.source.seconds, time)
    }
    #expect(abs((clock.estimate.partsPerMillion ?? .nan) - 100) < 20)
  }

  @Test func `a day of temperature is followed`() {
    var source = SimulatedSource(0, period: 0.05)
    source.partsPerMillion = { 20 + 15 * sin($0 * 2 * .pi / 3600) }
    var clock = ClockRecovery()
    var (worst, worstRate) = (0.0, 0.0)
    source.run(seconds: 86_400, seed: 6) { seen in
      let time = clock.update(source: seen.source, observed: seen.observed)
      guard seen.elapsed > 20 else { return }
      worst = max(worst, abs(seconds(time) - seen.truth))
      worstRate = max(worstRate, abs((clock.rate - 1) * 1e6 - seen.partsPerMillion))
    }
    #expect(worst < 2e-4 && worstRate < 5)
  }

  @Test func `a host clock that is slewed is followed in seconds`() {
    var source = SimulatedSource(0)
    source.partsPerMillion = { $0 > 60 ? 500 : 0 }
    var clock = ClockRecovery()
    source.run(seconds: 90, seed: 8) { seen in
      let time = clock.update(source: seen.source, observed: seen.observed)
      if seen.elapsed > 10 { #expect(abs(seconds(time) - seen.truth) < 2.5e-3) }
      if seen.elapsed > 70 { #expect(abs(seconds(time) - seen.truth) < 2e-4) }
    }
    #expect(abs((clock.rate - 1) * 1e6 - 500) < 5)
  }

  @Test func `months lose nothing`() {
    // Exact observations of a clock at +250 ppm, a block every 10 ms for a minute, after two years.
    let (position, host): (Int64, Int64) = (63_072_000_000_000_000, 9_000_000_000_000_000_000)
    var clock = ClockRecovery()
    var worst: Int64 = 0
    for block in Int64(0)..<6000 {
      let truth = host + block * 10_000_000 - block * 2_499_375 / 1000
      let time = clock.update(
        source: MediaDuration(nanoseconds: position + block * 10_000_000), observed: HostTime(nanoseconds: truth))
      if block > 3000 { worst = max(worst, abs(time.nanoseconds - truth)) }
    }
    #expect(worst < 200)
    #expect(abs((clock.rate - 1) * 1e6 - 250) < 0.1)
    let ahead = clock.hostTime(of: MediaDuration(nanoseconds: position + 5999 * 10_000_000 + 1))
    let last = clock.hostTime(of: MediaDuration(nanoseconds: position + 5999 * 10_000_000))
    #expect((0...2).contains(ahead.nanoseconds - last.nanoseconds))
  }

  @Test func `any numbers are taken`() {
    var random = SeededGenerator.printed()
    let odd: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max, 1_000_000_000, -1_000_000_000]
    for _ in 0..<200 {
      var clock = ClockRecovery(jumpThreshold: MediaDuration(nanoseconds: odd.randomElement(using: &random) ?? 0))
      var previous = HostTime(nanoseconds: .min)
      for _ in 0..<200 {
        let source =
          Bool.random(using: &random)
          ? odd.randomElement(using: &random) : Int64.random(in: .min ... .max, using: &random)
        let host =
          Bool.random(using: &random)
          ? odd.randomElement(using: &random) : Int64.random(in: .min ... .max, using: &random)
        let time = clock.update(
          source: MediaDuration(nanoseconds: source ?? 0), observed: HostTime(nanoseconds: host ?? 0))
        #expect(time >= previous)
        previous = time
        #expect(clock.rate.isFinite && abs(clock.rate - 1) < 0.006)
        _ = clock.hostTime(of: MediaDuration(nanoseconds: -(source ?? 0 == .min ? 0 : source ?? 0)))
        _ = clock.estimate
      }
    }
  }
}
