internal import BraidCore

/// Late data corrects what was given out.
extension Synchroniser {
  /// A moment that was given out and may be corrected.
  struct Released {
    var index: Int
    var tick: Tick
    var isStale = false
  }

  /// Keeps what a moment just gathered was made of. Its index is the next output's.
  func remember(_ tick: Tick) {
    guard !released.isEmpty else { return }
    if released[nextReleased]?.isStale == true { pendingRevisions -= 1 }
    released[nextReleased] = Released(index: outputCount, tick: tick)
    for member in configuration.members.indices {
      signatures[nextReleased * configuration.members.count + member] = signature(member, at: tick.time)
    }
    nextReleased = (nextReleased + 1) % released.count
  }

  /// Marks the moments within reach that an item just put in place has changed.
  func revise(_ stream: Int, _ time: MediaTime) {
    guard let corrections = configuration.corrections, let answeredTick, !released.isEmpty else { return }
    guard time <= lines[stream].answered else { return }
    var position = nextReleased
    for _ in released.indices {
      position = position > 0 ? position - 1 : released.count - 1
      guard let moment = released[position], moment.tick.time >= answeredTick - corrections else { return }
      guard !moment.isStale, isChanged(position, moment.tick.time, stream) else { continue }
      released[position]?.isStale = true
      pendingRevisions += 1
    }
  }

  private func isChanged(_ position: Int, _ tick: MediaTime, _ stream: Int) -> Bool {
    let count = configuration.members.count
    return configuration.members.indices.contains { member in
      configuration.members[member].stream == stream
        && signatures[position * count + member] != signature(member, at: tick)
    }
  }

  /// The oldest moment that has changed, gathered again.
  func nextRevision() -> SyncMoment<Item>? {
    guard pendingRevisions > 0 else { return nil }
    for offset in released.indices {
      let position = (nextReleased + offset) % released.count
      guard let moment = released[position], moment.isStale else { continue }
      released[position]?.isStale = false
      pendingRevisions -= 1
      gather(at: moment.tick.time)
      for member in configuration.members.indices {
        signatures[position * configuration.members.count + member] = signature(member, at: moment.tick.time)
      }
      outputCount += 1
      revisions += 1
      return SyncMoment(
        index: outputCount - 1, revises: moment.index, time: moment.tick.time, item: moment.tick.item,
        known: moment.tick.known, isLate: parts.contains { !$0.isFinal })
    }
    return nil
  }

  /// A number that changes with the items that a member takes at a tick.
  private func signature(_ member: Int, at tick: MediaTime) -> UInt64 {
    let (stream, policy) = (configuration.members[member].stream, configuration.members[member].policy)
    let history = lines[stream].history
    let pairing = history.pairing(policy, at: tick)
    var hash: UInt64 = pairing.isPresent ? 1 : 0
    history.forEach(in: pairing, of: policy, at: tick) { index in
      hash = (hash &+ UInt64(truncatingIfNeeded: history[index].sequence)) &* 0x9E37_79B9_7F4A_7C15
    }
    return hash
  }
}
