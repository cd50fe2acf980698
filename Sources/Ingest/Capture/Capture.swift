import BraidCore
import CFFmpeg
import Glibc

/// The body of a capture device's thread: reads the device, keeps watch over it, and gets it back when it is lost.
@safe
final class Capture: @unchecked Sendable {
  // SAFETY: used by one thread at a time: the opener's until `start`, then the input's alone. What others read is behind locks;
  // `stop` touches nothing but a flag and a signal.

  let streams: [CaptureStream]
  let failure = Guarded<IngestError?>(nil)
  let notices = NoticeQueue()
  let estimates = Guarded<[Int: ClockEstimate]>([:])
  private let location: DeviceLocation
  private let options: InputOptions
  /// The session's: ends the opening.
  private let interruption: InputInterruption
  private let stopping = InputInterruption()
  private let wake: Signal
  private var reader: (any CaptureReader)?
  private let kinds: [InputStreamKind]
  private var schedule: ReconnectSchedule
  private var zero = HostTime(nanoseconds: 0)
  private var trace: TraceRow?
  private var isReturning = false

  init(
    _ location: DeviceLocation, _ options: InputOptions, _ interruption: InputInterruption,
    _ reader: any CaptureReader, _ description: InputDescription, _ streams: [CaptureStream], _ wake: Signal
  ) {
    self.location = location
    self.options = options
    self.interruption = interruption
    self.reader = reader
    self.streams = streams
    self.wake = wake
    kinds = description.streams.map(\.kind)
    schedule = ReconnectSchedule(options.live)
  }

  func stop() {
    stopping.interrupt()
    wake.notify()
  }

  private var isStopping: Bool { stopping.isInterrupted || interruption.isInterrupted }

  /// Runs until the device has ended, is lost for good, or the input is stopped.
  func run(from zero: HostTime, clock: any SessionClock, trace: TraceRow?) {
    self.zero = zero
    self.trace = trace
    for stream in streams { stream.begin(at: zero, interval: reader?.interval(of: stream.index) ?? .zero) }
    if let packet = unsafe av_packet_alloc() {
      while !isStopping, let loss = unsafe readAll(packet, clock) {
        guard getBack(loss, clock) else { break }
      }
      var packet: UnsafeMutablePointer<AVPacket>? = unsafe packet
      unsafe av_packet_free(&packet)
    } else {
      fail(FFmpegCall.error(-ENOMEM, "read the device", location: location.redacted))
    }
    reader = nil
    for stream in streams { stream.finish() }
  }

  /// Reads the device until it is lost, and returns how; nil when it has ended, or the input is stopped.
  private func readAll(_ packet: UnsafeMutablePointer<AVPacket>, _ clock: any SessionClock) -> IngestError? {
    guard let reader else { return nil }
    // Slow pictures are no silence.
    let patience = max(options.live.readTimeout, (streams.map { reader.interval(of: $0.index) }.max() ?? .zero) * 3)
    var lastArrival = clock.now
    while !isStopping {
      // A reader that has looked and then waited for long, because the process stood still, has not seen a silence.
      let asked = clock.now
      let read = trace.span("read") { unsafe reader.read(into: packet, clock: clock, wake: wake) }
      let now = clock.now
      switch read {
      case .packet(let captured, let missed):
        lastArrival = now
        unsafe take(packet, captured: captured, missed: missed, arrival: now)
      case .damaged:
        // It gives something: it is not silent.
        lastArrival = now
        streams.first?.noteDamage()
      case .nothing:
        if asked - lastArrival > patience {
          return IngestError(.lost, "nothing came for \(patience.seconds) s", location: location.redacted)
        }
      case .ended: return nil
      case .failed(let status):
        return IngestError(
          .lost, "the device is gone", location: location.redacted, cause: FFmpegCall.text(status))
      }
    }
    return nil
  }

  /// Every packet passes here: of the container's stream, with the host times of its capture and of its arrival.
  private func take(
    _ packet: UnsafeMutablePointer<AVPacket>, captured: HostTime, missed: MediaDuration?, arrival: HostTime
  ) {
    schedule.succeeded()
    if let missed {
      for stream in streams { stream.note(missed: missed) }
    }
    let index = unsafe Int(packet.pointee.stream_index)
    guard let stream = streams.first(where: { $0.index == index }) else {
      unsafe av_packet_unref(packet)
      return
    }
    if isReturning {
      isReturning = false
      for stream in streams { note(.reconnected, stream, at: captured, epoch: stream.epoch + 1, location.redacted) }
    }
    let change = trace.span(stream.kind == .audio ? "decode sound" : "decode") {
      unsafe stream.take(packet, captured: captured, arrival: arrival)
    }
    if let change {
      note(.formatChanged, stream, at: captured, epoch: stream.epoch, change)
    }
    let estimate = stream.clockEstimate
    estimates.withLock { $0[index] = estimate }
  }

  // MARK: - Lost and found

  /// Closes the device and opens it again, as often as it takes. False when it is lost for good or the input is stopped.
  private func getBack(_ loss: IngestError, _ clock: any SessionClock) -> Bool {
    // A device that is held open keeps its name, and is busy to whoever opens it.
    reader = nil
    let cause = [loss.message, loss.cause].compactMap(\.self).joined(separator: ": ")
    // One that was opened again and gave nothing has not been back.
    if !isReturning {
      for stream in streams { note(.disconnected, stream, at: clock.now, epoch: stream.epoch, cause) }
    }
    var last = loss
    while let pause = schedule.next() {
      guard wait(pause, clock) else { return false }
      do throws(IngestError) {
        try reopen()
        isReturning = true
        return true
      } catch {
        last = error
      }
    }
    fail(
      IngestError(
        .lost, "it did not come back in \(schedule.attempts) attempts: \(last.message)", location: location.redacted,
        remedy: last.remedy.isEmpty ? "Plug it in and start again." : last.remedy, cause: last.cause ?? loss.cause))
    return false
  }

  private func reopen() throws(IngestError) {
    let opening = try DeviceOpening(location, options: options, interruption: interruption)
    guard opening.description.streams.map(\.kind) == kinds else {
      throw IngestError(
        .formatRefused, "what came back is another device: its streams differ", location: location.redacted,
        remedy: "Plug the old one in, or start again.")
    }
    for stream in streams {
      try stream.reopen(
        opening.reader.format, interval: opening.reader.interval(of: stream.index), options: options,
        location: location.redacted)
    }
    reader = opening.reader
  }

  /// Waits, and lets nobody wait for the device meanwhile. False when the input is stopped.
  private func wait(_ duration: MediaDuration, _ clock: any SessionClock) -> Bool {
    let deadline = clock.now + duration
    while !isStopping {
      let ticket = wake.ticket()
      let now = clock.now
      for stream in streams { stream.advance(to: now) }
      guard now < deadline else { return true }
      clock.wait(on: wake, since: ticket, until: min(deadline, now + .milliseconds(50)))
    }
    return false
  }

  private func fail(_ error: IngestError) {
    failure.withLock { if $0 == nil { $0 = error } }
  }

  private func note(_ kind: InputNotice.Kind, _ stream: CaptureStream, at host: HostTime, epoch: Int, _ cause: String) {
    let time = MediaTime.zero + (host - zero)
    notices.append(InputNotice(kind: kind, stream: stream.index, time: time, epoch: epoch, cause: cause))
  }
}
