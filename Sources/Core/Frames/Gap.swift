/// A stretch of a stream's time for which there is nothing: what was lost, and why.
public struct Gap: Hashable, Sendable {
  /// Why there is nothing.
  public enum Reason: String, Hashable, Sendable {
    /// Nobody took the data in time.
    case overrun
    /// The device went away.
    case unplug
    /// The network did.
    case network
    /// The container's stamps departed from the sample clock, or jumped.
    case timestamps
    /// The stream's data came in the file after its bound had been moved on.
    case starved
  }

  /// The first instant that is missing.
  public var time: MediaTime
  /// How much is missing; zero or negative where stamps jumped back.
  public var duration: MediaDuration
  /// The run that ended with it.
  public var epoch: Int
  /// The run that begins after it.
  public var newEpoch: Int
  /// Samples lost (sound), each counted once however many channels.
  public var samples: Int
  /// Frames lost (picture, text, sensors).
  public var frames: Int
  /// Why.
  public var reason: Reason

  /// A gap.
  public init(
    time: MediaTime, duration: MediaDuration, epoch: Int, newEpoch: Int, samples: Int, frames: Int, reason: Reason
  ) {
    self.time = time
    self.duration = duration
    self.epoch = epoch
    self.newEpoch = newEpoch
    self.samples = samples
    self.frames = frames
    self.reason = reason
  }
}
