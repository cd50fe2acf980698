internal import BraidCore
internal import Glibc

/// Writes items to whoever reads a FIFO, or listens at a Unix socket. Readers may come and go: what is not read whole when one goes
/// begins anew with the next.
final class StreamSink: SinkWriter {
  /// Where it writes.
  enum Place {
    /// A FIFO, which is made where there is none.
    case fifo
    /// A stream socket that somebody listens at. After `retry` without one the sink is given up where the session waits for it, else
    /// that is told.
    case socket(retry: MediaDuration)
  }

  let fill = SinkFill()
  private let path: String
  private let place: Place
  private var descriptor: Int32 = -1
  /// Since when there has been no reader.
  private var alone: HostTime?
  private var toldOutage = false
  private var delay = StreamSink.firstDelay
  private static let firstDelay = MediaDuration.milliseconds(20)
  private static let longestDelay = MediaDuration.milliseconds(500)

  /// - Throws: ``PipelineError/Code/outputFailed`` where there is something else at the path.
  init(path: String, place: Place) throws(PipelineError) {
    self.path = path
    self.place = place
    var status = stat()
    let exists = unsafe stat(path, &status) == 0
    switch place {
    case .fifo:
      guard !exists else {
        if status.st_mode & S_IFMT != S_IFIFO {
          throw PipelineError(
            .outputFailed, "the file is no FIFO", location: path,
            remedy: "Name a FIFO, or a path where there is nothing")
        }
        return
      }
      guard unsafe mkfifo(path, 0o644) == 0 else { throw failure("the FIFO cannot be made", errno) }
    case .socket:
      if exists, status.st_mode & S_IFMT != S_IFSOCK {
        throw PipelineError(.outputFailed, "the file is no socket", location: path, remedy: "Name a socket")
      }
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  func write(_ batch: SinkBatch, for channel: SinkChannel) throws(PipelineError) {
    var item = 0
    var offset = 0
    while item < batch.count {
      if descriptor < 0 {
        // A new reader begins with a whole item.
        offset = batch.start(of: item)
        guard try open(channel) else { return }
      }
      let count = put(batch.bytes, from: offset)
      if count > 0 {
        offset += count
        let first = item
        let start = batch.start(of: item)
        while item < batch.count, batch.ends[item] <= offset { item += 1 }
        if item > first {
          channel.wrote(item - first, bytes: batch.ends[item - 1] - start)
          delay = Self.firstDelay
        }
      } else if errno == EAGAIN {
        guard channel.wait(for: descriptor, Int16(POLLOUT)) else { return }
      } else if errno != EINTR {
        // Whoever read has gone, or the other end is broken: another may come.
        close(descriptor)
        descriptor = -1
        // One that closes at once is not asked without a pause.
        guard channel.pause(delay) else { return }
        delay = min(delay + delay, Self.longestDelay)
      }
    }
  }

  func finish(_ channel: SinkChannel) {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  private func put(_ bytes: [UInt8], from offset: Int) -> Int {
    unsafe bytes.withUnsafeBytes { bytes in
      let start = unsafe bytes.baseAddress?.advanced(by: offset)
      return switch place {
      case .fifo: unsafe Glibc.write(descriptor, start, bytes.count - offset)
      case .socket: unsafe send(descriptor, start, bytes.count - offset, Int32(MSG_NOSIGNAL))
      }
    }
  }

  /// Opens for a reader, waiting for one. False when nobody waits for that any more.
  private func open(_ channel: SinkChannel) throws(PipelineError) -> Bool {
    while !channel.isGivenUp {
      let opened = openOnce()
      if opened >= 0 {
        descriptor = opened
        alone = nil
        toldOutage = false
        return true
      }
      let error = -opened
      let now = channel.clock.now
      let since = alone ?? now
      alone = since
      switch place {
      case .fifo:
        guard error == ENXIO || error == EINTR else { throw failure("the FIFO cannot be written", error) }
        if !toldOutage, now - since > .seconds(1) {
          toldOutage = true
          channel.note("\(path): nobody reads the FIFO\(channel.isWaitedFor ? "; waiting for a reader" : "")")
        }
      case .socket(let retry):
        guard [ECONNREFUSED, ENOENT, EAGAIN, EINTR, ECONNRESET, EPIPE].contains(error) else {
          throw failure("the socket cannot be written", error)
        }
        if now - since >= retry, !toldOutage {
          let fault = failure("nobody has listened at the socket for \(retry.shortText)", error)
          if channel.isWaitedFor { throw fault }
          toldOutage = true
          channel.tell(fault)
        }
        channel.retried()
      }
      guard channel.pause(delay) else { return false }
      delay = min(delay + delay, Self.longestDelay)
    }
    return false
  }

  /// A descriptor that does not block, or an error number below zero.
  private func openOnce() -> Int32 {
    switch place {
    case .fifo:
      let opened = unsafe Glibc.open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      return opened >= 0 ? opened : -errno
    case .socket: return UnixSocket.connected(to: path)
    }
  }

  private func failure(_ what: String, _ error: Int32) -> PipelineError {
    PipelineError(
      .outputFailed, what, location: path, remedy: "Check the path, and who reads there",
      cause: unsafe String(cString: strerror(error)))
  }
}
