import BraidCore

/// One stream of a live input on its way from its connection's reader to its ring: from the stamps' axis onto the session's
/// timeline, over gaps, reconnections and changes of the codec. For the decoding thread.
final class LiveStream {
  /// Why the next element does not follow the last one.
  struct Break {
    var reason: Gap.Reason
    var samples = 0
    var frames = 0
    /// Whether what is missing is known by its length alone.
    var isByLength = false
  }

  let place: Int
  let index: Int
  let kind: InputStreamKind
  let meter = StreamMeter()
  var ring: Ring?
  /// Takes the clock's drift out of sound; nil where that is not asked for.
  var driftFree: DriftFreeSound?
  /// Why it could not; the input is to end then.
  private(set) var failure: IngestError?
  /// Reads the present connection's packets; nil while there is none.
  var reader: StreamReader?
  /// The run of continuous time of the last element.
  private(set) var epoch = 0
  /// Where the last element ended, on the session's timeline.
  private(set) var end: MediaTime?
  /// Elements before this are passed over: before the session's start, or before what was said while the source was away.
  var floor = MediaTime.zero
  /// Nothing earlier will be given out.
  private(set) var bound = MediaTime.distantPast
  private var pending: Break?
  /// Where on the axis the source's clock jumped, until an element from there on comes.
  private var jumpStamp: MediaTime?
  /// The picture's length as the container says, or zero.
  private var nominalFrame = MediaDuration.zero
  private var sampleRate = 0
  /// Pictures that readers before the present one have decoded.
  private var picturesDecoded = 0
  private var lateFrames = 0
  private var lateSamples = 0

  // What counts beyond the present reader's own counters.
  private var base = StreamCounters()
  private var passedFrames = 0
  private var passedSamples = 0
  private var lostFrames = 0
  private var lostSamples = 0
  private var gaps = 0
  private var firstTime: MediaTime?
  private var lastTime: MediaTime?

  init(place: Int, _ description: StreamDescription) {
    self.place = place
    index = description.index
    kind = description.kind
  }

  // MARK: - Connections and breaks

  /// Goes on with another reader; what the last one held must have been brought out.
  func setReader(_ next: StreamReader?) {
    if let reader {
      base = Self.sum(base, reader.counters)
      picturesDecoded = reader.picturesDecoded
    }
    reader = next
    next?.picturesDecoded = picturesDecoded
    next?.assembler.blocksPerSecond = 50
    if let next, next.nominalFrame > .zero { nominalFrame = next.nominalFrame }
    // Another decoder begins another run.
    if kind == .audio { interrupt(.timestamps) }
    jumpStamp = nil
  }

  /// The next element does not follow the last one.
  func interrupt(_ reason: Gap.Reason, samples: Int = 0, frames: Int = 0, isByLength: Bool = false) {
    guard var now = pending else {
      endRun()
      pending = Break(reason: reason, samples: samples, frames: frames, isByLength: isByLength)
      return
    }
    now.samples += samples
    now.frames += frames
    if isByLength { (now.reason, now.isByLength) = (reason, true) }
    pending = now
  }

  /// The source's clock has jumped at this stamp.
  func jump(at stamp: MediaTime) {
    jumpStamp = stamp
  }

  /// Counts packets that were dropped before they were decoded, and breaks the stream there.
  func drop(_ dropped: LivePacketQueue.Dropped, _ timeline: LiveTimeline, _ start: HostTime) {
    guard dropped.packets > 0 else { return }
    if let reader, timeline.hasBegun {
      // What the decoder holds is from before: it goes out first.
      reader.decoder.queue.appendStarvedMark()
      decode(timeline, start)
      reader.hasRun = false
    }
    let length = reader?.timeBase.nanoseconds(dropped.ticks) ?? 0
    let samples =
      kind == .audio && sampleRate > 0
      ? Int(TimeBase(numerator: 1, denominator: Int64(sampleRate)).ticks(nanoseconds: length)) : 0
    lostFrames += dropped.packets
    lostSamples += samples
    interrupt(.overrun, samples: samples, frames: kind == .audio ? 0 : dropped.packets)
    meter.store(counters)
  }

  // MARK: - Elements

  /// Decodes what waits, and gives it out.
  func decode(_ timeline: LiveTimeline, _ start: HostTime) {
    guard let reader else { return }
    while reader.decodeSome() {
      deliver(from: reader, timeline, start)
    }
    deliver(from: reader, timeline, start)
    meter.store(counters)
  }

  /// Brings out everything that the reader holds, at the end of a connection.
  func drain(_ timeline: LiveTimeline, _ start: HostTime) {
    reader?.decoder.inputHasEnded = true
    decode(timeline, start)
  }

  /// Moves the bound forward: nothing earlier than `time` will be given out.
  func advance(_ time: MediaTime) {
    guard time > bound else { return }
    bound = time
    ring?.advance(bound: time)
  }

  private func deliver(from reader: StreamReader, _ timeline: LiveTimeline, _ start: HostTime) {
    while let element = reader.outbox.first {
      reader.outbox.removeFirst()
      give(element, timeline, start)
    }
  }

  private func give(_ element: StreamElement, _ timeline: LiveTimeline, _ start: HostTime) {
    if case .gap(let gap) = element {
      interrupt(gap.reason, samples: gap.samples, frames: gap.frames)
      if let stamp = jumpStamp, gap.time + gap.duration >= stamp { jumpStamp = nil }
      return
    }
    if let stamp = jumpStamp, element.time >= stamp {
      interrupt(.timestamps)
      jumpStamp = nil
    }
    let stamp = element.time
    var time = MediaTime.zero + (timeline.hostTime(of: stamp) - start)
    let length = element.length
    if let end {
      if kind == .audio, pending == nil { time = end }
      if kind == .video, pending == nil, let lastTime { time = max(time, lastTime + MediaDuration(nanoseconds: 1)) }
    }
    if time < floor {
      passedFrames += element.frameCount
      passedSamples += element.sampleCount
      // What is given out next has nothing before it to be continuous with.
      if end == nil { pending = nil }
      return
    }
    if time < bound || (kind == .audio && pending != nil && time < end ?? .distantPast) {
      lostFrames += element.frameCount
      lostSamples += element.sampleCount
      lateFrames += element.frameCount
      lateSamples += element.sampleCount
      interrupt(.starved, samples: element.sampleCount, frames: kind == .audio ? 0 : element.frameCount)
      return
    }
    putGap(before: time)
    let host = timeline.hostTime(of: stamp + length)
    let captured = kind == .audio ? host : start + (time - .zero)
    // Within a run of sound a block begins where the one before has ended, on the line.
    end = kind == .audio ? max(time, .zero + (host - start)) : time + length
    firstTime = firstTime ?? time
    lastTime = time
    bound = max(bound, time)
    if case .audio(let block) = element { sampleRate = block.sampleRate }
    push(element.placed(at: time, captured: captured, epoch: epoch), rate: timeline.rate)
  }

  private func push(_ element: StreamElement, rate: Double) {
    guard let driftFree, case .audio(let block) = element else {
      _ = ring?.tryPush(element)
      return
    }
    do { try driftFree.process(block, rate: rate) { _ = ring?.tryPush(.audio($0)) } } catch { failure = error }
  }

  /// What comes next does not follow: gives out what is held of the sound before.
  private func endRun() {
    guard let driftFree else { return }
    do { try driftFree.endRun { _ = ring?.tryPush(.audio($0)) } } catch { failure = error }
    meter.store(counters)
  }

  private func putGap(before time: MediaTime) {
    guard var what = pending, let end else {
      pending = nil
      return
    }
    pending = nil
    // A picture may begin before the one before has been shown for as long as its length says.
    let begin = min(end, time)
    let length = time - begin
    if what.isByLength {
      if kind == .audio, sampleRate > 0 {
        what.samples += Int(
          TimeBase(numerator: 1, denominator: Int64(sampleRate)).ticks(nanoseconds: length.nanoseconds))
      } else if kind == .video, nominalFrame > .zero {
        what.frames += Int((length.nanoseconds + nominalFrame.nanoseconds / 2) / nominalFrame.nanoseconds)
      }
    }
    let gap = Gap(
      time: begin, duration: length, epoch: epoch, newEpoch: epoch + 1, samples: what.samples, frames: what.frames,
      reason: what.reason)
    epoch += 1
    gaps += 1
    _ = ring?.tryPush(.gap(gap))
  }

  // MARK: - Counting

  /// What has come of the stream, over all connections.
  private var counters: StreamCounters {
    var sum = base
    if let reader { sum = Self.sum(base, reader.counters) }
    // What was dropped as packets is counted by the packet; what came late was counted when it was decoded.
    sum.frames += lostFrames - lateFrames - passedFrames
    sum.samples += lostSamples - lateSamples - passedSamples + (driftFree?.surplus ?? 0)
    sum.framesLostInGaps += lostFrames
    sum.samplesLostInGaps += lostSamples
    sum.gaps = gaps
    (sum.firstTime, sum.lastTime, sum.end) = (firstTime, lastTime, end)
    return sum
  }

  private static func sum(_ one: StreamCounters, _ other: StreamCounters) -> StreamCounters {
    var sum = one
    sum.frames += other.frames
    sum.samples += other.samples
    sum.decodeErrors += other.decodeErrors
    sum.framesLostInGaps += other.framesLostInGaps
    sum.samplesLostInGaps += other.samplesLostInGaps
    sum.stampsMissing += other.stampsMissing
    sum.stampsBackward += other.stampsBackward
    sum.stampsOutlying += other.stampsOutlying
    sum.formatChanges += other.formatChanges
    return sum
  }
}

extension StreamElement {
  fileprivate var length: MediaDuration {
    switch self {
    case .audio(let block): block.duration
    case .video(let frame): frame.duration
    case .text(let segment): segment.duration
    case .sensor, .gap: .zero
    }
  }

  fileprivate var frameCount: Int {
    switch self {
    case .audio(let block): block.decodedFrames
    case .gap: 0
    default: 1
    }
  }

  fileprivate var sampleCount: Int { if case .audio(let block) = self { block.frameCount } else { 0 } }

  /// The same on the session's timeline.
  fileprivate func placed(at time: MediaTime, captured: HostTime, epoch: Int) -> StreamElement {
    switch self {
    case .audio(var block):
      (block.time, block.captured, block.epoch) = (time, captured, epoch)
      return .audio(block)
    case .video(var frame):
      (frame.time, frame.captured, frame.epoch) = (time, captured, epoch)
      return .video(frame)
    case .text(var segment):
      (segment.time, segment.captured, segment.epoch) = (time, captured, epoch)
      return .text(segment)
    case .sensor(var sample):
      (sample.time, sample.captured, sample.epoch) = (time, captured, epoch)
      return .sensor(sample)
    case .gap: return self
    }
  }
}
