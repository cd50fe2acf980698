/// Where one coordinate is and how fast it moves: a Kalman filter with constant velocity.
///
/// The state is (place, velocity per second). Between measurements the velocity wanders as white noise of density `velocityNoise`
/// (place per second², per root second), and the place by itself with density `placeNoise` (place per root second). The
/// coordinates of a box have filters of their own: with these models their covariances never mix. Allocates: no.
struct MotionFilter: Equatable {
  private(set) var place: Double
  private(set) var velocity = 0.0
  // The covariance: of the place, of both, of the velocity.
  private var placeVariance: Double
  private var commonVariance = 0.0
  private var velocityVariance: Double

  /// - Parameters:
  ///   - place: the first measurement.
  ///   - placeDeviation: how sure it is.
  ///   - velocityDeviation: how fast it may move, a second.
  init(_ place: Double, placeDeviation: Double, velocityDeviation: Double) {
    self.place = place
    placeVariance = placeDeviation * placeDeviation
    velocityVariance = velocityDeviation * velocityDeviation
  }

  /// Moves it on by so many seconds.
  mutating func predict(_ seconds: Double, placeNoise: Double, velocityNoise: Double) {
    let (p, v) = (placeNoise * placeNoise, velocityNoise * velocityNoise)
    place += velocity * seconds
    placeVariance +=
      seconds * (2 * commonVariance + seconds * velocityVariance) + p * seconds + v * seconds * seconds * seconds / 3
    commonVariance += seconds * velocityVariance + v * seconds * seconds / 2
    velocityVariance += v * seconds
  }

  /// Takes a measurement.
  mutating func update(_ measured: Double, deviation: Double) {
    let total = placeVariance + deviation * deviation
    guard total > 0 else { return }
    let (placeGain, velocityGain) = (placeVariance / total, commonVariance / total)
    let innovation = measured - place
    place += placeGain * innovation
    velocity += velocityGain * innovation
    velocityVariance -= velocityGain * commonVariance
    commonVariance *= 1 - placeGain
    placeVariance *= 1 - placeGain
  }

  /// Lets it stand still.
  mutating func stop() { velocity = 0 }
}
