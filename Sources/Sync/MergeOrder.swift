public import BraidCore

/// Which of several streams' next elements comes first: the order of (time, stream), whatever their threads do.
///
/// For sessions on files, whose rings block: a stream that has nothing waiting now may still bring something earlier, and
/// is waited for until its bound says no. Streams that have ended are never waited for.
public enum MergeOrder {
  /// The front of one stream.
  public struct Head: Hashable, Sendable {
    /// The time of the oldest element that waits; nil if none does.
    public var time: MediaTime?
    /// Nothing earlier than this will come.
    public var bound: MediaTime
    /// Nothing waits and nothing more will come.
    public var isFinished: Bool

    /// The front of one stream, as `Ring.peek()` gives it.
    public init(time: MediaTime?, bound: MediaTime, isFinished: Bool) {
      self.time = time
      self.bound = bound
      self.isFinished = isFinished
    }
  }

  /// What to do next.
  public enum Decision: Hashable, Sendable {
    /// Take the oldest element of this stream.
    case take(Int)
    /// Wait for this stream: its bound is the furthest behind, and what waits elsewhere may be later than what it brings.
    case wait(Int)
    /// All streams have ended.
    case finished
  }

  /// The decision for these streams, numbered by their position. Of elements at one time the lower stream's comes first.
  ///
  /// A stream without an element holds back another's at `time` while its bound is before `time`, or at it and the
  /// stream's number is lower. O(streams), allocates: no.
  public static func next(_ heads: [Head]) -> Decision {
    var first: (index: Int, time: MediaTime)?
    var behind: (index: Int, bound: MediaTime)?
    for index in heads.indices {
      let head = heads[index]
      if let time = head.time {
        if first.map({ time < $0.time }) ?? true { first = (index, time) }
      } else if !head.isFinished {
        if behind.map({ head.bound < $0.bound }) ?? true { behind = (index, head.bound) }
      }
    }
    guard let first else { return behind.map { .wait($0.index) } ?? .finished }
    guard let behind else { return .take(first.index) }
    let mayComeFirst = behind.bound < first.time || (behind.bound == first.time && behind.index < first.index)
    return mayComeFirst ? .wait(behind.index) : .take(first.index)
  }
}
