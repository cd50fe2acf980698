import BraidCore
import BraidMedia
import CFFmpeg

/// The counters of one stream, written by the input's thread and read by anyone.
final class StreamMeter: Sendable {
  private let counters = Guarded(StreamCounters())

  var snapshot: StreamCounters { counters.withLock { $0 } }

  func store(_ value: StreamCounters) {
    counters.withLock { $0 = value }
  }
}

/// One selected stream on its way from packets to its ring: decoding, time, gaps. For the input's thread.
@safe
final class StreamReader {
  /// The part of the input's timeline that is wanted.
  struct Window {
    var start: MediaTime?
    var end: MediaTime?
  }

  let index: Int
  let kind: InputStreamKind
  let timeBase: TimeBase
  /// What is subtracted from every stamp.
  let origin: MediaTime
  let window: Window
  let meter = StreamMeter()
  var decoder: StreamDecoder
  var ring: Ring?
  var counters = StreamCounters()
  var outbox = Outbox()
  var loss = Loss()
  var epoch = 0
  /// Nothing more comes out of the decoder, or is wanted of it.
  var isExhausted = false
  /// The ring was told that it has everything.
  var isFinished = false

  /// How many bits the container stores stamps in.
  let stampBits: Int
  // How the stream fares in the file's order; see Demuxer+Starvation.
  var unwrapper: StampUnwrapper
  var othersBytes = 0
  var isStarving = false
  var starvedBound = MediaTime.distantPast
  var starvedMarks = 0
  var boundsAfterMarks: [MediaTime] = []
  private var marksSeen = 0
  var textBounds: [MediaTime] = []
  var textBoundsTaken = 0
  var lastDecoding: Int64?
  var shift = MediaDuration.zero
  var restartsSeen = 0

  /// Whether every frame is noted in ``observed`` as well.
  var isObserved = false
  var observed: [ProbedFrame] = []

  /// Whether the source is live: the sample clock then follows the stamps' slow drift, so that no run ends for it.
  let isLive: Bool

  // Pictures.
  /// How many came out of the decoder so far.
  var picturesDecoded = 0
  let pictures = RecyclingPool<FrameOwner> { FrameOwner() }
  var pictureFormats = PictureFormatCache()
  var pictureSize: (width: Int32, height: Int32)?
  let nominalFrame: MediaDuration
  var lastDuration = MediaDuration.zero
  var lastPictureTime: MediaTime?

  // Sound.
  let sound = FrameOwner()
  let heldSound = FrameOwner()
  var isHolding = false
  var marksFlushed = 0
  var assembler = AudioAssembler()
  var samples = FrameSamples()
  var hasRun = false

  /// Opens the decoder of the stream at `index`.
  init(
    _ format: borrowing FormatContext, index: Int, origin: MediaTime, options: InputOptions, location: String,
    isLive: Bool = false
  ) throws(IngestError) {
    guard let stream = unsafe format.stream(index) else {
      throw IngestError(.noUsableStream, "there is no stream \(index)", location: location)
    }
    self.index = index
    self.origin = origin
    kind = format.kind(index)
    timeBase = unsafe TimeBase(stream.pointee.time_base)
    self.isLive = isLive
    stampBits = unsafe Int(stream.pointee.pts_wrap_bits)
    unwrapper = StampUnwrapper(bits: stampBits)
    let rate = unsafe stream.pointee.avg_frame_rate
    nominalFrame =
      rate.num > 0 && rate.den > 0
      ? MediaDuration(nanoseconds: TimeBase(numerator: Int64(rate.den), denominator: Int64(rate.num)).nanoseconds(1))
      : .zero
    window = Window(
      start: options.start, end: options.duration.map { (options.start ?? .zero) + $0 })
    decoder = unsafe try StreamDecoder(
      stream, options, location: "\(location), stream \(index)", isLive: isLive)
  }

  /// Whether it may say nothing for minutes and yet holds nobody up.
  var isSparse: Bool { kind == .text }

  /// Whether only a packet brings it on.
  var needsPacket: Bool { !isExhausted && outbox.isEmpty && decoder.queue.isEmpty && !decoder.inputHasEnded }

  /// A stamp in ticks on the input's timeline.
  func time(_ ticks: Int64) -> MediaTime {
    MediaTime(nanoseconds: timeBase.nanoseconds(ticks).subtractingSaturating(origin.nanoseconds))
  }

  /// Decodes until something is in the outbox. Returns whether anything was done.
  func decodeSome(_ trace: TraceRow? = nil) -> Bool {
    guard outbox.isEmpty, !isExhausted else { return false }
    let begun = trace?.begin()
    let errors = decoder.errors
    let step: StreamDecoder.Step
    switch kind {
    case .audio: step = decodeSound()
    case .text: step = decodeText()
    default: step = decodePicture()
    }
    if step == .ended { exhaust() }
    counters.decodeErrors += decoder.errors - errors
    if step != .needsPacket || errors != decoder.errors { meter.store(counters) }
    if step != .needsPacket { trace?.span(kind == .audio ? "decode sound" : "decode", since: begun) }
    return step != .needsPacket
  }

  /// Ends the stream: nothing more will be decoded.
  func exhaust() {
    isExhausted = true
    decoder.queue.removeAll()
    if kind == .audio { assembler.flush(to: &outbox) }
    let end = counters.end ?? loss.bound
    if let gap = loss.takeGap(until: max(end, loss.first ?? end), epoch: &epoch) { put(gap) }
    meter.store(counters)
  }

  /// Raises the bound of loss by what the starvation rule found, once the decoder has passed its mark.
  func applyStarvation() {
    while marksSeen < decoder.starvedMarksPassed, !boundsAfterMarks.isEmpty {
      marksSeen += 1
      loss.raise(boundsAfterMarks.removeFirst(), reason: .starved)
    }
  }

  /// Gives out a gap.
  func put(_ gap: Gap) {
    counters.gaps += 1
    outbox.append(.gap(gap))
  }

  /// Counts a frame that is given out or lost in a gap.
  func countFrame(at time: MediaTime, until end: MediaTime, samples: Int = 0, isKey: Bool = true) {
    counters.frames += 1
    counters.samples += samples
    if counters.firstTime == nil { counters.firstTime = time }
    counters.lastTime = time
    counters.end = end
    guard isObserved else { return }
    observed.append(
      ProbedFrame(stream: index, kind: kind, time: time, duration: end - time, isKey: isKey, samples: samples))
  }
}
