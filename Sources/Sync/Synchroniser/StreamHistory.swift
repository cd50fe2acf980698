internal import BraidCore

/// A stream's times in their order, and where the items are that belong to them: a ring that drops the oldest.
///
/// Items lie in slots, numbered up to the capacity, which the caller keeps.
/// Times strictly increase: an item at a time that is taken goes to the first nanosecond after it that is free.
/// Allocates: no, after `init`.
struct StreamHistory {
  struct Entry {
    var time: MediaTime
    var duration: MediaDuration
    /// The stretch of continuous time it belongs to.
    var run: Int
    /// Its place in the order of arrival.
    var sequence: Int
    /// Where its item is.
    var slot = 0

    var end: MediaTime { time + duration }
  }

  private var entries: [Entry]
  /// Slots without an item.
  private var free: [Int]
  private var head = 0
  private(set) var count = 0

  init(capacity: Int) {
    let nothing = Entry(time: .distantPast, duration: .zero, run: 0, sequence: 0)
    entries = Array(repeating: nothing, count: max(2, capacity))
    free = Array(0..<max(2, capacity))
  }

  var isFull: Bool { count == entries.count }

  /// The entry at `index`, 0 the oldest.
  subscript(index: Int) -> Entry { entries[slot(index)] }

  private func slot(_ index: Int) -> Int {
    let slot = head + index
    return slot < entries.count ? slot : slot - entries.count
  }

  /// How many entries are before `time`. O(log count).
  func count(before time: MediaTime) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].time < time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The last entry at or before `time`.
  func lastIndex(atOrBefore time: MediaTime) -> Int? {
    let index = time == .distantFuture ? count : count(before: time + MediaDuration(nanoseconds: 1))
    return index > 0 ? index - 1 : nil
  }

  /// Puts an item in its place; the oldest makes room if need be, and its slot is the new one's. Returns where its time came
  /// to lie and its slot; nil if it was older than all and there was no room.
  mutating func insert(_ entry: Entry) -> (time: MediaTime, slot: Int)? {
    var entry = entry
    var position = count(before: entry.time)
    while position < count, self[position].time == entry.time {
      entry.time = entry.time + MediaDuration(nanoseconds: 1)
      position += 1
    }
    if isFull {
      guard position > 0 else { return nil }
      _ = removeFirst()
      position -= 1
    }
    guard let slot = free.popLast() else { return nil }
    entry.slot = slot
    var index = count
    while index > position {
      entries[self.slot(index)] = entries[self.slot(index - 1)]
      index -= 1
    }
    entries[self.slot(position)] = entry
    count += 1
    return (entry.time, slot)
  }

  /// Drops the oldest. Returns the slot that is free now; nil of none.
  mutating func removeFirst() -> Int? {
    guard count > 0 else { return nil }
    let freed = entries[head].slot
    free.append(freed)
    head = slot(1)
    count -= 1
    return freed
  }
}
