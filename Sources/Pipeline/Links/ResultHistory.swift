internal import BraidCore
internal import BraidInference

/// The newest results of a model that another takes several of, oldest first, without a hole.
///
/// For the session's thread. Allocates: no, after `init`.
final class ResultHistory {
  /// Which of the other model's outputs.
  let output: Int
  private var rows: RowHistory
  /// Where what each row was found in begins, by its number modulo the window's length.
  private var starts: [MediaTime]

  /// A window of so many results of output `output`.
  init(_ window: ModelDescription.ResultWindow, output: Int) {
    self.output = output
    rows = RowHistory(width: window.values, capacity: window.history)
    starts = Array(repeating: .zero, count: window.history)
  }

  /// The start of the oldest result of a whole window; nil where it is not whole.
  var start: MediaTime? { rows.end < starts.count ? nil : starts[rows.end % starts.count] }

  /// The start of the next window, at the earliest; nil where that of the next result is.
  var nextStart: MediaTime? {
    if rows.end == 0 || starts.count == 1 { return nil }
    return rows.end < starts.count ? starts[0] : starts[(rows.end + 1) % starts.count]
  }

  /// Takes the next result.
  func append(_ values: Span<Float>, start: MediaTime) {
    starts[rows.end % starts.count] = start
    rows.append(values)
  }

  /// Copies the whole window, `[history, values]`.
  func copy(into values: inout [Float]) {
    rows.copy(rows.end - starts.count..<rows.end, into: &values)
  }

  /// Forgets everything: what comes next does not follow what was.
  func removeAll() { rows.removeAll() }
}
