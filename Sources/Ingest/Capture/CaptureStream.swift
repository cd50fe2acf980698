import BraidCore
import CFFmpeg

/// One stream of a capture device on its way from packets to its ring: decoding, epochs, gaps. For the input's thread.
///
/// Packets carry the host time of their beginning instead of the device's stamps, so that what is decoded knows it. Pictures
/// have the time at which they were captured. Sound has it at the beginning of a run and is counted from there by its
/// sample clock; a run ends where something is missing.
@safe
final class CaptureStream {
  let index: Int
  let kind: InputStreamKind
  let meter = StreamMeter()
  var ring: Ring?
  private var decoder: StreamDecoder
  private let log: PacketLogWriter?
  private var counters = StreamCounters()
  private(set) var epoch = 0
  /// When the session's time is zero.
  private var zero = HostTime(nanoseconds: 0)
  /// What is missing before the next element, and why.
  private var missing: (length: MediaDuration, reason: Gap.Reason)?
  /// The end of what was given out; nil before the first.
  private var end: MediaTime?
  private var lateness = Lateness()

  // Pictures.
  private let pictures = RecyclingPool<FrameOwner> { FrameOwner() }
  private var pictureFormats = PictureFormatCache()
  /// How many came out of the decoder so far.
  private var picturesDecoded = 0
  private var size: (width: Int32, height: Int32)?
  private var interval = MediaDuration.zero
  private var last: MediaTime?

  // Sound.
  private let sound = FrameOwner()
  private var samples = FrameSamples()
  private let blocks = RecyclingPool<SampleBuffer> { SampleBuffer(capacity: 4096) }
  private var run: (start: MediaTime, count: Int64, rate: Int, channels: Int)?

  /// Of the stamps that packets are given.
  private static let timeBase = TimeBase(numerator: 1, denominator: 1_000_000_000)
  /// A sample clock that departs from the device's by more than this has lost something.
  private static let tolerance = MediaDuration.milliseconds(10)

  /// Opens the decoder of one of the device's streams.
  init(
    _ format: borrowing FormatContext, _ description: StreamDescription, options: InputOptions, location: String,
    log: PacketLogWriter?
  ) throws(IngestError) {
    index = description.index
    kind = description.kind
    self.log = log
    decoder = try Self.decoder(format, index, options, location)
    log?.open(index, decoder, timeBase: Self.timeBase, nextPicture: 0)
  }

  private static func decoder(
    _ format: borrowing FormatContext, _ index: Int, _ options: InputOptions, _ location: String
  ) throws(IngestError) -> StreamDecoder {
    guard let stream = unsafe format.stream(index) else {
      throw IngestError(.noUsableStream, "there is no stream \(index)", location: location)
    }
    return unsafe try StreamDecoder(stream, options, location: "\(location), stream \(index)", isLive: true)
  }

  /// What is known of the stream's clock: its stamps are the host's own, so there is no drift; how much later than usual the newest
  /// packet came; how much that differs.
  var clockEstimate: ClockEstimate { lateness.estimate }

  /// Begins the session's time.
  func begin(at zero: HostTime, interval: MediaDuration) {
    self.zero = zero
    self.interval = interval
  }

  /// Goes on with a device that was opened again.
  func reopen(
    _ format: borrowing FormatContext, interval: MediaDuration, options: InputOptions, location: String
  ) throws(IngestError) {
    decoder = try Self.decoder(format, index, options, location)
    log?.open(index, decoder, timeBase: Self.timeBase, nextPicture: picturesDecoded)
    self.interval = interval
    if end != nil { missing = (.zero, .unplug) }
  }

  /// Notes that this much of the device's time is missing before the next packet, because nobody took it.
  func note(missed: MediaDuration) {
    guard missing == nil, end != nil else { return }
    missing = (missed, .overrun)
  }

  /// Notes that a packet was of no use.
  func noteDamage() {
    counters.decodeErrors += 1
    meter.store(counters)
  }

  /// The time up to which everything has been given out, where nothing comes: nobody waits for this stream before it.
  func advance(to now: HostTime) {
    ring?.advance(bound: MediaTime.zero + (now - zero))
  }

  /// Takes over what `packet` refers to, whose beginning was captured at `captured`, and gives out what can be decoded.
  ///
  /// - Returns: words for a change of format, where there was one.
  @unsafe
  func take(_ packet: UnsafeMutablePointer<AVPacket>, captured: HostTime, arrival: HostTime) -> String? {
    unsafe packet.pointee.pts = captured.nanoseconds
    unsafe packet.pointee.dts = captured.nanoseconds
    unsafe log?.packet(packet, stream: index, arrival: arrival, timeBase: Self.timeBase)
    // What comes first may have waited in the device.
    if captured >= zero { lateness.note(arrival - captured) }
    guard unsafe decoder.queue.append(moving: packet) else {
      unsafe av_packet_unref(packet)
      counters.decodeErrors += 1
      return nil
    }
    let errors = decoder.errors
    let change = kind == .audio ? takeSound() : takePictures()
    counters.decodeErrors += decoder.errors - errors
    meter.store(counters)
    return change
  }

  /// Nothing more will come.
  func finish() {
    meter.store(counters)
    ring?.finish()
    log?.flush()
  }

  // MARK: - Pictures

  private func takePictures() -> String? {
    var change: String?
    while true {
      let owner = pictures.take()
      guard let frame = unsafe owner.frame else { return change }
      unsafe av_frame_unref(frame)
      guard unsafe decoder.receive(into: frame) == .frame else { return change }
      picturesDecoded += 1
      let (width, height) = unsafe (frame.pointee.width, frame.pointee.height)
      guard width > 0, height > 0, unsafe frame.pointee.data.0 != nil,
        let stamp = unsafe FFmpegCall.stamp(frame.pointee.pts) ?? FFmpegCall.stamp(frame.pointee.best_effort_timestamp)
      else {
        counters.decodeErrors += 1
        continue
      }
      // What the device kept from before the session is not part of it.
      var time = MediaTime.zero + (HostTime(nanoseconds: stamp) - zero)
      guard time >= .zero else { continue }
      if let size, size != (width, height) {
        counters.formatChanges += 1
        change = "\(width)x\(height)"
      }
      size = (width, height)
      if let last, time <= last {
        counters.stampsBackward += 1
        time = last + MediaDuration(nanoseconds: 1)
      }
      putGap(before: time, sampleRate: 0)
      count(at: time, until: time + interval, samples: 0)
      last = time
      var picture = unsafe VideoFrame(
        frame, owner, time: time, duration: interval, epoch: epoch, number: picturesDecoded - 1, &pictureFormats)
      picture.captured = zero + (time - .zero)
      _ = ring?.tryPush(.video(picture))
    }
  }

  // MARK: - Sound

  private func takeSound() -> String? {
    var change: String?
    guard let frame = unsafe sound.frame else { return nil }
    while true {
      unsafe av_frame_unref(frame)
      guard unsafe decoder.receive(into: frame) == .frame else { return change }
      let (count, rate, channels) = unsafe (
        Int(frame.pointee.nb_samples), Int(frame.pointee.sample_rate), Int(frame.pointee.ch_layout.nb_channels)
      )
      guard count > 0, rate > 0, unsafe samples.convert(frame, count: count, channels: channels) else {
        counters.decodeErrors += 1
        continue
      }
      let stamp = unsafe FFmpegCall.stamp(frame.pointee.pts)
      let time = stamp.map { MediaTime.zero + (HostTime(nanoseconds: $0) - zero) }
      guard time ?? .zero >= .zero else { continue }
      if let run, run.rate != rate || run.channels != channels {
        counters.formatChanges += 1
        change = "\(rate) Hz, \(channels) channels"
        missing = missing ?? (.zero, .timestamps)
      }
      if let run, let time, missing == nil {
        let expected = run.start + .samples(run.count, sampleRate: rate)
        if (time - expected).magnitude > Self.tolerance { missing = (time - expected, .timestamps) }
      }
      if missing != nil || run == nil {
        let start = time ?? end ?? .zero
        putGap(before: start, sampleRate: rate)
        run = (start, 0, rate, channels)
      }
      putBlock(count, rate, channels)
    }
  }

  private func putBlock(_ count: Int, _ rate: Int, _ channels: Int) {
    guard var run else { return }
    let block = blocks.take()
    block.reserve(count * channels)
    samples.buffer.withSamples(count * channels) { source in
      unsafe block.withUnsafeMutableSamples(count * channels) { target in
        unsafe source.withUnsafeBufferPointer { source in
          guard let target = target.baseAddress, let source = source.baseAddress else { return }
          unsafe target.update(from: source, count: count * channels)
        }
      }
    }
    let time = run.start + .samples(run.count, sampleRate: rate)
    run.count += Int64(count)
    self.run = run
    let blockEnd = run.start + .samples(run.count, sampleRate: rate)
    self.count(at: time, until: blockEnd, samples: count)
    _ = ring?.tryPush(
      .audio(
        AudioBlock(
          time: time, captured: zero + (blockEnd - .zero), epoch: epoch, sampleRate: rate, channelCount: channels,
          frameCount: count, decodedFrames: 1, samples: block)))
  }

  // MARK: - Gaps

  /// Tells what is missing before `time`, if anything is: one gap, and a new epoch behind it. What nobody took counts as lost;
  /// what a device that was away did not give was never there.
  private func putGap(before time: MediaTime, sampleRate: Int) {
    guard let missing, let end else {
      self.missing = nil
      return
    }
    self.missing = nil
    var (frames, lost) = (0, 0)
    if missing.reason != .unplug, time > end {
      if kind == .audio {
        lost = Int(
          clamping: TimeBase(numerator: 1, denominator: Int64(sampleRate)).ticks(nanoseconds: (time - end).nanoseconds))
      } else if interval > .zero {
        frames = max(1, Int((missing.length.nanoseconds + interval.nanoseconds / 2) / interval.nanoseconds))
      }
    }
    counters.frames += frames
    counters.framesLostInGaps += frames
    counters.samples += lost
    counters.samplesLostInGaps += lost
    counters.gaps += 1
    _ = ring?.tryPush(
      .gap(
        Gap(
          time: end, duration: time - end, epoch: epoch, newEpoch: epoch + 1, samples: lost, frames: frames,
          reason: missing.reason)))
    epoch += 1
  }

  private func count(at time: MediaTime, until end: MediaTime, samples: Int) {
    counters.frames += 1
    counters.samples += samples
    if counters.firstTime == nil { counters.firstTime = time }
    counters.lastTime = time
    counters.end = end
    self.end = end
  }
}

/// How long after their capture a device's packets come, and how much that differs.
struct Lateness {
  private var count = 0
  private var mean = 0.0
  private var variance = 0.0
  private var newest = 0.0

  /// Notes a packet's delay.
  mutating func note(_ delay: MediaDuration) {
    // About the last hundred count.
    count = min(count + 1, 100)
    newest = Double(delay.nanoseconds)
    let difference = newest - mean
    mean += difference / Double(count)
    variance += (difference * (newest - mean) - variance) / Double(count)
  }

  /// The delays as a clock's: no drift.
  var estimate: ClockEstimate {
    func duration(_ value: Double) -> MediaDuration { MediaDuration(nanoseconds: Int64(max(-9e18, min(9e18, value)))) }
    return ClockEstimate(
      partsPerMillion: 0, offset: duration(newest - mean), jitter: duration(max(0, variance).squareRoot()))
  }
}
