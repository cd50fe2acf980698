public import BraidCore

/// A sound device of ALSA, or of a sound server through it: opened and described, then captured on a thread of its own.
///
/// Blocks of one period are given out as floats with the host time of their capture. What the device loses is counted to the
/// sample; a device that goes away is got back. All methods may be called from any thread.
public final class AlsaInput: SessionInput {
  /// How urgently the capturing thread asks to be run: above everything ordinary, below what keeps the machine alive.
  private static let priority = ThreadPriority.realtime(20)
  /// How long ``join()`` waits for a thread that was asked to stop: one that does not hangs in libasound.
  private static let longestStop = MediaDuration.milliseconds(80)

  /// What the device is, as it was negotiated.
  public let description: InputDescription
  /// Unused: live rings never make a thread wait.
  public let wake = Signal()

  private struct State {
    var device: PCM?
    var thread: DedicatedThread?
    var rings: [Ring] = []
    var stopped: HostTime?
  }

  private let state: Guarded<State>
  private let location: DeviceLocation
  private let options: LiveOptions
  private let meter = AlsaMeter()
  private let waker: WakeDescriptor
  private let stopping = InputInterruption()
  /// Notified when the thread has ended.
  private let ended = Signal()
  private let hasEnded = InputInterruption()

  /// Opens a device. Blocks until it is known what it gives, at most ``LiveOptions/openTimeout``.
  ///
  /// - Throws: not-found, with names that are near; busy; not-permitted; format-refused, with what the device has; timed-out;
  ///   unusable; invalid-option; no-usable-stream; interrupted.
  static func open(
    _ location: DeviceLocation, options: InputOptions, interruption: InputInterruption
  ) throws(IngestError) -> AlsaInput {
    guard let waker = WakeDescriptor() else {
      throw IngestError(
        .limitExceeded, "the process has no descriptors left", location: location.redacted,
        remedy: "Raise 'ulimit -n'.")
    }
    let isTaken = try AlsaDescription.selects(options.streams, location)
    let device = try openDevice(location, options.live, interruption, waker)
    return AlsaInput(
      device, location, options.live, waker, AlsaDescription.describe(device, location, isSelected: isTaken))
  }

  private static func openDevice(
    _ location: DeviceLocation, _ options: LiveOptions, _ interruption: InputInterruption, _ waker: WakeDescriptor
  ) throws(IngestError) -> PCM {
    let clock = MonotonicClock()
    let deadline = clock.now + options.openTimeout
    let opening = AlsaOpening(
      location.name, [PCM.Request(location)], location: location.redacted, wake: waker)
    while true {
      if let outcome = opening.takeOutcome() {
        switch outcome {
        case .opened(let device): return device
        case .failed(let error): throw AlsaDescription.refine(error, location)
        }
      }
      if interruption.isInterrupted {
        throw IngestError(.interrupted, "opening was stopped", location: location.redacted)
      }
      guard clock.now < deadline else {
        throw IngestError(
          .timedOut, "the sound device did not open within \(options.openTimeout.seconds) s",
          location: location.redacted,
          remedy: "Its sound server may hang: restart it, or give a device of the hardware.")
      }
      waker.wait(.milliseconds(10))
    }
  }

  private init(
    _ device: PCM, _ location: DeviceLocation, _ options: LiveOptions, _ waker: WakeDescriptor,
    _ description: InputDescription
  ) {
    state = Guarded(State(device: device))
    self.location = location
    self.options = options
    self.waker = waker
    self.description = description
  }

  deinit {
    stop()
    join()
  }

  /// Starts the device and the input's thread. A second call does nothing.
  ///
  /// - Parameters:
  ///   - rings: the ring of stream 0; without it the device is read and counted, and goes nowhere.
  ///   - pace: `live`; with another the session's zero is when that starts, or now.
  ///   - clock: the session's, which must be CLOCK_MONOTONIC, as the device's stamps are.
  ///   - threadName: as the system's tools show it, cut at 15 bytes.
  ///   - trace: where the thread writes down what it does.
  public func start(
    rings: [Int: Ring], pace: InputPace, clock: any SessionClock = MonotonicClock(), threadName: String = "braid-in-0",
    trace: InputTrace? = nil
  ) {
    let zero =
      switch pace {
      case .live(let start), .realtime(let start): start
      case .fast: clock.now
      }
    let (location, options, meter, waker, stopping) = (location, options, meter, waker, stopping)
    let (ended, hasEnded) = (ended, hasEnded)
    state.withLock { state in
      guard state.thread == nil, let device = state.device else { return }
      state.device = nil
      state.rings = Array(rings.values)
      let ring = rings[0]
      state.thread = DedicatedThread(name: threadName, priority: Self.priority) {
        let capture = AlsaCapture(
          device, location, options, meter, waker, stopping, ring: ring, clock: clock, zero: zero)
        capture.trace = trace?.decoding
        capture.run()
        hasEnded.interrupt()
        ended.notify()
      }
    }
  }

  /// Asks the thread to end: it is woken at once. Does not wait for it.
  public func stop() {
    state.withLock { if $0.stopped == nil { $0.stopped = MonotonicClock().now } }
    stopping.interrupt()
    waker.notify()
    ended.notify()
  }

  /// Waits for the thread to end. One that was asked to stop and hangs in libasound is left behind after 80 ms.
  public func join() {
    guard let thread = state.withLock({ $0.thread }) else { return }
    while true {
      let ticket = ended.ticket()
      if hasEnded.isInterrupted { return thread.join() }
      let deadline = state.withLock { $0.stopped }.map { $0 + Self.longestStop } ?? HostTime(nanoseconds: .max)
      if MonotonicClock().now >= deadline { break }
      ended.wait(since: ticket, until: deadline)
    }
    thread.abandon()
    for ring in state.withLock({ $0.rings }) { ring.finish() }
  }

  /// What has come so far.
  public func counters(stream index: Int) -> StreamCounters? { index == 0 ? meter.counters : nil }

  /// The device's clock against the host's.
  public func clockEstimate(stream index: Int) -> ClockEstimate? { index == 0 ? meter.clock : nil }

  /// Why the device was given up; nil where it was not.
  public var failure: IngestError? { meter.failure }

  /// What has happened since the last call.
  public func takeNotices() -> [InputNotice] { meter.notices.take() }
}
