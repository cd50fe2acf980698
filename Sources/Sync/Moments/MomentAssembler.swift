public import BraidCore

/// Gathers what several streams have at each tick: a pure state machine, without a thread or a clock.
///
/// Streams are fed in any order among each other, each in its own order, together with bounds ("nothing earlier will
/// come"). A moment is complete when every member's stream has passed what the member needs or has ended, or when its
/// deadline is over; ticks are answered in their order. Without deadlines the moments depend on the streams alone, not on
/// how feeding was interleaved, as long as ``droppedSamples``, ``droppedElements`` and ``droppedTicks`` stay 0.
/// One thread at a time. Allocates: no, after `init`.
public final class MomentAssembler {
  private struct Stream {
    var bound = MediaTime.distantPast
    /// The newest element's time; for sound, where it ends.
    var newest = MediaTime.distantPast
    /// How far the stream is known to go: its bound, but for the end's.
    var reach = MediaTime.distantPast
    var epoch: Int?
    var isFinished = false
  }

  private struct PendingTick {
    var time: MediaTime
    var element: StreamElement?
    var deadline: HostTime?
  }

  private struct MemberStorage {
    var kind: MomentMember
    var samples: SampleHistory?
    var elements: ElementHistory?
    var window: [Float] = []
  }

  /// What the last moment has from each member, in the configuration's order.
  public private(set) var members: [MomentMemberState]
  /// Samples that were overwritten although a tick to come may have wanted them, each member's counted by itself.
  public private(set) var droppedSamples = 0
  /// Pictures, texts and readings that made room although a tick to come may have wanted them.
  public private(set) var droppedElements = 0
  /// Ticks that made room for newer ones before their members had come.
  public private(set) var droppedTicks = 0
  /// Blocks of sound that no member takes, because they have another sample rate.
  public private(set) var refusedBlocks = 0
  /// How the moments are put together.
  public let configuration: MomentConfiguration

  private var streams: [Stream]
  private var storage: [MemberStorage]
  private var ticks: [PendingTick?]
  private var firstTick = 0
  private var tickCount = 0
  private var hopIndex: Int64 = 0
  private var momentCount = 0

  /// An assembler that has seen nothing.
  ///
  /// - Precondition: every member's stream, and the tick's, is one of the configuration's.
  public init(_ configuration: MomentConfiguration) {
    let numbers = 0..<max(0, configuration.streamCount)
    precondition(configuration.members.allSatisfy { numbers.contains($0.stream) }, "a member's stream is not there")
    if case .elements(let stream) = configuration.tick {
      precondition(numbers.contains(stream), "the tick's stream is not there")
    }
    self.configuration = configuration
    streams = Array(repeating: Stream(), count: numbers.count)
    members = Array(repeating: MomentMemberState(), count: configuration.members.count)
    ticks = Array(repeating: nil, count: configuration.tickCapacity)
    storage = configuration.members.map { member in
      guard case .sound(_, let sampleRate, let samples, _) = member else {
        return MemberStorage(kind: member, elements: ElementHistory(capacity: configuration.elementCapacity))
      }
      let base = TimeBase(numerator: 1, denominator: Int64(sampleRate))
      let reach = min(max(0, base.ticks(nanoseconds: configuration.reach.nanoseconds)), 1 << 24)
      return MemberStorage(
        kind: member, samples: SampleHistory(sampleRate: sampleRate, capacity: max(1, samples) + Int(reach)),
        window: Array(repeating: 0, count: max(1, samples)))
    }
  }

  /// Takes the next element of a stream.
  ///
  /// Channels of sound are averaged. A gap ends a run of sound and moves the stream's bound to its end.
  ///
  /// - Parameters:
  ///   - element: the element; within an epoch times do not go back.
  ///   - stream: the stream's number; one that is not there is ignored.
  ///   - deadline: where the element ticks: when its moment stops waiting; nil never.
  public func feed(_ element: StreamElement, stream: Int, deadline: HostTime? = nil) {
    guard streams.indices.contains(stream) else { return }
    switch element {
    case .audio(let block):
      block.withSamples { samples in
        feed(
          samples, channels: block.channelCount, sampleRate: block.sampleRate, time: block.time, epoch: block.epoch,
          stream: stream)
      }
      return
    case .gap(let gap):
      enter(epoch: gap.newEpoch, at: gap.time + gap.duration, stream)
      advance(stream: stream, bound: gap.time + gap.duration)
      return
    case .video(let frame): enter(epoch: frame.epoch, at: frame.time, stream)
    case .text(let segment): enter(epoch: segment.epoch, at: segment.time, stream)
    case .sensor(let sample): enter(epoch: sample.epoch, at: sample.time, stream)
    }
    let limit = earliestTick
    for index in storage.indices where storage[index].kind.stream == stream {
      keep(element, member: index, limit: limit)
    }
    streams[stream].newest = max(streams[stream].newest, element.time)
    advance(stream: stream, bound: element.time)
    if case .elements(stream) = configuration.tick {
      push(PendingTick(time: element.time, element: element, deadline: deadline))
    }
  }

  /// Takes the next samples of a stream of sound, already at the rate that a member asks for.
  ///
  /// - Parameters:
  ///   - samples: `[frames, channels]`.
  ///   - channels: how many are interleaved; their mean is taken.
  ///   - sampleRate: in hertz; members that ask for another take nothing.
  ///   - time: the first sample's.
  ///   - epoch: the run of continuous time.
  ///   - stream: the stream's number.
  public func feed(
    _ samples: Span<Float>, channels: Int = 1, sampleRate: Int, time: MediaTime, epoch: Int, stream: Int
  ) {
    guard streams.indices.contains(stream), samples.count > 0 else { return }
    let isNew = streams[stream].epoch != epoch
    enter(epoch: epoch, at: time, stream)
    let frames = samples.count / max(1, channels)
    let limit = earliestTick
    var isTaken = false
    for index in storage.indices {
      guard case .sound(stream, sampleRate, let count, let offset) = storage[index].kind else { continue }
      isTaken = true
      let start = limit + offset - .samples(Int64(count), sampleRate: sampleRate)
      droppedSamples += storage[index].samples?.lostSamples(adding: frames, since: start) ?? 0
      storage[index].samples?.append(samples, channels: channels, time: time, startsRun: isNew)
    }
    if !isTaken { refusedBlocks += 1 }
    let end = time + .samples(Int64(frames), sampleRate: sampleRate)
    streams[stream].newest = max(streams[stream].newest, end)
    advance(stream: stream, bound: end)
  }

  /// Says that nothing earlier than `bound` will be fed to the stream any more; a bound in the past changes nothing.
  public func advance(stream: Int, bound: MediaTime) {
    guard streams.indices.contains(stream) else { return }
    streams[stream].bound = max(streams[stream].bound, bound)
    streams[stream].reach = max(streams[stream].reach, bound)
  }

  /// Says that nothing more will be fed to the stream: it holds nothing up any more.
  public func finish(stream: Int) {
    guard streams.indices.contains(stream) else { return }
    streams[stream].isFinished = true
    streams[stream].bound = .distantFuture
  }

  /// When the wait for the next moment is over: call ``next(now:)`` then if nothing comes before. Nil if it waits without
  /// limit, or no tick is known.
  public var nextDeadline: HostTime? { head?.deadline }

  /// The next moment, if it is complete or its wait is over; ``members`` then hold what it has.
  public func next(now: HostTime) -> Moment? {
    guard let tick = head else { return nil }
    let isComplete = isReached(tick.time) && storage.allSatisfy { hasPassed($0.kind, tick.time) }
    guard isComplete || tick.deadline.map({ now >= $0 }) == true else { return nil }
    for index in storage.indices { gather(index, tick.time) }
    popTick()
    for index in storage.indices { prune(index, limit: earliestTick) }
    momentCount += 1
    return Moment(index: momentCount - 1, time: tick.time, element: tick.element, isLate: !isComplete)
  }

  /// The window of a member of sound in the last moment; empty for any other member.
  public func withSamples<R, E: Error>(ofMember member: Int, _ body: (Span<Float>) throws(E) -> R) throws(E) -> R {
    let window = storage.indices.contains(member) ? storage[member].window : []
    return try body(window.span)
  }

  // MARK: Ticks

  private var head: PendingTick? {
    guard case .hop(let hop, let first) = configuration.tick else { return tickCount > 0 ? ticks[firstTick] : nil }
    let time = first + max(.milliseconds(1), hop) * hopIndex
    let deadline = configuration.hopDeadlineOrigin.map { $0 + (time - .zero) }
    // A hop that no stream has come to is one only while the clock may still bring it.
    guard isReached(time) || (deadline != nil && !streams.allSatisfy(\.isFinished)) else { return nil }
    return PendingTick(time: time, element: nil, deadline: deadline)
  }

  private func isReached(_ time: MediaTime) -> Bool { streams.contains { $0.reach >= time } }

  /// No tick before this is still to be answered.
  private var earliestTick: MediaTime {
    switch configuration.tick {
    case .elements(let stream): tickCount > 0 ? ticks[firstTick]?.time ?? .distantPast : streams[stream].bound
    case .hop(let hop, let first): first + max(.milliseconds(1), hop) * hopIndex
    }
  }

  private func push(_ tick: PendingTick) {
    if tickCount == ticks.count {
      popTick()
      droppedTicks += 1
    }
    ticks[(firstTick + tickCount) % ticks.count] = tick
    tickCount += 1
  }

  private func popTick() {
    guard case .elements = configuration.tick else {
      hopIndex += 1
      return
    }
    ticks[firstTick] = nil
    firstTick = (firstTick + 1) % ticks.count
    tickCount -= 1
  }

  // MARK: Members

  private func enter(epoch: Int, at time: MediaTime, _ stream: Int) {
    if let old = streams[stream].epoch, old != epoch, time < streams[stream].newest {
      // Time went back: what is kept is of another time line.
      for index in storage.indices where storage[index].kind.stream == stream {
        storage[index].samples?.clear()
        storage[index].elements?.clear()
      }
    }
    streams[stream].epoch = epoch
  }

  private func keep(_ element: StreamElement, member: Int, limit: MediaTime) {
    switch (storage[member].kind, element) {
    case (.picture, .video), (.text, .text), (.sensor, .sensor): break
    default: return
    }
    prune(member, limit: limit)
    if storage[member].elements?.isFull == true { droppedElements += 1 }
    storage[member].elements?.append(element)
  }

  /// Lets go what no tick at or after `limit` can want.
  private func prune(_ member: Int, limit: MediaTime) {
    switch storage[member].kind {
    case .sound: return
    case .picture:
      while let first = storage[member].elements?[0], first.time < limit - configuration.tolerance {
        storage[member].elements?.removeFirst()
      }
    case .text, .sensor:
      while let second = storage[member].elements.flatMap({ $0.count > 1 ? $0[1] : nil }), second.time <= limit {
        storage[member].elements?.removeFirst()
      }
    }
  }

  private func hasPassed(_ member: MomentMember, _ tick: MediaTime) -> Bool {
    let stream = streams[member.stream]
    if stream.isFinished { return true }
    switch member {
    case .sound(_, _, _, let offset): return stream.bound >= tick + offset
    case .picture: return stream.newest >= tick || stream.bound > tick + configuration.tolerance
    case .text, .sensor: return stream.bound > tick
    }
  }

  private func gather(_ member: Int, _ tick: MediaTime) {
    var state = MomentMemberState()
    let kind = storage[member].kind
    let isPassed = hasPassed(kind, tick)
    switch kind {
    case .sound(_, _, _, let offset):
      if let window = storage[member].samples?.copyWindow(
        endingAt: tick + offset, tolerance: configuration.tolerance, into: &storage[member].window)
      {
        state.missingSamples = window.missing
        state.isPresent = window.missing == 0
        state.skew = state.isPresent ? window.end - offset - tick : nil
      }
    case .picture:
      let nearest = storage[member].elements.flatMap { Self.nearest(to: tick, in: $0) }
      if let nearest, (nearest.time - tick).magnitude <= configuration.tolerance {
        state.element = nearest
        state.isPresent = true
        state.skew = nearest.time - tick
      }
    case .text:
      state.isPresent = isPassed
      if isPassed, let history = storage[member].elements, let index = history.lastIndex(atOrBefore: tick),
        case .text(let segment) = history[index],
        segment.duration <= .zero || tick < segment.time + segment.duration
      {
        state.element = history[index]
        state.age = tick - segment.time
        state.skew = segment.time - tick
      }
    case .sensor(_, let maximumAge):
      if isPassed, let history = storage[member].elements, let index = history.lastIndex(atOrBefore: tick),
        let held = history[index], tick - held.time <= maximumAge
      {
        state.element = held
        state.isPresent = true
        state.age = tick - held.time
        state.skew = held.time - tick
      }
    }
    members[member] = state
  }

  private static func nearest(to time: MediaTime, in history: ElementHistory) -> StreamElement? {
    let before = history.lastIndex(atOrBefore: time)
    let after = (before ?? -1) + 1
    guard after < history.count, let next = history[after] else { return before.flatMap { history[$0] } }
    guard let previous = before.flatMap({ history[$0] }) else { return next }
    return next.time - time < time - previous.time ? next : previous
  }
}
