internal import BraidCore

extension SessionState {
  /// Begins to count from zero.
  func startProfile() {
    times = StepTimes(stepCount: steps.stepCount)
    isProfiling = true
  }

  /// Ends counting.
  func stopProfile() { isProfiling = false }

  /// A run whose steps are timed.
  func run(_ times: StepTimes) throws(InferenceError) {
    var index = 0
    try run(steps, &index, times)
    times.addRun()
  }

  /// Runs `steps`, the first of which is number `index` of all, and moves `index` behind them.
  private func run(_ steps: [BoundStep], _ index: inout Int, _ times: StepTimes) throws(InferenceError) {
    for step in steps {
      let number = index
      index += 1
      let start = times.now
      if case .branch(let condition, let then, let otherwise) = step {
        if Elements<UInt8>(condition)[0] != 0 {
          try run(then, &index, times)
          index += otherwise.stepCount
        } else {
          index += then.stepCount
          try run(otherwise, &index, times)
        }
      } else {
        try run(step)
      }
      times.add(step: number, since: start)
    }
  }
}

extension [BoundStep] {
  /// The steps, those of branches included.
  fileprivate var stepCount: Int {
    reduce(0) { sum, step in
      if case .branch(_, let then, let otherwise) = step { return sum + 1 + then.stepCount + otherwise.stepCount }
      return sum + 1
    }
  }
}
