import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// FIFOs and Unix sockets, whose readers come, stall and go.
@Suite("FIFO and socket sinks", .timeLimit(.minutes(1)))
struct StreamSinkTests {
  private func channel(_ path: String, _ place: StreamSink.Place, _ drop: SinkSetting.Drop) throws -> SinkChannel {
    SinkChannel(
      SinkChannel.Settings(id: "test", capacity: 64000, drop: drop),
      writer: try StreamSink(path: path, place: place), clock: MonotonicClock(), ready: Signal(), place: 0,
      note: { _ in })
  }

  private func offer(_ numbers: Range<Int>, to channel: SinkChannel) {
    for number in numbers {
      channel.offer(Array("line \(number) \(String(repeating: "x", count: 80))\n".utf8), tag: 0) { false }
    }
    channel.flush()
  }

  private func numbers(_ text: String) -> [Int] {
    text.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
  }

  /// Reads a FIFO into a file to its end.
  private func reader(_ path: String, into file: String) throws -> BackgroundProcess {
    try BackgroundProcess("sh", ["-c", "exec cat \"$0\" > \"$1\"", path, file])
  }

  /// What a reader has read, once it has ended.
  private func read(_ reader: BackgroundProcess, _ file: String) throws -> [Int] {
    for _ in 0..<500 where reader.isRunning { usleep(20000) }
    return numbers(try String(contentsOfFile: file, encoding: .utf8))
  }

  private func soon() -> HostTime? { MonotonicClock().now + .seconds(20) }

  @Test("A FIFO's reader that comes late gets everything where nothing is dropped")
  func lateReader() throws {
    let scratch = try Scratch()
    let path = scratch.path("fifo")
    let channel = try channel(path, .fifo, .none)
    offer(0..<100, to: channel)
    usleep(100_000)
    #expect(channel.account.lines == 0)
    let reader = try reader(path, into: scratch.path("read"))
    offer(100..<5000, to: channel)
    channel.drain { nil }
    channel.end(until: soon)
    #expect(try read(reader, scratch.path("read")) == Array(0..<5000))
    #expect(channel.account.lines == 5000 && channel.account.dropped == 0)
  }

  @Test("A FIFO's reader that stalls costs the oldest lines, each counted; the next reader begins with a whole line")
  func stalledReader() throws {
    let scratch = try Scratch()
    let path = scratch.path("fifo")
    let channel = try channel(path, .fifo, .oldest)
    // Opens and does not read; then goes.
    let stalled = try BackgroundProcess("sh", ["-c", "exec 3<\"$0\"; echo open; exec sleep 30", path])
    offer(0..<10, to: channel)
    stalled.waitForOutput()
    offer(10..<20000, to: channel)
    #expect(channel.account.dropped > 0)
    stalled.kill()
    let reader = try reader(path, into: scratch.path("read"))
    channel.end(until: soon)
    let read = try read(reader, scratch.path("read"))
    let account = channel.account
    #expect(account.offered == 20000 && account.lines + account.dropped == 20000)
    #expect(read.last == 19999 && zip(read, read.dropFirst()).allSatisfy { $0 < $1 })
    // What the pipe held when its reader went is lost to all; nothing else is.
    #expect(read.count <= account.lines && account.lines - read.count < 800)
  }

  @Test("Without any reader an end is bounded, and everything is counted as dropped")
  func noReader() throws {
    let scratch = try Scratch()
    let channel = try channel(scratch.path("fifo"), .fifo, .oldest)
    offer(0..<100, to: channel)
    let started = MonotonicClock().now
    let limit = started + .milliseconds(200)
    channel.end { limit }
    #expect(MonotonicClock().now - started < .seconds(2))
    #expect(channel.account.dropped == 100 && channel.account.lines == 0)
  }

  @Test("A path that holds something else is refused")
  func otherFile() throws {
    let scratch = try Scratch()
    let path = try scratch.write("file", Data("x".utf8))
    #expect(throws: PipelineError.self) { try StreamSink(path: path, place: .fifo) }
    #expect(throws: PipelineError.self) { try StreamSink(path: path, place: .socket(retry: .seconds(1))) }
  }

  /// Listens at a socket and writes down what comes on one connection after the other; the first closes after some bytes.
  private static let server = """
    import os, socket, sys
    server = socket.socket(socket.AF_UNIX)
    server.bind(sys.argv[1])
    server.listen(4)
    first = int(sys.argv[2])
    print("listening", flush=True)
    while True:
        client, _ = server.accept()
        held = b""
        while True:
            data = client.recv(1000)
            if not data: break
            held += data
            if first and len(held) >= first:
                first = 0
                break
        # Whole lines only: what is cut off comes again.
        with open(sys.argv[3], "ab") as file: file.write(held[:held.rfind(b"\\n") + 1])
        client.close()
    """

  @Test("Who listens at a socket only later gets everything, and after a break a whole line")
  func socketServer() throws {
    let scratch = try Scratch()
    let path = scratch.path("socket")
    let channel = try channel(path, .socket(retry: .seconds(20)), .none)
    offer(0..<100, to: channel)
    usleep(100_000)
    #expect(channel.account.retries > 0 && channel.account.lines == 0)
    let server = try BackgroundProcess("/usr/bin/python3", ["-c", Self.server, path, "5000", scratch.path("read")])
    server.waitForOutput()
    offer(100..<3000, to: channel)
    channel.drain { nil }
    channel.end(until: soon)
    var read: [Int] = []
    for _ in 0..<250 where read.last != 2999 {
      usleep(20000)
      read = numbers((try? String(contentsOfFile: scratch.path("read"), encoding: .utf8)) ?? "")
    }
    #expect(read.last == 2999 && read.first == 0)
    #expect(zip(read, read.dropFirst()).allSatisfy { $0 < $1 })
    #expect(channel.account.lines == 3000 && channel.account.dropped == 0)
  }

  @Test("A socket at which nobody listens is given up where the session waits for it, and else told and tried again")
  func nobodyListens() throws {
    let scratch = try Scratch()
    let waited = try channel(scratch.path("a"), .socket(retry: .milliseconds(100)), .none)
    offer(0..<10, to: waited)
    waited.drain { nil }
    waited.end(until: soon)
    #expect(waited.failure != nil && waited.account.dropped == 10 && waited.account.errors == 1)
    let other = try channel(scratch.path("b"), .socket(retry: .milliseconds(100)), .oldest)
    offer(0..<10, to: other)
    usleep(400_000)
    #expect(other.failure == nil && other.account.errors == 1)
    let limit = MonotonicClock().now
    other.end { limit }
    #expect(other.account.dropped == 10)
  }

  /// Connects to a socket and reads to its end, into a file; with `stall` nothing.
  private static let client = """
    import socket, sys, time
    client = socket.socket(socket.AF_UNIX)
    for _ in range(500):
        try:
            client.connect(sys.argv[1])
            break
        except OSError:
            time.sleep(0.01)
    print("connected", flush=True)
    if sys.argv[2] == "stall":
        time.sleep(30)
    with open(sys.argv[2], "wb") as file:
        while data := client.recv(65536):
            file.write(data)
    """

  private func client(_ path: String, _ file: String) throws -> BackgroundProcess {
    let client = try BackgroundProcess("/usr/bin/python3", ["-c", Self.client, path, file])
    client.waitForOutput()
    return client
  }

  private func server(_ path: String) throws -> SinkChannel {
    SinkChannel(
      SinkChannel.Settings(id: "test", capacity: 64000, drop: .none),
      writer: try SocketServerSink(path: path, patience: .milliseconds(300)), clock: MonotonicClock(), ready: Signal(),
      place: 0, note: { _ in })
  }

  @Test("All who connect get every line from then on; one that stalls is let go and costs the others nothing")
  func socketReaders() throws {
    let scratch = try Scratch()
    let path = scratch.path("socket")
    let channel = try server(path)
    offer(0..<100, to: channel)
    usleep(50000)
    #expect(channel.account.lines == 0)
    let first = try client(path, scratch.path("first"))
    while channel.account.lines < 100 { usleep(1000) }
    let second = try client(path, scratch.path("second"))
    let stalled = try client(path, "stall")
    offer(100..<20000, to: channel)
    channel.drain { nil }
    channel.end(until: soon)
    #expect(try read(first, scratch.path("first")) == Array(0..<20000))
    #expect(try read(second, scratch.path("second")) == Array(100..<20000))
    #expect(channel.account.lines == 20000 && channel.account.dropped == 0)
    #expect(stalled.isRunning)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("A socket that somebody listens at is refused, one that was left behind is taken")
  func takenSocket() throws {
    let scratch = try Scratch()
    let path = scratch.path("socket")
    let channel = try server(path)
    #expect(throws: PipelineError.self) { try SocketServerSink(path: path) }
    channel.end(until: soon)
    let left = UnixSocket.listening(at: path)
    close(left)
    #expect(FileManager.default.fileExists(atPath: path))
    try server(path).end(until: soon)
    #expect(throws: PipelineError.self) { try SocketServerSink(path: try scratch.write("file", Data())) }
  }
}
