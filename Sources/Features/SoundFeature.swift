/// A feature computed from one channel of sound as it streams by.
///
/// Rows depend on the samples alone: however the stream is cut into pieces, the same rows come out, bit for bit. Samples
/// that are not finite count as 0 and magnitudes above 1e9 as 1e9, so that every row is finite and one bad sample
/// spoils no more than the windows that hold it; ``replacedSamples`` counts them. One thread at a time; allocates: no,
/// after `init`.
public protocol SoundFeature: AnyObject {
  /// Samples a second, in hertz.
  var sampleRate: Int { get }
  /// Samples that one row is made of.
  var windowSamples: Int { get }
  /// Samples from one row's window to the next.
  var hopSamples: Int { get }
  /// Values in a row.
  var dimension: Int { get }
  /// How many samples so far were not finite or too large, and were replaced.
  var replacedSamples: Int { get }

  /// Takes the next samples and hands every row that they complete to `row`, in order, with its index since the start
  /// or the last ``reset()``.
  ///
  /// - Parameters:
  ///   - samples: any number of samples, full scale at ±1.
  ///   - row: called with the row's `dimension` values, which are valid during the call, and its index.
  func push(_ samples: Span<Float>, row: (Span<Float>, Int) -> Void)

  /// Forgets all samples: the next one begins row 0. For gaps and new epochs.
  func reset()
}

extension SoundFeature {
  /// The sample in the middle of a row's window, counted from the first sample after the start or ``reset()``:
  /// `row * hopSamples + windowSamples / 2`.
  public func centreSample(ofRow row: Int) -> Int { row * hopSamples + windowSamples / 2 }
}
