import BraidCore
import BraidTestSupport
import Testing

@testable import BraidIngest

/// What a test keeps of one element, without its pixels or samples.
struct Taken {
  enum Content {
    case audio(samples: Int, frames: Int, rate: Int, channels: Int)
    case video(width: Int, height: Int)
    case text(String)
    case gap(Gap)
  }

  var stream: Int
  var time: MediaTime
  var duration: MediaDuration
  var epoch: Int
  var captured: HostTime?
  var content: Content

  init?(_ stream: Int, _ element: StreamElement) {
    self.stream = stream
    time = element.time
    switch element {
    case .audio(let block):
      (duration, epoch, captured) = (block.duration, block.epoch, block.captured)
      content = .audio(
        samples: block.frameCount, frames: block.decodedFrames, rate: block.sampleRate, channels: block.channelCount)
    case .video(let frame):
      (duration, epoch, captured) = (frame.duration, frame.epoch, frame.captured)
      content = .video(width: frame.width, height: frame.height)
    case .text(let segment):
      (duration, epoch, captured) = (segment.duration, segment.epoch, segment.captured)
      content = .text(segment.text)
    case .gap(let gap):
      (duration, epoch, captured) = (gap.duration, gap.newEpoch, nil)
      content = .gap(gap)
    case .sensor: return nil
    }
  }

  var gap: Gap? { if case .gap(let gap) = content { gap } else { nil } }
  var samples: Int { if case .audio(let samples, _, _, _) = content { samples } else { 0 } }
  var decodedFrames: Int { if case .audio(_, let frames, _, _) = content { frames } else { 0 } }
}

/// Takes an input's elements as a session does: in merged order of time, one only when no other stream can bring an earlier one.
struct Session {
  var taken: [Taken] = []
  var counters: [Int: StreamCounters] = [:]
  var failure: IngestError?
  /// The most bytes of packets that waited in the input's queues.
  var peakQueuedBytes = 0
  var description: InputDescription

  func of(_ stream: Int) -> [Taken] { taken.filter { $0.stream == stream } }
  func frames(_ stream: Int) -> [Taken] { of(stream).filter { $0.gap == nil } }
  func gaps(_ stream: Int) -> [Gap] { of(stream).compactMap(\.gap) }

  /// The first stream of a kind that was selected.
  func selected(_ kind: InputStreamKind) -> Int? {
    description.streams.first { $0.isSelected && $0.kind == kind }?.index
  }

  static func run(
    _ uri: String, _ options: InputOptions = InputOptions(), depth: Int = 8, pace: InputPace = .fast,
    clock: any SessionClock = MonotonicClock(), each: (StreamElement) -> Void = { _ in }
  ) throws -> Session {
    let input = try MediaInput.open(uri, options: options)
    return try run(input, depth: depth, pace: pace, clock: clock, each: each)
  }

  static func run(
    _ input: MediaInput, depth: Int = 8, pace: InputPace = .fast, clock: any SessionClock = MonotonicClock(),
    each: (StreamElement) -> Void = { _ in }
  ) throws -> Session {
    let ready = Signal()
    let selected = input.description.streams.filter(\.isSelected).map(\.index)
    var rings: [Int: Ring] = [:]
    for index in selected {
      rings[index] = Ring(
        capacity: RingCapacity(elements: depth, bytes: 256 << 20), policy: .block, ready: ready, space: input.wake)
    }
    input.start(rings: rings, pace: pace, clock: clock)
    var session = Session(description: input.description)
    while true {
      let ticket = ready.ticket()
      var first: (index: Int, time: MediaTime)?
      var bound = MediaTime.distantFuture
      var open = 0
      for index in selected {
        guard let (time, ringBound, isFinished) = rings[index]?.peek(), !isFinished else { continue }
        open += 1
        if let time {
          if time < first?.time ?? .distantFuture { first = (index, time) }
        } else {
          bound = min(bound, ringBound)
        }
      }
      if open == 0 { break }
      if let first, first.time <= bound, let element = rings[first.index]?.pop() {
        each(element)
        if let taken = Taken(first.index, element) { session.taken.append(taken) }
        continue
      }
      let before = MonotonicClock().now
      ready.wait(since: ticket, until: before + .seconds(20))
      if MonotonicClock().now - before >= .seconds(20) {
        input.stop()
        input.join()
        Issue.record("the input brought nothing for 20 s: \(rings.mapValues { "\($0.peek())" })")
        break
      }
    }
    input.join()
    session.counters = input.counters
    session.failure = input.failure
    session.peakQueuedBytes = input.demuxer.peakQueuedBytes
    return session
  }
}
