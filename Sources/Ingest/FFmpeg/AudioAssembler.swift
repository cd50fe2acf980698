import BraidCore

/// Cuts a run of samples into blocks of one length, whatever the codec's frames are.
///
/// A block's time is counted from the run's start, so it depends on nothing but the run. Allocates: no, in the steady state.
struct AudioAssembler {
  /// Blocks a second; a block is the rate over this, rounded down. 25 (40 ms) for files at fast pace; at real-time pace 50, as
  /// nothing can be said of a block before its end.
  var blocksPerSecond = 25
  private(set) var sampleRate = 0
  private(set) var channelCount = 0
  private(set) var start = MediaTime.zero
  private var epoch = 0
  /// Samples of the run so far, in each channel.
  private(set) var total: Int64 = 0
  private var buffer: SampleBuffer?
  private var fill = 0
  private var frames = 0
  private let pool = RecyclingPool<SampleBuffer> { SampleBuffer(capacity: 4096) }

  /// The time after the last sample of the run.
  var end: MediaTime { start + .samples(total, sampleRate: sampleRate) }

  /// Begins a run; the last one must have been flushed.
  mutating func begin(at start: MediaTime, epoch: Int, sampleRate: Int, channelCount: Int) {
    self.start = start
    self.epoch = epoch
    self.sampleRate = sampleRate
    self.channelCount = channelCount
    total = 0
    fill = 0
    frames = 0
  }

  /// Adds one decoded frame's interleaved samples, `[count, channelCount]`.
  mutating func append(_ samples: Span<Float>, count: Int, to outbox: inout Outbox) {
    let size = max(1, sampleRate / blocksPerSecond)
    var done = 0
    while done < count {
      let block = buffer ?? take(size)
      buffer = block
      let part = min(count - done, size - fill)
      let (from, to, length) = (done * channelCount, fill * channelCount, part * channelCount)
      unsafe block.withUnsafeMutableSamples(size * channelCount) { target in
        unsafe samples.withUnsafeBufferPointer { source in
          guard let target = target.baseAddress, let source = source.baseAddress else { return }
          unsafe target.advanced(by: to).update(from: source.advanced(by: from), count: length)
        }
      }
      done += part
      fill += part
      total += Int64(part)
      if done == count { frames += 1 }
      if fill == size { flush(to: &outbox) }
    }
  }

  /// Moves the run's clock a little, to follow a drift of the stamps.
  mutating func shift(by duration: MediaDuration) {
    start = start + duration
  }

  /// Lets `count` samples of the run's time pass without giving them out; only before the first that is.
  mutating func skip(_ count: Int) {
    total += Int64(count)
  }

  /// Gives out what has not filled a block: at the end of a run.
  mutating func flush(to outbox: inout Outbox) {
    guard let buffer, fill > 0 else { return }
    outbox.append(
      .audio(
        AudioBlock(
          time: start + .samples(total - Int64(fill), sampleRate: sampleRate), captured: nil, epoch: epoch,
          sampleRate: sampleRate, channelCount: channelCount, frameCount: fill, decodedFrames: frames, samples: buffer))
    )
    self.buffer = nil
    fill = 0
    frames = 0
  }

  private func take(_ size: Int) -> SampleBuffer {
    let block = pool.take()
    block.reserve(size * channelCount)
    return block
  }
}
