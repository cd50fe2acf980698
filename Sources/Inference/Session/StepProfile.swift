internal import BraidCore

/// What one step of a plan took.
public struct StepProfile: Sendable, Hashable {
  /// What is computed, by the operator's name; `Reorder` is a copy between layouts.
  public let operation: String
  /// The node of the model that it comes from, with its operator.
  public let node: String
  /// The code that runs: `reference`, or the name of oneDNN's implementation.
  public let implementation: String
  /// The result's layout as nested axes, outermost first, with blocks behind: `acdb`, `aBcd16b`; `plain` for rows.
  public let layout: String
  /// Bytes of operands, parameters and results.
  public let bytes: Int
  /// The shortest of the runs, in milliseconds.
  public let milliseconds: Double
}

extension InferenceSession {
  /// Runs the plan and tells what each step takes, in order; branches that were not taken have no part.
  ///
  /// The inputs stay as they were written, and carried state is not carried on.
  ///
  /// - Parameter runs: how often to run; the shortest time of each step counts. At least 1.
  /// - Returns: one entry for each step.
  /// - Throws: as `run()`.
  public func profile(runs: Int = 20) throws(InferenceError) -> [StepProfile] {
    OneDNN.setThreads(plan.threads)
    return try state.profile(runs: max(1, runs))
  }
}

extension SessionState {
  fileprivate func profile(runs: Int) throws(InferenceError) -> [StepProfile] {
    var result: [StepProfile] = []
    for run in 0..<runs {
      var entries: [StepProfile] = []
      try time(steps, &entries)
      if run == 0 || entries.count != result.count {
        result = entries
      } else {
        for index in result.indices where entries[index].milliseconds < result[index].milliseconds {
          result[index] = entries[index]
        }
      }
    }
    return result
  }

  private func time(_ steps: [BoundStep], _ entries: inout [StepProfile]) throws(InferenceError) {
    let clock = MonotonicClock()
    for step in steps {
      if case .branch(let condition, let then, let otherwise) = step {
        try time(Elements<UInt8>(condition)[0] != 0 ? then : otherwise, &entries)
        continue
      }
      let start = clock.now.nanoseconds
      try run([step])
      let milliseconds = Double(clock.now.nanoseconds - start) / 1e6
      switch step {
      case .kernel(let kernel, let arguments):
        let operands = arguments.inputs.reduce(0) { $0 + ($1?.byteCount ?? 0) }
        entries.append(
          StepProfile(
            operation: kernel.operation, node: kernel.location, implementation: "reference", layout: "plain",
            bytes: arguments.outputs.reduce(operands) { $0 + $1.byteCount }, milliseconds: milliseconds))
      case .primitive(let primitive):
        let step = primitive.step
        entries.append(
          StepProfile(
            operation: step.operation, node: step.location, implementation: step.primitive.implementation,
            layout: step.arguments.last?.descriptor.layoutName ?? "",
            bytes: step.arguments.reduce(0) { $0 + $1.descriptor.byteCount }, milliseconds: milliseconds))
      case .branch: break
      }
    }
  }
}
