public import BraidCore

extension SessionScheduler {
  /// A frame that a model did not run on, and the numbers behind it.
  public struct Skip: Sendable {
    /// The frame.
    public let item: Int
    /// The model on the stream.
    public let task: Int
    /// Its media time.
    public let time: MediaTime
    /// Why.
    public let reason: SkipReason
    /// What was left until its deadline.
    public let slack: MediaDuration
    /// What a run was thought to take at most; nil where nothing is known.
    public let estimate: MediaDuration?
  }

  /// A frame to be run now.
  public struct Run: Sendable {
    /// The frame.
    public let item: Int
    /// The model on the stream.
    public let task: Int
    /// The server that is now busy with it.
    public let server: Int
    /// The form of the model, 0 the best.
    public let rung: Int
    /// Of the parts that the frame brings, such as crops of detections, how many there is time for: the first so many.
    public let count: Int
    /// Its media time.
    public let time: MediaTime
    /// By when it should be done.
    public let deadline: HostTime
    /// What of the time until then those need that its result feeds; what is left is this model's own.
    public let reserved: MediaDuration
    /// Whether it is started although it is predicted to miss.
    public let isProbe: Bool
    /// Whether carried state begins anew with it.
    public let resetsState: Bool
    /// What was skipped between the frame of the last run and this one.
    public let lost: SkipCounts
  }

  /// Where a task stands: the numbers that decisions about it rest on.
  public struct Standing: Hashable, Sendable {
    /// Frames that wait.
    public var queued = 0
    /// It runs on one frame in so many; 1 is every frame.
    public var interval = 1.0
    /// The part of its frames that there is time for, 0 to 1.
    public var share = 1.0
    /// The work offered by all tasks, next to what the servers can do: 1 is just full.
    public var load = 0.0

    /// A task alone, with nothing to do.
    public init() {}
  }

  /// Where a task stands now.
  public func standing(task: Int) -> Standing {
    var standing = Standing()
    standing.queued = tasks[task].queued
    standing.interval = interval(task: task)
    standing.share = shares.shares[task]
    standing.load = shares.load
    return standing
  }

  /// What to do next.
  public enum Decision: Sendable {
    /// Run this, and say ``SessionScheduler/finished(server:now:)`` afterwards.
    case run(Run)
    /// Let this go.
    case skip(Skip)
    /// Tell this.
    case changed(SchedulerChange)
    /// Nothing until something comes or ends.
    case idle
  }
}
