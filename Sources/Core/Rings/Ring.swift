/// What a ring does with an element that has no room.
public enum RingPolicy: Hashable, Sendable {
  /// The producer waits: for files.
  case block
  /// The oldest element makes room, and is counted: for live sources, whose thread must never wait.
  case dropOldest
}

/// How much a ring may hold.
public struct RingCapacity: Hashable, Sendable {
  /// Elements, at least 1.
  public var elements: Int
  /// Bytes that the elements keep in memory. One element is always let in, however large.
  public var bytes: Int

  /// A capacity; `elements` is held to at least 1.
  public init(elements: Int, bytes: Int) {
    self.elements = max(1, elements)
    self.bytes = bytes
  }
}

/// A bounded queue of one stream's elements from its source's thread to the session's.
///
/// One producer, one consumer. Its bound says "nothing earlier than this will come" and only moves forward. Dropped
/// elements are counted in units (samples of sound, frames of anything else); gaps are never dropped. Allocates: no,
/// after `init`.
public final class Ring: Sendable {
  /// What has gone through, so far. `pushed = popped + dropped + waiting`, in units.
  public struct Counters: Hashable, Sendable {
    /// Units that the producer brought.
    public var pushed = 0
    /// Units that the consumer took.
    public var popped = 0
    /// Units that made room for newer ones, or that nobody wanted any more after ``Ring/cancel()``.
    public var dropped = 0
    /// Units that wait.
    public var waiting = 0

    /// Nothing yet.
    public init() {}
  }

  private struct State {
    var slots: [StreamElement?]
    var head = 0
    var count = 0
    var bytes = 0
    var counters = Counters()
    var bound = MediaTime.distantPast
    var finished = false
    var cancelled = false
    var overrun: Gap?
  }

  private enum Admission {
    case admitted
    case full
    case cancelled
  }

  private let state: Guarded<State>
  private let capacity: RingCapacity
  private let policy: RingPolicy
  private let ready: Signal
  private let space: Signal
  private let trace: RingTrace?

  /// An empty ring.
  ///
  /// - Parameters:
  ///   - capacity: how much it may hold.
  ///   - policy: what happens when it is full.
  ///   - ready: notified when there is something new for the consumer: an element, a bound, the end.
  ///   - space: notified when there is room again for the producer.
  ///   - trace: where its traffic is traced; nil for nowhere.
  public init(
    capacity: RingCapacity, policy: RingPolicy, ready: Signal, space: Signal, trace: RingTrace? = nil
  ) {
    self.capacity = capacity
    self.policy = policy
    self.ready = ready
    self.space = space
    self.trace = trace
    state = Guarded(State(slots: Array(repeating: nil, count: capacity.elements)))
  }

  /// The counters now.
  public var counters: Counters { state.withLock { $0.counters } }

  /// Nothing earlier than this will come. `distantFuture` after the end.
  public var bound: MediaTime { state.withLock { $0.bound } }

  /// Puts an element in if there is room now; the ring's bound moves to the element's time.
  ///
  /// - Returns: false if the ring is full (policy ``RingPolicy/block`` only); nothing is changed then. A ring that was
  ///   cancelled takes everything and keeps nothing.
  public func tryPush(_ element: StreamElement) -> Bool {
    let start = trace?.producer.begin()
    let admission = state.withLock { state -> Admission in
      if state.cancelled {
        state.counters.pushed += element.unitCount
        state.counters.dropped += element.unitCount
        return .cancelled
      }
      let bytes = element.byteCount
      while !fits(bytes, state) {
        guard policy == .dropOldest, dropOldest(&state) else { return .full }
      }
      append(element, bytes, &state)
      trace?.added(level: state.count)
      return .admitted
    }
    if admission == .admitted {
      trace?.pushed(element, since: start)
      ready.notify()
    }
    return admission != .full
  }

  /// Puts an element in, waiting for room under ``RingPolicy/block``.
  ///
  /// - Returns: false if the ring was cancelled.
  @discardableResult
  public func push(_ element: StreamElement) -> Bool {
    while true {
      let ticket = space.ticket()
      if tryPush(element) { return !state.withLock { $0.cancelled } }
      space.wait(since: ticket)
    }
  }

  /// Moves the bound forward: nothing earlier than `bound` will come. A bound in the past changes nothing.
  public func advance(bound: MediaTime) {
    let moved = state.withLock { state -> Bool in
      guard bound > state.bound else { return false }
      state.bound = bound
      return true
    }
    if moved { ready.notify() }
  }

  /// Says that nothing more will come.
  public func finish() {
    state.withLock { state in
      state.finished = true
      state.bound = .distantFuture
    }
    ready.notify()
  }

  /// Empties the ring and lets the producer's further elements vanish: the consumer has gone.
  public func cancel() {
    state.withLock { state in
      state.cancelled = true
      while let element = takeFirst(&state) {
        state.counters.dropped += element.unitCount
        trace?.cancelled(element)
      }
    }
    space.notify()
    ready.notify()
  }

  /// Counts an element that will not be brought any more, because its source was stopped.
  public func discard(_ element: StreamElement) {
    state.withLock { state in
      state.counters.pushed += element.unitCount
      state.counters.dropped += element.unitCount
    }
  }

  /// Takes the oldest element, if there is one.
  public func pop() -> StreamElement? {
    let element = state.withLock { state -> StreamElement? in
      if let gap = state.overrun {
        state.overrun = nil
        return .gap(gap)
      }
      guard let element = takeFirst(&state) else { return nil }
      state.counters.popped += element.unitCount
      trace?.popped(level: state.count)
      return element
    }
    // A producer that makes room itself sleeps until its next element is due: it need not be woken.
    if element != nil, policy == .block { space.notify() }
    return element
  }

  /// The time of the oldest element, if there is one; else nil with the bound.
  public func peek() -> (time: MediaTime?, bound: MediaTime, isFinished: Bool) {
    state.withLock { state in
      if let gap = state.overrun { return (gap.time, state.bound, false) }
      let time = state.count > 0 ? state.slots[state.head]?.time : nil
      return (time, state.bound, state.finished && state.count == 0)
    }
  }

  /// Whether the ring holds nothing.
  public var isEmpty: Bool { state.withLock { $0.count == 0 && $0.overrun == nil } }

  /// How many elements wait.
  public var depth: Int { state.withLock { $0.count } }

  private func fits(_ bytes: Int, _ state: State) -> Bool {
    state.count == 0 || (state.count < capacity.elements && state.bytes + bytes <= capacity.bytes)
  }

  private func append(_ element: StreamElement, _ bytes: Int, _ state: inout State) {
    state.slots[(state.head + state.count) % state.slots.count] = element
    state.count += 1
    state.bytes += bytes
    state.counters.pushed += element.unitCount
    state.counters.waiting += element.unitCount
    state.bound = max(state.bound, element.time)
  }

  private func takeFirst(_ state: inout State) -> StreamElement? {
    guard state.count > 0 else { return nil }
    let element = state.slots[state.head]
    state.slots[state.head] = nil
    state.head = (state.head + 1) % state.slots.count
    state.count -= 1
    if let element {
      state.bytes -= element.byteCount
      state.counters.waiting -= element.unitCount
    }
    return element
  }

  /// Drops the oldest element and remembers it in one gap that grows until the consumer sees it.
  private func dropOldest(_ state: inout State) -> Bool {
    guard let element = takeFirst(&state) else { return false }
    state.counters.dropped += element.unitCount
    trace?.dropped(element)
    switch element {
    case .gap(let gap):
      // A gap is not lost with its surroundings: the one that the consumer will see spans both, and counts what either lost.
      extend(
        &state, time: gap.time, until: gap.time + gap.duration, epoch: gap.newEpoch, samples: gap.samples,
        frames: gap.frames)
    case .audio(let block):
      extend(&state, time: block.time, until: block.end, epoch: block.epoch, samples: block.frameCount, frames: 0)
    case .video(let frame):
      extend(&state, time: frame.time, until: frame.time + frame.duration, epoch: frame.epoch, samples: 0, frames: 1)
    case .text(let segment):
      extend(&state, time: segment.time, until: segment.time, epoch: segment.epoch, samples: 0, frames: 1)
    case .sensor(let sample):
      extend(&state, time: sample.time, until: sample.time, epoch: sample.epoch, samples: 0, frames: 1)
    }
    return true
  }

  private func extend(
    _ state: inout State, time: MediaTime, until end: MediaTime, epoch: Int, samples: Int, frames: Int
  ) {
    var gap =
      state.overrun
      ?? Gap(time: time, duration: .zero, epoch: epoch, newEpoch: epoch, samples: 0, frames: 0, reason: .overrun)
    gap.duration = max(gap.duration, end - gap.time)
    gap.newEpoch = epoch
    gap.samples += samples
    gap.frames += frames
    state.overrun = gap
  }
}
