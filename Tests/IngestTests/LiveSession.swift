import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

/// Runs a live input into rings and takes everything that comes, as a session does, but for the order between streams.
final class LiveSession {
  let input: any SessionInput
  let start: HostTime
  private(set) var rings: [Int: Ring] = [:]
  private(set) var taken: [Taken] = []
  /// When each element was taken.
  private(set) var takenAt: [HostTime] = []
  private(set) var notices: [InputNotice] = []
  private let ready = Signal()

  /// Opens a source that may need a moment until it is there, and starts it.
  static func open(
    _ uri: String, _ options: InputOptions = InputOptions(), depth: Int = 256
  ) throws -> LiveSession {
    let end = MonotonicClock().now + .seconds(15)
    while true {
      do { return try LiveSession(uri, options, depth: depth) } catch let error as IngestError {
        guard MonotonicClock().now < end, [.notFound, .readFailed, .timedOut].contains(error.code) else { throw error }
        usleep(50_000)
      }
    }
  }

  /// Opens and starts an input.
  init(_ uri: String, _ options: InputOptions = InputOptions(), depth: Int = 256) throws {
    input = try InputOpening.open(uri, options: options)
    for stream in input.description.streams where stream.isSelected {
      rings[stream.index] = Ring(
        capacity: RingCapacity(elements: depth, bytes: 256 << 20), policy: .dropOldest, ready: ready, space: input.wake)
    }
    start = MonotonicClock().now
    input.start(rings: rings, pace: .live(start: start), clock: MonotonicClock(), threadName: "braid-in-0")
  }

  deinit { stop() }

  func stop() {
    input.stop()
    input.join()
  }

  /// Whether every ring has ended.
  var hasEnded: Bool { rings.values.allSatisfy { $0.peek().isFinished } }

  /// Takes what comes until `condition` holds or `limit` has gone by; returns whether it held.
  @discardableResult
  func run(for limit: MediaDuration, until condition: (LiveSession) -> Bool = { _ in false }) -> Bool {
    let end = MonotonicClock().now + limit
    while true {
      let ticket = ready.ticket()
      for (index, ring) in rings.sorted(by: { $0.key < $1.key }) {
        while let element = ring.pop() {
          guard let one = Taken(index, element) else { continue }
          taken.append(one)
          takenAt.append(MonotonicClock().now)
        }
      }
      notices += input.takeNotices()
      if condition(self) { return true }
      if hasEnded || MonotonicClock().now >= end { return condition(self) }
      ready.wait(since: ticket, until: min(end, MonotonicClock().now + .milliseconds(20)))
    }
  }

  func index(_ kind: InputStreamKind) throws -> Int {
    try #require(input.description.streams.first { $0.isSelected && $0.kind == kind }?.index)
  }
  func of(_ stream: Int) -> [Taken] { taken.filter { $0.stream == stream } }
  func frames(_ stream: Int) -> [Taken] { of(stream).filter { $0.gap == nil } }
  func gaps(_ stream: Int) -> [Gap] { of(stream).compactMap(\.gap) }
  func count(_ kind: InputNotice.Kind) -> Int { notices.count { $0.kind == kind } }

  /// Checks what must hold of any live stream: times that do not go back, epochs that go up with gaps alone, blocks of sound
  /// that follow each other within one.
  func checkTimes() {
    for stream in rings.keys {
      var last: Taken?
      for one in of(stream) {
        if let gap = one.gap {
          if let last { #expect(gap.epoch == last.epoch && gap.newEpoch > gap.epoch) }
        } else if let last {
          #expect(one.time >= last.time, "stream \(stream): \(one.time) after \(last.time)")
          #expect(one.epoch >= last.epoch)
          if last.gap == nil {
            #expect(one.epoch == last.epoch)
            if one.samples > 0 {
              let off = (one.time - (last.time + last.duration)).magnitude
              #expect(off < .milliseconds(30), "stream \(stream): \(one.time), \(last.time) + \(last.duration)")
            }
          }
        }
        last = one
      }
    }
  }
}
