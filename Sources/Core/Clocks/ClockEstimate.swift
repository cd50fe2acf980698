/// What is known of a live source's clock against the session's.
public struct ClockEstimate: Hashable, Sendable {
  /// How much faster the source's clock runs than the session's, in parts per million; nil until it is known well enough.
  public var partsPerMillion: Double?
  /// How much later the newest observation came than the filtered line says; what jitter is made of.
  public var offset: MediaDuration
  /// How far observations are from the filtered line: the root mean square of the recent ones.
  public var jitter: MediaDuration

  /// An estimate.
  public init(partsPerMillion: Double?, offset: MediaDuration, jitter: MediaDuration) {
    self.partsPerMillion = partsPerMillion
    self.offset = offset
    self.jitter = jitter
  }
}
