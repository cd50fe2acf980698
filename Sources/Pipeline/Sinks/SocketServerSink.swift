internal import BraidCore
internal import Glibc

/// Writes items to whoever connects to a Unix socket: each reader gets all that is handed on from when it connects.
///
/// Without a reader items wait. One that takes nothing for a while, though there is something for it, is let go, so that it holds up the
/// others no longer. For the sink's thread.
final class SocketServerSink: SinkWriter {
  private struct Reader {
    let descriptor: Int32
    /// Bytes of the batch that it has.
    var offset = 0
    /// When it last took something.
    var active: HostTime
  }

  let fill = SinkFill()
  private let path: String
  private let listener: Int32
  private let patience: MediaDuration
  private var readers: [Reader] = []
  private static let readerLimit = 64

  /// Listens at a path where nothing is, or the socket of one that listens no more.
  ///
  /// - Throws: ``PipelineError/Code/outputFailed``.
  init(path: String, patience: MediaDuration = .seconds(5)) throws(PipelineError) {
    self.path = path
    self.patience = patience
    var status = stat()
    if unsafe stat(path, &status) == 0 {
      let other = status.st_mode & S_IFMT == S_IFSOCK ? UnixSocket.connected(to: path) : -EEXIST
      if other >= 0 { close(other) }
      guard other == -ECONNREFUSED else {
        throw PipelineError(
          .outputFailed, other >= 0 ? "somebody listens there already" : "there is a file that is no socket",
          location: path, remedy: "Name a path where there is nothing")
      }
      unsafe unlink(path)
    }
    listener = UnixSocket.listening(at: path)
    guard listener >= 0 else {
      throw PipelineError(
        .outputFailed, "the socket cannot be made", location: path,
        remedy: "Choose a path in a folder that exists and that you may write",
        cause: unsafe String(cString: strerror(-listener)))
    }
  }

  deinit {
    for reader in readers { close(reader.descriptor) }
    if listener >= 0 { close(listener) }
  }

  func write(_ batch: SinkBatch, for channel: SinkChannel) throws(PipelineError) {
    var item = 0
    while item < batch.count {
      accept(channel.clock.now)
      guard !readers.isEmpty else {
        guard channel.wait(for: listener, Int16(POLLIN)) else { return }
        continue
      }
      let start = batch.start(of: item)
      for place in readers.indices {
        readers[place].offset = start
        readers[place].active = channel.clock.now
      }
      let reached = serve(batch, channel)
      let first = item
      while item < batch.count, batch.ends[item] <= reached { item += 1 }
      if item > first { channel.wrote(item - first, bytes: batch.ends[item - 1] - start) }
      if channel.isGivenUp { return }
    }
  }

  func finish(_ channel: SinkChannel) {
    for reader in readers { close(reader.descriptor) }
    readers = []
    unsafe unlink(path)
  }

  /// Gives every reader the rest of the batch. Returns how far the one has come that came farthest, be it gone or not.
  private func serve(_ batch: SinkBatch, _ channel: SinkChannel) -> Int {
    var reached = 0
    while true {
      var hasProgressed = false
      let now = channel.clock.now
      for place in readers.indices.reversed() where readers[place].offset < batch.bytes.count {
        let count = put(batch.bytes, from: readers[place].offset, to: readers[place].descriptor)
        if count > 0 {
          hasProgressed = true
          readers[place].offset += count
          readers[place].active = now
          reached = max(reached, readers[place].offset)
        } else if errno != EAGAIN && errno != EINTR || now - readers[place].active > patience {
          close(readers[place].descriptor)
          readers.remove(at: place)
        }
      }
      guard let slow = readers.first(where: { $0.offset < batch.bytes.count }) else { return reached }
      if !hasProgressed, !channel.wait(for: slow.descriptor, Int16(POLLOUT), atMost: .milliseconds(20)) {
        return reached
      }
    }
  }

  private func accept(_ now: HostTime) {
    while readers.count < Self.readerLimit {
      let descriptor = Glibc.accept(listener, nil, nil)
      guard descriptor >= 0 else { return }
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      readers.append(Reader(descriptor: descriptor, active: now))
    }
  }

  private func put(_ bytes: [UInt8], from offset: Int, to descriptor: Int32) -> Int {
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe send(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset, Int32(MSG_NOSIGNAL))
    }
  }
}
