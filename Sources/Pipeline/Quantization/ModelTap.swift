internal import BraidCore
internal import BraidInference

/// Keeps what a session's one model is given, run after run, in bounded memory.
///
/// When there is no room for more, every second sample goes, and from then on half as many runs are kept: what is kept is spread
/// evenly over all runs, whatever their number, and does not depend on when they were.
final class ModelTap: Sendable {
  private struct State {
    var samples: [CalibrationSample] = []
    var runs = 0
    var distance = 1
    var failure: InferenceError?
  }

  private let state = Guarded(State())
  private let limit: Int
  private let byteLimit: Int

  /// - Parameters:
  ///   - limit: how many samples are kept, at least 2.
  ///   - byteLimit: how many bytes they may take.
  init(limit: Int, byteLimit: Int) {
    self.limit = limit
    self.byteLimit = byteLimit
  }

  /// The samples kept, in the order of the runs.
  var samples: [CalibrationSample] { state.withLock { $0.samples } }
  /// How many runs there were.
  var runs: Int { state.withLock { $0.runs } }

  /// Takes what the inputs of `session` hold, on the thread that is about to run it.
  func take(_ session: InferenceSession) throws(InferenceError) {
    let isWanted = state.withLock { state in
      defer { state.runs += 1 }
      return state.runs % state.distance == 0
    }
    guard isWanted else { return }
    let sample = CalibrationSample(try session.inputTensors())
    let bytes = sample.byteCount
    state.withLock { state in
      state.samples.append(sample)
      let room = max(2, min(limit, byteLimit / max(1, bytes)))
      guard state.samples.count > room else { return }
      state.samples = state.samples.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      state.distance *= 2
    }
  }
}
