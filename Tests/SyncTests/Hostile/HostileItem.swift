import BraidCore
import BraidSync

/// One thing that a hostile source sends, with what only the judge may know of it.
struct HostileItem {
  /// What the machine is given as the item.
  var id: Int
  var stream: Int
  /// When it reaches the machine.
  var arrival: HostTime
  /// What the machine is told of its time.
  var stamp: MediaTime?
  var duration = MediaDuration.zero
  var epoch = 0
  var isUsable = true

  /// When it truly was; nil where no stamp of this source tells any more.
  var truth: MediaTime?
  /// For how many milliseconds its source's clock has been watched; without limit where there is nothing to find out.
  var clockAge = Int64.max
  /// The stamp is wrong on purpose: the machine must not take it.
  var isOutlier = false
  /// The first item after the source's time went back.
  var startsRewind = false
}

/// A scenario: what arrives, in the order of arrival.
struct HostileArrivals {
  var name: String
  /// Ordered by arrival.
  var items: [HostileItem]
  /// The share of members that the rules may keep from being paired, by what is wrong with the streams and the wait.
  var allowedApart = 0.002
  /// Whether arrivals mean something; else they are an order only.
  var isLive: Bool { configuration.wait != .unlimited }
  /// What the machine is told beforehand.
  var configuration: SynchroniserConfiguration
}
