import BraidCore
import BraidMedia
import CFFmpeg

extension StreamReader {
  /// Decodes sound until a block is to be given out.
  ///
  /// A frame whose stamp departs from the sample clock is held back until the next one shows whether the stamps have moved or
  /// this one alone is off, as at the block switches of Vorbis.
  func decodeSound() -> StreamDecoder.Step {
    guard let frame = unsafe sound.frame, let held = unsafe heldSound.frame else { return .ended }
    while outbox.isEmpty {
      unsafe av_frame_unref(frame)
      let step = unsafe decoder.receive(into: frame)
      let isStarved = decoder.starvedMarksPassed != marksFlushed
      marksFlushed = decoder.starvedMarksPassed
      if isHolding, step == .ended || isStarved {
        isHolding = false
        if unsafe !takeSound(held, trustsStamp: false) { return .ended }
      }
      // What is older than the mark goes out before the stream's bound moves past it.
      if isStarved { assembler.flush(to: &outbox) }
      guard step == .frame else { return step == .needsPacket && !outbox.isEmpty ? .frame : step }
      if isHolding {
        isHolding = false
        if unsafe !takeSound(held, trustsStamp: confirms(held, next: frame)) { return .ended }
      }
      applyStarvation()
      if unsafe departure(frame) != nil {
        unsafe av_frame_unref(held)
        unsafe av_frame_move_ref(held, frame)
        isHolding = true
      } else if unsafe !takeSound(frame, trustsStamp: true) {
        return .ended
      }
    }
    return .frame
  }

  private var tolerance: MediaDuration { max(timeBase.tick * 2, .milliseconds(10)) }

  private func stamp(_ frame: UnsafeMutablePointer<AVFrame>) -> MediaTime? {
    unsafe FFmpegCall.stamp(frame.pointee.best_effort_timestamp).map(time(_:))
  }

  /// By how much the frame's stamp is off the sample clock of a run that it could continue; nil within the tolerance.
  private func departure(_ frame: UnsafeMutablePointer<AVFrame>) -> MediaDuration? {
    guard hasRun, let stamp = unsafe stamp(frame), unsafe Int(frame.pointee.sample_rate) == assembler.sampleRate,
      unsafe Int(frame.pointee.ch_layout.nb_channels) == assembler.channelCount
    else { return nil }
    let departure = stamp - assembler.end
    return departure.magnitude > tolerance ? departure : nil
  }

  /// Whether the frame after the one held back goes on from that one's stamp, and not from the sample clock.
  private func confirms(_ held: UnsafeMutablePointer<AVFrame>, next: UnsafeMutablePointer<AVFrame>) -> Bool {
    guard let start = unsafe stamp(held), let following = unsafe stamp(next) else { return true }
    let length = MediaDuration.samples(
      unsafe Int64(held.pointee.nb_samples), sampleRate: unsafe Int(held.pointee.sample_rate))
    let fromStamp = (following - (start + length)).magnitude
    let fromClock = (following - (assembler.end + length)).magnitude
    return fromClock > tolerance || fromStamp < fromClock
  }

  /// The frame's time by the sample clock; a run ends and another begins where the container's stamp departs from it by more
  /// than max(2 ticks, 10 ms) and is to be trusted, or the rate or the channels change. Stamps that go back make the samples
  /// before the run's end lost.
  private func stampSound(
    _ frame: UnsafeMutablePointer<AVFrame>, rate: Int, channels: Int, trustsStamp: Bool
  ) -> (time: MediaTime, isNewRun: Bool) {
    let stamp = unsafe stamp(frame)
    if stamp == nil { counters.stampsMissing += 1 }
    guard hasRun else { return (stamp ?? window.start ?? .zero, true) }
    let expected = assembler.end
    let sameFormat = rate == assembler.sampleRate && channels == assembler.channelCount
    if !sameFormat { counters.formatChanges += 1 }
    guard let stamp else { return (expected, !sameFormat) }
    let departure = stamp - expected
    if departure.magnitude <= tolerance {
      if isLive { assembler.shift(by: MediaDuration(nanoseconds: departure.nanoseconds / 256)) }
      return (expected, !sameFormat)
    }
    guard trustsStamp else {
      counters.stampsOutlying += 1
      return (expected, !sameFormat)
    }
    if stamp < expected { counters.stampsBackward += 1 }
    return (stamp, true)
  }

  /// Brings one decoded frame into the assembler. False when the wanted stretch is over.
  private func takeSound(_ frame: UnsafeMutablePointer<AVFrame>, trustsStamp: Bool) -> Bool {
    let count = unsafe Int(frame.pointee.nb_samples)
    let rate = unsafe Int(frame.pointee.sample_rate)
    let channels = unsafe Int(frame.pointee.ch_layout.nb_channels)
    guard count > 0, rate > 0, unsafe samples.convert(frame, count: count, channels: channels) else {
      counters.decodeErrors += 1
      return true
    }
    let (time, isNewRun) = unsafe stampSound(frame, rate: rate, channels: channels, trustsStamp: trustsStamp)
    if isNewRun, hasRun { loss.raise(assembler.end, reason: .timestamps) }
    var first = 0
    var last = count
    if let start = window.start { first = Self.samples(from: time, to: start, rate: rate, atMost: count) }
    if let end = window.end { last = Self.samples(from: time, to: end, rate: rate, atMost: count) }
    guard first < count else {
      skip(until: time, count, rate, channels, isNewRun)
      return true
    }
    guard last > first else {
      assembler.flush(to: &outbox)
      return false
    }
    let end = time + .samples(Int64(last), sampleRate: rate)
    countFrame(at: time + .samples(Int64(first), sampleRate: rate), until: end, samples: last - first)
    let lost = max(first, Self.samples(from: time, to: loss.bound, rate: rate, atMost: last)) - first
    if lost > 0 {
      let lostTime = time + .samples(Int64(first), sampleRate: rate)
      let isWhole = lost == last - first
      loss.count(at: lostTime, frames: isWhole ? 1 : 0, samples: lost)
      counters.samplesLostInGaps += lost
      if isWhole { counters.framesLostInGaps += 1 }
    }
    let cut = first
    first += lost
    guard first < last else { return true }
    let begun = beginRunIfNeeded(
      at: time + .samples(Int64(first), sampleRate: rate), rate: rate, channels: channels, isNewRun: isNewRun)
    if !begun { assembler.skip(cut) }
    samples.buffer.withSamples(count * channels) { samples in
      assembler.append(samples.extracting(first * channels..<last * channels), count: last - first, to: &outbox)
    }
    return true
  }

  /// Keeps the sample clock going over sound that is before the wanted stretch.
  private func skip(until time: MediaTime, _ count: Int, _ rate: Int, _ channels: Int, _ isNewRun: Bool) {
    if isNewRun || !hasRun {
      assembler.begin(at: time, epoch: epoch, sampleRate: rate, channelCount: channels)
      hasRun = true
    }
    assembler.skip(count)
  }

  private func beginRunIfNeeded(at time: MediaTime, rate: Int, channels: Int, isNewRun: Bool) -> Bool {
    let gap = loss.takeGap(until: time, epoch: &epoch)
    guard isNewRun || !hasRun || gap != nil else { return false }
    assembler.flush(to: &outbox)
    if let gap {
      put(gap)
    } else if hasRun {
      let end = assembler.end
      let missing = (time - end).nanoseconds
      put(
        Gap(
          time: end, duration: time - end, epoch: epoch, newEpoch: epoch + 1,
          samples: Int(TimeBase(numerator: 1, denominator: Int64(rate)).ticks(nanoseconds: max(0, missing))), frames: 0,
          reason: .timestamps))
      epoch += 1
    }
    assembler.begin(at: time, epoch: epoch, sampleRate: rate, channelCount: channels)
    hasRun = true
    return true
  }

  /// How many samples from `time` on are before `limit`, 0 to `atMost`.
  private static func samples(from time: MediaTime, to limit: MediaTime, rate: Int, atMost: Int) -> Int {
    guard limit > time else { return 0 }
    let length = Int128((limit - time).nanoseconds) * Int128(rate)
    return Int(min(Int128(atMost), (length + 999_999_999) / 1_000_000_000))
  }
}
