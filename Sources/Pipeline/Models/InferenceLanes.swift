/// How a session's threads are shared out: *lanes* that run models side by side, each as wide as the others.
///
/// A lane is an inference thread with the workers that large runs on it are divided among. All lanes together are never
/// wider than the threads that there are. `docs/design/0018-lanes.md` says why it is so.
struct InferenceLanes: Hashable, Sendable {
  /// As many runs may be under way at once.
  let count: Int
  /// Threads that work on one run, the lane's own included.
  let width: Int

  /// So many lanes, 1 at least, no more than there are threads, and 64 at most.
  init(_ count: Int, of threads: Int) {
    self.count = max(1, min(count, threads, 64))
    width = max(1, threads / self.count)
  }

  /// Finds the lanes with which most models keep their budgets.
  ///
  /// - Parameters:
  ///   - threads: how many there are, at least 1.
  ///   - models: how many there are.
  ///   - keeping: how many models keep their budgets on lanes of that width. Called with the narrowest first, and no
  ///     more often than needed: not at all where one lane is all there can be.
  /// - Returns: of equals the most lanes, but no more than models.
  /// - Throws: what `keeping` does.
  static func chosen(
    threads: Int, models: Int, keeping: (InferenceLanes) throws -> Int
  ) rethrows -> InferenceLanes {
    var best = InferenceLanes(models, of: threads)
    guard best.count > 1 else { return best }
    var kept = try keeping(best)
    var width = best.width
    for count in stride(from: best.count - 1, through: 1, by: -1) where kept < models {
      let lanes = InferenceLanes(count, of: threads)
      // Fewer lanes of the same width keep no more.
      guard lanes.width > width else { continue }
      width = lanes.width
      let keeps = try keeping(lanes)
      if keeps > kept { (best, kept) = (lanes, keeps) }
    }
    return best
  }
}
