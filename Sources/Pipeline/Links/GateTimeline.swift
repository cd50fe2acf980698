internal import BraidCore

/// When, in media time, a model said yes: what a gate goes by.
///
/// A pure state machine. An answer holds from its time until the next one; a yes that ends lasts on for the hold. Before the first
/// answer it is no. Times that go back, as after a restart of the stream, replace what was known from there on. The newest
/// ``capacity`` changes are kept. Allocates: no, after `init`.
struct GateTimeline {
  private struct Change {
    var time: MediaTime
    var isYes: Bool
  }

  /// How many changes are remembered at most. Questions follow answers closely, and forget what lies before them.
  static let capacity = 1024

  /// How long a yes lasts after its end, at least nothing.
  let hold: MediaDuration
  /// Yes and no by turns, in the order of time.
  private var changes: [Change] = []

  init(hold: MediaDuration) {
    self.hold = max(.zero, hold)
    changes.reserveCapacity(Self.capacity)
  }

  /// The newest answer.
  private var isYes: Bool { changes.last?.isYes ?? false }

  /// Takes an answer that holds from `time` on.
  mutating func say(_ isYes: Bool, from time: MediaTime) {
    while let last = changes.last, last.time > time { changes.removeLast() }
    guard isYes != self.isYes else { return }
    if changes.count == Self.capacity { changes.removeFirst() }
    changes.append(Change(time: time, isYes: isYes))
  }

  /// Takes a yes that lasts for the hold alone.
  mutating func pulse(at time: MediaTime) {
    // What is yes already ends here and goes on for the hold.
    say(true, from: time)
    say(false, from: time)
  }

  /// Whether it is yes at `time`, by the newest answer that is for then.
  func isOpen(at time: MediaTime) -> Bool {
    guard let place = changes.lastIndex(where: { $0.time <= time }) else { return false }
    return changes[place].isYes || time < changes[place].time + hold
  }

  /// Whether it is yes at `time`, where no answer before `bound` is still to come. Forgets what lies before `time`.
  ///
  /// - Returns: nil where an answer for then is still to come.
  mutating func answer(at time: MediaTime, bound: MediaTime) -> Bool? {
    guard time < bound else { return nil }
    let isOpen = isOpen(at: time)
    if let place = changes.lastIndex(where: { $0.time <= time }), place > 0 { changes.removeFirst(place) }
    return isOpen
  }
}
