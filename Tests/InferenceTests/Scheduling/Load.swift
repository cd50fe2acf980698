/// Everything that a scheduler will be given, on a time line of ticks of a millisecond: for simulation, and for what the
/// offline optimum may know.
struct Load {
  /// A form of a model.
  struct Variant {
    /// What a result counts, next to 1 for the best form.
    var value = 1.0
    /// How long runs take that start from a tick on, in order of ticks, the first from 0.
    var phases: [(from: Int, times: ServiceTimes)]

    func times(at tick: Int) -> ServiceTimes {
      (phases.last { $0.from <= tick } ?? phases[0]).times
    }
  }

  /// One model on one stream.
  struct Task {
    var model: Int
    var stream: Int
    var weight = 1.0
    /// From capture to the end of the run, in ticks.
    var budget: Int
    /// Results a second; 0 for none.
    var minimumRate = 0.0
    var priority = 0
  }

  /// A frame of one task.
  struct Frame {
    var task: Int
    /// Captured and offered then.
    var arrival: Int
    /// The last tick at which a result is in time.
    var deadline: Int
    /// How much is in it; 1 is the mean.
    var content = 1.0
  }

  var name: String
  var servers = 1
  /// Nothing arrives from this tick on.
  var duration: Int
  /// The variants of each model, best first.
  var models: [[Variant]]
  var tasks: [Task]
  /// In order of arrival.
  var frames: [Frame] = []
  /// Whether the 99th percentile of every model's time is within the budgets, at every time.
  var fits: Bool {
    tasks.allSatisfy { task in
      models[task.model].allSatisfy { $0.phases.allSatisfy { $0.times.quantile(0.99) <= task.budget } }
    }
  }

  /// What a result of the frame counts.
  func value(of frame: Int, variant: Int = 0) -> Double {
    let task = tasks[frames[frame].task]
    return task.weight * frames[frame].content * models[task.model][variant].value
  }
}
