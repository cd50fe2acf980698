internal import BraidCore

/// Which entries a policy takes at a tick.
struct Pairing {
  /// Whether they are what the policy asks for.
  var isPresent = false
  /// The first and the last entry to look at; none where `last < first`.
  var first = 0
  var last = -1
  /// How many are taken; for interpolation 1 or 2.
  var count = 0
  /// For a window that must be covered.
  var uncovered = MediaDuration.zero
  var reached: MediaTime?

  static func one(_ index: Int) -> Pairing { Pairing(isPresent: true, first: index, last: index, count: 1) }
}

extension StreamHistory {
  /// The entries that `policy` takes at `tick`, of those that are there.
  func pairing(_ policy: SyncPolicy, at tick: MediaTime) -> Pairing {
    switch policy {
    case .exact:
      let index = count(before: tick)
      return index < count && self[index].time == tick ? .one(index) : Pairing()
    case .nearest(let tolerance):
      guard let index = nearest(to: tick), (self[index].time - tick).magnitude <= tolerance else { return Pairing() }
      return .one(index)
    case .hold(let limit):
      guard let index = lastIndex(atOrBefore: tick), tick - self[index].time <= limit else { return Pairing() }
      return self[index].duration > .zero && self[index].end <= tick ? Pairing() : .one(index)
    case .interpolate(let distance): return interpolation(at: tick, distance)
    case .window(let from, let to, let allowing):
      guard let allowing else { return overlapping(tick + from, tick + to) }
      return covering(tick + from, tick + to, allowing)
    }
  }

  /// What the stream must have passed so that nothing to come can change the pairing: nothing earlier than this will come.
  func need(_ policy: SyncPolicy, at tick: MediaTime) -> MediaTime {
    let after = MediaDuration(nanoseconds: 1)
    switch policy {
    case .exact: return pairing(policy, at: tick).isPresent ? .distantPast : tick + after
    case .nearest(let tolerance):
      guard let index = nearest(to: tick) else { return tick + tolerance + after }
      let distance = (self[index].time - tick).magnitude
      return distance <= tolerance ? tick + distance : tick + tolerance + after
    case .hold: return tick + after
    case .interpolate(let distance):
      let index = count(before: tick)
      if index < count { return self[index].time }
      return index > 0 ? max(tick, self[index - 1].time + distance) + after : tick + after
    case .window(_, let to, _): return tick + to
    }
  }

  /// Calls `body` with each entry of a window.
  func forEach(in pairing: Pairing, of policy: SyncPolicy, at tick: MediaTime, _ body: (Int) -> Void) {
    guard case .window(let from, let to, let allowing) = policy else {
      for index in stride(from: pairing.first, through: pairing.last, by: 1) { body(index) }
      return
    }
    let (start, end) = (tick + from, tick + to)
    var reached = start
    for index in stride(from: pairing.first, through: pairing.last, by: 1) {
      let entry = self[index]
      guard overlaps(entry, start, end) else { continue }
      if allowing != nil {
        guard entry.run == self[pairing.last].run, min(entry.end, end) > reached else { continue }
        reached = min(entry.end, end)
      }
      body(index)
    }
  }

  private func nearest(to tick: MediaTime) -> Int? {
    let after = count(before: tick)
    guard after < count else { return after > 0 ? after - 1 : nil }
    guard after > 0 else { return after }
    return self[after].time - tick < tick - self[after - 1].time ? after : after - 1
  }

  private func interpolation(at tick: MediaTime, _ distance: MediaDuration) -> Pairing {
    let after = count(before: tick)
    guard after < count else { return Pairing() }
    if self[after].time == tick { return .one(after) }
    guard after > 0, self[after - 1].run == self[after].run, self[after].time - self[after - 1].time <= distance
    else { return Pairing() }
    return Pairing(isPresent: true, first: after - 1, last: after, count: 2)
  }

  private func overlaps(_ entry: Entry, _ start: MediaTime, _ end: MediaTime) -> Bool {
    entry.time < end && (entry.duration > .zero ? entry.end > start : entry.time >= start)
  }

  private func overlapping(_ start: MediaTime, _ end: MediaTime) -> Pairing {
    var pairing = Pairing(isPresent: true)
    let limit = count(before: end)
    for index in 0..<limit where overlaps(self[index], start, end) {
      if pairing.count == 0 { pairing.first = index }
      pairing.last = index
      pairing.count += 1
    }
    return pairing
  }

  private func covering(_ start: MediaTime, _ end: MediaTime, _ allowing: MediaDuration) -> Pairing {
    let inside = overlapping(start, end)
    var pairing = Pairing(uncovered: end - start)
    guard inside.count > 0 else { return pairing }
    let run = self[inside.last].run
    (pairing.first, pairing.last) = (inside.first, inside.last)
    var reached = start
    for index in inside.first...inside.last where self[index].run == run && overlaps(self[index], start, end) {
      let entry = self[index]
      guard min(entry.end, end) > reached else { continue }
      pairing.uncovered = pairing.uncovered - (min(entry.end, end) - max(entry.time, reached))
      reached = min(entry.end, end)
      pairing.count += 1
    }
    pairing.reached = reached
    pairing.isPresent = pairing.uncovered <= allowing
    return pairing
  }
}
