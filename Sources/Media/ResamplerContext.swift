import BraidCore
import CScale

/// The one owner of a libswresample context for interleaved 32-bit floats.
///
/// One thread at a time.
@safe
struct ResamplerContext: ~Copyable, @unchecked Sendable {
  // SAFETY: the context is owned by this one value and is never handed out.

  /// Samples a second and channels of the input.
  let input: (sampleRate: Int, channelCount: Int)
  /// Samples a second and channels of the output.
  let output: (sampleRate: Int, channelCount: Int)
  private let context: OpaquePointer

  /// A context, ready to convert.
  ///
  /// - Parameters:
  ///   - input: samples a second and channels, 1 to 64 of them.
  ///   - output: likewise.
  ///   - isAverage: whether the one channel of the output is the average of the input's.
  ///   - isSteered: whether ``steer(by:)`` will be called.
  /// - Throws: ``MediaError/Code/unsupportedConversion``.
  init(
    from input: (sampleRate: Int, channelCount: Int), to output: (sampleRate: Int, channelCount: Int),
    isAverage: Bool = false, isSteered: Bool = false
  ) throws(MediaError) {
    var source = unsafe AVChannelLayout()
    var target = unsafe AVChannelLayout()
    unsafe av_channel_layout_default(&source, Int32(clamping: input.channelCount))
    unsafe av_channel_layout_default(&target, Int32(clamping: output.channelCount))
    var context: OpaquePointer?
    var status = unsafe swr_alloc_set_opts2(
      &context, &target, AV_SAMPLE_FMT_FLT, Int32(clamping: output.sampleRate), &source, AV_SAMPLE_FMT_FLT,
      Int32(clamping: input.sampleRate), 0, nil)
    if status >= 0, isAverage, input.channelCount > 1, input.channelCount <= 64 {
      let weights = [Double](repeating: 1 / Double(input.channelCount), count: input.channelCount)
      status = unsafe swr_set_matrix(context, weights, Int32(input.channelCount))
    }
    if status >= 0, isSteered {
      // Between the filters of two phases linearly: else each sample is up to half a phase off.
      unsafe av_opt_set_int(UnsafeMutableRawPointer(context), "flags", Int64(SWR_FLAG_RESAMPLE), 0)
      unsafe av_opt_set_int(UnsafeMutableRawPointer(context), "linear_interp", 1, 0)
    }
    if status >= 0 { status = unsafe swr_init(context) }
    guard status >= 0, let made = unsafe context else {
      unsafe swr_free(&context)
      throw MediaError(
        .unsupportedConversion,
        "sound of \(input.sampleRate) Hz with \(input.channelCount) channels cannot be brought to \(output.sampleRate) Hz with \(output.channelCount)",
        location: "resampler", status: status)
    }
    self.input = input
    self.output = output
    unsafe self.context = made
  }

  deinit {
    var context: OpaquePointer? = unsafe context
    unsafe swr_free(&context)
  }

  /// How many samples converting `count` more can give out at most.
  func room(for count: Int) -> Int { unsafe max(0, Int(swr_get_out_samples(context, Int32(clamping: count)))) }

  /// How many samples of the input, and parts of one, have been taken and not yet given out.
  var delay: Double {
    let parts = Int64(input.sampleRate) * 4096
    return unsafe Double(swr_get_delay(context, parts)) / 4096
  }

  /// From now on gives out 1 + `share` times as many samples; `share` is held to ±0.1.
  func steer(by share: Double) throws(MediaError) {
    let distance = 10_000_000
    let delta = Int32((min(max(share, -0.1), 0.1) * Double(distance)).rounded())
    let status = unsafe swr_set_compensation(context, delta, Int32(distance))
    guard status >= 0 else {
      throw MediaError(
        .conversionFailed, "sound cannot be sped up or slowed down", location: "resampler", status: status)
    }
  }

  /// Converts the first `count` samples of `samples`, or with nil brings out what the library holds.
  ///
  /// - Returns: how many samples, in each channel, are now in `target`, which is made large enough.
  func convert(_ samples: SampleBuffer?, count inputCount: Int, into target: SampleBuffer) throws(MediaError) -> Int {
    let room = room(for: inputCount)
    guard room > 0 else { return 0 }
    target.reserve(room * output.channelCount)
    var count: Int32 = 0
    unsafe target.withUnsafeMutableSamples(room * output.channelCount) { written in
      guard let base = written.baseAddress else { return }
      var plane: UnsafeMutablePointer<UInt8>? = unsafe UnsafeMutableRawPointer(base).assumingMemoryBound(to: UInt8.self)
      if let samples {
        samples.withSamples(inputCount * input.channelCount) { read in
          unsafe read.withUnsafeBufferPointer { read in
            guard let first = read.baseAddress else { return }
            var source: UnsafePointer<UInt8>? = unsafe UnsafeRawPointer(first).assumingMemoryBound(to: UInt8.self)
            unsafe count = swr_convert(context, &plane, Int32(clamping: room), &source, Int32(clamping: inputCount))
          }
        }
      } else {
        unsafe count = swr_convert(context, &plane, Int32(clamping: room), nil, 0)
      }
    }
    guard count >= 0 else {
      throw MediaError(.conversionFailed, "sound could not be resampled", location: "resampler", status: count)
    }
    return Int(count)
  }
}
