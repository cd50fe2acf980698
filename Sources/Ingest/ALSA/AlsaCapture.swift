import BraidCore
import CALSA
import Glibc

/// What an ALSA input's thread does: it waits for the device, reads it in blocks of a period, gives them their time, and gets the
/// device back when it is lost.
///
/// For that thread alone, but for ``stopping`` and `wake`. In the steady state it allocates nothing.
@safe
final class AlsaCapture {
  /// How often, at least, the thread looks whether it should end, and moves the bound of a stream whose device is away.
  private static let tick = MediaDuration.milliseconds(20)
  /// How many times in a row a device may be started again without giving a sample before it is opened anew.
  static let mostRestarts = 3
  /// A device whose samples lie that far in the future does not keep time at all.
  private static let farthestFuture = MediaDuration.seconds(1)
  /// How long a stretch of digital silence is a mute.
  private static let muteTime = 10

  let location: DeviceLocation
  let options: LiveOptions
  let meter: AlsaMeter
  let wake: WakeDescriptor
  let stopping: InputInterruption
  let ring: Ring?
  let clock: any SessionClock
  /// The session's zero.
  let zero: HostTime
  /// Where the thread writes down what it does.
  var trace: TraceRow?

  var device: PCM?
  var configuration: PCM.Configuration
  var timeline: SampleTimeline
  /// How the device is got back while it is away.
  var opening: AlsaOpening?
  /// The device that was lost, to be closed by the thread that opens it again.
  var retired: PCM?
  var nextAttempt = HostTime(nanoseconds: 0)
  var schedule: ReconnectSchedule
  /// Whether the loss of the device was told and its return was not.
  var isAway = false
  /// When the last block came, or the device was started.
  var lastSample = HostTime(nanoseconds: 0)
  /// Whether a sample has come since the device was opened.
  var hasBegun = false
  var restarts = 0
  private var mute: MuteDetector
  /// Takes the clock's drift out, where that is asked for.
  private let drift: DriftFreeSound?
  private var bytes: UnsafeMutableRawBufferPointer
  private let pool = RecyclingPool<SampleBuffer> { SampleBuffer(capacity: 4096) }

  init(
    _ device: PCM, _ location: DeviceLocation, _ options: LiveOptions, _ meter: AlsaMeter, _ wake: WakeDescriptor,
    _ stopping: InputInterruption, ring: Ring?, clock: any SessionClock, zero: HostTime
  ) {
    self.device = device
    self.location = location
    self.options = options
    self.meter = meter
    self.wake = wake
    self.stopping = stopping
    self.ring = ring
    self.clock = clock
    self.zero = zero
    configuration = device.configuration
    timeline = Self.timeline(device.configuration)
    schedule = ReconnectSchedule(options)
    mute = MuteDetector(limit: Self.muteTime * device.configuration.sampleRate)
    drift = options.resamples ? DriftFreeSound(location: location.redacted) : nil
    unsafe bytes = Self.scratch(device.configuration)
  }

  deinit {
    unsafe bytes.deallocate()
  }

  private static func timeline(_ configuration: PCM.Configuration) -> SampleTimeline {
    SampleTimeline(
      sampleRate: configuration.sampleRate, bufferPeriods: configuration.bufferSamples / configuration.periodSamples)
  }

  private static func scratch(_ configuration: PCM.Configuration) -> UnsafeMutableRawBufferPointer {
    .allocate(byteCount: configuration.periodSamples * configuration.frameBytes, alignment: 16)
  }

  /// The thread's body: until it is stopped, or the device is lost for good.
  func run() {
    AlsaCall.quietly {
      start()
      while !stopping.isInterrupted, meter.failure == nil {
        if device == nil { comeBack() } else { capture() }
      }
      finish()
    }
  }

  private func finish() {
    endRun()
    if let loss = timeline.giveUp(at: clock.now) { give(loss) }
    opening = nil
    retired?.close()
    device?.close()
    device = nil
    ring?.finish()
  }

  // MARK: - Capturing

  /// Waits for the device once, and reads what it has.
  private func capture() {
    guard let device else { return }
    let waited = device.wait(Self.tick)
    if stopping.isInterrupted { return }
    if waited == .other {
      wake.clear()
      if clock.now - lastSample > silenceLimit { loseSilent() }
      return
    }
    let (status, seen) = device.observe()
    guard status >= 0 else { return recover(status) }
    let period = configuration.periodSamples
    guard seen.available >= period, timeline.observe(available: seen.available, at: seen.time) else {
      // Too early, or it has to be seen again: the device must not wake the thread at once.
      if clock.now - lastSample > silenceLimit { return loseSilent() }
      let missing = seen.available < period ? period - seen.available : period
      return pause(max(.milliseconds(1), .samples(Int64(missing), sampleRate: configuration.sampleRate)))
    }
    var left = seen.available
    while left >= period, !stopping.isInterrupted {
      let count = trace.span("read") { unsafe bytes.baseAddress.map { unsafe device.read(period, into: $0) } ?? 0 }
      if count == Int(-EAGAIN) || count == 0 { return pause(.milliseconds(1)) }
      guard count > 0 else { return recover(Int32(clamping: count)) }
      trace.span("decode sound") { take(min(count, period)) }
      left -= count
    }
  }

  /// How long nothing may come without an error. A device that was just started may take longer: one of a sound server wakes up.
  private var silenceLimit: MediaDuration {
    let limit: MediaDuration = max(
      .seconds(1), .samples(Int64(configuration.bufferSamples) * 2, sampleRate: configuration.sampleRate))
    return hasBegun ? limit : max(limit, options.readTimeout)
  }

  private func loseSilent() {
    lose("nothing came for \((silenceLimit.seconds * 10).rounded() / 10) s")
  }

  /// Waits for `wake` alone.
  func pause(_ time: MediaDuration = tick) {
    wake.wait(min(time, Self.tick))
  }

  // MARK: - What was read

  /// Turns `count` samples of all channels, which were read, into a block, and gives it out.
  private func take(_ count: Int) {
    let now = clock.now
    lastSample = now
    hasBegun = true
    restarts = 0
    let timed = timeline.take(count)
    if let loss = timed.loss {
      give(loss)
      if loss.reason == .timestamps { noticeJump(loss) }
    }
    if isAway { tellReturn(timed.start) }
    if timed.end - now > Self.farthestFuture { meter.fail(Self.timeless(location)) }
    let values = count * configuration.channelCount
    let buffer = pool.take()
    buffer.reserve(configuration.periodSamples * configuration.channelCount)
    let isSilent = unsafe buffer.withUnsafeMutableSamples(values) { floats in
      if let base = unsafe bytes.baseAddress { unsafe configuration.format.convert(base, to: floats) }
      return unsafe floats.allSatisfy { $0 == 0 }
    }
    give(
      AudioBlock(
        time: sessionTime(timed.start), captured: timed.end, epoch: timeline.epoch,
        sampleRate: configuration.sampleRate, channelCount: configuration.channelCount, frameCount: count,
        decodedFrames: 1, samples: buffer))
    switch mute.take(isSilent: isSilent, count: count) {
    case .muted:
      meter.note(
        .muted, at: sessionTime(timed.end), epoch: timeline.epoch,
        cause: "nothing but digital silence for \(Self.muteTime) s")
    case .unmuted: meter.note(.unmuted, at: sessionTime(timed.start), epoch: timeline.epoch, cause: "sound again")
    case nil: break
    }
  }

  private func give(_ block: AudioBlock) {
    guard let drift else { return push(block) }
    do { try drift.process(block, rate: timeline.recovery.rate) { push($0) } } catch { meter.fail(error) }
  }

  /// Samples that do not follow each other come next: gives out what is held of those before.
  func endRun() {
    do { try drift?.endRun { push($0) } } catch { meter.fail(error) }
  }

  /// The one place where every block passes.
  private func push(_ block: AudioBlock) {
    meter.count(block, clock: timeline.recovery.estimate)
    _ = ring?.tryPush(.audio(block))
  }

  private func give(_ loss: SampleTimeline.Loss) {
    endRun()
    let gap = Gap(
      time: sessionTime(loss.start), duration: loss.end - loss.start, epoch: timeline.epoch - 1,
      newEpoch: timeline.epoch, samples: loss.samples, frames: 0, reason: loss.reason)
    meter.count(gap)
    _ = ring?.tryPush(.gap(gap))
  }

  private func noticeJump(_ loss: SampleTimeline.Loss) {
    let length = ((loss.end - loss.start).milliseconds * 10).rounded() / 10
    meter.note(
      .clockJumped, at: sessionTime(loss.end), epoch: timeline.epoch, cause: "the device's clock jumped by \(length) ms"
    )
  }

  private static func timeless(_ location: DeviceLocation) -> IngestError {
    IngestError(
      .unusable, "the sound device does not keep time: it gives samples faster than its rate",
      location: location.redacted,
      remedy: "Give a device of the hardware or of a sound server; 'null' and 'file' are none.")
  }

  func sessionTime(_ time: HostTime) -> MediaTime { .zero + (time - zero) }

  /// Takes a device that was opened again.
  func adopt(_ opened: PCM) {
    let old = configuration
    device = opened
    hasBegun = false
    configuration = opened.configuration
    if unsafe bytes.count != configuration.periodSamples * configuration.frameBytes {
      unsafe bytes.deallocate()
      unsafe bytes = Self.scratch(configuration)
    }
    guard old.sampleRate != configuration.sampleRate || old.channelCount != configuration.channelCount else { return }
    timeline.change(
      sampleRate: configuration.sampleRate, bufferPeriods: configuration.bufferSamples / configuration.periodSamples)
    mute = MuteDetector(limit: Self.muteTime * configuration.sampleRate)
    meter.countFormatChange()
    meter.note(
      .formatChanged, at: sessionTime(clock.now), epoch: timeline.epoch,
      cause: "\(configuration.sampleRate) Hz, \(configuration.channelCount) channels")
  }
}
