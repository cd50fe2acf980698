/// What runs of slower models keep from being started, on one server: for each frame of a faster one, those that are sure to
/// last from its arrival until it is too late for it.
struct LoadCovers {
  /// The frames, those of the model with the longest runs first.
  let slowestFirst: [Int]
  /// For each model the tasks that its runs may cover, with how long a frame of each may wait.
  private var covered: [[(task: Int, wait: Int)]]
  /// For each task, the gains of frames that arrive before a tick.
  private var gains: [[Double]]
  /// For each task, by how much the share of what is covered changes from arrivals at one tick to those at the next.
  private var changes: [[Double]]
  private var arrivals: [[Double]]
  /// For each task, up to which tick its changes are sums.
  private var summedUp: [Int]
  private let end: Int

  init(_ load: Load, end: Int) {
    self.end = end
    let certain = load.models.map { variants in
      variants.flatMap { $0.phases.map(\.times.certain) }.reduce(into: (least: Int.max, most: 0)) {
        $0 = (min($0.least, $1), max($0.most, $1))
      }
    }
    covered = load.models.indices.map { model in
      guard load.servers == 1 else { return [] }
      return load.tasks.indices.compactMap { task in
        let other = load.tasks[task].model
        let wait = load.tasks[task].budget - certain[other].least
        return certain[other].most < certain[model].least && wait < certain[model].most ? (task, max(0, wait)) : nil
      }
    }
    slowestFirst = load.frames.indices.sorted {
      let (one, two) = (load.tasks[load.frames[$0].task].model, load.tasks[load.frames[$1].task].model)
      return (certain[two].most, one, $0) < (certain[one].most, two, $1)
    }
    gains = load.tasks.map { _ in [Double](repeating: 0, count: end + 1) }
    changes = gains
    arrivals = gains
    summedUp = load.tasks.map { _ in 0 }
  }

  /// Finds every frame's gain. Returns their sum.
  mutating func fill(_ load: Load, costs: [[[Double]]]) -> Double {
    for task in gains.indices {
      summedUp[task] = 0
      for tick in 0...end { (arrivals[task][tick], changes[task][tick], gains[task][tick]) = (0, 0, 0) }
    }
    var total = 0.0
    var filled = slowestFirst.last.map { load.tasks[load.frames[$0].task].model }
    for frame in slowestFirst.reversed() {
      let task = load.frames[frame].task
      if load.tasks[task].model != filled {
        sumUp()
        filled = load.tasks[task].model
      }
      let gain = load.bestGain(frame, costs: costs, covers: self)
      total += gain
      arrivals[task][load.frames[frame].arrival] += gain
    }
    return total
  }

  private mutating func sumUp() {
    for task in gains.indices {
      for tick in 0..<end { gains[task][tick + 1] = gains[task][tick] + arrivals[task][tick] }
    }
  }

  /// The gains of what a run from a tick covers.
  func gain(model: Int, tick: Int, certain: Int) -> Double {
    var sum = 0.0
    for (task, wait) in covered[model] where wait < certain {
      sum += gains[task][min(end, tick + certain - wait)] - gains[task][tick]
    }
    return sum
  }

  /// Notes that a run starts at a tick with a probability.
  mutating func add(_ share: Double, model: Int, tick: Int, certain: Int) {
    for (task, wait) in covered[model] where wait < certain {
      changes[task][tick] += share
      changes[task][min(end, tick + certain - wait)] -= share
    }
  }

  /// With what probability a frame is covered. Asked in the order of ``slowestFirst``.
  mutating func covered(_ frame: Int, of load: Load) -> Double {
    let its = load.frames[frame]
    // What covers it has been noted: the runs of slower models.
    while summedUp[its.task] < its.arrival {
      summedUp[its.task] += 1
      changes[its.task][summedUp[its.task]] += changes[its.task][summedUp[its.task] - 1]
    }
    return changes[its.task][its.arrival]
  }
}
