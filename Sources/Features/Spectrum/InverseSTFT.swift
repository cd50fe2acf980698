internal import CKernels

/// Samples from rows of complex spectra, by overlap-add: the inverse of ``STFT`` with `padding` (librosa's `istft`).
///
/// Each row is transformed back, weighted by the window again and added where it was; the sum is divided by the sum of the
/// squared windows there. What ``STFT`` gave comes back, except where no window reaches; any other rows give the samples
/// whose transform is nearest to them (Griffin and Lim 1984). The padding before the first sample is cut off. The imaginary
/// parts of the first bin, and of the last for even lengths, are not looked at. Values that are not finite count as 0. One
/// thread at a time; allocates: no, after `init`.
@safe
public final class InverseSTFT {
  /// Samples of the transform.
  public var fftLength: Int { transform.length }
  /// Samples from one row to the next.
  public let hopSamples: Int
  /// Values in a row: real and imaginary parts of `fftLength / 2 + 1` bins by turns.
  public var dimension: Int { 2 * transform.binCount }

  private let weights: AlignedFloats
  private let squares: AlignedFloats
  private let transform: RealTransform
  /// Sums of rows, and of squared windows, from the next sample on.
  private let sums: AlignedFloats
  private let squareSums: AlignedFloats
  private let ready: AlignedFloats
  /// Samples at the front that belong to the padding.
  private var padding: Int

  /// The inverse of an ``STFT`` of the same lengths and window function.
  ///
  /// - Throws: ``FeatureError`` if a length is not positive, the window is longer than the transform or the hop longer
  ///   than half of it.
  public init(
    windowSamples: Int, hopSamples: Int, fftLength: Int? = nil, function: WindowFunction = .hann
  ) throws(FeatureError) {
    try SettingRange.check("window", windowSamples, 1...SettingRange.longestWindow, unit: "samples")
    let fftLength = fftLength ?? max(2, SettingRange.powerOfTwo(holding: windowSamples))
    try SettingRange.check(
      "FFT length", fftLength, max(2, windowSamples)...SettingRange.longestWindow, unit: "samples")
    try SettingRange.check("hop", hopSamples, 1...(fftLength - fftLength / 2), unit: "samples")
    self.hopSamples = hopSamples
    weights = AlignedFloats(function.weights(windowSamples), centredIn: fftLength)
    squares = AlignedFloats(count: fftLength)
    for index in 0..<fftLength {
      unsafe squares.base[index] = unsafe weights.base[index] * weights.base[index]
      unsafe weights.base[index] /= Float(fftLength)
    }
    transform = try RealTransform(length: fftLength, .inverse)
    sums = AlignedFloats(count: fftLength)
    squareSums = AlignedFloats(count: fftLength)
    ready = AlignedFloats(count: fftLength)
    padding = fftLength / 2
  }

  /// Takes the next row and hands out the samples that no later row can change.
  ///
  /// - Parameters:
  ///   - row: `dimension` values, real and imaginary parts by turns; others are a programmer's mistake.
  ///   - samples: called with `hopSamples` samples, fewer while the padding lasts; not at all if there are none.
  public func push(_ row: Span<Float>, samples: (Span<Float>) -> Void) {
    precondition(row.count == dimension, "a row has \(dimension) values")
    unsafe row.withUnsafeBufferPointer { source in
      guard let source = source.baseAddress else { return }
      _ = unsafe braid_copy_finite(source, transform.input.base, dimension)
    }
    transform.execute()
    unsafe braid_overlap_add(
      transform.output.base, weights.base, squares.base, fftLength, sums.base, squareSums.base)
    take(hopSamples, samples)
  }

  /// The last row has come: hands out the rest, which ends `fftLength / 2` samples before the last row does, and begins anew.
  ///
  /// - Parameter samples: called once, or not at all if there are none.
  public func finish(samples: (Span<Float>) -> Void) {
    take(fftLength - fftLength / 2 - hopSamples, samples)
    reset()
  }

  /// Forgets all rows: the next one is row 0.
  public func reset() {
    unsafe sums.base.update(repeating: 0, count: fftLength)
    unsafe squareSums.base.update(repeating: 0, count: fftLength)
    padding = fftLength / 2
  }

  /// Hands out the first `count` sums, normalised, and moves up those after them.
  private func take(_ count: Int, _ samples: (Span<Float>) -> Void) {
    unsafe braid_divide_where_positive(sums.base, squareSums.base, count, ready.base)
    let rest = fftLength - count
    for buffer in [sums, squareSums] {
      unsafe buffer.base.update(from: buffer.base + count, count: rest)
      unsafe (buffer.base + rest).update(repeating: 0, count: count)
    }
    let cut = min(padding, count)
    padding -= cut
    guard count > cut else { return }
    let floats = unsafe UnsafeBufferPointer(start: ready.base + cut, count: count - cut)
    unsafe samples(Span(_unsafeElements: floats))
  }
}
