import BraidCore

/// Finds when packets of a source that brings them faster than time goes are due: one line from the first packet on, which
/// begins anew where the stamps jump or the source has fallen behind.
struct LivePacer {
  /// Stamps that go back, or on by more than this from one packet to the next, have jumped.
  private static let largestStep = MediaDuration.seconds(5)
  /// By how much a packet may come late before the line begins anew.
  private static let patience = MediaDuration.seconds(1)

  private var unwrapper: StampUnwrapper?
  private var stream: Int?
  private var anchor: (time: MediaTime, host: HostTime)?
  private var last: MediaTime?

  init() {}

  /// When a packet is due; nil at once. The first stream that comes sets the pace, and the others go along.
  mutating func due(
    _ presentation: Int64?, _ decoding: Int64?, timeBase: TimeBase, bits: Int, of stream: Int, now: HostTime
  ) -> HostTime? {
    if self.stream == nil { self.stream = stream }
    guard self.stream == stream else { return nil }
    var (presentation, decoding) = (presentation, decoding)
    var unwrapper = self.unwrapper ?? StampUnwrapper(bits: bits)
    unwrapper.unwrap(&presentation, &decoding)
    self.unwrapper = unwrapper
    guard let stamp = decoding ?? presentation else { return nil }
    let time = MediaTime(nanoseconds: timeBase.nanoseconds(stamp))
    defer { last = time }
    if let last, let anchor, time >= last - .milliseconds(500), time - last <= Self.largestStep {
      let due = anchor.host + (time - anchor.time)
      if now - due <= Self.patience { return due > now ? due : nil }
    }
    anchor = (time, now)
    return nil
  }
}
