/// Finds a source's clock in the host times at which it was seen: a delay-locked loop of second order.
///
/// The loop follows two values, the host time `t` of the newest source position and the deviation `d` of host seconds per
/// source second from 1. An observation `Δ` further on is compared with what the loop expects, and moves both:
///
///     t' = t + (1 + d) Δ      e = observed - t'      t = t' + b e      d = d + c e
///
/// as in F. Adriaensen, "Using a DLL to filter time" (2005), where `b` and `c` are constants for a constant distance. Here
/// they are the gains of the Kalman filter for a clock whose rate wanders slowly: for observations of variance `r`, a rate
/// that gathers a variance of `q` a second, and `p` the covariance of (t, d) grown over `Δ`,
///
///     b = p₀₀ / (p₀₀ + r)      c = p₀₁ / (p₀₀ + r)
///
/// so that any distances may follow each other, the loop is wide at first, and narrows to a bandwidth of
/// (q / (r Δ))^¼ / 2π hertz: 0.008 for a device of 10 ms a period, less where jitter is higher. `r` is half the mean square
/// of the difference of two `e` in a row, and at least the square of 0.3 ms, because what a device's coarse pointer adds may
/// change too slowly to be told from drift.
///
/// - An observation that lies more than three standard deviations off counts as if its own were a third of the way:
///   the further off, the less it moves the line.
/// - Where all of them lie off to one side for a second, the line is wrong: the loop is made wide again.
/// - Where they lie more than the jump's threshold off and stay as far off as they are, the clock has jumped: the caller is
///   told. (In the burst after a stall each is nearer than the one before.)
///
/// A pointer that moves in steps of 1 ms and is looked at by a timer may hide 50 ppm for the 20 s until it slips.
///
/// What is given out follows `t`, but makes up for corrections at 5 % of time's pace at most, so that it is continuous and
/// never goes back. Nanoseconds are counted in integers, and only differences in floating point: there is no loss over
/// months. Any input is safe. Allocates: no.
public struct ClockRecovery: Sendable {
  /// The standard deviation that the rate of a clock not yet seen is taken to have; 1 is nominal.
  private static let rateDeviation = 300e-6
  /// What the variance of the rate grows by in a second.
  private static let rateWander = 5.6e-15
  /// The largest departure from the nominal rate that is followed.
  private static let largestDeviation = 0.005
  /// The least standard deviation of an observation, in seconds, and the one taken before any was seen.
  private static let leastNoise = 0.3e-3
  private static let firstNoise = 5e-3
  /// How fast what is given out moves to the estimate, in seconds a second.
  private static let slew = 0.05
  /// How long residuals count for jitter, in seconds.
  private static let jitterMemory = 5.0
  /// From when the rate's standard deviation is small enough to tell it: half of 20 ppm.
  private static let settledDeviation = 10e-6
  /// The least seconds of observations before the rate is told.
  private static let settledSpan = 10.0

  /// Observations in a row on one side of the line and far off.
  private struct Departure {
    var count = 0
    var side = 0.0
    var start = HostTime(nanoseconds: 0)
    /// How far off the first one lay, in seconds.
    var offset = 0.0
  }

  private let jumpThreshold: Double
  private var count = 0
  /// The source's newest position.
  private var position = MediaDuration.zero
  /// The estimated host time of ``position``: whole nanoseconds, and the rest of one.
  private var host = HostTime(nanoseconds: 0)
  private var fraction = 0.0
  /// What is given out less the estimate, in seconds.
  private var lag = 0.0
  /// What was given out last.
  private var output = HostTime(nanoseconds: 0)
  /// Host seconds per source second, less 1.
  private var deviation = 0.0
  private var timeVariance = 0.0
  private var covariance = 0.0
  private var rateVariance = 0.0
  /// Seconds since the loop was made wide.
  private var span = 0.0
  private var innovation = 0.0
  /// The mean square of residuals.
  private var meanSquare = 0.0
  /// Half the mean square of the difference of two residuals in a row: their variance, without what is wrong with the line.
  private var noise = 0.0
  private var far = Departure()
  private var jumping = Departure()

  /// True after ``update(source:observed:)`` when the newest observations, four or more over at least half a second, all lay
  /// further off than the jump's threshold and by the same time: the clock has jumped. The caller begins a new epoch and
  /// calls ``reset()``.
  public private(set) var hasJumped = false

  /// A loop that has seen nothing.
  ///
  /// - Parameter jumpThreshold: how far off observations must lie for a jump.
  public init(jumpThreshold: MediaDuration = .milliseconds(100)) {
    self.jumpThreshold = max(1e-3, jumpThreshold.seconds)
  }

  /// Forgets everything but the jump's threshold.
  public mutating func reset() {
    self = ClockRecovery(jumpThreshold: MediaDuration(nanoseconds: Self.nanoseconds(jumpThreshold)))
  }

  /// Takes one observation.
  ///
  /// - Parameters:
  ///   - source: the position on the source's own clock since its epoch began. One that is not ahead of all before it is
  ///     looked at for a jump only.
  ///   - observed: the host time at which the source was seen to be there.
  /// - Returns: the filtered host time of `source`; never earlier than what was returned before.
  public mutating func update(source: MediaDuration, observed: HostTime) -> HostTime {
    guard count > 0 else {
      begin(source, observed)
      return output
    }
    count += count < .max ? 1 : 0
    let elapsed = (source - position).seconds
    if elapsed > 0 { predict(source, elapsed) }
    let estimate = elapsed > 0 ? host : line(source).time
    let rest = elapsed > 0 ? fraction : line(source).rest
    let residual = (observed - estimate).seconds - rest * 1e-9
    let noise = max(self.noise, Self.leastNoise * Self.leastNoise)
    let isFar = residual * residual > 9 * (timeVariance + noise)
    let isWrong = look(residual, isFar: isFar, observed)
    guard elapsed > 0 else { return output }
    if isWrong { widen(residual) }
    follow(correct(residual, noise: noise, isFar: isFar && !isWrong), elapsed)
    measure(residual, elapsed)
    return output
  }

  /// The filtered host time of any position, by the present line; before the first observation, as if the source's clock
  /// were the host's.
  public func hostTime(of source: MediaDuration) -> HostTime {
    let (time, rest) = line(source)
    return time + MediaDuration(nanoseconds: Self.nanoseconds(lag + rest * 1e-9))
  }

  /// Source seconds per host second.
  public var rate: Double { 1 / (1 + deviation) }

  /// What is known of the clock. The rate is told from the tenth second on, when its standard deviation, of the filter's own
  /// reckoning, is below 10 ppm. Jitter is the root mean square of `e` over about five
  /// seconds, one of more than three times the present jitter counted as that much.
  public var estimate: ClockEstimate {
    let isSettled = span >= Self.settledSpan && rateVariance < Self.settledDeviation * Self.settledDeviation
    return ClockEstimate(
      partsPerMillion: isSettled ? (rate - 1) * 1e6 : nil,
      offset: MediaDuration(nanoseconds: Self.nanoseconds(innovation)),
      jitter: MediaDuration(nanoseconds: Self.nanoseconds(meanSquare.squareRoot())))
  }

  // MARK: - The loop

  private mutating func begin(_ source: MediaDuration, _ observed: HostTime) {
    count = 1
    position = source
    host = observed
    output = observed
    noise = Self.firstNoise * Self.firstNoise
    timeVariance = noise
    rateVariance = Self.rateDeviation * Self.rateDeviation
  }

  /// Moves the line's end and its covariance on to `source`.
  private mutating func predict(_ source: MediaDuration, _ elapsed: Double) {
    (host, fraction) = line(source)
    position = source
    // After a long silence the rate is as uncertain as one never seen, and no more.
    let wander = min(Self.rateWander * elapsed, max(0, Self.rateDeviation * Self.rateDeviation - rateVariance))
    timeVariance += elapsed * (2 * covariance + elapsed * (rateVariance + wander / 3))
    covariance += elapsed * (rateVariance + wander / 2)
    rateVariance += wander
    span += elapsed
  }

  /// Corrects the line by a residual and returns by how much its end has moved, in seconds.
  private mutating func correct(_ residual: Double, noise: Double, isFar: Bool) -> Double {
    let total = isFar ? residual * residual / 9 : timeVariance + noise
    let timeGain = timeVariance / total
    let rateGain = covariance / total
    let moved = timeGain * residual
    let rest = fraction + moved * 1e9
    let whole = rest.rounded(.down)
    host = host + MediaDuration(nanoseconds: Self.clamped(whole))
    fraction = rest - whole
    deviation = min(max(deviation + rateGain * residual, -Self.largestDeviation), Self.largestDeviation)
    rateVariance = max(0, rateVariance - rateGain * covariance)
    covariance *= 1 - timeGain
    timeVariance *= 1 - timeGain
    return moved
  }

  /// Lets what is given out follow the line's end.
  private mutating func follow(_ moved: Double, _ elapsed: Double) {
    let limit = Self.slew * elapsed
    lag -= moved
    lag = lag > 0 ? max(0, lag - limit) : min(0, lag + limit)
    output = max(output, host + MediaDuration(nanoseconds: Self.nanoseconds(lag + fraction * 1e-9)))
  }

  private mutating func measure(_ residual: Double, _ elapsed: Double) {
    let gain = max(1 / Double(count), 1 - 1 / (1 + elapsed / Self.jitterMemory))
    let difference = residual - innovation
    noise += gain * (min(difference * difference / 2, 9 * max(noise, 1e-12)) - noise)
    meanSquare += gain * (min(residual * residual, 9 * max(meanSquare, noise)) - meanSquare)
    innovation = residual
  }

  /// The line is wrong by about `residual`: makes the loop as wide as at the beginning.
  private mutating func widen(_ residual: Double) {
    timeVariance = residual * residual
    covariance = 0
    rateVariance = Self.rateDeviation * Self.rateDeviation
    span = 0
    far.count = 0
  }

  /// Sees whether the clock has jumped. Returns whether the line is wrong.
  private mutating func look(_ residual: Double, isFar: Bool, _ observed: HostTime) -> Bool {
    Self.extend(&far, residual, isFar: isFar, observed)
    Self.extend(&jumping, residual, isFar: residual.magnitude > jumpThreshold, observed)
    let away = (observed - jumping.start).seconds
    hasJumped = false
    if jumping.count > 0, (residual - jumping.offset).magnitude > max(jumpThreshold / 2, away / 4) {
      // It is coming back, or going further: a burst.
      jumping = Departure(count: 1, side: jumping.side, start: observed, offset: residual)
    } else if jumping.count >= 4, away >= 0.5 {
      hasJumped = true
    }
    return far.count >= 10 && jumping.count == 0 && (observed - far.start).seconds >= 1
  }

  private static func extend(_ run: inout Departure, _ residual: Double, isFar: Bool, _ observed: HostTime) {
    guard isFar else {
      run.count = 0
      return
    }
    let side: Double = residual < 0 ? -1 : 1
    if run.count == 0 || run.side != side {
      run = Departure(count: 0, side: side, start: observed, offset: residual)
    }
    run.count += 1
  }

  // MARK: - Integer nanoseconds

  /// The estimated host time of a position: whole nanoseconds, and the rest of one.
  private func line(_ source: MediaDuration) -> (time: HostTime, rest: Double) {
    let distance = source - position
    let rest = fraction + deviation * Double(distance.nanoseconds)
    let whole = rest.rounded(.down)
    return (host + distance + MediaDuration(nanoseconds: Self.clamped(whole)), rest - whole)
  }

  private static func nanoseconds(_ seconds: Double) -> Int64 { clamped((seconds * 1e9).rounded()) }

  private static func clamped(_ value: Double) -> Int64 {
    value >= 9.2e18 ? .max : value <= -9.2e18 ? .min : Int64(value)
  }
}
