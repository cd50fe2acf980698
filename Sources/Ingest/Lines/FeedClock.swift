import BraidCore

/// When the lines of a live feed were captured: their stamps are followed on the host's clock by their arrivals
/// (``LiveTimeline``), and a stamp that lies far from all others neither moves that line nor stops the feed.
///
/// A stamp that is earlier than the newest by more than two seconds, or twice the lateness, is a stray; one that is half a second
/// ahead of its arrival counts as captured when it came. Where four in a row that span half a second agree with each other,
/// the source's clock has jumped. Allocates: no.
struct FeedClock {
  /// Where a line lies.
  enum Place: Equatable {
    /// It was captured then.
    case at(HostTime)
    /// It cannot be told yet: ask again with ``hostTime(of:arrival:)`` once ``hasBegun``.
    case pending
    /// It lies far before what came last.
    case stray
    /// The clock has jumped: another run begins with this line.
    case jumped(HostTime)
  }

  /// Lines in a row that lie away from the others.
  private struct Away {
    var count = 0
    var stamp = MediaTime.zero
    var arrival = HostTime(nanoseconds: 0)
  }

  private static let farBehind = MediaDuration.seconds(2)
  private static let farAhead = MediaDuration.milliseconds(500)
  private static let agreement = MediaDuration.milliseconds(250)
  private static let shortestRun = MediaDuration.milliseconds(500)

  private let kind: InputStreamKind
  private let backward: MediaDuration
  private var timeline: LiveTimeline
  private var newest: MediaTime?
  private var away = Away()

  init(_ kind: InputStreamKind, lateness: MediaDuration) {
    self.kind = kind
    backward = max(Self.farBehind, lateness * 2)
    timeline = LiveTimeline([kind], beginsAtOnce: false)
  }

  /// Whether stamps have a time yet.
  var hasBegun: Bool { timeline.hasBegun }

  /// What is known of the source's clock; nil before it has shown one.
  var estimate: ClockEstimate? { timeline.estimate }

  /// Takes note of a line.
  mutating func observe(_ stamp: MediaTime, at arrival: HostTime) -> Place {
    let isBehind = newest.map { stamp < $0 - backward } ?? false
    let isAhead = hasBegun && timeline.hostTime(of: stamp) - arrival > Self.farAhead
    if isBehind || isAhead {
      guard isConfirmed(stamp, arrival) else { return isBehind ? .stray : .at(arrival) }
      timeline = LiveTimeline([kind], beginsAtOnce: true)
      newest = stamp
      away.count = 0
      _ = timeline.observe(stamp, of: 0, at: arrival)
      return .jumped(arrival)
    }
    away.count = 0
    newest = max(newest ?? stamp, stamp)
    let outcome = timeline.observe(stamp, of: 0, at: arrival)
    guard hasBegun else { return .pending }
    let captured = hostTime(of: stamp, arrival: arrival)
    return outcome == .jumped ? .jumped(captured) : .at(captured)
  }

  /// Begins the line when it is time to, though nothing comes; or at once.
  mutating func settle(at now: HostTime, atOnce: Bool = false) {
    _ = timeline.settle(at: now, atOnce: atOnce)
  }

  /// When a line of this stamp was captured.
  func hostTime(of stamp: MediaTime, arrival: HostTime) -> HostTime {
    let captured = timeline.hostTime(of: stamp)
    return captured - arrival > Self.farAhead ? arrival : captured
  }

  private mutating func isConfirmed(_ stamp: MediaTime, _ arrival: HostTime) -> Bool {
    let passed = arrival - away.arrival
    if away.count == 0 || ((stamp - away.stamp) - passed).magnitude > Self.agreement {
      away = Away(count: 1, stamp: stamp, arrival: arrival)
      return false
    }
    away.count += 1
    return away.count >= 4 && passed >= Self.shortestRun
  }
}
