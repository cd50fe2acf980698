import BraidCore

/// What a live input opens, again and again where it comes back, and how such a source behaves.
struct LiveSource {
  /// How the moment at which something was captured is found.
  enum Timing: Hashable {
    /// Packets come as they are captured: their arrival shows the source's clock.
    case arrival
    /// Packets come faster than time goes (generators, playlists of segments): they are taken when their stamps are due.
    case stamps
  }

  /// When the source is opened again after it was lost.
  enum Return: Hashable {
    /// Always: a device that was unplugged.
    case always
    /// When ``LiveOptions/reconnects`` asks for it.
    case onRequest
  }

  /// Places to try, in this order; the one that worked last is tried first from then on.
  var locations: [InputLocation]
  var timing = Timing.arrival
  var comesBack = Return.onRequest
  /// What a gap of a lost connection is called.
  var gapReason = Gap.Reason.network
  /// Whether the end of what is read is the end of the source, by the container's name; else it is the loss of it.
  var endsCleanly: @Sendable (String) -> Bool = { _ in false }

  /// The source without credentials.
  var redacted: String { locations.first?.redacted ?? "" }
}
