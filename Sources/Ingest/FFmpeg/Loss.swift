import BraidCore

/// What a stream has lost because it came before the time that its stream had got to.
struct Loss {
  /// Frames and samples before this are lost.
  private(set) var bound = MediaTime.distantPast
  private(set) var reason = Gap.Reason.starved
  private(set) var first: MediaTime?
  private(set) var frames = 0
  private(set) var samples = 0

  /// Moves the bound forward.
  mutating func raise(_ bound: MediaTime, reason: Gap.Reason) {
    guard bound > self.bound else { return }
    self.bound = bound
    self.reason = reason
  }

  /// Counts something that is lost.
  mutating func count(at time: MediaTime, frames: Int, samples: Int) {
    if first == nil { first = time }
    self.frames += frames
    self.samples += samples
  }

  /// The gap that ends at `time`, if anything was lost since the last one; the run's epoch goes up with it.
  mutating func takeGap(until time: MediaTime, epoch: inout Int) -> Gap? {
    guard let first else { return nil }
    let gap = Gap(
      time: first, duration: time - first, epoch: epoch, newEpoch: epoch + 1, samples: samples, frames: frames,
      reason: reason)
    epoch += 1
    self.first = nil
    frames = 0
    samples = 0
    return gap
  }
}
