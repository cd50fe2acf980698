public import BraidCore

/// How live inputs are kept: time-outs, coming back, drift.
public struct LiveOptions: Hashable, Sendable {
  /// Whether a network source that is lost is opened again. Devices always are.
  public var reconnects = false
  /// How many attempts in a row may fail before the input is lost for good; nil for no limit.
  public var reconnectLimit: Int?
  /// The wait before the second attempt in a row; the first is made at once. Doubles with each up to ``longestWait``, and is
  /// drawn at random from 80 to 120 % of that, so that many clients do not come back together.
  public var reconnectWait = MediaDuration.seconds(1)
  /// The longest wait between two attempts.
  public var longestWait = MediaDuration.seconds(30)
  /// How long opening may take.
  public var openTimeout = MediaDuration.seconds(10)
  /// How long nothing may come before the source counts as lost.
  public var readTimeout = MediaDuration.seconds(5)
  /// Whether the drift of sound is taken out by resampling to the session's clock.
  public var resamples = false

  /// The standard way.
  public init() {}
}
