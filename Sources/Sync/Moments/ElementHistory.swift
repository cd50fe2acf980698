internal import BraidCore

/// The last elements of one stream in the order of their times: a ring that drops the oldest.
///
/// Allocates: no, after `init`.
struct ElementHistory {
  private var slots: [StreamElement?]
  private var head = 0
  private(set) var count = 0

  init(capacity: Int) {
    slots = Array(repeating: nil, count: max(2, capacity))
  }

  var isFull: Bool { count == slots.count }

  /// The element at `index`, 0 the oldest.
  subscript(index: Int) -> StreamElement? { slots[(head + index) % slots.count] }

  /// The time of the newest.
  var newestTime: MediaTime? { count > 0 ? self[count - 1]?.time : nil }

  /// Adds the newest element. The caller has made room.
  mutating func append(_ element: StreamElement) {
    if isFull { removeFirst() }
    slots[(head + count) % slots.count] = element
    count += 1
  }

  mutating func removeFirst() {
    guard count > 0 else { return }
    slots[head] = nil
    head = (head + 1) % slots.count
    count -= 1
  }

  mutating func clear() {
    while count > 0 { removeFirst() }
  }

  /// The position of the last element at or before `time`.
  func lastIndex(atOrBefore time: MediaTime) -> Int? {
    var index = count - 1
    while index >= 0 {
      if let element = self[index], element.time <= time { return index }
      index -= 1
    }
    return nil
  }
}
