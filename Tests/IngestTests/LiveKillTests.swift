import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

/// Sources that are killed again and again: each loss is noticed and made good, and nothing is left behind.
///
/// Each runs in a process of its own, where threads and descriptors can be counted. BRAID_SOAK_KILLS says how often (10;
/// 100 with BRAID_SOAK).
@Suite("Killed sources", .timeLimit(.minutes(30)), .serialized)
struct LiveKillTests {
  @Test("RTSP over TCP") func rtsp() async {
    await #expect(processExitsWith: .success) { Self.killAgainAndAgain(.rtspTCP) }
    Self.report()
  }

  @Test("RTSP over UDP") func rtspUDP() async {
    await #expect(processExitsWith: .success) { Self.killAgainAndAgain(.rtspUDP) }
    Self.report()
  }

  @Test("SRT") func srt() async {
    await #expect(processExitsWith: .success) { Self.killAgainAndAgain(.srt) }
    Self.report()
  }

  @Test("UDP") func udp() async {
    await #expect(processExitsWith: .success) { Self.killAgainAndAgain(.udp) }
    Self.report()
  }

  @Test("HTTP") func http() async {
    await #expect(processExitsWith: .success) { Self.killAgainAndAgain(.http) }
    Self.report()
  }

  private struct Failure: Error {
    var text: String
  }

  /// What a process has.
  private struct Holdings: Equatable {
    var threads: [String]
    var descriptors: [String]

    static var now: Holdings {
      let files = FileManager.default
      let threads = (try? files.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
      let descriptors = (try? files.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
      return Holdings(
        threads: threads.compactMap { try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8) }
          .sorted(),
        descriptors: descriptors.compactMap { try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
          .sorted())
    }

    /// Threads of ours and of the libraries', not of Swift's and Foundation's pools, and sockets.
    var ofInput: Holdings {
      Holdings(
        threads: threads.filter { $0.hasPrefix("braid-in") || $0.hasPrefix("SRT") || $0.hasPrefix("av:") },
        descriptors: descriptors.filter { $0.hasPrefix("socket:") })
    }
  }

  private static var residentBytes: Int {
    let status = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (status.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
  }

  /// Where the process of one test leaves word for this one.
  private static func wordFile(_ process: pid_t) -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent("braid-kills-\(process)")
  }

  /// Prints what the process has found.
  private static func report() {
    print((try? String(contentsOf: wordFile(getpid()), encoding: .utf8)) ?? "nothing was reported")
    try? FileManager.default.removeItem(at: wordFile(getpid()))
  }

  private static func killAgainAndAgain(_ kind: LiveSender.Kind) {
    do {
      try Data(try run(kind).utf8).write(to: wordFile(getppid()))
      exit(0)
    } catch {
      try? Data("\(error)".utf8).write(to: wordFile(getppid()))
      exit(1)
    }
  }

  private static func run(_ kind: LiveSender.Kind) throws -> String {
    let environment = ProcessInfo.processInfo.environment
    let kills = environment["BRAID_SOAK_KILLS"].flatMap(Int.init) ?? (environment["BRAID_SOAK"] == nil ? 10 : 100)
    let sender = try LiveSender(kind, try Scratch())
    var options = InputOptions()
    options.limits.probeDuration = .milliseconds(250)
    options.live.reconnects = true
    options.live.openTimeout = .seconds(3)
    options.live.readTimeout = .milliseconds(550)
    (options.live.reconnectWait, options.live.longestWait) = (.milliseconds(50), .milliseconds(200))
    let session = try LiveSession.open(sender.url, options)
    let streams = session.rings.keys.sorted()
    var resident = 0
    var held = Holdings.now
    var slowest = MediaDuration.zero
    for number in 0..<kills {
      let counts = streams.map { session.frames($0).count }
      guard
        session.run(
          for: .seconds(20), until: { now in zip(streams, counts).allSatisfy { now.frames($0).count > $1 + 2 } })
      else { throw Failure(text: "\(kind), kill \(number): nothing comes, \(session.notices)") }
      if number == 2 { resident = residentBytes }
      if number == 1 { held = Holdings.now }
      let killed = MonotonicClock().now
      sender.kill()
      guard session.run(for: .seconds(20), until: { $0.count(.disconnected) > number }) else {
        throw Failure(text: "\(kind), kill \(number): not noticed")
      }
      slowest = max(slowest, MonotonicClock().now - killed)
      try sender.revive()
      guard session.run(for: .seconds(20), until: { $0.count(.reconnected) > number }) else {
        throw Failure(text: "\(kind), kill \(number): did not come back")
      }
    }
    // The last gap comes with what follows it.
    session.run(for: .seconds(10)) { now in
      streams.allSatisfy { now.gaps($0).count { $0.reason == .network } >= kills && now.of($0).last?.gap == nil }
    }
    session.run(for: .milliseconds(500))
    let after = Holdings.now
    let grown = residentBytes - resident
    session.stop()
    session.checkTimes()
    let report =
      "soak: \(kind.rawValue): \(kills) kills, noticed in at most \(slowest.seconds) s, resident memory grew by \(grown / 1024) KB"
    // Every connection broke for one reason, and each stream says so once for each time that something came in between.
    for stream in streams {
      let gaps = session.gaps(stream).filter { $0.reason == .network }
      guard gaps.count <= session.count(.reconnected), gaps.count >= kills else {
        throw Failure(text: "\(kind): \(gaps.count) gaps of stream \(stream) in \(kills) kills, \(session.notices)")
      }
      guard zip(session.frames(stream), session.frames(stream).dropFirst()).allSatisfy({ $0.time <= $1.time }) else {
        throw Failure(text: "\(kind): times of stream \(stream) go back")
      }
    }
    guard after.ofInput.threads.count <= held.ofInput.threads.count else {
      throw Failure(text: "\(kind): threads \(held.ofInput.threads), then \(after.ofInput.threads)")
    }
    guard after.ofInput.descriptors.count <= held.ofInput.descriptors.count else {
      throw Failure(text: "\(kind): descriptors \(held.descriptors), then \(after.descriptors)")
    }
    guard grown < 8 << 20 else { throw Failure(text: "\(kind): \(grown) bytes grown") }
    let left = Holdings.now.ofInput
    guard !left.threads.contains(where: { $0.hasPrefix("braid-in") }),
      left.descriptors.count < held.ofInput.descriptors.count
    else { throw Failure(text: "\(kind): left behind \(left)") }
    // The time-out, and what a busy machine adds.
    guard slowest < options.live.readTimeout + .seconds(4) else {
      throw Failure(text: "\(kind): noticed after \(slowest.seconds) s")
    }
    return report
  }
}
