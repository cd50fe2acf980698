import BraidCore

extension Demuxer {
  /// The body of the input's thread: reads, decodes and fills the rings until the end or an interruption.
  func run(pace: InputPace, clock: any SessionClock, base: MediaTime, trace: TraceRow?) {
    if case .realtime = pace {
      for reader in readers { reader.assembler.blocksPerSecond = 50 }
    }
    while !interruption.isInterrupted {
      let ticket = wake.ticket()
      var hasProgressed = false
      var due: HostTime?
      for reader in readers where !reader.isFinished {
        if deliver(reader, pace, clock, base, &due) { hasProgressed = true }
        if reader.outbox.isEmpty, reader.decodeSome(trace) {
          hasProgressed = true
          if deliver(reader, pace, clock, base, &due) { hasProgressed = true }
        }
        publishBound(reader)
        if reader.isExhausted, reader.outbox.isEmpty {
          reader.ring?.finish()
          reader.isFinished = true
        }
      }
      if readers.allSatisfy(\.isFinished) { break }
      if shouldRead {
        let status = trace.span("read") { read() }
        if status == .interrupted { break }
      } else if !hasProgressed {
        clock.wait(on: wake, since: ticket, until: due ?? HostTime(nanoseconds: .max))
      }
    }
    // Who takes the last frame may ask to stop before this is reached.
    if readers.allSatisfy(\.isFinished) {
      noteNothing()
      noteTruncation()
    }
    log?.flush()
    for reader in readers where !reader.isFinished {
      reader.discardRest()
      reader.meter.store(reader.counters)
      reader.ring?.finish()
    }
  }

  /// An input that gave nothing at all, though all of it was asked for, has failed.
  func noteNothing() {
    guard readers.allSatisfy({ $0.counters.frames == 0 && $0.window.start == nil && $0.window.end == nil }) else {
      return
    }
    let errors = readers.reduce(0) { $0 + $1.counters.decodeErrors }
    fail(
      errors > 0
        ? IngestError(
          .unusable, "nothing in it could be decoded (\(errors) errors)", location: location.redacted,
          remedy: "Check with 'ffprobe' that the file is whole and is what its name says.")
        : IngestError(
          .empty, "its streams hold no frames", location: location.redacted, remedy: "Give a file that holds media."))
  }

  /// A file that ends long before its header says so has been cut off, though its demuxer ends as if nothing were amiss.
  ///
  /// Headers are seldom exact: only what is missing by more than a second and a twentieth of the whole is told.
  func noteTruncation() {
    guard takesWholeFile, let end = readers.compactMap(\.counters.end).max(),
      let start = readers.compactMap(\.counters.firstTime).min()
    else { return }
    let taken = end - start
    var stated = statedDuration ?? .zero
    if let header = RIFFHeader(path: location.uri), header.missingPart < 1 {
      stated = max(stated, MediaDuration(nanoseconds: Int64(Double(taken.nanoseconds) / (1 - header.missingPart))))
    }
    let missing = stated - taken
    guard missing > .seconds(1), missing > MediaDuration(nanoseconds: stated.nanoseconds / 20) else { return }
    fail(
      IngestError(
        .truncated,
        "it ends \(Self.seconds(taken)) s after its start, and says that it is \(Self.seconds(stated)) s long",
        location: location.redacted, remedy: "Get the whole file; everything up to its end was taken."))
  }

  private static func seconds(_ duration: MediaDuration) -> String {
    let tenths = (duration.nanoseconds + 50_000_000) / 100_000_000
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// Puts what is ready, and due, into the stream's ring. `due` becomes the earliest time that something waits for.
  private func deliver(
    _ reader: StreamReader, _ pace: InputPace, _ clock: any SessionClock, _ base: MediaTime, _ due: inout HostTime?
  ) -> Bool {
    var hasProgressed = false
    while let element = reader.outbox.first {
      var element = element
      if case .realtime(let start) = pace {
        let moment = start + (element.dueTime - base)
        if clock.now < moment {
          due = due.map { min($0, moment) } ?? moment
          break
        }
        element.setCaptured(moment)
      }
      guard reader.ring?.tryPush(element) ?? true else { break }
      reader.outbox.removeFirst()
      hasProgressed = true
    }
    return hasProgressed
  }
}

extension StreamReader {
  /// Counts what was decoded and did not reach the ring as lost there: nobody will take it any more.
  fileprivate func discardRest() {
    if kind == .audio { assembler.flush(to: &outbox) }
    while let element = outbox.first {
      ring?.discard(element)
      outbox.removeFirst()
    }
  }
}

extension StreamElement {
  /// When a live source would have given it: sound and gaps at their end, everything else at its time.
  fileprivate var dueTime: MediaTime {
    switch self {
    case .audio(let block): block.end
    case .gap(let gap): gap.time + max(.zero, gap.duration)
    default: time
    }
  }

  fileprivate mutating func setCaptured(_ moment: HostTime) {
    switch self {
    case .audio(var block):
      block.captured = moment
      self = .audio(block)
    case .video(var frame):
      frame.captured = moment
      self = .video(frame)
    case .text(var segment):
      segment.captured = moment
      self = .text(segment)
    case .sensor, .gap: break
    }
  }
}
