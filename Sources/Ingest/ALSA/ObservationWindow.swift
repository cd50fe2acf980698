import BraidCore

/// The newest observations of a device's position, and when a position was reached by them.
///
/// A device is seen at a position later than it reached it, never earlier: by less than a sample where its pointer is exact, by the
/// pointer's coarseness or by the time that waking takes where it is not. So of a group of observations the earliest counts,
/// once each is carried to the same position; and groups of one size are late by nearly the same. Allocates: no, after `init`.
struct ObservationWindow {
  private static let capacity = 32

  private var entries: [(position: Int64, time: HostTime)] = []
  private var next = 0

  init() {
    entries.reserveCapacity(Self.capacity)
  }

  /// How many there are.
  var count: Int { entries.count }
  /// Whether another would displace the oldest.
  var isFull: Bool { entries.count == Self.capacity }

  /// Forgets all.
  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    next = 0
  }

  /// Adds one, for the oldest where it is full.
  mutating func append(position: Int64, time: HostTime) {
    if entries.count < Self.capacity {
      entries.append((position, time))
    } else {
      entries[next] = (position, time)
      next = (next + 1) % Self.capacity
    }
  }

  /// Adds `samples` to all positions.
  mutating func shift(by samples: Int64) {
    for index in entries.indices { entries[index].position = entries[index].position.addingSaturating(samples) }
  }

  /// When `position` was reached: the median of what the earliest of each group of `group` observations says, at `rate`
  /// samples per host second (positive); nil without any. Observations that fill no group count only where there is none.
  func time(of position: Int64, rate: Double, group: Int) -> HostTime? {
    let size = max(1, min(group, entries.count))
    let groups = entries.count / size
    guard let origin = entries.first?.time, groups > 0 else { return nil }
    return unsafe withUnsafeTemporaryAllocation(of: Int64.self, capacity: groups) { buffer in
      var least = unsafe buffer
      for place in 0..<groups {
        var earliest = Int64.max
        for entry in entries[place * size..<(place + 1) * size] {
          let distance = Double(position.subtractingSaturating(entry.position)) / rate * 1e9
          let carried = distance.magnitude < 9e18 ? Int64(distance.rounded()) : 0
          earliest = min(earliest, (entry.time - origin).nanoseconds.addingSaturating(carried))
        }
        unsafe least[place] = earliest
      }
      unsafe least.sort()
      let (low, high) = unsafe (least[(groups - 1) / 2], least[groups / 2])
      return origin + MediaDuration(nanoseconds: low / 2 + high / 2)
    }
  }
}
