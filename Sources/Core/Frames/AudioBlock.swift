/// A stretch of decoded sound: 32-bit floats, full scale at ±1, interleaved.
///
/// Copies of this value share the samples, which nobody writes any more. Allocates: no.
public struct AudioBlock: Sendable {
  /// The time of the first sample, by the stream's sample clock.
  public var time: MediaTime
  /// When the last sample was captured, on the session's clock; nil at fast pace.
  public var captured: HostTime?
  /// The run of continuous time it belongs to; within one, samples follow each other without a gap.
  public var epoch: Int
  /// Samples a second and channel, in hertz.
  public let sampleRate: Int
  /// Interleaved channels, at least 1.
  public let channelCount: Int
  /// Samples in each channel.
  public let frameCount: Int
  /// Decoded frames (container packets) of which this block holds the last sample; what `frames` in the summary counts.
  public var decodedFrames: Int
  /// The samples, `[frameCount, channelCount]`, in the first `frameCount * channelCount` floats.
  public let samples: SampleBuffer

  /// A block over samples that nobody writes any more.
  public init(
    time: MediaTime, captured: HostTime?, epoch: Int, sampleRate: Int, channelCount: Int, frameCount: Int,
    decodedFrames: Int, samples: SampleBuffer
  ) {
    self.time = time
    self.captured = captured
    self.epoch = epoch
    self.sampleRate = sampleRate
    self.channelCount = channelCount
    self.frameCount = frameCount
    self.decodedFrames = decodedFrames
    self.samples = samples
  }

  /// `frameCount` over `sampleRate`, to the nearest nanosecond.
  public var duration: MediaDuration { .samples(Int64(frameCount), sampleRate: sampleRate) }

  /// The time after the last sample.
  public var end: MediaTime { time + duration }

  /// The interleaved samples, `[frameCount, channelCount]`.
  public func withSamples<R, E: Error>(_ body: (Span<Float>) throws(E) -> R) throws(E) -> R {
    try samples.withSamples(frameCount * channelCount, body)
  }
}
