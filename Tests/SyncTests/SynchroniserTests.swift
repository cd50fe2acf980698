import BraidCore
import BraidSync
import BraidTestSupport
import Testing

@Suite("The synchroniser")
struct SynchroniserTests {
  /// Stream 0 ticks; each of `policies` is of the next stream.
  private func machine(
    _ policies: [SyncPolicy], wait: MediaDuration? = nil, stream: SyncStream = SyncStream(),
    corrections: MediaDuration? = nil
  ) throws -> Synchroniser<Character> {
    let members = policies.enumerated().map { SyncMember(stream: $0.offset + 1, policy: $0.element) }
    return try Synchroniser(
      SynchroniserConfiguration(
        streams: Array(repeating: stream, count: policies.count + 1), tick: .elements(stream: 0), members: members,
        wait: wait.map { .atMost($0, origin: HostTime(nanoseconds: 0)) } ?? .unlimited, corrections: corrections))
  }

  /// A stream whose jitter buffer never ends a wait.
  private let patient = SyncStream(jitterLimits: .seconds(1) ... .seconds(1))

  @Test("each policy takes what it says")
  func policies() throws {
    let drawings = [
      "--A--B--C--D-|",  // ticks
      "--k-----l----|",
    ]
    func moments(_ policy: SyncPolicy) throws -> [String] {
      try Marbles(drawings: drawings).moments(machine([policy]))
    }
    #expect(try moments(.exact) == ["A k", "B -", "C l", "D |"])
    #expect(try moments(.nearest(.milliseconds(30))) == ["A k", "B k", "C l", "D l"])
    #expect(try moments(.nearest(.milliseconds(20))) == ["A k", "B -", "C l", "D |"])
    #expect(try moments(.hold(.milliseconds(30))) == ["A k", "B k", "C l", "D l"])
    #expect(try moments(.hold(.milliseconds(20))) == ["A k", "B -", "C l", "D |"])
    #expect(try moments(.interpolate(.milliseconds(60))) == ["A k", "B kl", "C l", "D |"])
    #expect(try moments(.interpolate(.milliseconds(59))) == ["A k", "B -", "C l", "D |"])
    let events = SyncPolicy.window(from: .milliseconds(-30), to: .milliseconds(10), allowing: nil)
    #expect(try moments(events) == ["A k", "B k", "C l", "D l"])
  }

  @Test("of two as near the earlier is taken")
  func ties() throws {
    let marbles = Marbles(drawings: ["----A---|", "--k---l-|"])
    #expect(try marbles.moments(machine([.nearest(.milliseconds(20))])) == ["A k"])
  }

  @Test("sound must cover its window, captions last as long as they say")
  func windows() throws {
    let sound = SyncPolicy.window(from: .milliseconds(-30), to: .zero, allowing: .milliseconds(10))
    let blocks = Marbles(drawings: ["--A--B--C---D-|", "abcde-ghi----|"], durations: [1: .milliseconds(10)])
    // A lacks one block of three, which is allowed, C too, D all.
    #expect(try blocks.moments(machine([sound])) == ["A ab", "B cde", "C gh", "D |"])
    let captions = Marbles(drawings: ["A--B--C|", "-k-----|"], durations: [1: .milliseconds(40)])
    #expect(try captions.moments(machine([.hold(.seconds(1))])) == ["A -", "B k", "C |"])
  }

  @Test("skew, age and distance are measured")
  func measures() throws {
    let machine = try machine([.nearest(.milliseconds(20)), .hold(.seconds(1)), .interpolate(.milliseconds(100))])
    for (stream, milliseconds) in [(1, 38), (2, 15), (3, 30), (3, 70)] as [(Int, Int64)] {
      machine.feed("x", time: .zero + .milliseconds(milliseconds), stream: stream)
    }
    machine.feed("A", time: .zero + .milliseconds(40), stream: 0)
    for stream in 0..<4 { machine.finish(stream: stream) }
    #expect(machine.next(now: HostTime(nanoseconds: 0))?.item == "A")
    #expect(machine.parts[0].skew == .milliseconds(-2))
    #expect(machine.parts[1].age == .milliseconds(25))
    #expect(machine.parts[1].skew == .milliseconds(-25))
    #expect(machine.parts[2].fraction == 0.25)
    #expect(machine.parts[2].skew == .milliseconds(-10))
  }

  @Test("a moment is released when it is complete, not before and not later")
  func complete() throws {
    let marbles = Marbles(
      drawings: ["--A--B--C", "--k--l--m"],
      arrivals: [1: "---k--l--m"])
    #expect(
      try marbles.moments(machine([.nearest(.milliseconds(20))], wait: .milliseconds(40))) == [
        "A k @30", "B l @60", "C m @90",
      ])
  }

  @Test("a wait that is over releases the moment, what comes then is late, and corrects it if asked")
  func late() throws {
    let marbles = Marbles(drawings: ["--A--B--C--D", "--k--l--m--n"], arrivals: [1: "--k-----m-ln"])
    let stream = SyncStream(lateness: .milliseconds(100), jitterLimits: .seconds(1) ... .seconds(1))
    let policies = [SyncPolicy.nearest(.milliseconds(10))]
    let plain = try machine(policies, wait: .milliseconds(40), stream: stream)
    #expect(marbles.moments(plain) == ["A k @60", "B ? @90", "C m @120", "D n @150"])
    #expect(plain.report(of: 1).late == 1)
    let corrected = try machine(policies, wait: .milliseconds(40), stream: stream, corrections: .seconds(1))
    #expect(marbles.moments(corrected) == ["A k @60", "B ? @90", "~1 B l @100", "C m @120", "D n @150"])
    #expect(corrected.revisions == 1)
  }

  @Test("a dead stream costs one wait, and is waited for again when it is back")
  func dead() throws {
    let marbles = Marbles(
      drawings: ["A-B-C-D-E-F-G-H-I-J-K", "k-l-m--------------rs"])
    let machine = try machine([.nearest(.milliseconds(5))], wait: .milliseconds(40), stream: patient)
    #expect(
      marbles.moments(machine) == [
        "A k @0", "B l @20", "C m @40",
        // The wait for D; E and F have waited meanwhile. Nobody waits after it.
        "D ! @100", "E ! @100", "F ! @100", "G ! @120", "H ! @140", "I ! @160", "J ! @180", "K s @200",
      ])
    #expect(machine.report(of: 1).silences == 1)
  }

  @Test("a stream that never came costs one wait")
  func absent() throws {
    let marbles = Marbles(drawings: ["A-B-C-D-E", ""])
    #expect(
      try marbles.moments(machine([.hold(.seconds(1))], wait: .milliseconds(30))) == [
        "A ! @30", "B ! @30", "C ! @40", "D ! @60", "E ! @80",
      ])
  }

  @Test("the jitter buffer ends a wait before the limit does")
  func buffer() throws {
    // Everything comes at its time; where l should have been nothing comes.
    let marbles = Marbles(drawings: ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTU-WXYZ"])
    let machine = try machine([.nearest(.milliseconds(2))], wait: .milliseconds(100))
    let moments = marbles.moments(machine)
    #expect(moments[20] == "u U @200")
    // 1 ms is the least buffer, after the tolerance.
    #expect(moments[21] == "v ? @213")
    #expect(machine.report(of: 1).buffer == .milliseconds(1))
    #expect(machine.report(of: 1).jitter == .zero)
  }

  @Test("within the lateness order is restored, ticks included; beyond it items are counted")
  func reordering() throws {
    let stream = SyncStream(lateness: .milliseconds(30))
    let marbles = Marbles(
      drawings: ["A-B-C-----|", "k-l-m-----|"], arrivals: [0: "-BA--C----|", 1: "--lm--k---|"])
    let machine = try machine([.exact], stream: stream)
    #expect(marbles.moments(machine) == ["A -", "B l", "C m"])
    #expect(machine.report(of: 0).reordered == 1)
    #expect(machine.report(of: 1).overdue == 1)
    #expect(machine.report(of: 1).late == 1)
  }

  @Test("hops tick without any stream, and end with the streams")
  func hops() throws {
    let configuration = SynchroniserConfiguration(
      streams: [SyncStream()], tick: .hop(.milliseconds(20), first: .zero),
      members: [SyncMember(stream: 0, policy: .hold(.milliseconds(30)))])
    #expect(try Marbles(drawings: ["-a--b---|"]).moments(Synchroniser(configuration)) == ["* -", "* a", "* b"])
  }

  @Test("what contradicts itself is answered at the start")
  func contradictions() {
    func refuses(_ change: (inout SynchroniserConfiguration) -> Void) -> Bool {
      var configuration = SynchroniserConfiguration(
        streams: [SyncStream()], tick: .elements(stream: 0), members: [SyncMember(stream: 0, policy: .exact)])
      change(&configuration)
      do {
        _ = try Synchroniser<Int>(configuration)
        return false
      } catch { return error.code.name == "contradictory-synchronisation" && !error.remedy.isEmpty }
    }
    #expect(!refuses { _ in })
    #expect(refuses { $0.tick = .elements(stream: 1) })
    #expect(refuses { $0.tick = .hop(.zero, first: .zero) })
    #expect(refuses { $0.members[0].stream = -1 })
    #expect(refuses { $0.members[0].policy = .nearest(.milliseconds(-1)) })
    #expect(refuses { $0.members[0].policy = .window(from: .zero, to: .zero, allowing: nil) })
    #expect(refuses { $0.streams[0].capacity = 1 })
    #expect(refuses { $0.streams[0].lateness = .seconds(20) })
    #expect(refuses { $0.wait = .atMost(.milliseconds(-1), origin: HostTime(nanoseconds: 0)) })
    #expect(refuses { $0.tickCapacity = 0 })
  }
}
