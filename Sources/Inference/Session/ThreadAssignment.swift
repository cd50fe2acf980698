/// Which of the nodes that run one after the other divide their work among a session's threads.
///
/// Threads cost twice: workers that have gone to sleep take some tens of microseconds to wake, and data that another
/// processor has written take longer to read. So nodes are taken in *stretches*, in which the workers stay awake and each
/// works on its own part of the data: neighbours that can be divided, with little between them that cannot. A stretch is
/// divided where that saves clearly more than it costs; all else runs on the session's own thread (`docs/design/0008`).
struct ThreadAssignment {
  /// A node that takes less, in microseconds on one thread, is not divided.
  static let shortestNode = 16.0
  /// About what dividing one step costs, in microseconds.
  private static let handover = 8.0
  /// What a stretch must save, in microseconds: several times what waking workers costs, so that it pays off on a busy
  /// machine too.
  private static let leastSaving = 250.0
  /// How much undivided work a stretch may have in one place, in microseconds.
  private static let patience = 30.0

  /// For each node, whether it is divided.
  let isDivided: [Bool]

  /// - Parameters:
  ///   - work: the nodes in the order in which they run.
  ///   - threads: threads that the session has.
  init(_ work: [WorkEstimate], threads: Int) {
    var divided = [Bool](repeating: false, count: work.count)
    var stretch: [Int] = []
    var (saved, gap) = (0.0, 0.0)
    func close() {
      if saved > Self.leastSaving { for index in stretch { divided[index] = true } }
      stretch.removeAll()
      saved = 0
    }
    for (index, node) in work.enumerated() where threads > 1 {
      guard node.isDivisible, node.time >= Self.shortestNode else {
        gap += node.time
        continue
      }
      if gap > Self.patience { close() }
      // What is not divided reads what the others wrote, which takes about as long again.
      if !stretch.isEmpty { saved -= gap }
      gap = 0
      stretch.append(index)
      saved += node.time * (1 - 1 / Double(threads)) - Self.handover
    }
    close()
    isDivided = divided
  }
}
