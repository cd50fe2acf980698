public import BraidCore

/// Brings sound to one sample rate and number of channels, block by block. Wraps libswresample.
///
/// Output sample k of a run has the time of the run's first input sample plus k / ``sampleRate``: the filter's delay is
/// taken out. A new epoch, rate or number of channels in the input ends the run, whose rest is given out first. The samples
/// do not depend on how the input is cut into blocks. Where nothing is to be done, blocks pass through untouched.
///
/// One owner, one thread at a time. Allocates: no, in the steady state.
public struct AudioResampler: ~Copyable, @unchecked Sendable {
  // SAFETY: the pool is owned by this one value and is never handed out.

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

  private var context: ResamplerContext?
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
    guard context != nil else {
      emit(block)
      return
    }
    captured = block.captured
    if quantum > 0 {
      try collect(block, emit)
    } else {
      try convert(block.samples, count: block.frameCount, emit)
    }
  }

  /// Gives out what is left of the run; the next block starts a new one.
  public mutating func finish(_ emit: (AudioBlock) -> Void) throws(MediaError) {
    if context != nil {
      try convertStretch(emit)
      try convert(nil, count: 0, emit)
    }
    reset()
  }

  /// Forgets the run without giving out what is left of it.
  public mutating func reset() {
    context = nil
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
    context = try ResamplerContext(
      from: (wanted.sampleRate, wanted.channelCount), to: (sampleRate, outputChannels), isAverage: channels == .mono)
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
    guard count > 0 else { return }
    try convert(stretch, count: count, emit)
  }

  /// Converts `count` samples of `input`, or with nil brings out what the library holds.
  private mutating func convert(
    _ input: SampleBuffer?, count inputCount: Int, _ emit: (AudioBlock) -> Void
  ) throws(MediaError) {
    guard let run else { return }
    let output = pool.take()
    var made: Int?
    do { made = try context?.convert(input, count: inputCount, into: output) } catch {
      reset()
      throw error
    }
    guard let made, made > 0 else { return }
    let time = start + .samples(produced, sampleRate: sampleRate)
    produced += Int64(made)
    emit(
      AudioBlock(
        time: time, captured: captured, epoch: run.epoch, sampleRate: sampleRate, channelCount: outputChannels,
        frameCount: made, decodedFrames: 0, samples: output))
  }
}
