/// A feature computed from sound as it streams by.
///
/// Rows depend on the samples alone: however the stream is cut into pieces, the same rows come out, bit for bit. Samples
/// that are not finite count as 0 and magnitudes above 1e9 as 1e9, so that every row is finite and one bad sample
/// spoils no more than the windows that hold it; ``replacedSamples`` counts them. One thread at a time; allocates: no,
/// after `init`, but for features that need the whole clip.
public protocol SoundFeature: AnyObject {
  /// Samples a second, in hertz.
  var sampleRate: Int { get }
  /// Interleaved channels that it takes. 1 unless it says otherwise.
  var channelCount: Int { get }
  /// Samples that one row is made of.
  var windowSamples: Int { get }
  /// Samples from one row's window to the next; 0 where rows come at times of their own.
  var hopSamples: Int { get }
  /// How many samples after its centre a row waits for; nil where it waits for the end.
  var delaySamples: Int? { get }
  /// Whether it keeps all rows to the end, because each depends on the whole clip: not for streams without end.
  var keepsWholeClip: Bool { get }
  /// Values in a row.
  var dimension: Int { get }
  /// How many samples so far were not finite or too large, and were replaced.
  var replacedSamples: Int { get }

  /// The sample that a row is about, counted from the first sample after the start or ``reset()``. Where ``hopSamples``
  /// is 0, only of the newest row.
  func centreSample(ofRow row: Int) -> Int

  /// Takes the next samples and hands every row that they complete to `row`, in order, with its index since the start
  /// or the last ``reset()``.
  ///
  /// - Parameters:
  ///   - samples: `[any number, channelCount]`, full scale at ±1.
  ///   - row: called with the row's `dimension` values, which are valid during the call, and its index.
  func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void)

  /// The last sample has come: hands out the rows that reach beyond it, if the feature has any. Only ``reset()`` may follow.
  func finish(row: (Span<Float>, Int) -> Void)

  /// Forgets all samples: the next one begins row 0. For gaps and new epochs.
  func reset()
}

extension SoundFeature {
  /// One channel.
  public var channelCount: Int { 1 }

  /// The rest of the window after its middle.
  public var delaySamples: Int? { windowSamples - windowSamples / 2 }

  /// Each row depends on what is around it.
  public var keepsWholeClip: Bool { false }

  /// The sample in the middle of a row's window: `row * hopSamples + windowSamples / 2`.
  public func centreSample(ofRow row: Int) -> Int { row * hopSamples + windowSamples / 2 }

  /// The samples of the stream that a row is made of, of those that there are: none before the first.
  public func samples(ofRow row: Int) -> Range<Int> {
    let start = centreSample(ofRow: row) - windowSamples / 2
    return max(0, start)..<max(0, start + windowSamples)
  }

  /// Rows end with the last window that fits whole.
  public func finish(row: (Span<Float>, Int) -> Void) {}
}
