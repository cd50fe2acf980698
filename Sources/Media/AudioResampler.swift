public import BraidCore
import CScale

/// Brings sound to one sample rate and number of channels, block by block. Wraps libswresample.
///
/// Output sample k of a run has the time of the run's first input sample plus k / ``sampleRate``: the filter's delay is
/// taken out. A new epoch, rate or number of channels in the input ends the run, whose rest is given out first. The samples
/// do not depend on how the input is cut into blocks. Where nothing is to be done, blocks pass through untouched.
///
/// One owner, one thread at a time. Allocates: no, in the steady state.
@safe
public struct AudioResampler: ~Copyable, @unchecked Sendable {
  // SAFETY: the context and the pool are owned by this one value and are never handed out.

  /// Which channels the output has.
  public enum Channels: Hashable, Sendable {
    /// The input's.
    case source
    /// One: the average of the input's.
    case mono
    /// This many, 1 to 64, mixed by the library's matrix for the usual layouts of both counts.
    case count(Int)
  }

  private struct Run: Equatable {
    var epoch: Int
    var sampleRate: Int
    var channelCount: Int
  }

  /// Samples a second of the output, in hertz.
  public let sampleRate: Int
  /// Which channels the output has.
  public let channels: Channels

  private var context: OpaquePointer?
  private var run: Run?
  private var start = MediaTime.zero
  private var captured: HostTime?
  private var produced: Int64 = 0
  private var outputChannels = 1
  private let pool = RecyclingPool<SampleBuffer> { SampleBuffer(capacity: 4096) }

  /// A resampler to `sampleRate`, 1 to 768000 Hz.
  ///
  /// - Throws: ``MediaError/Code/invalidSetting``.
  public init(sampleRate: Int, channels: Channels = .source) throws(MediaError) {
    guard (1...768_000).contains(sampleRate) else {
      throw MediaError(
        .invalidSetting, "\(sampleRate) Hz is not a sample rate", location: "resampler",
        remedy: "Give a rate from 1 to 768000.")
    }
    if case .count(let count) = channels, !(1...64).contains(count) {
      throw MediaError(
        .invalidSetting, "\(count) channels cannot be made", location: "resampler", remedy: "Give 1 to 64.")
    }
    LibraryLog.silence()
    self.sampleRate = sampleRate
    self.channels = channels
  }

  deinit {
    var context = unsafe context
    unsafe swr_free(&context)
  }

  /// Takes the next block of the input and gives out what is ready of the output, in order.
  ///
  /// Blocks must follow each other in time within an epoch. `decodedFrames` of the output is 0, but for blocks that pass
  /// through.
  /// - Throws: ``MediaError/Code/unsupportedConversion``, ``MediaError/Code/conversionFailed``; the run is given up then.
  public mutating func process(_ block: AudioBlock, _ emit: (AudioBlock) -> Void) throws(MediaError) {
    let wanted = Run(epoch: block.epoch, sampleRate: block.sampleRate, channelCount: block.channelCount)
    if wanted != run {
      try finish(emit)
      try begin(wanted, at: block.time)
    }
    guard unsafe context != nil else {
      emit(block)
      return
    }
    captured = block.captured
    try convert(block, emit)
  }

  /// Gives out what is left of the run; the next block starts a new one.
  public mutating func finish(_ emit: (AudioBlock) -> Void) throws(MediaError) {
    if unsafe context != nil { try convert(nil, emit) }
    reset()
  }

  /// Forgets the run without giving out what is left of it.
  public mutating func reset() {
    unsafe swr_free(&context)
    run = nil
  }

  private mutating func begin(_ wanted: Run, at time: MediaTime) throws(MediaError) {
    outputChannels =
      switch channels {
      case .source: wanted.channelCount
      case .mono: 1
      case .count(let count): count
      }
    start = time
    produced = 0
    if outputChannels == wanted.channelCount, sampleRate == wanted.sampleRate {
      run = wanted
      return
    }
    var source = unsafe AVChannelLayout()
    var target = unsafe AVChannelLayout()
    unsafe av_channel_layout_default(&source, Int32(clamping: wanted.channelCount))
    unsafe av_channel_layout_default(&target, Int32(clamping: outputChannels))
    var status = unsafe swr_alloc_set_opts2(
      &context, &target, AV_SAMPLE_FMT_FLT, Int32(clamping: sampleRate), &source, AV_SAMPLE_FMT_FLT,
      Int32(clamping: wanted.sampleRate), 0, nil)
    if status >= 0, channels == .mono, wanted.channelCount > 1, wanted.channelCount <= 64 {
      let weights = [Double](repeating: 1 / Double(wanted.channelCount), count: wanted.channelCount)
      status = unsafe swr_set_matrix(context, weights, Int32(wanted.channelCount))
    }
    if status >= 0 { status = unsafe swr_init(context) }
    guard status >= 0 else {
      unsafe swr_free(&context)
      throw MediaError(
        .unsupportedConversion,
        "sound of \(wanted.sampleRate) Hz with \(wanted.channelCount) channels cannot be brought to \(sampleRate) Hz with \(outputChannels)",
        location: "resampler", status: status)
    }
    run = wanted
  }

  /// Converts a block, or with nil flushes.
  private mutating func convert(_ block: AudioBlock?, _ emit: (AudioBlock) -> Void) throws(MediaError) {
    guard let run else { return }
    let inputCount = block?.frameCount ?? 0
    let room = unsafe Int(swr_get_out_samples(context, Int32(clamping: inputCount)))
    guard room > 0 else { return }
    let output = pool.take()
    output.reserve(room * outputChannels)
    var count: Int32 = 0
    unsafe output.withUnsafeMutableSamples(room * outputChannels) { samples in
      guard let base = samples.baseAddress else { return }
      var target: UnsafeMutablePointer<UInt8>? = unsafe UnsafeMutableRawPointer(base).assumingMemoryBound(
        to: UInt8.self)
      if let block {
        block.withSamples { input in
          unsafe input.withUnsafeBufferPointer { input in
            guard let first = input.baseAddress else { return }
            var source: UnsafePointer<UInt8>? = unsafe UnsafeRawPointer(first).assumingMemoryBound(to: UInt8.self)
            unsafe count = swr_convert(context, &target, Int32(clamping: room), &source, Int32(clamping: inputCount))
          }
        }
      } else {
        unsafe count = swr_convert(context, &target, Int32(clamping: room), nil, 0)
      }
    }
    guard count >= 0 else {
      unsafe swr_free(&context)
      self.run = nil
      throw MediaError(.conversionFailed, "sound could not be resampled", location: "resampler", status: count)
    }
    guard count > 0 else { return }
    let time = start + .samples(produced, sampleRate: sampleRate)
    produced += Int64(count)
    emit(
      AudioBlock(
        time: time, captured: captured, epoch: run.epoch, sampleRate: sampleRate, channelCount: outputChannels,
        frameCount: Int(count), decodedFrames: 0, samples: output))
  }
}
