public import BraidCore

/// Measures two models against each other on this machine, in rounds that change between the two, so that what the machine does
/// besides meets both alike.
public struct ModelContest: Sendable {
  /// How each is measured; the duration is that of one round.
  public var benchmark = ModelBenchmark()
  /// How often each is measured in each way, at least 1.
  public var rounds = 5
  /// Runs a second for the paced rounds; nil for none.
  public var rate: Double? = 30

  /// Five rounds of a fifth of a second back to back, and as many at 30 runs a second.
  public init() {
    benchmark.duration = .milliseconds(200)
  }

  /// Measures; blocks until it is done.
  ///
  /// - Parameters:
  ///   - first: a model.
  ///   - second: another.
  /// - Returns: the times of both in each way.
  /// - Throws: as ``ModelBenchmark`` does.
  public func measure(_ first: ModelPackage, _ second: ModelPackage) throws(InferenceError) -> Result {
    let free = try rounds(first, second, rate: nil)
    var paced: Duel?
    if let rate { paced = try rounds(first, second, rate: rate) }
    return Result(backToBack: free, paced: paced, rate: rate, threads: benchmark.threads)
  }

  private func rounds(_ first: ModelPackage, _ second: ModelPackage, rate: Double?) throws(InferenceError) -> Duel {
    var benchmark = benchmark
    benchmark.rate = rate
    benchmark.isProfiled = false
    benchmark.passesOverUnknownInputs = true
    var times: ([ModelMeasurement], [ModelMeasurement]) = ([], [])
    for round in 0..<max(1, rounds) {
      // Whoever begins has no advantage.
      if round % 2 == 0 {
        times.0.append(try benchmark.measure(first))
        times.1.append(try benchmark.measure(second))
      } else {
        times.1.append(try benchmark.measure(second))
        times.0.append(try benchmark.measure(first))
      }
    }
    return Duel(
      first: Times(times.0), second: Times(times.1), ratios: zip(times.0, times.1).map { Self.ratio($0.p50, $1.p50) })
  }

  private static func ratio(_ a: MediaDuration, _ b: MediaDuration) -> Double {
    Double(a.nanoseconds) / Double(max(1, b.nanoseconds))
  }

  /// What was measured.
  public struct Result: Sendable {
    /// One run after the other.
    public let backToBack: Duel
    /// At even distances; nil where that was not measured.
    public let paced: Duel?
    /// Runs a second of the paced rounds.
    public let rate: Double?
    /// Threads that a run could use.
    public let threads: Int
  }

  /// Both models in one way of running.
  public struct Duel: Sendable {
    /// The first model.
    public let first: Times
    /// The second.
    public let second: Times
    /// For each round, how many times faster the second's median run was.
    public let ratios: [Double]

    /// The median round's: how many times faster the second is.
    public var speedUp: Double { ratios.sorted()[ratios.count / 2] }
  }

  /// Times of runs: of each kind the median over the rounds.
  public struct Times: Sendable {
    /// The time that half of a round's runs do not exceed.
    public let p50: MediaDuration
    /// The same for 95 of 100.
    public let p95: MediaDuration
    /// The same for 99 of 100.
    public let p99: MediaDuration
    /// From the file's path to a session that can run.
    public let load: MediaDuration
    /// Runs of all rounds.
    public let runs: Int

    init(_ rounds: [ModelMeasurement]) {
      func middle(_ key: (ModelMeasurement) -> MediaDuration) -> MediaDuration {
        let sorted = rounds.map(key).sorted()
        return sorted.isEmpty ? .zero : sorted[sorted.count / 2]
      }
      (p50, p95, p99, load) = (middle(\.p50), middle(\.p95), middle(\.p99), middle(\.load))
      runs = rounds.reduce(0) { $0 + $1.runs }
    }
  }
}
