import BraidCore
import BraidMedia
import CFFmpeg

extension StreamReader {
  /// Decodes sound until a block is to be given out.
  func decodeSound() -> StreamDecoder.Step {
    guard let frame = unsafe sound.frame else { return .ended }
    while outbox.isEmpty {
      unsafe av_frame_unref(frame)
      let step = unsafe decoder.receive(into: frame)
      guard step == .frame else { return step }
      applyStarvation()
      if unsafe !takeSound(frame) { return .ended }
    }
    return .frame
  }

  /// The frame's time by the sample clock; a run ends and another begins where the container's stamp departs from it by more
  /// than max(2 ticks, 10 ms), or the rate or the channels change. Stamps that go back make the samples before the run's end lost.
  func stampSound(_ frame: UnsafeMutablePointer<AVFrame>, rate: Int, channels: Int) -> (time: MediaTime, isNewRun: Bool)
  {
    let stamp = unsafe FFmpegCall.stamp(frame.pointee.best_effort_timestamp).map(time(_:))
    if stamp == nil { counters.stampsMissing += 1 }
    guard hasRun else { return (stamp ?? window.start ?? .zero, true) }
    let expected = assembler.end
    let sameFormat = rate == assembler.sampleRate && channels == assembler.channelCount
    if !sameFormat { counters.formatChanges += 1 }
    guard let stamp else { return (expected, !sameFormat) }
    let departure = stamp - expected
    let tolerance = max(timeBase.tick * 2, .milliseconds(10))
    if departure.magnitude <= tolerance { return (expected, !sameFormat) }
    if stamp < expected { counters.stampsBackward += 1 }
    return (stamp, true)
  }

  /// Brings one decoded frame into the assembler. False when the wanted stretch is over.
  private func takeSound(_ frame: UnsafeMutablePointer<AVFrame>) -> Bool {
    let count = unsafe Int(frame.pointee.nb_samples)
    let rate = unsafe Int(frame.pointee.sample_rate)
    let channels = unsafe Int(frame.pointee.ch_layout.nb_channels)
    guard count > 0, rate > 0, unsafe convert(frame, count: count, channels: channels) else {
      counters.decodeErrors += 1
      return true
    }
    let (time, isNewRun) = unsafe stampSound(frame, rate: rate, channels: channels)
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
    scratch.withSamples(count * channels) { samples in
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

  /// Interleaved floats of the frame in ``scratch``. False when the samples cannot be converted.
  private func convert(_ frame: UnsafeMutablePointer<AVFrame>, count: Int, channels: Int) -> Bool {
    let format = unsafe frame.pointee.format
    do throws(MediaError) {
      if converterInput?.format != format || converterInput?.channels != channels {
        converterInput = nil
        converter = try SampleFormatConverter(format: format, channelCount: channels)
        converterInput = (format, channels)
      }
      scratch.reserve(count * channels)
      guard let planes = unsafe frame.pointee.extended_data else { return false }
      return unsafe try scratch.withUnsafeMutableSamples(count * channels) { target throws(MediaError) in
        guard let base = target.baseAddress else { return false }
        unsafe try converter?.convert(planes, frameCount: count, into: base)
        return true
      }
    } catch {
      converterInput = nil
      return false
    }
  }

  /// How many samples from `time` on are before `limit`, 0 to `atMost`.
  private static func samples(from time: MediaTime, to limit: MediaTime, rate: Int, atMost: Int) -> Int {
    guard limit > time else { return 0 }
    let length = Int128((limit - time).nanoseconds) * Int128(rate)
    return Int(min(Int128(atMost), (length + 999_999_999) / 1_000_000_000))
  }
}
