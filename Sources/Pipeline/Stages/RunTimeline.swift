internal import BraidCore

/// The times of a run's samples, as the run's blocks say them.
///
/// A file's blocks follow each other by the count of samples, and so do the times, exactly. A live source's follow its
/// recovered clock: how far a block's time departs from the count is reached at the block's end, in a straight line from
/// what it was at the block's begin. Times are therefore continuous, a block behind the drift (10 us at 500 ppm), and what
/// was said of a sample that has come stays true. The newest ``capacity`` blocks with a drift of their own are remembered;
/// further back the oldest departure is taken. Allocates: once, with the first departure.
struct RunTimeline {
  private struct Anchor {
    /// Time since the run began, by the count of samples.
    var position: Int64
    /// The true time less that, in nanoseconds.
    var departure: Int64
  }

  /// How many blocks are remembered: at 10 ms a block, over a minute.
  static let capacity = 8192

  /// The time of the run's first sample; nil before there is one.
  private(set) var origin: MediaTime?
  private var anchors: [Anchor] = []
  private var oldest = 0
  /// Samples since the rate last changed, and where that was.
  private var count: Int64 = 0
  private var sampleRate = 0
  private var base: Int64 = 0

  /// Where the newest block ends, by the count of samples.
  private var end: Int64 {
    base.addingSaturating(MediaDuration.samples(count, sampleRate: sampleRate).nanoseconds)
  }

  /// The time after the newest block.
  var endTime: MediaTime { time(at: MediaDuration(nanoseconds: end)) }

  /// Takes the run's next block, before anything is asked about its samples.
  mutating func append(_ block: AudioBlock) {
    if block.sampleRate != sampleRate {
      base = end
      count = 0
      sampleRate = block.sampleRate
    }
    let start = end
    let origin = origin ?? block.time
    self.origin = origin
    count = count.addingSaturating(Int64(block.frameCount))
    note((block.time - (origin + MediaDuration(nanoseconds: start))).nanoseconds, from: start)
  }

  /// The true time of what by the count of samples, or by a clock that runs as they should, is this long after the origin.
  func time(at position: MediaDuration) -> MediaTime {
    (origin ?? .zero) + position + MediaDuration(nanoseconds: departure(at: position.nanoseconds))
  }

  /// Forgets the run.
  mutating func removeAll() {
    origin = nil
    anchors.removeAll(keepingCapacity: true)
    oldest = 0
    count = 0
    sampleRate = 0
    base = 0
  }

  private mutating func note(_ departure: Int64, from start: Int64) {
    let last = anchors.isEmpty ? Anchor(position: start, departure: 0) : anchor(anchors.count - 1)
    guard departure != last.departure || !anchors.isEmpty, end > start else { return }
    if anchors.isEmpty {
      anchors.reserveCapacity(Self.capacity)
      anchors.append(last)
    }
    let next = Anchor(position: end, departure: departure)
    if anchors.count < Self.capacity {
      anchors.append(next)
    } else {
      anchors[oldest] = next
      oldest = (oldest + 1) % Self.capacity
    }
  }

  /// The anchor of this age; 0 is the oldest.
  private func anchor(_ index: Int) -> Anchor { anchors[(oldest + index) % anchors.count] }

  private func departure(at position: Int64) -> Int64 {
    guard !anchors.isEmpty else { return 0 }
    // The first anchor behind the position.
    var (low, high) = (0, anchors.count)
    while low < high {
      let middle = (low + high) / 2
      if anchor(middle).position > position { high = middle } else { low = middle + 1 }
    }
    guard low > 0 else { return anchor(0).departure }
    let before = anchor(low - 1)
    guard low < anchors.count else { return before.departure }
    let after = anchor(low)
    let rise = Int128(after.departure) - Int128(before.departure)
    let run = max(1, Int128(after.position) - Int128(before.position))
    // A product of two differences of 64 bits: at most 2^129, but for times that no clock has.
    let (scaled, overflow) = rise.multipliedReportingOverflow(by: Int128(position) - Int128(before.position))
    return overflow ? before.departure : Int64(clamping: Int128(before.departure) + scaled / run)
  }
}
