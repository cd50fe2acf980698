internal import BraidCore

/// Which of a task's pictures to run where they differ in what is in them.
extension SessionScheduler {
  /// Whether a task's pictures are chosen by what is in them.
  func choosesByContent(_ task: Int) -> Bool {
    configuration.usesContent && configuration.tasks[task].kind == .picture && !tasks[task].contentIsLevel
  }

  /// Of a task's pictures that wait, counted from the oldest, the one to run first.
  ///
  /// Runs are in order, one in each `turn`, and each uses up one that a later picture could have had: its *price*, the
  /// content that as large a part of the pictures exceeds as there is time for. Of all ways to go on with those that wait,
  /// this one's pictures have the most in them beyond the price, and can be in time.
  func bestOffset(_ task: Int, now: HostTime) -> Int {
    let count = tasks[task].queued
    guard count > 1, let estimate = estimate(task: task) else { return 0 }
    let price = contentPrice / max(1e-9, contentValue(task))
    let turn = MediaDuration(nanoseconds: Int64(turn(task) * 1e9))
    // What is gained from a picture on, if its run is the one of this number.
    var gains: InlineArray<8, InlineArray<8, Double>> = .init(repeating: .init(repeating: 0))
    let depth = min(count, 8)
    var best = (offset: 0, gain: -Double.infinity)
    for place in stride(from: depth - 1, through: 0, by: -1) {
      guard let entry = entries[self.place(task, place)] else { continue }
      for number in 0...place {
        var gain = -Double.infinity
        if now + turn * Int64(number) + estimate <= entry.deadline || number == 0 {
          var rest = 0.0
          if number + 1 < depth {
            for later in (place + 1)..<max(place + 1, depth) { rest = max(rest, gains[later][number + 1]) }
          }
          gain = entry.content - price + rest
        }
        gains[place][number] = gain
      }
      if gains[place][0] >= best.gain { best = (place, gains[place][0]) }
    }
    return best.offset
  }

  /// What a second of a run is worth for each unit of what is in a picture.
  private func contentValue(_ task: Int) -> Double {
    let model = configuration.tasks[task].model
    let value = configuration.tasks[task].weight * configuration.models[model].variants[models[model].rung].value
    return value / max(1e-6, shares.demands[task].time)
  }

  /// Shares what the tasks that choose by content have together so that the least that any of them runs is worth the same:
  /// the *price* of a second.
  mutating func shareByContent() {
    contentPrice = 0
    guard shares.load > 1 else { return }
    var capacity = 0.0
    var highest = 0.0
    for task in tasks.indices where choosesByContent(task) {
      capacity += shares.shares[task] * shares.demands[task].rate * shares.demands[task].time
      highest = max(highest, contentValue(task) * tasks[task].mostContent)
    }
    guard capacity > 0 else { return }
    var (low, high) = (0.0, highest)
    for _ in 0..<20 {
      let price = (low + high) / 2
      var work = 0.0
      for task in tasks.indices where choosesByContent(task) {
        let part = tasks[task].part(exceeding: price / contentValue(task))
        work += part * shares.demands[task].rate * shares.demands[task].time
      }
      if work > capacity { low = price } else { high = price }
    }
    contentPrice = low
    for task in tasks.indices where choosesByContent(task) {
      shares.shares[task] = max(shares.demands[task].minimum, tasks[task].part(exceeding: low / contentValue(task)))
    }
  }

  /// How far apart runs of a task are when all others that are worth as much, and wait, get their turns in between, in
  /// seconds.
  func turn(_ task: Int) -> Double {
    var waiting = 0.0
    for other in tasks.indices where shares.demands[other].density >= shares.demands[task].density * 0.9 {
      waiting += Double(tasks[other].queued) * shares.demands[other].time
    }
    return waiting / Double(configuration.servers) / Double(max(1, tasks[task].queued))
  }
}
