public import BraidCore

/// Takes the drift out of a live source's sound: what comes out has exactly the nominal rate on the session's clock.
///
/// Sample k of a run has the time of the run's first input sample plus k / rate, to the nanosecond. libswresample's soft
/// compensation is steered by the source's recovered rate, and by where each input sample should be by its block's time: a
/// departure of `e` seconds is made good at e / 2 s, at 0.5 % of time's pace at most, a hundredth of a semitone being 0.06 %.
/// A new epoch, rate or number of channels ends the run, whose rest is given out first. One owner, one thread at a time.
/// Allocates: no, in the steady state.
public struct DriftRemover: ~Copyable, @unchecked Sendable {
  // SAFETY: the pool is owned by this one value and is never handed out.

  private struct Run: Equatable {
    var epoch: Int
    var sampleRate: Int
    var channelCount: Int
  }

  /// In how many seconds a departure would be made good at the speed with which that begins.
  private static let timeConstant = 2.0
  /// The most by which departures speed sound up or slow it down.
  private static let largestCorrection = 0.005
  /// The most by which the source's rate may.
  private static let largestDrift = 0.01

  /// Samples taken and samples given out so far, in each channel; the second is larger by what the drift took away, once a run
  /// has ended.
  public private(set) var (taken, given): (Int64, Int64) = (0, 0)

  private var context: ResamplerContext?
  private var run: Run?
  private var origin = MediaTime.zero
  private var produced: Int64 = 0
  private var end = MediaTime.zero
  private var captured: HostTime?
  private let pool = RecyclingPool<SampleBuffer> { SampleBuffer(capacity: 4096) }

  /// A remover that has taken nothing.
  public init() {}

  /// Takes the source's next block and gives out what is ready.
  ///
  /// - Parameters:
  ///   - block: its time is on the session's clock, by the source's recovered one; within an epoch blocks follow each other.
  ///   - rate: source seconds per host second.
  ///   - emit: takes what comes out, in order. `decodedFrames` is the block's.
  /// - Throws: ``MediaError/Code/unsupportedConversion``, ``MediaError/Code/conversionFailed``; the run is given up then.
  public mutating func process(_ block: AudioBlock, rate: Double, _ emit: (AudioBlock) -> Void) throws(MediaError) {
    let wanted = Run(epoch: block.epoch, sampleRate: block.sampleRate, channelCount: block.channelCount)
    if wanted != run {
      try finish(emit)
      let format = (sampleRate: wanted.sampleRate, channelCount: wanted.channelCount)
      context = try ResamplerContext(from: format, to: format, isSteered: true)
      run = wanted
      origin = block.time
      produced = 0
    }
    let drift = min(max(rate.isFinite && rate > 0 ? 1 / rate - 1 : 0, -Self.largestDrift), Self.largestDrift)
    let duration = block.duration
    end =
      block.time + duration
      + MediaDuration(nanoseconds: Int64(Double(min(duration, .seconds(100)).nanoseconds) * drift))
    captured = block.captured
    try steer(by: drift, at: block.time)
    taken += Int64(block.frameCount)
    try convert(block.samples, count: block.frameCount, decodedFrames: block.decodedFrames, emit)
  }

  /// Gives out what is left of the run; the next block starts a new one.
  public mutating func finish(_ emit: (AudioBlock) -> Void) throws(MediaError) {
    if context != nil { try convert(nil, count: 0, decodedFrames: 0, emit) }
    reset()
  }

  /// Forgets the run without giving out what is left of it.
  public mutating func reset() {
    context = nil
    run = nil
  }

  /// Sets the pace for a block of which the first sample is at `time`.
  private mutating func steer(by drift: Double, at time: MediaTime) throws(MediaError) {
    guard let run, let delay = context?.delay else { return }
    // Where the next sample of the output is in the source, and where by the count of those given out.
    let held = delay / Double(run.sampleRate) * (1 + drift)
    let should = (time - origin).seconds - held
    let departure = should - Double(produced) / Double(run.sampleRate)
    let correction = min(max(departure / Self.timeConstant, -Self.largestCorrection), Self.largestCorrection)
    do { try context?.steer(by: drift + correction) } catch {
      reset()
      throw error
    }
  }

  private mutating func convert(
    _ samples: SampleBuffer?, count: Int, decodedFrames: Int, _ emit: (AudioBlock) -> Void
  ) throws(MediaError) {
    guard let run else { return }
    let output = pool.take()
    var made: Int?
    do { made = try context?.convert(samples, count: count, into: output) } catch {
      reset()
      throw error
    }
    guard let made, made > 0 else { return }
    let time = origin + .samples(produced, sampleRate: run.sampleRate)
    produced += Int64(made)
    given += Int64(made)
    let ahead = end - (origin + .samples(produced, sampleRate: run.sampleRate))
    emit(
      AudioBlock(
        time: time, captured: captured.map { $0 - ahead }, epoch: run.epoch, sampleRate: run.sampleRate,
        channelCount: run.channelCount, frameCount: made, decodedFrames: decodedFrames, samples: output))
  }
}
