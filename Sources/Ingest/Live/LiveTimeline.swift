import BraidCore

/// Where the stamps of one connection lie on the host's clock: one line for all of its streams, so that sound and pictures
/// keep their distance.
///
/// Stamps are on the connection's *axis*: unwrapped, and continuous over jumps (see ``LiveStamps``). What comes at the beginning
/// may have waited in buffers for seconds; the line begins through the packet that waited least of those that come until
/// none has waited less for a while, and then follows the arrivals of one stream: the first of sound, else of pictures.
/// Allocates: no.
struct LiveTimeline {
  /// What an observation came to.
  enum Outcome {
    case followed
    /// The line begins here: what has come so far can be timed.
    case begun
    /// The clock has jumped: another line begins at this stamp.
    case jumped
  }

  private struct Line {
    var recovery = ClockRecovery()
    let origin: MediaTime
  }

  /// What is known of one stream's arrivals.
  private struct Arrivals {
    var first: HostTime?
    var last: HostTime?
    /// The least of arrival less stamp, in nanoseconds, with the stamp that had it; when it last became less.
    var least: (delay: Int64, stamp: MediaTime)?
    var improved = HostTime(nanoseconds: 0)
    /// How much later than the line says this stream's packets come, smoothed.
    var lateness: Double = 0
  }

  /// For how long nothing may have waited less before the line begins, and how long at most that is waited for.
  private static let settling = MediaDuration.milliseconds(200)
  private static let longestSettling = MediaDuration.seconds(2)
  private static let improvement: Int64 = 20_000_000
  private static let mostLate: Int64 = 3_600_000_000_000
  /// After how long a silence another stream shows the clock.
  private static let silence = MediaDuration.seconds(2)
  /// Packets that arrive within this came together.
  private static let together = MediaDuration.milliseconds(5)

  private var line: Line?
  private var previous: Line?
  /// The newest packet of the stream that is followed.
  private var newest: (stamp: MediaTime, observed: HostTime)?
  private var arrivals: [Arrivals]
  private let isDense: [Bool]
  private var reference: Int
  private let beginsAtOnce: Bool

  /// - Parameters:
  ///   - kinds: what the streams carry.
  ///   - beginsAtOnce: whether nothing waits in buffers.
  init(_ kinds: [InputStreamKind], beginsAtOnce: Bool) {
    arrivals = Array(repeating: Arrivals(), count: kinds.count)
    isDense = kinds.map { $0 != .text }
    reference = kinds.firstIndex(of: .audio) ?? kinds.firstIndex(of: .video) ?? 0
    self.beginsAtOnce = beginsAtOnce
  }

  /// Whether stamps have a time yet.
  var hasBegun: Bool { line != nil }

  /// Source seconds per host second.
  var rate: Double { line?.recovery.rate ?? 1 }

  /// What is known of the source's clock.
  var estimate: ClockEstimate? { line?.recovery.estimate }

  /// Takes note that a packet of `stream` with `stamp` has arrived.
  mutating func observe(_ stamp: MediaTime, of stream: Int, at arrival: HostTime) -> Outcome {
    guard arrivals.indices.contains(stream) else { return .followed }
    if arrivals[stream].first == nil { arrivals[stream].first = arrival }
    guard line != nil else {
      arrivals[stream].last = arrival
      note(stamp, stream, arrival)
      return beginsAtOnce ? begin(stream) : settle(at: arrival)
    }
    changeReference(stream, arrival)
    arrivals[stream].last = arrival
    guard stream == reference else {
      // Further off than an hour it says nothing.
      let late = Double(max(-Self.mostLate, min(Self.mostLate, (arrival - hostTime(of: stamp)).nanoseconds)))
      arrivals[stream].lateness += (late - arrivals[stream].lateness) / 64
      return .followed
    }
    let observed = arrival - MediaDuration(nanoseconds: Int64(arrivals[stream].lateness))
    guard let waiting = newest else {
      newest = (stamp, observed)
      return .followed
    }
    // Of packets that arrive together the newest has waited least: it shows where the source is.
    newest = (stamp, observed)
    if observed - waiting.observed < Self.together, stamp > waiting.stamp { return .followed }
    return follow(waiting.stamp, waiting.observed)
  }

  /// Begins the line when it is time to, though nothing comes; or at once, as far as that is possible.
  mutating func settle(at now: HostTime, atOnce: Bool = false) -> Outcome {
    guard line == nil else { return .followed }
    let dense = arrivals.indices.filter { arrivals[$0].first != nil && isDense[$0] }
    let candidates = dense.isEmpty ? arrivals.indices.filter { arrivals[$0].first != nil } : dense
    guard let first = candidates.compactMap({ arrivals[$0].first }).min() else { return .followed }
    let stream = candidates.contains(reference) ? reference : candidates[0]
    let isSteady = now - max(first, arrivals[stream].improved) >= Self.settling
    // The stream that shows the clock best may yet come.
    let isWorthWaiting = stream != reference && now - first < Self.settling * 3
    guard atOnce || (isSteady && !isWorthWaiting) || now - first >= Self.longestSettling else { return .followed }
    return begin(stream)
  }

  /// The host time of a stamp; before the line has begun, the start of the host's clock.
  func hostTime(of stamp: MediaTime) -> HostTime {
    guard let line else { return HostTime(nanoseconds: 0) }
    let used = if let previous, stamp < line.origin { previous } else { line }
    return used.recovery.hostTime(of: stamp - used.origin)
  }

  private mutating func note(_ stamp: MediaTime, _ stream: Int, _ arrival: HostTime) {
    let delay = arrival.nanoseconds.subtractingSaturating(stamp.nanoseconds)
    guard let least = arrivals[stream].least else {
      arrivals[stream].least = (delay, stamp)
      arrivals[stream].improved = arrival
      return
    }
    guard delay < least.delay else { return }
    if delay < least.delay.subtractingSaturating(Self.improvement) { arrivals[stream].improved = arrival }
    arrivals[stream].least = (delay, stamp)
  }

  private mutating func begin(_ stream: Int) -> Outcome {
    guard let least = arrivals[stream].least else { return .followed }
    reference = stream
    line = Line(origin: least.stamp)
    _ = line?.recovery.update(
      source: .zero, observed: HostTime(nanoseconds: least.stamp.nanoseconds.addingSaturating(least.delay)))
    return .begun
  }

  private mutating func changeReference(_ stream: Int, _ arrival: HostTime) {
    guard stream != reference, isDense[stream] || !isDense[reference],
      let last = arrivals[reference].last ?? arrivals[reference].first ?? arrivals[stream].first,
      arrival - last > Self.silence
    else { return }
    reference = stream
  }

  private mutating func follow(_ stamp: MediaTime, _ observed: HostTime) -> Outcome {
    guard let origin = line?.origin else { return .followed }
    _ = line?.recovery.update(source: stamp - origin, observed: observed)
    guard line?.recovery.hasJumped == true else { return .followed }
    previous = line
    line = Line(origin: stamp)
    _ = line?.recovery.update(source: .zero, observed: observed)
    return .jumped
  }
}
