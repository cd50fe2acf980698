import BraidCore
import BraidSync

/// Runs a scenario through a machine and holds every moment against the oracle.
struct HostileJudge {
  private let arrivals: HostileArrivals
  private let oracle: PairingOracle
  /// Placed items by their ids.
  private var placed: [Int: PairingOracle.Placed] = [:]
  private var verdict = HostileVerdict()
  private var answered: Set<Int64> = []
  /// What every moment has after all corrections, by its index.
  private var settled: [Int: (time: MediaTime, ids: [[Int]])] = [:]
  private(set) var reports: [SyncStreamReport] = []

  init(_ arrivals: HostileArrivals) {
    self.arrivals = arrivals
    oracle = PairingOracle(arrivals.items, streams: arrivals.configuration.streams)
    verdict.apartOfMembers = arrivals.configuration.members.map { _ in 0 }
    for stream in oracle.streams { for item in stream { placed[item.item.id] = item } }
  }

  /// The verdict. `Synchroniser` is fed in the order of arrival and asked after every item and at each deadline.
  mutating func run() throws -> HostileVerdict {
    let machine = try Synchroniser<Int>(arrivals.configuration)
    var remaining = Array(repeating: 0, count: arrivals.configuration.streams.count)
    for item in arrivals.items { remaining[item.stream] += 1 }
    for (order, item) in arrivals.items.enumerated() {
      wait(machine, until: item.arrival, fed: order)
      machine.feed(
        item.id, time: item.stamp, duration: item.duration, epoch: item.epoch, isUsable: item.isUsable,
        stream: item.stream, now: item.arrival)
      remaining[item.stream] -= 1
      if !arrivals.isLive {
        for stream in remaining.indices where remaining[stream] == 0 { machine.finish(stream: stream) }
      }
      take(machine, at: item.arrival, fed: order + 1)
    }
    let end = arrivals.items.last?.arrival ?? HostTime(nanoseconds: 0)
    if arrivals.isLive, case .elements = arrivals.configuration.tick {
      wait(machine, until: end + .seconds(1), fed: arrivals.items.count)
    }
    for (time, ids) in settled.values {
      for (member, ids) in zip(arrivals.configuration.members, ids) {
        verdict.settledPairs += 1
        if ids != oracle.choice(member, at: time) { verdict.settledWrong += 1 }
      }
    }
    verdict.revisions = machine.revisions
    reports = arrivals.configuration.streams.indices.map { machine.report(of: $0) }
    if case .elements(let stream) = arrivals.configuration.tick {
      let unanswered = oracle.streams[stream].filter { !answered.contains($0.time) }.count
      verdict.lateTicks = machine.lateTicks
      verdict.lostTicks = unanswered - machine.lateTicks
    }
    return verdict
  }

  private mutating func wait(_ machine: Synchroniser<Int>, until time: HostTime, fed: Int) {
    while let deadline = machine.nextDeadline, deadline < time {
      let before = verdict.moments + verdict.revisions
      take(machine, at: deadline, fed: fed)
      if verdict.moments == before {
        verdict.complaints.append("\(arrivals.name): nothing at its own deadline, \(deadline)")
        return
      }
    }
  }

  private mutating func take(_ machine: Synchroniser<Int>, at now: HostTime, fed: Int) {
    while let moment = machine.next(now: now) {
      if arrivals.configuration.corrections != nil {
        settled[moment.revises ?? moment.index] = (moment.time, ids(machine))
      }
      if moment.revises == nil { judge(moment, machine, now, fed) }
    }
  }

  private func ids(_ machine: Synchroniser<Int>) -> [[Int]] {
    arrivals.configuration.members.indices.map { member in
      var ids: [Int] = []
      machine.forEachItem(ofMember: member) { id, _ in ids.append(id) }
      return ids
    }
  }

  private mutating func judge(
    _ moment: SyncMoment<Int>, _ machine: Synchroniser<Int>, _ now: HostTime, _ fed: Int
  ) {
    verdict.moments += 1
    answered.insert(moment.time.nanoseconds)
    if case .atMost(let limit, _) = arrivals.configuration.wait {
      // When the tick was known: by the judge's own books. Deadlines that passed between two calls are taken as kept.
      let known = moment.item.flatMap { placed[$0]?.item.arrival } ?? HostTime(nanoseconds: moment.time.nanoseconds)
      let waited = now - known
      verdict.waits.append(waited.milliseconds)
      if waited > limit { verdict.overdue += 1 }
      if moment.isLate, waited < limit, !isJustified(moment, machine, now) {
        verdict.wrong += 1
        complain(moment, "released at \(now) without a reason")
      }
    }
    if let id = moment.item, placed[id]?.time != moment.time.nanoseconds { complain(moment, "its tick lies elsewhere") }
    for (index, member) in arrivals.configuration.members.enumerated() {
      compare(moment, index, member, machine, fed)
    }
  }

  /// Whether each stream that might still bring something is silent or past its buffer.
  private func isJustified(_ moment: SyncMoment<Int>, _ machine: Synchroniser<Int>, _ now: HostTime) -> Bool {
    zip(arrivals.configuration.members, machine.parts).allSatisfy { member, part in
      let report = machine.report(of: member.stream)
      let buffer = report.buffer ?? arrivals.configuration.streams[member.stream].jitterLimits.upperBound
      return part.isFinal || report.isSilent || now - HostTime(nanoseconds: moment.time.nanoseconds) >= buffer
    }
  }

  private mutating func compare(
    _ moment: SyncMoment<Int>, _ index: Int, _ member: SyncMember, _ machine: Synchroniser<Int>, _ fed: Int
  ) {
    var ids: [Int] = []
    machine.forEachItem(ofMember: index) { id, _ in ids.append(id) }
    let part = machine.parts[index]
    verdict.pairs += 1
    let expected = oracle.choice(member, at: moment.time)
    if ids == expected {
      verdict.agreed += 1
    } else if (moment.isLate && !part.isFinal) || expected.contains(where: { placed[$0]?.isOverdue == true }),
      ids == oracle.choice(member, at: moment.time, arrivedBefore: fed)
    {
      verdict.apart += 1
      verdict.apartOfMembers[index] += 1
    } else {
      verdict.wrong += 1
      complain(moment, "member \(index) has \(ids), \(expected) expected; final: \(part.isFinal)")
    }
    measure(moment, part)
  }

  /// The skew that was reported against what truly lay between the two.
  private mutating func measure(_ moment: SyncMoment<Int>, _ part: SyncPart<Int>) {
    guard let skew = part.skew, let item = part.item, part.following == nil, let member = placed[item]?.item,
      member.duration == .zero, let truth = member.truth
    else { return }
    var tick = moment.time
    var age = Int64.max
    if let id = moment.item {
      guard let own = placed[id]?.item, own.id != item, let time = own.truth else { return }
      tick = time
      age = own.clockAge
    }
    let error = (skew - (truth - tick)).magnitude.milliseconds
    verdict.allSkewErrors.append(error)
    if min(age, member.clockAge) >= 10_000 { verdict.skewErrors.append(error) }
  }

  private mutating func complain(_ moment: SyncMoment<Int>, _ text: String) {
    guard verdict.complaints.count < 6 else { return }
    verdict.complaints.append("\(arrivals.name): moment at \(moment.time.seconds): \(text)")
  }
}
