public import BraidCore
import Glibc

/// Measures how long a model takes on this machine: from file to first answer, and then run after run.
///
/// Inputs are random: real numbers from 0 to 1, whole numbers and booleans 0 or 1, and an input called `sr`, a sample
/// rate, 16000. They are written once and stay; what runs is the model alone. `sr` is constant for the plan, as it is in a
/// stream.
public struct ModelBenchmark: Sendable {
  /// Threads that a run may use; at least 1.
  public var threads = 1
  /// How long runs are measured, after a warm-up of a fifth of it.
  public var duration = MediaDuration.seconds(1)
  /// Runs a second, begun at even distances; nil to begin each when the last has ended. Above 0.
  public var rate: Double?
  /// Whole shapes for inputs, by name; symbolic dimensions of the others are 1.
  public var inputShapes: [String: [Int]] = [:]
  /// Whole-number inputs that never change, by name, beside `sr`.
  public var constantInputs: [String: Int] = [:]
  /// Whether names in `inputShapes` that the model does not have are passed over, not an error.
  public var passesOverUnknownInputs = false
  /// How far the graph is rewritten.
  public var optimisation = SessionOptions.Optimisation.fused
  /// How one of oneDNN's implementations is chosen for a layer.
  public var kernels = KernelChoice.rule
  /// Whether to measure every step as well, in runs of their own after the others.
  public var isProfiled = false
  /// Bounds on what the model may ask for.
  public var limits = ModelLimits.default

  /// One thread, one second, back to back.
  public init() {}

  /// Loads the model and runs it on a thread made for this; blocks until it is done.
  ///
  /// - Parameter path: an ONNX file.
  /// - Returns: what was measured.
  /// - Throws: as `Model.load`, `Plan` and `InferenceSession.run` do.
  public func measure(path: String) throws(InferenceError) -> ModelMeasurement {
    try measure { () throws(InferenceError) in try Model.load(path: path, limits: limits) }
  }

  /// The same of a package's model.
  public func measure(_ package: ModelPackage) throws(InferenceError) -> ModelMeasurement {
    try measure { () throws(InferenceError) in try package.load(limits: limits) }
  }

  private func measure(
    _ load: @escaping @Sendable () throws(InferenceError) -> Model
  ) throws(InferenceError) -> ModelMeasurement {
    let outcome = Guarded<Result<ModelMeasurement, InferenceError>?>(nil)
    let thread = DedicatedThread(name: "inference") {
      let result = Result { () throws(InferenceError) in try measureHere(load) }
      outcome.withLock { $0 = result }
    }
    thread.join()
    guard let result = outcome.withLock({ $0 }) else { throw .invalid("the model was not measured") }
    return try result.get()
  }

  private func measureHere(
    _ load: () throws(InferenceError) -> Model
  ) throws(InferenceError) -> ModelMeasurement {
    let clock = MonotonicClock()
    ResidentMemory.resetPeak()
    let start = clock.now
    var options = SessionOptions()
    options.threads = threads
    options.optimisation = optimisation
    options.kernels = kernels
    let model = try load()
    options.inputShapes = inputShapes.filter { shape in
      !passesOverUnknownInputs || model.inputs.contains { $0.name == shape.key }
    }
    var random = SplitMix(seed: 0)
    var inputs: [(name: String, tensor: Tensor)] = []
    for info in model.inputs {
      let type = try PlanBuilder.type(of: info, options, limits)
      if info.elementType == .int64 || info.elementType == .int32,
        let value = constantInputs[info.name] ?? (info.name == "sr" ? 16_000 : nil)
      {
        options.constantInputs[info.name] = value
        continue
      }
      inputs.append((info.name, try Tensor.random(type, rate: info.name == "sr" ? 16_000 : nil, &random)))
    }
    let subject = try Subject(model, options, inputs)
    let loaded = clock.now
    let begun = clock.now
    try subject.run()
    let first = clock.now - begun
    let times = try runs(subject, clock)
    let peak = ResidentMemory.peak
    return ModelMeasurement(
      threads: threads, runs: times.count, p50: Self.percentile(50, times), p95: Self.percentile(95, times),
      p99: Self.percentile(99, times), first: first, load: loaded - start, peakMemory: peak,
      profile: isProfiled ? try profile(subject, clock) : nil, nodeByNodeReason: subject.nodeByNodeReason)
  }

  /// What is run: a plan, or where none can hold the model a dynamic session.
  private enum Subject {
    case planned(InferenceSession)
    case dynamic(DynamicSession, [String: ModelValue])

    init(
      _ model: Model, _ options: SessionOptions, _ inputs: [(name: String, tensor: Tensor)]
    ) throws(InferenceError) {
      do throws(InferenceError) {
        let session = try InferenceSession(Plan(model, options: options))
        for (name, tensor) in inputs {
          if let index = session.inputIndex(name) { try session.write(tensor, toInput: index) }
        }
        self = .planned(session)
      } catch  where error.needsContents {
        var values: [String: ModelValue] = [:]
        for (name, tensor) in inputs { values[name] = .tensor(tensor) }
        self = .dynamic(try DynamicSession(model, options: options), values)
      }
    }

    /// Why it runs node by node, where it does.
    var nodeByNodeReason: String? {
      guard case .dynamic(let session, _) = self else { return nil }
      return session.nodeByNodeReason
    }

    func run() throws(InferenceError) {
      switch self {
      case .planned(let session): try session.run()
      case .dynamic(let session, let values): _ = try session.run(values)
      }
    }
  }

  /// The times of all runs, ascending.
  private func runs(_ subject: Subject, _ clock: MonotonicClock) throws(InferenceError) -> [MediaDuration] {
    let warm = clock.now + MediaDuration(nanoseconds: duration.nanoseconds / 5)
    var count = 0
    let begun = clock.now
    repeat {
      try subject.run()
      count += 1
    } while clock.now < warm
    let usual = max(1, (clock.now - begun).nanoseconds / Int64(count))
    // Room for twice as many runs as are expected; past that measuring ends.
    let room = Int(min(4_000_000, duration.nanoseconds / usual * 2 + 1000))
    var times: [MediaDuration] = []
    times.reserveCapacity(room)
    let end = clock.now + duration
    let period = rate.flatMap { rate in
      rate > 0 ? MediaDuration(nanoseconds: Int64(min(1e18, 1e9 / rate))) : nil
    }
    let pause = Signal()
    var due = clock.now
    repeat {
      var start = clock.now
      if let period {
        due = due + period
        if start < due {
          while clock.now < due { clock.wait(on: pause, since: pause.ticket(), until: due) }
          start = clock.now
        } else {
          // The run before took longer than a period: this one has waited, and that counts.
          start = due
        }
      }
      try subject.run()
      times.append(clock.now - start)
    } while times.count < room && (clock.now < end || times.count < 5)
    return times.sorted()
  }

  /// Nil where the model runs node by node, whose nodes are made anew at every run.
  private func profile(_ subject: Subject, _ clock: MonotonicClock) throws(InferenceError) -> SessionProfile? {
    guard case .planned(let session) = subject else { return nil }
    session.startProfile()
    let end = clock.now + duration
    repeat { try session.run() } while clock.now < end
    return session.profile
  }

  /// The smallest of `times`, ascending, that `percent` per cent of them do not exceed.
  static func percentile(_ percent: Int, _ times: [MediaDuration]) -> MediaDuration {
    guard !times.isEmpty else { return .zero }
    let rank = (percent * times.count + 99) / 100
    return times[min(times.count, max(1, rank)) - 1]
  }
}

/// What a ``ModelBenchmark`` found.
public struct ModelMeasurement: Sendable {
  /// Threads that a run could use.
  public let threads: Int
  /// Measured runs.
  public let runs: Int
  /// The time of a run that half of all runs do not exceed; when paced, waiting for the run before included.
  public let p50: MediaDuration
  /// The same for 95 of 100 runs.
  public let p95: MediaDuration
  /// The same for 99 of 100 runs.
  public let p99: MediaDuration
  /// The first run after loading.
  public let first: MediaDuration
  /// From the file's path to a session that can run.
  public let load: MediaDuration
  /// The largest resident set of the whole process while the model was loaded and run, in bytes; 0 where the system
  /// does not tell.
  public let peakMemory: Int
  /// What every step took, where it was asked for and the model runs by a plan.
  public let profile: SessionProfile?
  /// Why the model runs node by node, without a plan and so without a profile; nil where it has one.
  public let nodeByNodeReason: String?
}
