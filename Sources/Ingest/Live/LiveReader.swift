import BraidCore
import CFFmpeg
import Glibc

/// The body of the thread that reads a live source: it waits for packets, notes when each arrived, hands them on, and
/// gets a lost connection back. It never waits for whoever takes them.
@safe
final class LiveReader: @unchecked Sendable {
  // SAFETY: used by one thread at a time: the opener's until `start`, then the reading thread's alone.

  /// How much is looked at to find out what a source is, where nothing else is asked for.
  private static let longestProbe = MediaDuration.seconds(5)

  private let source: LiveSource
  private let options: InputOptions
  private let interruption: InputInterruption
  private let queue: LivePacketQueue
  /// Notified to end a wait.
  private let wake: Signal
  private let kinds: [InputStreamKind]
  private var connection: LiveConnection?
  private var schedule: ReconnectSchedule
  private var pacer = LivePacer()
  /// The location that worked last.
  private var preferred: Int
  /// Whether the connection was given up because nothing of it could be decoded any more.
  private var isReopening = false
  private var connections = 0

  init(
    _ source: LiveSource, _ options: InputOptions, _ opened: LiveConnection, location: Int, kinds: [InputStreamKind],
    queue: LivePacketQueue, wake: Signal, _ interruption: InputInterruption
  ) {
    self.source = source
    self.options = options
    self.interruption = interruption
    self.queue = queue
    self.wake = wake
    self.kinds = kinds
    connection = opened
    preferred = location
    schedule = ReconnectSchedule(options.live)
  }

  /// Opens the first of the source's locations that answers, the preferred one before the others.
  static func connect(
    _ source: LiveSource, _ options: InputOptions, kinds: [InputStreamKind]?, preferred: Int = 0,
    _ interruption: InputInterruption
  ) throws(IngestError) -> (LiveConnection, location: Int) {
    var options = options
    if options.limits.probeDuration == .zero { options.limits.probeDuration = longestProbe }
    var places = Array(source.locations.indices)
    if places.contains(preferred) { places.swapAt(0, preferred) }
    var failure = IngestError(.notFound, "there is nothing to open", location: source.redacted)
    for (number, place) in places.enumerated() {
      var options = options
      // Whichever is not the last leaves time for the next.
      if number < places.count - 1 {
        options.live.openTimeout = min(
          .seconds(4), MediaDuration(nanoseconds: options.live.openTimeout.nanoseconds / 2))
      }
      do throws(IngestError) {
        let location = source.locations[place]
        let format = try FormatContext(location, options, interruption)
        return (try LiveConnection(format, location, options, kinds: kinds), place)
      } catch {
        failure = error
        if [.interrupted, .notPermitted, .notFound].contains(error.code) { break }
      }
    }
    throw failure
  }

  /// How long nothing may come. A playlist's next segment may be a while in the making.
  private var readTimeout: MediaDuration {
    source.timing == .stamps ? options.live.readTimeout * 4 : options.live.readTimeout
  }

  /// Reads until the source has ended, is lost for good, or the input is stopped.
  func run(clock: any SessionClock, trace: TraceRow?) {
    guard var packet = unsafe Optional(av_packet_alloc()) else {
      queue.push(.ended(FFmpegCall.error(-ENOMEM, "read", location: source.redacted)))
      return
    }
    defer { unsafe av_packet_free(&packet) }
    while let packet = unsafe packet {
      guard let lost = unsafe readToEnd(packet, clock, trace), !interruption.isInterrupted else {
        queue.push(.ended(nil))
        return
      }
      guard options.live.reconnects || isReopening else {
        queue.push(.ended(lost))
        return
      }
      queue.push(.lost(lost, at: clock.now))
      guard reconnect(after: lost, clock: clock) else { return }
    }
  }

  /// Reads the connection to its end and closes it. Returns why it was lost; nil where the source has ended.
  private func readToEnd(
    _ packet: UnsafeMutablePointer<AVPacket>, _ clock: any SessionClock, _ trace: TraceRow?
  ) -> IngestError? {
    guard let connection else { return nil }
    self.connection = nil
    return loss(of: connection, unsafe readAll(connection, packet, clock, trace))
  }

  /// Reads until the connection gives nothing more, and returns FFmpeg's status.
  private func readAll(
    _ connection: LiveConnection, _ packet: UnsafeMutablePointer<AVPacket>, _ clock: any SessionClock,
    _ trace: TraceRow?
  ) -> Int32 {
    queue.push(.opened(connection.takeStreams()))
    pacer = LivePacer()
    isReopening = false
    connections += 1
    while !interruption.isInterrupted {
      if queue.isReopeningRequested(of: connections) {
        isReopening = true
        return braid_AVERROR_INVALIDDATA
      }
      connection.deadline.allow(readTimeout)
      let (read, arrived) = trace.span("read") { unsafe connection.read(into: packet, clock: clock) }
      var arrival = arrived
      switch read {
      case .stopped(let status) where status == braid_AVERROR_EAGAIN:
        wait(until: clock.now + .milliseconds(5), clock)
      case .stopped(let status): return status
      case .nothing: break
      case .packet(let place):
        if source.timing == .stamps { unsafe arrival = pace(connection, packet, place, arrival, clock) }
        guard unsafe hand(packet, place, arrival) else { return -ENOMEM }
      case .changed(let place, let changed):
        queue.push(.changed(stream: place, changed))
        guard unsafe hand(packet, place, arrival) else { return -ENOMEM }
      }
    }
    return braid_AVERROR_EXIT
  }

  /// Hands a packet on. False when there is no memory for it.
  private func hand(_ packet: UnsafeMutablePointer<AVPacket>, _ place: Int, _ arrival: HostTime) -> Bool {
    schedule.succeeded()
    return unsafe queue.push(moving: packet, stream: place, arrival: arrival)
  }

  /// Waits until a packet of a source that is too fast is due.
  private func pace(
    _ connection: LiveConnection, _ packet: UnsafeMutablePointer<AVPacket>, _ place: Int, _ arrival: HostTime,
    _ clock: any SessionClock
  ) -> HostTime {
    let index = unsafe Int(packet.pointee.stream_index)
    let due = pacer.due(
      unsafe FFmpegCall.stamp(packet.pointee.pts), unsafe FFmpegCall.stamp(packet.pointee.dts),
      timeBase: connection.timeBase(index), bits: connection.stampBits(index), of: index, now: arrival)
    guard let due else { return arrival }
    wait(until: due, clock)
    return clock.now
  }

  /// Waits until `time` or until the input is stopped.
  private func wait(until time: HostTime, _ clock: any SessionClock) {
    while !interruption.isInterrupted, clock.now < time {
      let ticket = wake.ticket()
      if interruption.isInterrupted { return }
      // Not every interruption notifies.
      clock.wait(on: wake, since: ticket, until: min(time, clock.now + .milliseconds(50)))
    }
  }

  /// Why the source counts as lost; nil where it has ended.
  private func loss(of connection: LiveConnection, _ status: Int32) -> IngestError? {
    let remedy = options.live.reconnects ? "" : "With --reconnect Braid waits for it and goes on."
    if connection.deadline.hasPassed {
      return IngestError(
        .lost, "nothing came for \(readTimeout.seconds) s", location: source.redacted, remedy: remedy)
    }
    if isReopening {
      return IngestError(
        .lost, "nothing of a stream could be decoded any more", location: source.redacted, remedy: remedy)
    }
    if status == braid_AVERROR_EOF, source.endsCleanly || connection.hasReachedLength {
      return nil
    }
    return IngestError(
      .lost, status == braid_AVERROR_EOF ? "the connection ended" : "the connection failed",
      location: source.redacted, remedy: remedy, cause: FFmpegCall.text(status))
  }

  /// Tries until a connection stands. False when the input was stopped or the source is lost for good; that is told.
  private func reconnect(after lost: IngestError, clock: any SessionClock) -> Bool {
    var lost = lost
    while let wait = schedule.next() {
      self.wait(until: clock.now + wait, clock)
      if interruption.isInterrupted { break }
      do throws(IngestError) {
        let (opened, location) = try Self.connect(source, options, kinds: kinds, preferred: preferred, interruption)
        (connection, preferred) = (opened, location)
        return true
      } catch {
        if !options.live.reconnects {
          queue.push(.ended(interruption.isInterrupted ? nil : error))
          return false
        }
        lost = IngestError(.lost, error.message, location: error.location, remedy: error.remedy, cause: error.cause)
      }
    }
    guard !interruption.isInterrupted else {
      queue.push(.ended(nil))
      return false
    }
    queue.push(
      .ended(
        IngestError(
          .lost, "it did not come back in \(schedule.attempts) attempts: \(lost.message)", location: source.redacted,
          remedy: "Allow more with --reconnect-limit, or check the source.", cause: lost.cause)))
    return false
  }
}
