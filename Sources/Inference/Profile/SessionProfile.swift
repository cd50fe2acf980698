public import BraidCore

/// What each step of a session took, over the runs since the profile was started.
public struct SessionProfile: Sendable {
  /// A step and its time.
  public struct Entry: Sendable {
    /// What runs.
    public let step: StepInfo
    /// How often it ran; steps of branches run when they are chosen.
    public let runs: Int
    /// The time of all its runs together. That of a branch includes its steps.
    public let total: MediaDuration
    /// The time of its fastest run; zero where it never ran.
    public let shortest: MediaDuration
  }

  /// Runs of the whole session.
  public let runs: Int
  /// The steps, in the order of ``Plan/stepInfo``.
  public let entries: [Entry]
  /// The time of all runs together, as the sum of the outermost steps.
  public var total: MediaDuration {
    entries.filter { $0.step.depth == 0 }.reduce(MediaDuration.zero) { $0 + $1.total }
  }
}

/// Counters of a running profile, one for each step; nothing is allocated after they are made.
final class StepTimes {
  private(set) var runs = 0
  private var counts: [Int]
  private var nanoseconds: [Int64]
  private var shortest: [Int64]
  private let clock = MonotonicClock()

  init(stepCount: Int) {
    counts = Array(repeating: 0, count: stepCount)
    nanoseconds = Array(repeating: 0, count: stepCount)
    shortest = Array(repeating: Int64.max, count: stepCount)
  }

  /// The time now, to be given to `add`.
  var now: HostTime { clock.now }

  func add(step: Int, since start: HostTime) {
    let elapsed = (clock.now - start).nanoseconds
    counts[step] += 1
    nanoseconds[step] += elapsed
    shortest[step] = min(shortest[step], elapsed)
  }

  func addRun() { runs += 1 }

  func entries(_ steps: [StepInfo]) -> [SessionProfile.Entry] {
    steps.indices.map { index in
      SessionProfile.Entry(
        step: steps[index], runs: counts[index], total: MediaDuration(nanoseconds: nanoseconds[index]),
        shortest: MediaDuration(nanoseconds: counts[index] > 0 ? shortest[index] : 0))
    }
  }
}

extension InferenceSession {
  /// Begins to measure every step of every run, from zero. Costs two looks at the clock a step, and no allocation a run.
  public func startProfile() { state.startProfile() }

  /// Ends measuring; what was measured stays readable. Runs cost what they did before.
  public func stopProfile() { state.stopProfile() }

  /// What was measured since ``startProfile()``; empty where it was never called.
  public var profile: SessionProfile {
    guard let times = state.times else { return SessionProfile(runs: 0, entries: []) }
    return SessionProfile(runs: times.runs, entries: times.entries(plan.stepInfo))
  }
}
