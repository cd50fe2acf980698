import BraidCore
import CFFmpeg
import Glibc

/// A camera, a screen or a generator: opened, described, then read on a thread of its own into rings.
///
/// A capture thread does no work but capture: it reads, decodes and pushes, and waits for no ring. Elements have the time at
/// which they were captured, by the host's clock, less the session's start; what a device kept from before that is left out.
/// A device that fails, or gives nothing for ``LiveOptions/readTimeout``, is closed and opened again until it is back.
final class CaptureInput: SessionInput {
  let description: InputDescription
  let wake = Signal()
  private let capture: Capture
  private let thread = Guarded<DedicatedThread?>(nil)

  /// Opens what `location` names. Blocks for as long as the device's driver takes.
  ///
  /// - Throws: what ``DeviceOpening`` does, and `unsupportedCodec`, `noUsableStream`, `limitExceeded`.
  init(
    _ location: DeviceLocation, options: InputOptions, interruption: InputInterruption
  ) throws(IngestError) {
    let opening = try DeviceOpening(location, options: options, interruption: interruption)
    var description = opening.description
    try opening.reader.format.select(options, in: &description)
    self.description = description
    let log = try options.packetLog.map { path throws(IngestError) in try PacketLogWriter(path: path) }
    var streams: [CaptureStream] = []
    for stream in description.streams where stream.isSelected {
      streams.append(
        try CaptureStream(opening.reader.format, stream, options: options, location: location.redacted, log: log))
    }
    capture = Capture(location, options, interruption, opening.reader, description, streams, wake)
  }

  deinit {
    stop()
    join()
  }

  func start(
    rings: [Int: Ring], pace: InputPace, clock: any SessionClock, threadName: String, trace: InputTrace?
  ) {
    thread.withLock { thread in
      guard thread == nil else { return }
      let capture = capture
      for stream in capture.streams { stream.ring = rings[stream.index] }
      let zero: HostTime =
        switch pace {
        case .live(let start), .realtime(let start): start
        case .fast: clock.now
        }
      thread = DedicatedThread(name: threadName, priority: .realtime(10)) {
        capture.run(from: zero, clock: clock, trace: trace?.decoding)
      }
    }
  }

  func stop() { capture.stop() }

  func join() {
    thread.withLock { $0 }?.join()
  }

  func counters(stream index: Int) -> StreamCounters? {
    capture.streams.first { $0.index == index }?.meter.snapshot
  }

  func clockEstimate(stream index: Int) -> ClockEstimate? {
    capture.estimates.withLock { $0[index] }
  }

  var failure: IngestError? { capture.failure.withLock { $0 } }

  func takeNotices() -> [InputNotice] { capture.notices.take() }
}
