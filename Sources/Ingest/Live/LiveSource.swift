import BraidCore

/// What a live input opens, again and again where it comes back, and how such a source behaves.
struct LiveSource {
  /// How the moment at which something was captured is found.
  enum Timing: Hashable {
    /// Packets come as they are captured: their arrival shows the source's clock.
    case arrival
    /// Packets come faster than time goes (playlists of segments): they are taken when their stamps are due.
    case stamps
  }

  /// Places to try, in this order; the one that worked last is tried first from then on.
  var locations: [InputLocation]
  var timing = Timing.arrival
  /// Whether the end of what is read is the end of the source; else it is the loss of it.
  var endsCleanly = false

  /// The source without credentials.
  var redacted: String { locations.first?.redacted ?? "" }
}
