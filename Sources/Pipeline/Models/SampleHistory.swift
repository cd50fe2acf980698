internal import BraidCore

/// The last samples of one channel, with their times: a ring that overwrites the oldest.
///
/// Runs of samples without a hole are remembered with it, and within a run the points where the stream's own times have
/// moved away from the nominal rate by more than half a sample. Allocates: no, after `init`.
struct SampleHistory {
  private struct Anchor {
    var time: MediaTime
    var index: Int
    var startsRun: Bool
  }

  struct Window {
    /// Where the window ends.
    var end: MediaTime
    /// How many of its samples are not there.
    var missing: Int
  }

  /// The time after the newest sample; `distantPast` when there is none.
  private(set) var end = MediaTime.distantPast

  private let sampleRate: Int
  private let base: TimeBase
  private var ring: [Float]
  /// Samples ever taken; the ring holds the last `ring.count` of them.
  private var total = 0
  private var anchors: [Anchor] = []
  private static let anchorCapacity = 256
  /// A departure of the times from the sample count that makes a new run.
  private static let hole = MediaDuration.milliseconds(10)

  init(sampleRate: Int, capacity: Int) {
    self.sampleRate = max(1, sampleRate)
    base = TimeBase(numerator: 1, denominator: Int64(max(1, sampleRate)))
    ring = Array(repeating: 0, count: max(1, capacity))
    anchors.reserveCapacity(Self.anchorCapacity)
  }

  /// Forgets everything.
  mutating func clear() {
    anchors.removeAll(keepingCapacity: true)
    end = .distantPast
  }

  /// Takes samples of which the first is at `time`: channel 0 to `channels` interleaved, of which the mean is kept.
  mutating func append(_ samples: Span<Float>, channels: Int, time: MediaTime, startsRun: Bool) {
    let channels = max(1, channels)
    let count = samples.count / channels
    guard count > 0 else { return }
    let departure = anchors.isEmpty ? .unlimited : time - end
    if startsRun || departure.magnitude > Self.hole {
      anchor(Anchor(time: time, index: total, startsRun: true))
    } else if departure.magnitude.nanoseconds > base.tick.nanoseconds / 2 {
      anchor(Anchor(time: time, index: total, startsRun: false))
    }
    var position = total % ring.count
    let scale = 1 / Float(channels)
    for frame in 0..<count {
      var sum = samples[frame * channels]
      for channel in 1..<channels { sum += samples[frame * channels + channel] }
      ring[position] = channels == 1 ? sum : sum * scale
      position = position + 1 < ring.count ? position + 1 : 0
    }
    total += count
    if let last = anchors.last { end = self.time(of: total, from: last) }
  }

  /// Copies the samples that end at `time`, or up to `tolerance` before it where the run ends there, into `out`; what is
  /// not there is 0.
  func copyWindow(endingAt time: MediaTime, tolerance: MediaDuration, into out: inout [Float]) -> Window {
    guard let position = anchors.lastIndex(where: { $0.time < time }) else {
      for index in out.indices { out[index] = 0 }
      return Window(end: time, missing: out.count)
    }
    let anchor = anchors[position]
    // Where this stretch ends: at the next anchor or with the newest sample.
    let limit = position + 1 < anchors.count ? anchors[position + 1].index : total
    let ideal = anchor.index + Int(base.ticks(nanoseconds: (time - anchor.time).nanoseconds))
    var last = min(ideal, limit)
    var end = self.time(of: last, from: anchor)
    if time - end > tolerance {
      last = ideal
      end = time
    }
    var runStart = position
    while runStart > 0, !anchors[runStart].startsRun { runStart -= 1 }
    let oldest = max(anchors[runStart].index, total - ring.count)
    let available = oldest..<max(oldest, limit)
    let first = last - out.count
    var missing = 0
    for index in out.indices {
      let sample = first + index
      if available.contains(sample) {
        out[index] = ring[sample % ring.count]
      } else {
        out[index] = 0
        missing += 1
      }
    }
    return Window(end: end, missing: missing)
  }

  private func time(of index: Int, from anchor: Anchor) -> MediaTime {
    anchor.time + .samples(Int64(index - anchor.index), sampleRate: sampleRate)
  }

  private mutating func anchor(_ anchor: Anchor) {
    while anchors.count > 1, anchors[1].index <= total - ring.count { anchors.removeFirst() }
    if anchors.count == Self.anchorCapacity { anchors.removeFirst() }
    anchors.append(anchor)
  }
}
