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
  /// Samples that go to the library at a time; 0: as they come. Where the ratio of the rates has no exact filter bank (more
  /// than 1024 phases), the library's rounding depends on how the input is cut, and it gets pieces of 10 ms.
  private var quantum = 0
  private var collected = 0
  private let stretch = SampleBuffer(capacity: 480)
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
    if quantum > 0 {
      try collect(block, emit)
    } else {
      try convert(block.samples, count: block.frameCount, channels: block.channelCount, emit)
    }
  }

  /// Gives out what is left of the run; the next block starts a new one.
  public mutating func finish(_ emit: (AudioBlock) -> Void) throws(MediaError) {
    if unsafe context != nil {
      try convertStretch(emit)
      try convert(nil, count: 0, channels: outputChannels, emit)
    }
    reset()
  }

  /// Forgets the run without giving out what is left of it.
  public mutating func reset() {
    unsafe swr_free(&context)
    run = nil
    collected = 0
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
    let phases = sampleRate / Self.greatestCommonDivisor(sampleRate, wanted.sampleRate)
    quantum = phases <= 1024 ? 0 : max(1, wanted.sampleRate / 100)
    stretch.reserve(quantum * wanted.channelCount)
  }

  private static func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
    var (larger, smaller) = (max(1, first), max(1, second))
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return larger
  }

  /// Collects the block into stretches of ``quantum`` samples and converts each that is full.
  private mutating func collect(_ block: AudioBlock, _ emit: (AudioBlock) -> Void) throws(MediaError) {
    let channels = block.channelCount
    var taken = 0
    while taken < block.frameCount {
      let part = min(block.frameCount - taken, quantum - collected)
      let (from, to) = (taken * channels, collected * channels)
      block.withSamples { input in
        unsafe stretch.withUnsafeMutableSamples(quantum * channels) { target in
          for index in 0..<part * channels { unsafe target[to + index] = input[from + index] }
        }
      }
      taken += part
      collected += part
      if collected == quantum { try convertStretch(emit) }
    }
  }

  private mutating func convertStretch(_ emit: (AudioBlock) -> Void) throws(MediaError) {
    let count = collected
    collected = 0
    guard let run, count > 0 else { return }
    try convert(stretch, count: count, channels: run.channelCount, emit)
  }

  /// Converts `count` samples of `input`, or with nil brings out what the library holds.
  private mutating func convert(
    _ input: SampleBuffer?, count inputCount: Int, channels: Int, _ emit: (AudioBlock) -> Void
  ) throws(MediaError) {
    guard let run else { return }
    let room = unsafe Int(swr_get_out_samples(context, Int32(clamping: inputCount)))
    guard room > 0 else { return }
    let output = pool.take()
    output.reserve(room * outputChannels)
    var count: Int32 = 0
    unsafe output.withUnsafeMutableSamples(room * outputChannels) { samples in
      guard let base = samples.baseAddress else { return }
      var target: UnsafeMutablePointer<UInt8>? = unsafe UnsafeMutableRawPointer(base).assumingMemoryBound(
        to: UInt8.self)
      if let input {
        input.withSamples(inputCount * channels) { input in
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
