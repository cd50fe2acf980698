import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// Batches to a real server that is slow, busy, down, or not there.
@Suite("HTTP sinks", .timeLimit(.minutes(1)))
struct HTTPSinkTests {
  private struct Entry: Decodable {
    var path: String
    var key: String
    var headers: [String: String]
    var body: String
  }

  private final class Server {
    let port = FreePort.next()
    let scratch: Scratch
    private(set) var process: BackgroundProcess?

    init(starts: Bool = true) throws {
      scratch = try Scratch()
      if starts { try start() }
    }

    func start() throws {
      process = try .rig("record_server.py", ["\(port)", scratch.path("log")])
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    func entries() throws -> [Entry] {
      try Data(contentsOf: URL(fileURLWithPath: scratch.path("log"))).split(separator: 10)
        .map { try JSONDecoder().decode(Entry.self, from: $0) }
    }
  }

  private func channel(_ text: String, _ drop: SinkSetting.Drop) throws -> SinkChannel {
    // The machine's proxy is not asked for the machine itself.
    unsafe setenv("NO_PROXY", "127.0.0.1", 1)
    let setting = try SinkSetting(text)
    return SinkChannel(
      SinkChannel.Settings(id: setting.id, capacity: setting.queueBytes, drop: drop), writer: try HTTPSink(setting),
      clock: MonotonicClock(), ready: Signal(), place: 0, note: { _ in })
  }

  private func offer(_ numbers: Range<Int>, to channel: SinkChannel) {
    for number in numbers { channel.offer(Array("{\"n\":\(number)}\n".utf8), tag: 0) { false } }
    channel.flush()
  }

  private func body(_ numbers: Range<Int>) -> String { numbers.map { "{\"n\":\($0)}\n" }.joined() }

  private func soon() -> HostTime? { MonotonicClock().now + .seconds(20) }

  @Test("A server gets every record once, in order, in batches of whole lines with the headers asked for")
  func batches() throws {
    let server = try Server()
    let channel = try channel("\(server.url("/ok?x=1")),batch=40,header=X-Key: a, b", .none)
    offer(0..<250, to: channel)
    channel.drain { nil }
    channel.end(until: soon)
    let entries = try server.entries()
    #expect(entries.map(\.body).joined() == body(0..<250))
    #expect(entries.allSatisfy { $0.body.hasSuffix("\n") && $0.body.split(separator: "\n").count <= 40 })
    #expect(entries.count == 7 && Set(entries.map(\.key)).count == 7)
    for entry in entries {
      #expect(entry.path == "/ok?x=1")
      #expect(entry.headers["Content-Type"] == "application/x-ndjson")
      #expect(entry.headers["X-Key"] == "a, b")
      #expect(entry.headers["User-Agent"]?.hasPrefix("braid/") == true)
    }
    let account = channel.account
    #expect(account.lines == 250 && account.offered == 250 && account.dropped == 0 && account.retries == 0)
    #expect(account.bytes == body(0..<250).utf8.count)
  }

  @Test(
    "A busy server is asked again with the same key, and nothing is lost", arguments: ["/busy", "/later", "/again"])
  func retries(path: String) throws {
    let server = try Server()
    let channel = try channel("\(server.url(path)),batch=100", .none)
    let started = MonotonicClock().now
    offer(0..<200, to: channel)
    channel.drain { nil }
    channel.end(until: soon)
    let entries = try server.entries()
    let account = channel.account
    #expect(account.lines == 200 && account.dropped == 0 && account.errors == 0)
    switch path {
    case "/busy": #expect(account.retries == 4 && entries.map(\.body) == [body(0..<100), body(100..<200)])
    case "/later":
      #expect(account.retries == 1 && entries.count == 2)
      #expect(MonotonicClock().now - started >= .seconds(1))
    default:
      // At least once: the server sees by the key that it has the batch already.
      #expect(account.retries == 2 && entries.count == 4 && Set(entries.map(\.key)).count == 2)
    }
  }

  @Test("A server that is not there yet gets everything once it is")
  func lateServer() throws {
    let server = try Server(starts: false)
    let channel = try channel("\(server.url("/ok")),batch=10", .none)
    offer(0..<30, to: channel)
    while channel.account.retries < 2 { usleep(10000) }
    try server.start()
    channel.drain { nil }
    channel.end(until: soon)
    #expect(try server.entries().map(\.body).joined() == body(0..<30))
    #expect(channel.account.lines == 30 && channel.account.retries >= 2)
  }

  @Test("What a server refuses is told once and counted, and what follows is sent")
  func refused() throws {
    let server = try Server()
    let channel = try channel("\(server.url("/refuse")),batch=10", .none)
    offer(0..<30, to: channel)
    channel.drain { nil }
    channel.end(until: soon)
    let account = channel.account
    #expect(account.dropped == 30 && account.lines == 0 && account.errors == 3 && account.retries == 0)
    let faults = channel.takeFaults()
    #expect(faults.count == 1 && faults.first?.message.contains("400") == true)
    #expect(channel.failure == nil)
  }

  @Test("A server that stays down is given up where the session waits for it, and else tried again with what is new")
  func down() throws {
    let server = try Server()
    let waited = try channel("\(server.url("/down")),batch=10,retry=500ms", .none)
    offer(0..<30, to: waited)
    waited.drain { nil }
    waited.end(until: soon)
    #expect(waited.failure != nil && waited.account.dropped == 30 && waited.account.errors == 1)
    let other = try channel("\(server.url("/down")),batch=10,retry=300ms,every=10ms", .oldest)
    offer(0..<20, to: other)
    while other.account.dropped < 20 { usleep(10000) }
    #expect(other.failure == nil && other.account.errors >= 2 && other.takeFaults().count == 1)
    other.end(until: soon)
  }

  @Test("A slow server costs the oldest records, each counted, and holds up nobody; an end is bounded")
  func slow() throws {
    let server = try Server()
    let channel = try channel("\(server.url("/slow")),batch=5,every=1ms,queue=64kB", .oldest)
    let started = MonotonicClock().now
    offer(0..<20000, to: channel)
    #expect(MonotonicClock().now - started < .seconds(5))
    let limit = MonotonicClock().now + .seconds(1)
    channel.end { limit }
    #expect(MonotonicClock().now - limit < .seconds(1))
    let account = channel.account
    let taken = try server.entries().reduce(0) { $0 + $1.body.split(separator: "\n").count }
    #expect(account.offered == 20000 && account.lines + account.dropped == 20000)
    // One batch may have been under way at the end, and is told as dropped.
    #expect(account.lines > 0 && (0...5).contains(taken - account.lines))
  }

  @Test("An address at which nothing can be is told with libcurl's words")
  func noAddress() throws {
    let channel = try channel("http://127.0.0.1:1/x,retry=0s,batch=1", .none)
    offer(0..<1, to: channel)
    channel.drain { nil }
    channel.end(until: soon)
    #expect(channel.failure?.cause?.isEmpty == false && channel.account.dropped == 1)
  }
}
